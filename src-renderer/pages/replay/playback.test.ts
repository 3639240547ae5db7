import { expect, test } from 'vitest'
import {
  advance,
  idleKeptMs,
  seek,
  selectRow,
  shownIndex,
  startOfPlayback,
  stepCall,
  stepMessage,
  togglePlaying,
  type Playback,
} from './playback.ts'
import { rowsAt, timelineOf } from './timeline.example.ts'

const timeline = timelineOf(rowsAt([0, 1_000, 2_000, 100_000, 100_000, 101_000]))
const playing: Playback = { ...startOfPlayback, playing: true, speed: 1, skipIdle: false }
const all = Uint32Array.from([0, 1, 2, 3, 4, 5])

test('time passes at the chosen speed', () => {
  expect(advance(playing, 500, timeline)).toMatchObject({ position: 500, row: 0, playing: true })
  expect(advance({ ...playing, speed: 4 }, 500, timeline)).toMatchObject({ position: 2_000, row: 2 })
})

test('nothing moves while paused', () => {
  const paused = { ...playing, playing: false }
  expect(advance(paused, 500, timeline)).toBe(paused)
})

test('it stops at the end', () => {
  expect(advance({ ...playing, position: 100_900 }, 500, timeline)).toMatchObject({ position: 101_000, row: 5, playing: false })
})

test('idle stretches are skipped after a moment', () => {
  const skipping = { ...playing, skipIdle: true, position: 2_000, row: 2 }
  expect(advance(skipping, idleKeptMs - 1, timeline)).toMatchObject({ position: 2_000 + idleKeptMs - 1, row: 2 })
  expect(advance(skipping, idleKeptMs, timeline)).toMatchObject({ position: 100_000, row: 4 })
  expect(advance(skipping, idleKeptMs + 300, timeline)).toMatchObject({ position: 100_300, row: 4 })
})

test('with skipping off an idle stretch is waited out', () => {
  expect(advance({ ...playing, position: 2_000, row: 2 }, 5_000, timeline)).toMatchObject({ position: 7_000, row: 2 })
})

test('started inside an idle stretch, playing leaves it', () => {
  expect(advance({ ...playing, skipIdle: true, position: 50_000 }, 16, timeline).position).toBe(100_016)
})

test('several idle stretches are skipped in one long frame', () => {
  const gappy = timelineOf(rowsAt([0, 10_000, 20_000, 30_000]))
  expect(advance({ ...playing, skipIdle: true }, 2_500, gappy).position).toBe(20_500)
})

test('play at the end starts again', () => {
  expect(togglePlaying({ ...playing, playing: false, position: 101_000, row: 5 }, timeline)).toMatchObject({
    position: 0,
    row: 0,
    playing: true,
  })
})

test('a recording without length does not play', () => {
  expect(togglePlaying(startOfPlayback, timelineOf(rowsAt([0]))).playing).toBe(false)
})

test.for([
  [-5, 0, 0],
  [1_500, 1_500, 1],
  [1e9, 101_000, 5],
] as const)('seeking to %d stands at %d, row %d', ([wanted, position, row]) => {
  expect(seek(playing, wanted, timeline)).toMatchObject({ position, row })
})

test('rows of the same millisecond are told apart', () => {
  const chosen = selectRow(playing, 3, timeline)
  expect(chosen).toMatchObject({ row: 3, position: 100_000 })
  expect(stepMessage(chosen, 1, all, timeline)).toMatchObject({ row: 4, position: 100_000 })
})

test('steps stay inside', () => {
  expect(stepMessage(playing, -1, all, timeline).row).toBe(0)
  expect(stepMessage({ ...playing, row: 5 }, 1, all, timeline).row).toBe(5)
})

test('steps follow the filter', () => {
  const shown = Uint32Array.from([1, 4])
  expect(stepMessage({ ...playing, row: 2 }, 1, shown, timeline).row).toBe(4)
  expect(stepMessage({ ...playing, row: 2 }, -1, shown, timeline).row).toBe(1)
  expect(stepMessage({ ...playing, row: 0 }, 1, shown, timeline).row).toBe(1)
  expect(stepMessage({ ...playing, row: 3 }, 1, new Uint32Array(), timeline).row).toBe(3)
})

test('the call step finds requests only', () => {
  expect(stepCall(playing, 1, all, timeline).row).toBe(2)
  expect(stepCall({ ...playing, row: 3 }, -1, all, timeline).row).toBe(2)
  expect(stepCall({ ...playing, row: 4 }, 1, all, timeline).row).toBe(4)
})

test.for([
  [0, 0],
  [2, 0],
  [3, 1],
  [9, 1],
] as const)('row %d stands at shown index %d', ([row, index]) => {
  expect(shownIndex(Uint32Array.from([1, 3]), row)).toBe(index)
  expect(shownIndex(new Uint32Array(), row)).toBe(-1)
})
