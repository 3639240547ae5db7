import { expect, test } from 'vitest'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import type { LiveSession } from './live-session.ts'
import { watchExpiries } from './session-expiry.ts'

function watched() {
  let now = 0
  const live = new Map<string, LiveSession>()
  const ended: string[] = []
  const scheduler = createManualScheduler()
  const expiries = watchExpiries({
    live: () => live.values(),
    clock: { now: () => new Date(now) },
    scheduler,
    expire({ id }) {
      ended.push(id)
      live.delete(id)
    },
  })
  return {
    ended,
    live,
    scheduler,
    expiries,
    at: (time: number) => {
      now = time
      scheduler.run()
    },
    begin: (id: string, endsAtMs: number) => {
      const session = { id, endsAtMs } as LiveSession
      live.set(id, session)
      expiries.expect(session)
    },
  }
}

test('each session ends when its time has come, in whatever order they began, with one timer', () => {
  const { scheduler, ended, begin, at } = watched()
  for (const [id, endsAt] of [
    ['later', 500],
    ['first', 100],
    ['with the first', 100],
    ['second', 300],
  ] as const) {
    begin(id, endsAt)
  }
  expect(scheduler.waiting).toEqual([100])
  at(100)
  expect(ended).toEqual(['first', 'with the first'])
  expect(scheduler.waiting).toEqual([200])
  begin('sooner', 150)
  expect(scheduler.waiting).toEqual([50])
  at(150)
  at(300)
  at(500)
  expect(ended).toEqual(['first', 'with the first', 'sooner', 'second', 'later'])
  expect(scheduler.waiting).toEqual([])
  begin('after a pause', 700)
  expect(scheduler.waiting).toEqual([200])
})

test('a session that was ended before its time does not keep the next one from its end; a machine that slept ends all that are due', () => {
  const { scheduler, live, ended, expiries, begin, at } = watched()
  begin('ended by its operator', 100)
  begin('next', 200)
  begin('slept through', 300)
  begin('last', 900)
  live.delete('ended by its operator')
  at(100)
  expect(ended).toEqual([])
  at(400)
  expect(ended).toEqual(['next', 'slept through'])
  expiries.stop()
  expect(scheduler.waiting).toEqual([])
})

test('a timer that comes a moment early ends the session all the same', () => {
  const { ended, begin, at } = watched()
  begin('due', 100)
  at(99)
  expect(ended).toEqual(['due'])
})
