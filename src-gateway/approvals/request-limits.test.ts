import { expect, test } from 'vitest'
import type { HeldCall } from './approvals.ts'
import { createRequestLimits } from './request-limits.ts'

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
