import type { ApprovalOutcome, EvidenceGap, Period } from '../../../src-protocol/overview.ts'

/** one, and several */
const gapWords: Record<EvidenceGap, [string, string]> = {
  'missing-number': ['number of a session missing', 'numbers of sessions missing'],
  'gateway-crash': ['session ended by a crash of the gateway', 'sessions ended by a crash of the gateway'],
  'recording-unavailable': ['session ended because recording failed', 'sessions ended because recording failed'],
  'recording-altered': ['recording that was altered', 'recordings that were altered'],
}

export const gapText = (gap: EvidenceGap, count: number): string => gapWords[gap][count === 1 ? 0 : 1]

export const outcomeTitles: Record<ApprovalOutcome, string> = {
  pending: 'Waiting',
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Out of time',
  withdrawn: 'Withdrawn',
  void: 'Void before a decision',
}

/** The buckets of `waitingBounds`, and what took longer. */
export const waitingTitles = [
  'within a minute',
  'within 5 minutes',
  'within 15 minutes',
  'within an hour',
  'within 8 hours',
  'longer',
] as const

/** `8 s`, `4 min`, `2 h` */
export function waitText(seconds: number): string {
  if (seconds < 1) return 'a second'
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })

/** Before anything was recorded: a period that begins here is all there is. */
export const theBeginning = '2000-01-01'

/** `24 Oct 2026 to 22 Nov 2026, UTC` */
export function periodText({ from, to }: Period): string {
  const last = dayFormat.format(Date.parse(to))
  if (from === theBeginning) return `up to ${last}, UTC`
  return from === to ? `${last}, UTC` : `${dayFormat.format(Date.parse(from))} to ${last}, UTC`
}
