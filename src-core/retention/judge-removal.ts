import type { Hold, HoldSelection, RetentionTerms } from '../../src-protocol/retention.ts'
import type { RetentionBook } from './retention-book.ts'

/** What the log says of a session that is closed. */
export interface ClosedRecording {
  session: string
  person: string
  connection: string
  /** of its session.close entry */
  closedAt: string
  closed: number
}

/**
 * `kept`: no rule is about it. `notice`: the rule is new. `young`: it is not old enough by the times in the log. `clock`: it would be, but the log does not
 * vouch for so much time: somebody set the clock, or the gateway was away.
 */
export type RemovalJudgement =
  | { remove: true; days: number; rule: number }
  | { remove: false; reason: 'kept' | 'young' }
  | { remove: false; reason: 'held'; hold: Hold }
  | { remove: false; reason: 'notice' | 'clock'; days: number }

export const dayMs = 24 * 60 * 60 * 1000

/** After how many days recordings of a connection are removed; undefined: never. */
export function daysFor(terms: RetentionTerms, connection: string): number | undefined {
  const own = Object.hasOwn(terms.connections, connection) ? terms.connections[connection] : terms.days
  return own === undefined || own === 'keep' ? undefined : Math.max(own, terms.minimumDays)
}

/** Whether a recording may be removed, by the log alone: rule, holds and times come from its entries, and from nothing else. */
export function judgeRemoval(book: Pick<RetentionBook, 'rule' | 'holds' | 'time'>, recording: ClosedRecording): RemovalJudgement {
  const { rule, time } = book
  const days = rule && daysFor(rule.terms, recording.connection)
  if (!rule || days === undefined) return { remove: false, reason: 'kept' }
  const age = Date.parse(time.latestAt ?? recording.closedAt) - Date.parse(recording.closedAt)
  if (!(age >= days * dayMs)) return { remove: false, reason: 'young' }
  const hold = book.holds().find((one) => !one.released && isHeldBy(one.selection, recording))
  if (hold) return { remove: false, reason: 'held', hold }
  if (time.since(recording.closed) < days * dayMs) return { remove: false, reason: 'clock', days }
  if (time.since(rule.index) < rule.terms.noticeDays * dayMs) return { remove: false, reason: 'notice', days }
  return { remove: true, days, rule: rule.index }
}

export function isHeldBy(selection: HoldSelection, { session, person, connection, closedAt }: Omit<ClosedRecording, 'closed'>): boolean {
  const closed = Date.parse(closedAt)
  const { sessions, endedFrom, endedBefore } = selection
  return (
    (sessions === undefined || sessions.some((id) => id === session)) &&
    (selection.person === undefined || selection.person === person) &&
    (selection.connection === undefined || selection.connection === connection) &&
    (endedFrom === undefined || closed >= Date.parse(endedFrom)) &&
    (endedBefore === undefined || closed < Date.parse(endedBefore))
  )
}
