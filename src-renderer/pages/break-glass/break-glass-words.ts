import type { BreakGlassEndReason, BreakGlassOpening, BreakGlassTerms } from '../../../src-protocol/break-glass.ts'
import type { Person } from '../../../src-protocol/model.ts'

/** Whether it waits for this person: a reviewer whom the rule named, and never who opened it. */
export const awaitsReviewBy = ({ endedAt, review, input }: BreakGlassOpening, person: Person | undefined): boolean =>
  endedAt !== undefined &&
  review === undefined &&
  person !== undefined &&
  person.sub !== input.person &&
  person.roles.includes('reviewer') &&
  input.reviewers.some((group) => person.groups.includes(group))

export const isOpen = ({ endedAt }: BreakGlassOpening): boolean => endedAt === undefined

export const awaitsReview = ({ endedAt, review }: BreakGlassOpening): boolean => endedAt !== undefined && review === undefined

const ends: Record<BreakGlassEndReason, string> = {
  'time-over': 'its time was over',
  'by-owner': 'closed by who opened it',
  stopped: 'stopped',
  'groups-lost': 'the rule was for them no longer',
  'rule-changed': 'the rule was changed',
  'rule-removed': 'the rule was removed',
  'connection-removed': 'the connection was removed',
}

/** How it ended, in words. */
export function endOf({ endReason, because }: BreakGlassOpening): string {
  if (endReason === undefined) return 'open'
  return because === undefined ? ends[endReason] : `${ends[endReason]}: ${because}`
}

export const callsOf = ({ uses }: BreakGlassOpening): string => (uses.length === 1 ? '1 call' : `${uses.length} calls`)

/** Whom a rule names. `nameOf` knows people by their sub. */
export const namedBy = ({ people, groups }: BreakGlassTerms, nameOf: (sub: string) => string): string =>
  [...people.map(nameOf), ...groups.map((group) => `members of ${group}`)].join(', ')

/** How late a review is. */
export const lateness = ({ overdueDays = 0 }: BreakGlassOpening): string =>
  overdueDays === 0 ? 'ended today' : overdueDays === 1 ? 'for a day' : `for ${overdueDays} days`
