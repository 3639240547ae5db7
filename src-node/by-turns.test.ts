import { array, assert, asyncProperty, boolean } from 'fast-check'
import { expect, test } from 'vitest'
import { takeByTurns } from './by-turns.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a few are taken at once, more of them in portions, one in each turn', async () => {
  const taken: number[] = []
  const { give } = takeByTurns<number>((item) => taken.push(item), 3)
  for (let item = 0; item < 8; item += 1) give(item)
  expect(taken).toEqual([0, 1, 2])
  await turn()
  expect(taken).toEqual([0, 1, 2, 3, 4, 5])
  await turn()
  expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('what still waits when the socket closes is taken at once, and once only', async () => {
  const taken: number[] = []
  const { give, finish } = takeByTurns<number>((item) => taken.push(item), 2)
  for (let item = 0; item < 6; item += 1) give(item)
  finish()
  expect(taken).toEqual([0, 1, 2, 3, 4, 5])
  await turn()
  expect(taken).toHaveLength(6)
})

test('whenever they come, all are taken, in their order', async () => {
  const property = asyncProperty(array(boolean(), { maxLength: 100 }), async (given) => {
    const taken: number[] = []
    const { give } = takeByTurns<number>((item) => taken.push(item), 4)
    let next = 0
    for (const now of given) {
      if (now) give((next += 1))
      else await turn()
    }
    for (let left = 0; left <= next / 4; left += 1) await turn()
    expect(taken).toEqual(Array.from({ length: next }, (_, at) => at + 1))
  })
  await assert(property, { numRuns: 200 })
})
