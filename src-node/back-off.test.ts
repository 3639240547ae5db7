import { expect, test } from 'vitest'
import { createBackOff } from './back-off.ts'

test('doubles up to its limit and starts again after a reset', () => {
  const backOff = createBackOff({ first: 100, most: 700, random: () => 1 })
  expect([1, 2, 3, 4, 5].map(() => backOff.next())).toEqual([100, 200, 400, 700, 700])
  backOff.reset()
  expect(backOff.next()).toBe(100)
})

test.for([
  [0, 50],
  [0.5, 75],
  [1, 100],
])('spreads: random %d gives %d', ([random, wait]) => {
  expect(createBackOff({ first: 100, most: 1000, random: () => random as number }).next()).toBe(wait)
})
