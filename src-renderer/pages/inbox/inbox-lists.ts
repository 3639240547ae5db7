import { decidingGroups } from '../../../src-core/approval/quorum.ts'
import type { Delegation } from '../../../src-protocol/delegation.ts'
import type { Approval, Person } from '../../../src-protocol/model.ts'
import { placesFor } from './places.ts'

/**
 * Why this person cannot decide this request now (at all, or in this way), or undefined if they can. The gateway decides again.
 * @param place in whose place they would
 */
export function whyNotDecide(
  approval: Approval,
  person: Person | undefined,
  now: number,
  decision?: 'approve' | 'deny',
  place?: Delegation,
): string | undefined {
  if (person === undefined) return 'Sign in to decide.'
  if (approval.state !== 'pending') return `Nothing is left to decide: it is ${approval.state}.`
  if (Date.parse(approval.decideBy) <= now) return 'The time to decide is over.'
  if (approval.requester.sub === person.sub) return 'You asked for this yourself; somebody else has to decide.'
  const { digestInput } = approval
  const groups = decision === 'approve' ? digestInput.groups : decidingGroups(digestInput)
  const inMyPlace = approval.votes.find((vote) => vote.onBehalfOf?.sub === person.sub)
  if (inMyPlace) return `${inMyPlace.person.name} has decided this in your place.`
  if (place && placesFor(approval, person.sub, [place], now, decision).length > 0) return undefined
  if (!groups.some((group) => person.groups.includes(group)))
    return decision === 'approve' && decidingGroups(digestInput).some((group) => person.groups.includes(group))
      ? `You can stop this; approving it needs one of the groups ${groups.join(', ')}.`
      : `Deciding this needs one of the groups ${groups.join(', ')}.`
  if (approval.votes.some((vote) => vote.person.sub === person.sub)) return 'You have already decided; another reviewer has to decide too.'
  return undefined
}

/** Whether the request waits for this person: pending, and theirs to decide as far as this window knows. */
export function isWaitingFor(approval: Approval, person: Person | undefined, received: readonly Delegation[] = []): boolean {
  if (approval.state !== 'pending' || person === undefined) return false
  const at = Date.parse(approval.requestedAt)
  return whyNotDecide(approval, person, at) === undefined || placesFor(approval, person.sub, received, at).length > 0
}

export interface InboxLists {
  /** pending and theirs to decide, the one with the least time left first */
  waiting: Approval[]
  /** one’s own, pending */
  own: Approval[]
  /** pending, and somebody else has to decide */
  others: Approval[]
  /** everything else, the latest first */
  decided: Approval[]
}

export function inboxLists(approvals: readonly Approval[], person: Person | undefined, received: readonly Delegation[] = []): InboxLists {
  const pending = approvals.filter((approval) => approval.state === 'pending').toSorted((a, b) => a.decideBy.localeCompare(b.decideBy))
  return {
    waiting: pending.filter((approval) => isWaitingFor(approval, person, received)),
    own: pending.filter((approval) => approval.requester.sub === person?.sub),
    others: pending.filter((approval) => approval.requester.sub !== person?.sub && !isWaitingFor(approval, person, received)),
    decided: approvals.filter((approval) => approval.state !== 'pending').toSorted((a, b) => decidedAt(b).localeCompare(decidedAt(a))),
  }
}

/** When it left `pending`, as far as the approval tells. */
export function decidedAt(approval: Approval): string {
  if (approval.state === 'expired') return approval.decideBy
  return approval.executedAt ?? approval.reported?.at ?? approval.votes.at(-1)?.at ?? approval.requestedAt
}
