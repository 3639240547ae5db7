import type { AccessEndReason, AccessGrant, AccessRequest, AccessTerms } from '../../../src-protocol/access.ts'
import type { Person } from '../../../src-protocol/model.ts'

const ends: Record<AccessEndReason, string> = {
  'time-over': 'Its time was over',
  returned: 'Given back',
  revoked: 'Revoked',
  'groups-lost': 'Left the groups',
  'rule-changed': 'The rule was changed',
  'rule-removed': 'The rule was removed',
  'connection-removed': 'The connection was removed',
}

/** Why access ended, as a short sentence without its full stop. */
export function endOfGrant({ endReason, endedBy, because }: AccessGrant, nameOf: (sub: string) => string): string {
  const what = endReason === undefined ? 'Ended' : ends[endReason]
  const by = endedBy !== undefined && endReason !== 'returned' ? ` by ${nameOf(endedBy)}` : ''
  return `${what}${by}${because === undefined ? '' : `: ${because}`}`
}

/** What became of a request that is not granted. */
export function endOfRequest({ state, vote, because }: AccessRequest): string {
  switch (state) {
    case 'denied':
      return `Denied by ${vote?.person.name ?? 'a reviewer'}${vote?.reason ? `: ${vote.reason}` : ''}`
    case 'expired':
      return 'Nobody decided in time'
    case 'withdrawn':
      return 'Withdrawn'
    case 'void':
      return because === undefined ? 'Void' : `Void: ${because}`
    case 'granted':
      return vote ? `Approved by ${vote.person.name}` : 'Granted by the rule'
    case 'pending':
      return 'Waits for a reviewer'
  }
}

/** What a rule asks for, as a list of words. */
export function demandsOf({ reasonRequired, ticketRequired, approvers }: AccessTerms): string {
  const demands = [
    reasonRequired ? 'a reason' : undefined,
    ticketRequired ? 'a ticket' : undefined,
    approvers.length > 0 ? `approval by ${approvers.join(', ')}` : undefined,
  ].filter((word) => word !== undefined)
  return demands.length === 0 ? 'nothing but asking' : demands.join(', ')
}

export const groupsOf = ({ groups }: AccessTerms): string => (groups.length === 0 ? 'everybody who may use it' : groups.join(', '))

/** Why this person cannot decide this request now, or undefined if they can. The gateway decides again. */
export function whyNotDecideAccess(request: AccessRequest, person: Person | undefined, now: number): string | undefined {
  const { approvers } = request.digestInput
  if (person === undefined) return 'Sign in to decide.'
  if (request.state !== 'pending') return 'Nothing is left to decide.'
  if (Date.parse(request.decideBy) <= now) return 'The time to decide is over.'
  if (request.requester.sub === person.sub) return 'You asked for this yourself; somebody else has to decide.'
  const theirs = person.roles.includes('reviewer') && approvers.some((group) => person.groups.includes(group))
  return theirs ? undefined : `Deciding this needs a reviewer in one of the groups ${approvers.join(', ')}.`
}

export const waitsFor = (request: AccessRequest, person: Person | undefined): boolean =>
  whyNotDecideAccess(request, person, Date.parse(request.requestedAt)) === undefined
