import { verdictNames } from '../../../src-core/recording/replay-columns.ts'
import { verdictOf, type IdleGap, type Timeline } from './timeline.ts'

/** Bars narrower than this cannot be told apart; a bar is a round length of time. */
const narrowestBar = 8
const roundSteps = [
  100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
  7_200_000, 14_400_000, 28_800_000, 86_400_000,
]

interface DensityMarker {
  x: number
  verdict: 'held' | 'denied' | 'failed'
  /** the first row it stands for */
  row: number
  /** how many exchanges it stands for: markers closer than one icon are drawn as one */
  count: number
}

interface DensityTick {
  x: number
  /** epoch ms */
  at: number
}

export interface Density {
  width: number
  /** ms of session time in one bar */
  step: number
  barWidth: number
  allowed: Uint32Array
  masked: Uint32Array
  /** the highest bar, in messages */
  peak: number
  markers: readonly DensityMarker[]
  /** idle stretches wide enough to be labelled */
  idle: readonly (IdleGap & { x: number; width: number })[]
  ticks: readonly DensityTick[]
  /** whether ticks need seconds to differ */
  secondsOnTicks: boolean
}

/**
 * Bins a timeline for a plot of `width` CSS pixels. `utcOffsetMs` puts the ticks on round local times.
 * One pass over the typed arrays: done when the width changes, never while playing.
 */
export function binDensity(timeline: Timeline, width: number, utcOffsetMs: number): Density {
  const duration = Math.max(1, timeline.duration)
  const mostBars = Math.max(1, Math.floor(width / narrowestBar))
  const step = roundSteps.find((candidate) => Math.ceil(duration / candidate) <= mostBars) ?? Math.ceil(duration / mostBars)
  const bars = Math.max(1, Math.ceil(duration / step))
  const allowed = new Uint32Array(bars)
  const masked = new Uint32Array(bars)
  const allowedCode = verdictNames.indexOf('allowed') + 1
  const maskedCode = verdictNames.indexOf('masked') + 1
  let peak = 1
  for (let row = 0; row < timeline.offsets.length; row += 1) {
    const code = timeline.verdicts[row] ?? 0
    // held, denied and failed stand above the bars as markers
    if (code !== allowedCode && code !== maskedCode) continue
    const bar = Math.min(bars - 1, Math.floor((timeline.offsets[row] ?? 0) / step))
    const column = code === maskedCode ? masked : allowed
    column[bar] = (column[bar] ?? 0) + 1
    peak = Math.max(peak, (allowed[bar] ?? 0) + (masked[bar] ?? 0))
  }
  const scale = width / duration
  return {
    width,
    step,
    barWidth: step * scale,
    allowed,
    masked,
    peak,
    markers: placeMarkers(timeline, scale),
    idle: timeline.gaps
      .map((gap) => ({ ...gap, x: gap.from * scale, width: (gap.to - gap.from) * scale }))
      .filter((gap) => gap.width >= 68),
    ...placeTicks(timeline, width, utcOffsetMs),
  }
}

/** Session time under a point of the plot, and back. */
export function positionAt(timeline: Timeline, x: number, width: number): number {
  return width <= 0 ? 0 : Math.min(1, Math.max(0, x / width)) * timeline.duration
}

export function xOf(timeline: Timeline, position: number, width: number): number {
  return timeline.duration === 0 ? 0 : (position / timeline.duration) * width
}

/** an icon and its count */
const markerWidth = 34
const severity = { held: 0, failed: 1, denied: 2 } as const

function placeMarkers(timeline: Timeline, scale: number): DensityMarker[] {
  const markers: DensityMarker[] = []
  for (let row = 0; row < timeline.offsets.length; row += 1) {
    const verdict = verdictOf(timeline, row)
    if (verdict !== 'held' && verdict !== 'denied' && verdict !== 'failed') continue
    if (isFollowUp(timeline, row)) continue
    const x = (timeline.offsets[row] ?? 0) * scale
    const last = markers.at(-1)
    if (last && x - last.x < markerWidth) {
      last.count += 1
      if (severity[verdict] > severity[last.verdict]) {
        last.verdict = verdict
        last.row = row
      }
    } else {
      markers.push({ x, verdict, row, count: 1 })
    }
  }
  return markers
}

/** The answer to a refused request carries its verdict too: one exchange is one marker. */
function isFollowUp(timeline: Timeline, row: number): boolean {
  const head = timeline.exchangeHeads[row] ?? -1
  return head >= 0 && head !== row && timeline.verdicts[head] === timeline.verdicts[row]
}

function placeTicks(timeline: Timeline, width: number, utcOffsetMs: number): { ticks: DensityTick[]; secondsOnTicks: boolean } {
  const duration = Math.max(1, timeline.duration)
  const mostTicks = Math.max(2, Math.floor(width / 160))
  const step = roundSteps.find((candidate) => candidate >= 1_000 && duration / candidate <= mostTicks) ?? duration / mostTicks
  const local = timeline.startedAt + utcOffsetMs
  const ticks: DensityTick[] = []
  for (let at = Math.ceil(local / step) * step; at <= local + duration; at += step) {
    ticks.push({ x: ((at - local) / duration) * width, at: at - utcOffsetMs })
  }
  return { ticks, secondsOnTicks: step < 60_000 }
}
