import { expect, test } from 'vitest'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import { exchangeRows, rowAt, verdictOf } from './timeline.ts'
import { rowsAt, timelineOf } from './timeline.example.ts'

test('rows map to time and back', () => {
  const timeline = timelineOf(rowsAt([0, 100, 100, 250]))
  expect(timeline.duration).toBe(250)
  expect([0, 99, 100, 249, 250, 9999].map((position) => rowAt(timeline, position))).toEqual([0, 0, 2, 2, 3, 3])
  expect(rowAt(timeline, -5)).toBe(0)
})

test('a clock that ran backwards does not run the replay backwards', () => {
  expect([...timelineOf(rowsAt([0, 500, 200, 700])).offsets]).toEqual([0, 500, 500, 700])
})

test('a broken time stands where the row before it stood', () => {
  const rows = rowsAt([0, 500, 700]).map((row, at): ReplayRow => (at === 1 ? { ...row, at: 'yesterday' } : row))
  expect([...timelineOf(rows).offsets]).toEqual([0, 0, 700])
})

test('an empty recording is a timeline too', () => {
  const timeline = timelineOf([])
  expect(timeline).toMatchObject({ duration: 0, startedAt: 0, gaps: [] })
  expect(rowAt(timeline, 10)).toBe(0)
})

test('idle stretches are found', () => {
  expect(timelineOf(rowsAt([0, 4_999, 10_000, 60_000])).gaps).toEqual([
    { from: 4_999, to: 10_000 },
    { from: 10_000, to: 60_000 },
  ])
})

test('the rows of an exchange are found from any of them', () => {
  const rows = rowsAt([0, 1, 2, 3, 4]).map((row, at): ReplayRow => ({ ...row, exchange: at === 0 ? undefined : at % 2 }))
  const timeline = timelineOf(rows)
  expect(exchangeRows(timeline, 3)).toEqual([1, 3])
  expect(exchangeRows(timeline, 4)).toEqual([2, 4])
  expect(exchangeRows(timeline, 0)).toEqual([0])
})

test('verdicts and tools survive as codes', () => {
  const rows = rowsAt([0, 1, 2]).map((row, at): ReplayRow => ({
    ...row,
    verdict: at === 0 ? undefined : 'denied',
    tool: at === 2 ? 'execute_sql' : undefined,
  }))
  const timeline = timelineOf(rows)
  expect([0, 1, 2].map((row) => verdictOf(timeline, row))).toEqual([undefined, 'denied', 'denied'])
  expect(timeline.tools).toEqual(['execute_sql'])
  expect([...timeline.toolCodes]).toEqual([0, 0, 1])
})

test('100,000 rows are read in a moment', () => {
  const rows = rowsAt(Array.from({ length: 100_000 }, (_, at) => at * 37))
  const timeline = timelineOf(rows)
  expect(timeline.offsets).toHaveLength(100_000)
  expect(rowAt(timeline, 37 * 50_000)).toBe(50_000)
})
