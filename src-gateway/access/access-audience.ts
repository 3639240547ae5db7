import type { AccessGrant, AccessRequest } from '../../src-protocol/access.ts'
import type { Person } from '../../src-protocol/model.ts'

const isReviewerOf = (person: Person, approvers: readonly string[]): boolean =>
  person.roles.includes('reviewer') && approvers.some((group) => person.groups.includes(group))

const seesAll = ({ roles }: Person): boolean => roles.includes('auditor') || roles.includes('administrator')

/** Whom a request is put before: reviewers in one of its groups, never the one who made it. */
export const mayDecideAccess = (person: Person, request: AccessRequest): boolean =>
  person.sub !== request.requester.sub && isReviewerOf(person, request.digestInput.approvers)

export const maySeeRequest = (person: Person, request: AccessRequest): boolean =>
  person.sub === request.requester.sub || mayDecideAccess(person, request) || seesAll(person)

/** Giving back is everybody's own; taking is for administrators and for reviewers who could have decided it. */
export const mayEndGrant = (person: Person, grant: AccessGrant, approvers: readonly string[]): boolean =>
  person.sub === grant.person.sub || person.roles.includes('administrator') || isReviewerOf(person, approvers)

export const maySeeGrant = (person: Person, grant: AccessGrant, approvers: readonly string[]): boolean =>
  mayEndGrant(person, grant, approvers) || seesAll(person)
