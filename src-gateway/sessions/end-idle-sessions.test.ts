import { beforeEach, describe, expect, test } from 'vitest'
import { createManualScheduler, type ManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import { endIdleSessions } from './end-idle-sessions.ts'
import type { LiveSession } from './live-session.ts'

let scheduler: ManualScheduler
let minute: number
let ended: string[]
let sessions: (LiveSession & { recording: { count: number } })[]

const session = (id: string) => ({ id, exchanges: new Set(), recording: { count: 1 } }) as unknown as (typeof sessions)[0]

beforeEach(() => {
  scheduler = createManualScheduler()
  minute = 0
  ended = []
  sessions = []
})

function start(idleMinutes: number) {
  return endIdleSessions({
    live: () => sessions.filter(({ id }) => !ended.includes(id)),
    idleMinutes,
    clock: { now: () => new Date(minute * 60_000) },
    scheduler,
    end: ({ id }) => ended.push(id),
  })
}
const pass = (minutes: number) => {
  for (let left = minutes; left > 0; left -= 1) {
    minute += 1
    scheduler.run()
  }
}

describe('a session', () => {
  test('that nobody uses ends after the idle time, and at most a minute later', () => {
    sessions = [session('a')]
    start(30)
    pass(30)
    expect(ended).toEqual([])
    pass(1)
    expect(ended).toEqual(['a'])
  })

  test('with a message now and then stays', () => {
    const [used, unused] = [session('used'), session('unused')]
    sessions = [used, unused]
    start(30)
    for (let times = 0; times < 10; times += 1) {
      pass(29)
      used.recording.count += 1
    }
    expect(ended).toEqual(['unused'])
  })

  test('with an open exchange stays, however long it is silent; its time begins when the exchange ends', () => {
    const listening = session('listening')
    const exchange = {} as never
    listening.exchanges.add(exchange)
    sessions = [listening]
    start(30)
    pass(300)
    expect(ended).toEqual([])
    listening.exchanges.delete(exchange)
    pass(29)
    expect(ended).toEqual([])
    pass(1)
    expect(ended).toEqual(['listening'])
  })
})

test('zero switches it off', () => {
  start(0)
  expect(scheduler.waiting).toEqual([])
})

test('once it is stopped nothing is looked at any more', () => {
  const stop = start(30)
  expect(scheduler.waiting).toEqual([60_000])
  stop()
  expect(scheduler.waiting).toEqual([])
})
