import { expect, test } from 'vitest'
import { scaleFor } from './scale-for.ts'

test.for([
  [0, [0]],
  [1, [0, 1]],
  [3, [0, 1, 2, 3]],
  [7, [0, 2, 4, 6, 8]],
  [100, [0, 25, 50, 75, 100]],
  [1340, [0, 500, 1000, 1500]],
] as const)('a scale for %i', ([most, ticks]) => {
  expect(scaleFor(most)).toEqual(ticks)
})
