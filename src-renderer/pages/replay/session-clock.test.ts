import { expect, test } from 'vitest'
import { bytesText, clockText, stepText } from './session-clock.ts'

test.for([
  [clockText, 0, '00:00'],
  [clockText, 1_426_900, '23:46'],
  [clockText, 3_723_000, '1:02:03'],
  [stepText, 500, '0.5 s'],
  [stepText, 20_000, '20 s'],
  [stepText, 300_000, '5 min'],
  [bytesText, 182, '182 B'],
  [bytesText, 2_100, '2.1 kB'],
] as const)('%o(%d) is %s', ([format, value, text]) => {
  expect(format(value)).toBe(text)
})
