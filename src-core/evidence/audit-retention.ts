import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { judgeRemoval } from '../retention/judge-removal.ts'
import { createRetentionBook, mayRelease } from '../retention/retention-book.ts'
import type { LoggedSession } from './audit-log-entries.ts'

export type RetentionFindingCode = 'removed-against-rule' | 'removed-while-held' | 'removed-another' | 'hold-released-alone'

type Report = (code: RetentionFindingCode, index: number, sentence: string) => void
type Removal = Extract<LogEntry, { kind: 'recording.removed' }>

const refusals = {
  kept: 'no rule in force removes it',
  young: 'it was not old enough by the times in the log',
  clock: 'the log does not vouch for so much time since its end: the clock was set, or the gateway was away',
  notice: 'the rule was too new to remove anything',
} as const

/** Reads what a log says about removed recordings and holds, and reports what no rule in force allowed, or a hold forbade. */
export function createRetentionAudit(
  report: Report,
  sessions: ReadonlyMap<string, LoggedSession>,
): { add(entry: LogEntry, index: number): void } {
  const book = createRetentionBook()

  function checkRemoval(entry: Removal, index: number): void {
    const { session, count, root, closed, rule, days } = entry
    const logged = sessions.get(session)
    const close = logged?.close
    if (!logged || !close) return report('removed-another', index, `${session} was removed, and the log had not closed it.`)
    if (logged.removed) return report('removed-another', index, `${session} was removed a second time.`)
    if (close.root !== root || close.count !== count || close.index !== closed) {
      report('removed-another', index, `What was removed is not the recording of ${session} that the log closed.`)
    }
    const { person = '', connection = '' } = logged.open ?? {}
    const judged = judgeRemoval(book, { session, person, connection, closed: close.index, closedAt: close.at })
    if (judged.remove) {
      if (judged.rule !== rule || judged.days !== days) {
        report('removed-against-rule', index, `${session} was removed by another rule than the one in force.`)
      }
    } else if (judged.reason === 'held') {
      report('removed-while-held', index, `${session} was removed while the hold ${judged.hold.id} kept it.`)
    } else report('removed-against-rule', index, `${session} was removed, and ${refusals[judged.reason]}.`)
  }

  return {
    add(entry, index) {
      if (entry.kind === 'recording.removed') checkRemoval(entry, index)
      if (entry.kind === 'recording.released') {
        const hold = book.hold(entry.hold)
        if (hold && !mayRelease(hold, entry.by)) {
          report(
            'hold-released-alone',
            index,
            `${entry.by} released the hold ${entry.hold} alone: it takes two administrators, and is still in force.`,
          )
        }
      }
      book.apply(entry, index)
    },
  }
}
