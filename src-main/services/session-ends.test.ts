import { beforeEach, expect, test } from 'vitest'
import { createManualScheduler, type ManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { createSessionEnds, type SessionEnds } from './session-ends.ts'

const now = new Date('2026-11-22T10:00:00.000Z')
let scheduler: ManualScheduler
let ended: [SessionId, string][]
let ends: SessionEnds

beforeEach(() => {
  scheduler = createManualScheduler()
  ended = []
  ends = createSessionEnds({ clock: { now: () => now }, scheduler, onEnd: (session, reason) => ended.push([session, reason]) })
})

const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * 60_000)

test('a session ends at its time, also if the gateway says nothing', () => {
  const session = newSessionId()
  ends.add(session, inMinutes(10))
  expect(scheduler.waiting).toEqual([600_000])
  scheduler.run()
  expect(ended).toEqual([[session, 'expired']])
  expect(ends.list()).toEqual([])
})

test('a session that the gateway ended does not end twice', () => {
  const session = newSessionId()
  ends.add(session, inMinutes(10))
  ends.end(session, 'ended-by-reviewer')
  ends.end(session, 'expired')
  expect(ended).toEqual([[session, 'ended-by-reviewer']])
  expect(scheduler.waiting).toEqual([])
})

test('a session that ended before its opening was answered ends at once', () => {
  const session = newSessionId()
  ends.end(session, 'server-stopped')
  expect(ended).toEqual([])
  ends.add(session, inMinutes(10))
  expect(ended).toEqual([[session, 'server-stopped']])
  expect(scheduler.waiting).toEqual([])
})

test('all end together', () => {
  const [one, two] = [newSessionId(), newSessionId()]
  ends.add(one, inMinutes(1))
  ends.add(two, inMinutes(2))
  expect(ends.list()).toEqual([one, two])
  ends.endAll('signed-out')
  expect(ended).toEqual([
    [one, 'signed-out'],
    [two, 'signed-out'],
  ])
})

test('ends of foreign sessions are not kept for ever', () => {
  const first = newSessionId()
  ends.end(first, 'expired')
  for (let count = 0; count < 100; count += 1) ends.end(newSessionId(), 'expired')
  ends.add(first, inMinutes(1))
  expect(ended).toEqual([])
})
