import { fitLine, quantile } from '../statistics.ts'
import type { Watch } from './watch-process.ts'

/** What a process's memory did after it had warmed up. */
export interface MemoryTrend {
  name: string
  /** resident memory: the most of it in the watched time */
  mostMb: number
  /** what whole collections left */
  resident: Trend
  heap: Trend
  filesFirst: number
  filesLast: number
  loopP99: number
  loopMax: number
  flat: boolean
}

export interface Trend {
  firstMb: number
  lastMb: number
  /** MB in an hour if it went on like this, and twice the standard error of that */
  perHour: number
  uncertainty: number
  grows: boolean
}

/** More than so much in the watched time is growth, if it is more than noise too. The system gets pages back late: there more is tolerated. */
const tolerated = { heap: { share: 0.05, mb: 3 }, resident: { share: 0.1, mb: 10 } }
const toleratedFiles = 8

export function judgeMemory({ name, samples, collected }: Watch, warmUpSeconds: number): MemoryTrend {
  const steady = samples.filter(({ second }) => second > warmUpSeconds)
  const [first, last] = [steady[0], steady.at(-1)]
  const left = collected.filter(({ second }) => second > warmUpSeconds)
  if (!first || !last || left.length < 4) throw new Error(`${name}: it was not looked at long enough`)
  const trendOf = (of: keyof typeof tolerated, pick: (one: (typeof left)[number]) => number) =>
    judgeTrend(
      of,
      left.map((one) => ({ second: one.second, mb: pick(one) / 1e6 })),
    )
  const resident = trendOf('resident', (one) => one.residentBytes)
  const heap = trendOf('heap', (one) => one.heapUsed)
  const delays = steady.flatMap(({ loopP99 }) => (loopP99 === undefined ? [] : [loopP99]))
  return {
    name,
    mostMb: Math.max(...steady.map(({ residentBytes }) => residentBytes)) / 1e6,
    resident,
    heap,
    filesFirst: first.files,
    filesLast: last.files,
    loopP99: quantile(delays, 0.5),
    loopMax: Math.max(0, ...steady.map(({ loopMax = 0 }) => loopMax)),
    flat: !resident.grows && !heap.grows && last.files <= first.files + toleratedFiles,
  }
}

export function judgeTrend(of: keyof typeof tolerated, points: readonly { second: number; mb: number }[]): Trend {
  const [firstMb, lastMb] = [points[0]?.mb ?? Number.NaN, points.at(-1)?.mb ?? Number.NaN]
  const { slope, slopeError } = fitLine(points.map(({ second, mb }) => ({ x: second / 3600, y: mb })))
  const growth = (slope * ((points.at(-1)?.second ?? 0) - (points[0]?.second ?? 0))) / 3600
  const grows = growth > Math.max(tolerated[of].mb, firstMb * tolerated[of].share) && slope > 2 * slopeError
  return { firstMb, lastMb, perHour: slope, uncertainty: 2 * slopeError, grows }
}
