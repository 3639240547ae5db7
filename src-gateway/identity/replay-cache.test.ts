import { expect, test } from 'vitest'
import { createReplayCache } from './replay-cache.ts'

const start = Date.parse('2026-11-22T16:00:00.000Z')
function cacheAt(limit?: number) {
  const time = { now: start }
  const cache = createReplayCache({ clock: { now: () => new Date(time.now) }, limit })
  return { time, seconds: (count: number) => new Date(start + count * 1000), ...cache }
}

test('a proof is new once, for as long as it can be accepted', () => {
  const { remember, seconds, time } = cacheAt()
  expect(remember('key a', seconds(300))).toBe(true)
  time.now = start + 299_999
  expect(remember('key a', seconds(300))).toBe(false)
  expect(remember('other a', seconds(300))).toBe(true)
})

test('what can no longer be accepted is forgotten', () => {
  const { remember, seconds, time } = cacheAt(2)
  remember('a', seconds(10))
  remember('b', seconds(10))
  time.now = start + 10_000
  expect(remember('c', seconds(20))).toBe(true)
  expect(remember('d', seconds(20))).toBe(true)
})

test('when it is full, nothing more is accepted, and what it knows stays known', () => {
  const { remember, seconds } = cacheAt(2)
  remember('a', seconds(300))
  remember('b', seconds(300))
  expect(remember('c', seconds(300))).toBe(false)
  expect(remember('a', seconds(300))).toBe(false)
})

test('a proof that lasts long does not keep the later ones in memory for ever', () => {
  const { remember, seconds, time } = cacheAt(2)
  remember('long', seconds(300))
  remember('short', seconds(10))
  time.now = start + 11_000
  expect(remember('next', seconds(300))).toBe(true)
})
