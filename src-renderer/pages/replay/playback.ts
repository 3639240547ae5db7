import { kindOf, rowAt, type Timeline } from './timeline.ts'

export const speeds = [1, 2, 4, 8, 16, 32] as const
type Speed = (typeof speeds)[number]

/** Where a replay stands. `position` is ms of session time; `row` the record it stands on. */
export interface Playback {
  position: number
  row: number
  playing: boolean
  speed: Speed
  skipIdle: boolean
}

/** How much of an idle stretch is still played before the rest is skipped, in ms of session time. */
export const idleKeptMs = 1_000

export const startOfPlayback: Playback = { position: 0, row: 0, playing: false, speed: 2, skipIdle: true }

/** Lets `elapsed` ms of the viewer's own time pass. Stops at the end. */
export function advance(playback: Playback, elapsed: number, timeline: Timeline): Playback {
  if (!playback.playing || elapsed <= 0) return playback
  const wanted = elapsed * playback.speed
  const moved = playback.skipIdle ? moveSkippingIdle(playback.position, wanted, timeline) : playback.position + wanted
  const position = Math.min(moved, timeline.duration)
  // rows that share a millisecond: playing never steps back from the row that was chosen among them
  const row = Math.max(playback.row, rowAt(timeline, position))
  return { ...playback, position, row, playing: position < timeline.duration }
}

/** Starts, or stops; at the end it starts again from the beginning. */
export function togglePlaying(playback: Playback, timeline: Timeline): Playback {
  if (playback.playing) return { ...playback, playing: false }
  if (timeline.duration === 0) return playback
  if (playback.position >= timeline.duration) return { ...playback, position: 0, row: rowAt(timeline, 0), playing: true }
  return { ...playback, playing: true }
}

export function seek(playback: Playback, position: number, timeline: Timeline): Playback {
  const within = Math.min(Math.max(0, position), timeline.duration)
  return { ...playback, position: within, row: rowAt(timeline, within) }
}

export function selectRow(playback: Playback, row: number, timeline: Timeline): Playback {
  const within = Math.min(Math.max(0, row), Math.max(0, timeline.count - 1))
  return { ...playback, row: within, position: timeline.offsets[within] ?? 0 }
}

/** The shown row that stands for the playback's row: the last one at or before it, else the first; -1 if none is shown. */
export function shownIndex(shown: Uint32Array, row: number): number {
  let low = 0
  let high = shown.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((shown[middle] ?? 0) <= row) low = middle + 1
    else high = middle
  }
  if (low > 0) return low - 1
  return shown.length > 0 ? 0 : -1
}

/** One message on or back among the rows that the filters show. */
export function stepMessage(playback: Playback, direction: 1 | -1, shown: Uint32Array, timeline: Timeline): Playback {
  const index = shownIndex(shown, playback.row)
  if (index < 0) return playback
  const stands = shown[index] ?? 0
  // the filters may have hidden the row it stands on: the shown row before it is then itself one step back
  const next = direction < 0 && stands < playback.row ? index : stands > playback.row ? index : index + direction
  const row = shown[Math.min(Math.max(0, next), shown.length - 1)]
  return row === undefined ? playback : selectRow(playback, row, timeline)
}

/** To the next or previous request of the client among the rows shown. */
export function stepCall(playback: Playback, direction: 1 | -1, shown: Uint32Array, timeline: Timeline): Playback {
  const index = shownIndex(shown, playback.row)
  if (index < 0) return playback
  const first = direction > 0 && (shown[index] ?? 0) > playback.row ? index : index + direction
  for (let at = first; at >= 0 && at < shown.length; at += direction) {
    const row = shown[at] ?? 0
    if (kindOf(timeline, row) === 'request') return selectRow(playback, row, timeline)
  }
  return playback
}

function moveSkippingIdle(from: number, wanted: number, timeline: Timeline): number {
  let position = from
  let left = wanted
  for (let at = firstGapEndingAfter(timeline, from); at < timeline.gaps.length; at += 1) {
    const gap = timeline.gaps[at]
    if (!gap) break
    const skipFrom = gap.from + idleKeptMs
    if (position < skipFrom) {
      const played = Math.min(left, skipFrom - position)
      position += played
      left -= played
    }
    if (position < skipFrom) return position
    position = Math.max(position, gap.to)
    if (left === 0) return position
  }
  return position + left
}

function firstGapEndingAfter(timeline: Timeline, position: number): number {
  let low = 0
  let high = timeline.gaps.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((timeline.gaps[middle]?.to ?? 0) <= position) low = middle + 1
    else high = middle
  }
  return low
}
