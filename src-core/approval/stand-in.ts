import type { Delegation } from '../../src-protocol/delegation.ts'
import type { Approval, Vote } from '../../src-protocol/model.ts'
import { decidingGroups } from './quorum.ts'

export interface StandInFacts {
  approval: Pick<Approval, 'requester' | 'requestedAt'>
  /** who votes, or would */
  sub: string
  /** at which it is used */
  at: Date
}

/**
 * Why a delegation does not let somebody decide a request in its giver's place, as a clause; undefined if it does. Only requests are decided by it
 * that were made while it stood, as with groups: nobody is chosen for a request that waits already.
 */
export function problemOfStandIn(delegation: Delegation | undefined, { approval, sub, at }: StandInFacts): string | undefined {
  if (!delegation || delegation.delegate.sub !== sub) return 'nobody has named you for it'
  if (delegation.delegator.sub === approval.requester.sub) return 'it was asked for by the person in whose place you would decide'
  const requested = Date.parse(approval.requestedAt)
  if (!(Date.parse(delegation.givenAt) <= requested && Date.parse(delegation.from) <= requested)) {
    return `it was asked for before you stood in for ${delegation.delegator.name}`
  }
  if (delegation.endedAt !== undefined && !(at.getTime() < Date.parse(delegation.endedAt))) return 'your delegation has ended'
  return at.getTime() < Date.parse(delegation.until) ? undefined : 'the time of your delegation is over'
}

/** Of these delegations those by which somebody may decide a request now: for groups that it needs, and as nobody has voted yet who would count twice. */
export function standInsFor(approval: Approval, sub: string, delegations: readonly Delegation[], at: Date): Delegation[] {
  const groups = decidingGroups(approval.digestInput)
  return delegations.filter(
    (delegation) =>
      problemOfStandIn(delegation, { approval, sub, at }) === undefined &&
      delegation.groups.some((group) => groups.includes(group)) &&
      !hasTakenPart(approval.votes, delegation.delegator.sub),
  )
}

/** Whether somebody has voted, or somebody else in their place: nobody counts twice. */
export const hasTakenPart = (votes: readonly Pick<Vote, 'person' | 'onBehalfOf'>[], sub: string): boolean =>
  votes.some(({ person, onBehalfOf }) => person.sub === sub || onBehalfOf?.sub === sub)

/** Who cast a vote, for people to read: `Dirk in the place of Dora`. */
export const deciderName = ({ person, onBehalfOf }: Pick<Vote, 'person' | 'onBehalfOf'>): string =>
  onBehalfOf ? `${person.name} in the place of ${onBehalfOf.name}` : person.name
