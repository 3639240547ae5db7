import { expect, test } from 'vitest'
import { formatCountdown, formatLength, formatRelative, formatTook, formatUtc } from './time.ts'

test.for([
  [0, '0:00'],
  [-5000, '0:00'],
  [1, '0:01'],
  [2_489_000, '41:29'],
  [3_735_000, '1:02:15'],
  [2 * 86_400_000, '2 d'],
] as const)('%d ms left read as %s', ([milliseconds, text]) => {
  expect(formatCountdown(milliseconds)).toBe(text)
})

test.for([
  ['2026-11-22T14:00:00.000Z', 'now'],
  ['2026-11-22T13:59:48.000Z', '12 s ago'],
  ['2026-11-22T13:56:00.000Z', '4 min ago'],
  ['2026-11-22T11:00:00.000Z', '3 h ago'],
  ['2026-11-20T11:00:00.000Z', '2 d ago'],
  ['2026-11-22T14:05:00.000Z', 'in 5 min'],
] as const)('%s is %s', ([at, text]) => {
  expect(formatRelative(at, Date.parse('2026-11-22T14:00:00.000Z'))).toBe(text)
})

test('lengths, durations and UTC have one form each', () => {
  expect(formatLength(2_280_000)).toBe('38 min')
  expect(formatLength(6_720_000)).toBe('1 h 52')
  expect(formatLength(9000)).toBe('9 s')
  expect(formatTook(38.4)).toBe('38 ms')
  expect(formatTook(1240)).toBe('1.2 s')
  expect(formatUtc('2026-11-21T15:32:07.123Z')).toBe('2026-11-21 15:32:07 UTC')
})
