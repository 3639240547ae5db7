import { expect, test } from 'vitest'
import { formatMinutes, offeredLengths } from './session-length.ts'

test.for([
  [5, '5 min'],
  [60, '1 h'],
  [90, '1 h 30'],
  [1440, '24 h'],
] as const)('%d minutes read as %s', ([minutes, text]) => {
  expect(formatMinutes(minutes)).toBe(text)
})

test.for([
  [10, [10]],
  [30, [15, 30]],
  [60, [15, 30, 60]],
  [1440, [120, 240, 480, 1440]],
] as const)('a connection of at most %d minutes offers %j and never more', ([limit, lengths]) => {
  expect(offeredLengths(limit)).toEqual(lengths)
})
