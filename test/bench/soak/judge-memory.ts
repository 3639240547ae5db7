import { fitLine, quantile } from '../statistics.ts'
import type { Watch } from './watch-process.ts'

/** What a process's memory did after it had warmed up. */
export interface MemoryTrend {
  name: string
  firstMb: number
  lastMb: number
  /** resident memory, MB in an hour if it went on like this, and twice the standard error of that */
  mbPerHour: number
  uncertainty: number
  /** what whole collections left of the heap, at the begin and at the end of the watched time */
  liveFirstMb: number
  liveLastMb: number
  filesFirst: number
  filesLast: number
  loopP99: number
  loopMax: number
  flat: boolean
}

/** More than this share in the watched time is growth: of resident memory if it is more than noise too, of the live heap if it is more than this. */
const toleratedShare = 0.05
const toleratedLiveMb = 3

export function judgeMemory({ name, samples, liveHeap }: Watch, warmUpSeconds: number): MemoryTrend {
  const steady = samples.filter(({ second }) => second > warmUpSeconds)
  const [first, last] = [steady[0], steady.at(-1)]
  if (!first || !last || steady.length < 10) throw new Error(`${name}: too few samples after ${warmUpSeconds} s`)
  const hours = (seconds: number): number => seconds / 3600
  const resident = fitLine(steady.map((sample) => ({ x: hours(sample.second), y: sample.residentBytes / 1e6 })))
  const [liveFirstMb, liveLastMb] = [(liveHeap[0] ?? Number.NaN) / 1e6, (liveHeap.at(-1) ?? Number.NaN) / 1e6]
  const watched = hours(last.second - first.second)
  const level = steady.reduce((sum, sample) => sum + sample.residentBytes / 1e6, 0) / steady.length
  const growth = resident.slope * watched
  const grows = growth > level * toleratedShare && resident.slope > 2 * resident.slopeError
  const liveGrows = !(liveLastMb - liveFirstMb <= Math.max(toleratedLiveMb, liveFirstMb * toleratedShare))
  const delays = steady.flatMap(({ loopP99 }) => (loopP99 === undefined ? [] : [loopP99]))
  return {
    name,
    firstMb: first.residentBytes / 1e6,
    lastMb: last.residentBytes / 1e6,
    mbPerHour: resident.slope,
    uncertainty: 2 * resident.slopeError,
    liveFirstMb,
    liveLastMb,
    filesFirst: first.files,
    filesLast: last.files,
    loopP99: quantile(delays, 0.5),
    loopMax: Math.max(0, ...steady.map(({ loopMax = 0 }) => loopMax)),
    flat: !grows && !liveGrows && last.files <= first.files + 8,
  }
}
