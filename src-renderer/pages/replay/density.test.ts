import { expect, test } from 'vitest'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import { binDensity, positionAt, xOf } from './density.ts'
import { rowsAt, timelineOf } from './timeline.example.ts'

const hour = 3_600_000
const sum = (column: Uint32Array) => column.reduce((total, count) => total + count, 0)

test('every message with a verdict is in one bar', () => {
  const rows = rowsAt(Array.from({ length: 500 }, (_, at) => at * 7_200)).map((row, at): ReplayRow => ({
    ...row,
    verdict: at % 5 === 0 ? 'masked' : 'allowed',
  }))
  const density = binDensity(timelineOf(rows), 1192, 0)
  expect(sum(density.allowed)).toBe(400)
  expect(sum(density.masked)).toBe(100)
  expect(density.peak).toBeGreaterThan(0)
})

test('a bar is a round length of time and at least eight pixels wide', () => {
  const density = binDensity(timelineOf(rowsAt([0, 56 * 60_000])), 1192, 0)
  expect(density.step).toBe(30_000)
  expect(density.barWidth).toBeGreaterThanOrEqual(8)
})

test.for([[320], [1192], [1800], [3000]] as const)('bars fill %d pixels', ([width]) => {
  const density = binDensity(timelineOf(rowsAt([0, 8 * hour])), width, 0)
  expect(density.allowed.length * density.barWidth).toBeGreaterThanOrEqual(width)
  expect((density.allowed.length - 1) * density.barWidth).toBeLessThanOrEqual(width)
})

test('a refused exchange is one marker, near ones are one with a count', () => {
  const rows = rowsAt([0, 1, 10, 11, hour / 2, hour / 2 + 1, hour]).map((row, at): ReplayRow => ({
    ...row,
    verdict: at < 2 ? 'held' : at < 6 ? 'denied' : 'allowed',
  }))
  expect(binDensity(timelineOf(rows), 1000, 0).markers).toEqual([
    { x: 0, verdict: 'denied', row: 2, count: 2 },
    { x: 500, verdict: 'denied', row: 4, count: 1 },
  ])
})

test('ticks stand on round local times', () => {
  const timeline = timelineOf(rowsAt([0, hour]))
  const utc = binDensity(timeline, 1192, 0)
  expect(utc.ticks.map((tick) => new Date(tick.at).toISOString().slice(11, 16))).toEqual([
    '13:10',
    '13:20',
    '13:30',
    '13:40',
    '13:50',
    '14:00',
  ])
  const halfHourZone = binDensity(timelineOf(rowsAt([0, 12 * hour])), 1192, 5.5 * hour)
  expect(halfHourZone.ticks.every((tick) => (tick.at + 5.5 * hour) % hour === 0)).toBe(true)
})

test('a wide idle stretch is labelled, a narrow one is not', () => {
  const density = binDensity(timelineOf(rowsAt([0, 6_000, hour])), 1192, 0)
  expect(density.idle).toHaveLength(1)
  expect(density.idle[0]).toMatchObject({ from: 6_000, to: hour })
})

test('a point of the plot is a position and back', () => {
  const timeline = timelineOf(rowsAt([0, hour]))
  expect(positionAt(timeline, 250, 1000)).toBe(hour / 4)
  expect(positionAt(timeline, -9, 1000)).toBe(0)
  expect(positionAt(timeline, 2000, 1000)).toBe(hour)
  expect(xOf(timeline, hour / 4, 1000)).toBe(250)
  expect(xOf(timelineOf(rowsAt([0])), 0, 1000)).toBe(0)
})

test.for([[0], [1]] as const)('a recording of %d records has a plot', ([count]) => {
  const density = binDensity(timelineOf(rowsAt(Array.from({ length: count }, () => 0))), 800, 0)
  expect(sum(density.allowed)).toBe(count)
})
