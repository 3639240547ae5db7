import { fitLine, quantile } from '../statistics.ts'
import type { ProcessSample, Watch } from './watch-process.ts'

/** What a process's memory did after it had warmed up. */
export interface MemoryTrend {
  name: string
  firstMb: number
  lastMb: number
  /** resident memory, MB in an hour if it went on like this, and twice the standard error of that */
  mbPerHour: number
  uncertainty: number
  /** the same of what the heap holds after collections: the least of each ten seconds */
  heapMbPerHour: number
  heapUncertainty: number
  filesFirst: number
  filesLast: number
  loopP99: number
  loopMax: number
  flat: boolean
}

/** More than this share of its memory in the watched time is growth, if it is more than noise too. */
const toleratedShare = 0.05
const heapWindowSeconds = 10

export function judgeMemory({ name, samples }: Watch, warmUpSeconds: number): MemoryTrend {
  const steady = samples.filter(({ second }) => second > warmUpSeconds)
  const [first, last] = [steady[0], steady.at(-1)]
  if (!first || !last || steady.length < 10) throw new Error(`${name}: too few samples after ${warmUpSeconds} s`)
  const hours = (seconds: number): number => seconds / 3600
  const resident = fitLine(steady.map((sample) => ({ x: hours(sample.second), y: sample.residentBytes / 1e6 })))
  const heap = fitLine(heapFloor(steady).map(({ second, heapUsed }) => ({ x: hours(second), y: heapUsed / 1e6 })))
  const watched = hours(last.second - first.second)
  const level = steady.reduce((sum, sample) => sum + sample.residentBytes / 1e6, 0) / steady.length
  const growth = resident.slope * watched
  // resident memory rises with the young generation until that is full: only what also stays in the heap, or lies outside it, is a leak
  const grows = growth > level * toleratedShare && resident.slope > 2 * resident.slopeError
  const delays = steady.flatMap(({ loopP99 }) => (loopP99 === undefined ? [] : [loopP99]))
  return {
    name,
    firstMb: first.residentBytes / 1e6,
    lastMb: last.residentBytes / 1e6,
    mbPerHour: resident.slope,
    uncertainty: 2 * resident.slopeError,
    heapMbPerHour: heap.slope,
    heapUncertainty: 2 * heap.slopeError,
    filesFirst: first.files,
    filesLast: last.files,
    loopP99: quantile(delays, 0.5),
    loopMax: Math.max(0, ...steady.map(({ loopMax = 0 }) => loopMax)),
    flat: !grows && last.files <= first.files + 8,
  }
}

function heapFloor(samples: readonly ProcessSample[]): { second: number; heapUsed: number }[] {
  const windows = new Map<number, { second: number; heapUsed: number }>()
  for (const { second, heapUsed } of samples) {
    if (heapUsed === undefined) continue
    const window = Math.floor(second / heapWindowSeconds)
    const least = windows.get(window)
    if (!least || heapUsed < least.heapUsed) windows.set(window, { second, heapUsed })
  }
  return [...windows.values()]
}
