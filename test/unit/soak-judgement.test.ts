import { expect, test } from 'vitest'
import { judgeMemory, judgeTrend } from '../bench/soak/judge-memory.ts'
import type { Watch } from '../bench/soak/watch-process.ts'

const points = (mb: (at: number) => number) => Array.from({ length: 8 }, (_, at) => ({ second: 200 + at * 50, mb: mb(at) }))

test.for([
  ['what wavers does not grow', points((at) => 60 + (at % 3)), false],
  ['a leak grows', points((at) => 60 + at), true],
  ['a leak under noise grows', points((at) => 60 + at * 2 + (at % 2)), true],
  ['less than is tolerated does not grow', points((at) => 60 + at * 0.3), false],
  ['what shrinks does not grow', points((at) => 60 - at), false],
] as const)('%s', ([, given, grows]) => {
  expect(judgeTrend('heap', given).grows).toBe(grows)
})

const watch = (files: (second: number) => number): Watch => ({
  name: 'gateway',
  samples: Array.from({ length: 60 }, (_, second) => ({ second, residentBytes: 100e6, files: files(second), loopP99: 3, loopMax: 20 })),
  collected: Array.from({ length: 12 }, (_, at) => ({ second: at * 5, heapUsed: 40e6, residentBytes: 90e6 })),
  collect() {},
  stop() {},
})

test('resident memory may waver more than the live heap', () => {
  const little = points((at) => 100 + at)
  expect([judgeTrend('heap', little).grows, judgeTrend('resident', little).grows]).toEqual([true, false])
  expect(
    judgeTrend(
      'resident',
      points((at) => 100 + 3 * at),
    ).grows,
  ).toBe(true)
})

test('files that are never closed are told, also when memory stays', () => {
  expect(
    judgeMemory(
      watch(() => 40),
      20,
    ),
  ).toMatchObject({ flat: true, mostMb: 100 })
  expect(
    judgeMemory(
      watch((second) => 40 + second),
      20,
    ),
  ).toMatchObject({ flat: false, filesFirst: 61, filesLast: 99 })
})

test('a process that was hardly looked at is not called flat', () => {
  expect(() => judgeMemory({ ...watch(() => 40), collected: [] }, 20)).toThrow('not looked at long enough')
})
