import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timestampOf } from './clock.ts'

test('a timestamp is what Date writes, whichever one was asked for before', () => {
  const base = Date.UTC(2026, 10, 22, 23, 59, 30)
  const milliseconds = fc.oneof(
    fc.integer({ min: -200_000, max: 200_000 }).map((by) => base + by),
    fc.integer({ min: -(10 ** 13), max: 10 ** 13 }),
  )
  fc.assert(
    fc.property(fc.array(milliseconds, { minLength: 1, maxLength: 20 }), (times) => {
      for (const time of times) expect(timestampOf(new Date(time))).toBe(new Date(time).toISOString())
    }),
    { numRuns: 1000 },
  )
  expect(() => timestampOf(new Date(Number.NaN))).toThrow(RangeError)
})
