import { expect, test } from 'vitest'
import { bytesText, clockText, lengthText, stepText, tookText } from './session-clock.ts'

test.for([
  [clockText, 0, '00:00'],
  [clockText, 1_426_900, '23:46'],
  [clockText, 3_723_000, '1:02:03'],
  [lengthText, 12_000, '12 s'],
  [lengthText, 38 * 60_000, '38 min'],
  [lengthText, 59.9 * 60_000, '1 h 00'],
  [lengthText, 112 * 60_000, '1 h 52'],
  [lengthText, 51 * 3_600_000, '2 d 3 h'],
  [tookText, 61.4, '61 ms'],
  [tookText, 2_440, '2.4 s'],
  [stepText, 500, '0.5 s'],
  [stepText, 20_000, '20 s'],
  [stepText, 300_000, '5 min'],
  [bytesText, 182, '182 B'],
  [bytesText, 2_100, '2.1 kB'],
] as const)('%o(%d) is %s', ([format, value, text]) => {
  expect(format(value)).toBe(text)
})
