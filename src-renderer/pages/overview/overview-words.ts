import type { ApprovalOutcome, EvidenceGap } from '../../../src-protocol/overview.ts'

export const gapTitles: Record<EvidenceGap, string> = {
  'missing-number': 'numbers of sessions missing',
  'gateway-crash': 'sessions ended by a crash of the gateway',
  'recording-unavailable': 'sessions ended because recording failed',
  'recording-altered': 'recordings that were altered',
}

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
