import { expect, test } from 'vitest'
import { choosePairs, readPairs, relationOf, verdictOfCode } from './compared-pairs.ts'

const columns = (numbers: number[]) => new Uint8Array(Int32Array.from(numbers).buffer)
const pairs = readPairs({
  count: 4,
  left: columns([1, 3, 5, -1]),
  right: columns([1, 3, -1, 9]),
  leftVerdicts: Uint8Array.of(1, 1, 2, 0),
  rightVerdicts: Uint8Array.of(1, 4, 0, 1),
})

test('a pair says how its calls relate', () => {
  expect([0, 1, 2, 3].map((pair) => relationOf(pairs, pair))).toEqual(['same', 'verdict', 'left', 'right'])
  expect(pairs.counts).toEqual({ same: 1, verdict: 1, left: 1, right: 1 })
  expect([1, 0, undefined].map(verdictOfCode)).toEqual(['allowed', undefined, undefined])
})

test('pairs are chosen by relation, and counted as before', () => {
  const chosen = choosePairs(pairs, new Set(['verdict', 'right']))
  expect([chosen.count, [...chosen.left], [...chosen.right]]).toEqual([2, [3, -1], [3, 9]])
  expect([[...chosen.leftVerdicts], [...chosen.rightVerdicts]]).toEqual([
    [1, 0],
    [4, 1],
  ])
  expect(chosen.counts).toEqual(pairs.counts)
  expect(choosePairs(pairs, new Set())).toBe(pairs)
})
