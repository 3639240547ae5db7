import { expect, test } from 'vitest'
import type { HeldCall } from './approvals.ts'
import { approvalWith, loggedOf } from '../../src-core/approval/testing/approval-fixture.ts'
import { recentRequests } from './recent-requests.ts'
import { createRequestLimits, limitsSince } from './request-limits.ts'

const start = Date.parse('2026-11-22T10:00:00.000Z')
const clock = { at: start, now: () => new Date(clock.at) }

const callOf = (sub: string, args: string, tool = 'execute_sql', connection = 'db'): HeldCall =>
  ({ session: { person: { sub }, connection }, method: 'tools/call', tool, argumentBytes: Buffer.from(args) }) as unknown as HeldCall

function admitted(limits: ReturnType<typeof createRequestLimits>, call: HeldCall): string {
  try {
    limits.admit(call)
    return 'admitted'
  } catch (error) {
    return (error as Error).message
  }
}

test('one person can ask so often, whatever for; others are not concerned', () => {
  clock.at = start
  const limits = createRequestLimits({ clock, perPerson: 3, perCall: 100 })
  for (const args of ['1', '2', '3']) expect(admitted(limits, callOf('mira', args))).toBe('admitted')
  expect(admitted(limits, callOf('mira', '4'))).toContain('3 times within 10 minutes by you')
  expect(admitted(limits, callOf('jonas', '4'))).toBe('admitted')
})

test('the same call can be asked for less often; one byte more is another one', () => {
  clock.at = start
  const limits = createRequestLimits({ clock, perPerson: 100, perCall: 2 })
  const same = callOf('mira', '{"sql":"DROP"}')
  expect([admitted(limits, same), admitted(limits, same)]).toEqual(['admitted', 'admitted'])
  expect(admitted(limits, same)).toContain('2 times within 10 minutes for this very call')
  for (const other of [callOf('mira', '{"sql":"DROP "}'), callOf('mira', '{"sql":"DROP"}', 'query'), callOf('jonas', '{"sql":"DROP"}')])
    expect(admitted(limits, other)).toBe('admitted')
})

test('what is ten minutes old counts no more, and what was refused never did', () => {
  clock.at = start
  const limits = createRequestLimits({ clock, perPerson: 1, perCall: 1 })
  expect(admitted(limits, callOf('mira', '1'))).toBe('admitted')
  clock.at = start + 599_999
  expect(admitted(limits, callOf('mira', '1'))).toContain('by you')
  clock.at = start + 600_000
  expect(admitted(limits, callOf('mira', '1'))).toBe('admitted')
})

test('what was asked before a restart counts, as long as it is not too old', () => {
  clock.at = start
  const limits = createRequestLimits({ clock, perPerson: 2, perCall: 2 })
  limits.restore({ requester: 'mira', at: start - 600_000 })
  limits.restore({ requester: 'mira', at: start - 1000 })
  expect(admitted(limits, callOf('mira', '1'))).toBe('admitted')
  expect(admitted(limits, callOf('mira', '2'))).toContain('by you')
  expect(() => limits.admit(callOf('jonas', '1'), 2)).toThrow('for this very call')
  expect(() => limits.admit(callOf('jonas', '1'), 1)).not.toThrow()
})

test('only what the log has of the last minutes is read', async () => {
  const at = (seconds: number): string => new Date(start - seconds * 1000).toISOString()
  const requested = (seconds: number, requester: string) => ({ ...loggedOf(approvalWith({}, { requester }))[0], at: at(seconds) })
  const entries = [requested(700, 'old'), { kind: 'heartbeat', at: at(500) }, requested(400, 'mira'), requested(10, 'jonas')]
  const read: number[] = []
  const entry = (index: number) => {
    read.push(index)
    return Promise.resolve(Buffer.from(JSON.stringify(entries[index])))
  }
  const log = { size: entries.length, entry } as unknown as Parameters<typeof recentRequests>[0]
  expect((await recentRequests(log, limitsSince(new Date(start)))).map(({ requester }) => requester)).toEqual(['mira', 'jonas'])
  expect(read).toEqual([3, 2, 1, 0])
})
