import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Hold, RetentionTerms } from '../../src-protocol/retention.ts'
import { createLogTime, type LogTime } from './log-time.ts'

type Of<K extends LogEntry['kind']> = Extract<LogEntry, { kind: K }>
/** one schema for the three of them */
type ReleaseEntry = Extract<LogEntry, { hold: unknown; reason: string; kind: unknown }> & { kind: `recording.release${string}` }

/**
 * Rules of retention, holds and removals as the log tells them: every entry is applied once, in order. There is no other place in which they are kept, so
 * that nothing but an entry of the log lets a recording go, and nothing but an entry of the log lets a held one go.
 */
export interface RetentionBook {
  /** entries about something else change nothing */
  apply(entry: LogEntry, index: number): void
  readonly rule: { terms: RetentionTerms; index: number; at: string } | undefined
  /** the newest first, those that were released included */
  holds(): Hold[]
  hold(id: string): Hold | undefined
  readonly time: LogTime
  readonly removed: { total: number; last?: Of<'recording.removed'> & { index: number } }
  /** how many were removed within so much time */
  removedWithin(ms: number): number
}

const longestLookBackMs = 25 * 60 * 60 * 1000

export function createRetentionBook(): RetentionBook {
  const holds = new Map<string, Hold>()
  const time = createLogTime()
  const recent: { passedMs: number }[] = []
  let rule: RetentionBook['rule']
  let total = 0
  let last: RetentionBook['removed']['last']

  function release({ kind, hold: id, by, reason, at }: ReleaseEntry): void {
    const known = holds.get(id)
    if (!known || known.released) return
    const { asked, ...held } = known
    if (kind === 'recording.release-refused') holds.set(id, held)
    else if (kind === 'recording.release-asked') holds.set(id, { ...held, asked: { by, at, reason } })
    else if (mayRelease(known, by)) holds.set(id, { ...held, ...(asked && { asked }), released: { by, at, reason } })
  }

  return {
    time,
    apply(entry, index) {
      time.add(entry, index)
      switch (entry.kind) {
        case 'recording.retention':
          rule = { terms: entry.terms, index, at: entry.at }
          return
        case 'recording.hold': {
          const { hold: id, selection, reason, by, at, approvals } = entry
          if (!holds.has(id)) holds.set(id, { id, selection, reason, by, at, index, approvals })
          return
        }
        case 'recording.release-asked':
        case 'recording.release-refused':
        case 'recording.released':
          return release(entry)
        case 'recording.removed':
          total += 1
          last = { ...entry, index }
          recent.push({ passedMs: time.passedMs })
          while (recent[0] && time.passedMs - recent[0].passedMs > longestLookBackMs) recent.shift()
          return
        default:
      }
    },
    get rule() {
      return rule
    },
    get removed() {
      return { total, ...(last && { last }) }
    },
    holds: () => [...holds.values()].toReversed(),
    hold: (id) => holds.get(id),
    removedWithin: (ms) => recent.filter(({ passedMs }) => time.passedMs - passedMs < ms).length,
  }
}

/** With two approvals somebody else must have asked; a release in the log that lacks it releases nothing. */
export const mayRelease = ({ approvals, asked }: Pick<Hold, 'approvals' | 'asked'>, by: string): boolean =>
  approvals === 1 || (asked !== undefined && asked.by !== by)
