import { decidingGroups } from '../../src-core/approval/quorum.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'

/** Whom a request is put before: reviewers in one of its groups, or with the veto, never the one who made it. Whether a vote counts is decided when it is cast. */
export const mayDecide = (person: Person, approval: Approval): boolean =>
  person.sub !== approval.requester.sub &&
  person.roles.includes('reviewer') &&
  decidingGroups(approval.digestInput).some((group) => person.groups.includes(group))

export const seesOthersApprovals = ({ roles }: Person): boolean =>
  roles.includes('reviewer') || roles.includes('auditor') || roles.includes('administrator')

export const maySeeApproval = (person: Person, approval: Approval): boolean =>
  person.sub === approval.requester.sub ||
  mayDecide(person, approval) ||
  person.roles.includes('auditor') ||
  person.roles.includes('administrator')
