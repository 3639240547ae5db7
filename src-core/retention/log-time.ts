import type { LogEntry } from '../../src-protocol/log-entry.ts'

/**
 * How much time has passed for certain, by the log alone. The wall's clock can be set; what a heartbeat says beside it, how long the process has been up, cannot.
 * So a clock that is set forwards makes nothing older, and one that is set backwards makes nothing younger.
 */
export interface LogTime {
  add(entry: LogEntry, index: number): void
  /** milliseconds that have passed at least since this entry was written */
  since(index: number): number
  /** since the log began */
  readonly passedMs: number
  /** time of the wall in the newest entry that was read */
  readonly latestAt: string | undefined
}

/** While the gateway is stopped only the wall's clock goes on: a stop counts as no more than this, however long the clock says that it was. */
export const longestStopMs = 7 * 24 * 60 * 60 * 1000
/** places are remembered this far apart */
const markEveryMs = 60 * 60 * 1000

export function createLogTime(): LogTime {
  /** how much time had passed at which entry; both only grow */
  const marks: { index: number; passedMs: number }[] = []
  let passedMs = 0
  let last: Extract<LogEntry, { kind: 'heartbeat' }> | undefined
  let latestAt: string | undefined

  return {
    add(entry, index) {
      latestAt = entry.at
      if (entry.kind !== 'heartbeat') return
      if (last && entry.moment === 'start') {
        passedMs += Math.min(longestStopMs, Math.max(0, Date.parse(entry.at) - Date.parse(last.at)))
      } else if (last) passedMs += Math.max(0, entry.upMs - last.upMs)
      last = entry
      const before = marks.at(-1)
      if (before?.passedMs === passedMs) before.index = index
      else if (!before || passedMs - before.passedMs >= markEveryMs) marks.push({ index, passedMs })
    },
    since(index) {
      // the first mark behind the entry: what passed before it is not counted
      let [low, high] = [0, marks.length]
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        if ((marks[middle]?.index ?? 0) >= index) high = middle
        else low = middle + 1
      }
      const mark = marks[low]
      return mark ? passedMs - mark.passedMs : 0
    },
    get passedMs() {
      return passedMs
    },
    get latestAt() {
      return latestAt
    },
  }
}
