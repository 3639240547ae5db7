import { standInsFor } from '../../src-core/approval/stand-in.ts'
import { decidingGroups } from '../../src-core/approval/quorum.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'

/** Those by which a person may decide for others, and the time. */
export interface StandingIn {
  received(sub: string): readonly Delegation[]
  now(): Date
}

/**
 * Whom a request is put before: reviewers in one of its groups, or with the veto, and those who stand in for one; never the one who made it. Whether
 * a vote counts is decided when it is cast.
 */
export const mayDecide = (person: Person, approval: Approval, standingIn: StandingIn): boolean =>
  person.sub !== approval.requester.sub &&
  person.roles.includes('reviewer') &&
  (decidingGroups(approval.digestInput).some((group) => person.groups.includes(group)) ||
    standInsFor(approval, person.sub, standingIn.received(person.sub), standingIn.now()).length > 0)

export const seesOthersApprovals = ({ roles }: Person): boolean =>
  roles.includes('reviewer') || roles.includes('auditor') || roles.includes('administrator')

export const maySeeApproval = (person: Person, approval: Approval, standingIn: StandingIn): boolean =>
  person.sub === approval.requester.sub ||
  mayDecide(person, approval, standingIn) ||
  approval.votes.some((vote) => vote.person.sub === person.sub) ||
  person.roles.includes('auditor') ||
  person.roles.includes('administrator')
