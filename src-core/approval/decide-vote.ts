import { AppError } from '../../src-protocol/app-error.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import type { VoteRequest } from '../../src-protocol/http-requests.ts'
import type { Approval, Person, Vote } from '../../src-protocol/model.ts'
import { decideApprovalState } from './approval-state.ts'
import { problemOfSignature, wasMemberAt } from './check-signed-decision.ts'
import { hasTakenPart, problemOfStandIn } from './stand-in.ts'
import { decidingGroups } from './quorum.ts'
import { isSamePerson } from './same-person.ts'
import { stepUpProblem, type StepUp } from './step-up.ts'
import { verifyReviewerSignature } from './vote-signature.ts'

export interface VoteFacts {
  approval: Approval
  voter: Person
  request: VoteRequest
  /** RFC 7638 thumbprint of the key that the voter's access token is bound to, and that signed this request's DPoP proof */
  keyThumbprint: string
  /** since when the gateway has known the voter in a group (RFC 3339), where it knows: whoever joined after the request does not count */
  groupsSince?: Readonly<Record<string, string>>
  /** where the vote is cast in somebody's place: the delegation that it names, who gave it, and since when they are in their groups */
  standIn?: { delegation: Delegation | undefined; delegator: Person | undefined; groupsSince: Readonly<Record<string, string>> } | undefined
  /** a sign-in that the gateway itself vouches for, made for this request and with this key */
  freshSignIn?: { sub: string; stepUp: StepUp } | undefined
  /** an account as the gateway knows it: two with one address are one person's */
  accountOf?: (sub: string) => Pick<Person, 'sub' | 'email'>
  now: Date
}

/** `vote`: as it is to be logged and stored */
export type VoteDecision = { ok: true; vote: Vote } | { ok: false; error: AppError }

/** Whether a vote counts. Whether it settles the approval, `decideApprovalState` says. */
export function decideVote(facts: VoteFacts): VoteDecision {
  const { approval, voter, request, keyThumbprint: provenThumbprint, freshSignIn, now } = facts
  const refuse = (...error: ConstructorParameters<typeof AppError>): VoteDecision => ({ ok: false, error: new AppError(...error) })

  const { state } = decideApprovalState(approval, now)
  if (state === 'expired') return refuse('APPROVAL_EXPIRED', { approval: approval.id })
  if (state !== 'pending') return refuse('APPROVAL_NOT_PENDING', { approval: approval.id, state })
  if (isSamePerson(voter, approval.requester)) return refuse('APPROVAL_OWN_REQUEST')
  const { decision, reason, at, signature, key } = request
  const { digestInput } = approval
  const problemOfPlace = problemOfStandingIn(facts)
  if (problemOfPlace !== undefined) return refuse('APPROVAL_NOT_DELEGATED', { problem: problemOfPlace })
  const groups = groupsAtRequest(facts)
  // to deny, it is enough to have the veto
  const needed = decision === 'approve' ? digestInput.groups : decidingGroups(digestInput)
  if (!needed.some((group) => groups.includes(group))) return refuse('APPROVAL_NOT_REVIEWER', { groups: needed.join(', ') })
  const { accountOf = (sub: string) => ({ sub }) } = facts
  if (approval.votes.some((vote) => isSamePerson(voter, accountOf(vote.person.sub)))) return refuse('APPROVAL_ALREADY_VOTED')
  const inMyPlace = approval.votes.find(({ onBehalfOf: place }) => place && isSamePerson(voter, accountOf(place.sub)))
  if (inMyPlace) return refuse('APPROVAL_DECIDED_FOR_YOU', { by: inMyPlace.person.name })
  if (approval.reasonRequired && reason.trim() === '') return refuse('REASON_REQUIRED')

  const problem = problemOfSignature(approval, voter, request, provenThumbprint, now)
  if (problem) return { ok: false, error: problem }

  const terms = decision === 'approve' ? digestInput.stepUp : undefined
  if (terms && !freshSignIn) {
    return refuse('STEP_UP_REQUIRED', { maxAgeSeconds: terms.maxAgeSeconds, acr: (terms.acr ?? []).join(' ') })
  }
  if (terms && freshSignIn) {
    if (freshSignIn.sub !== voter.sub) return refuse('STEP_UP_INVALID', { problem: 'somebody else signed in' })
    const stale = stepUpProblem(terms, freshSignIn.stepUp, now, stepUpSlackMs)
    if (stale !== undefined) return refuse('STEP_UP_INVALID', { problem: stale })
  }
  const vote: Vote = {
    person: { sub: voter.sub, name: voter.name },
    ...onBehalfOf(facts),
    decision,
    reason,
    at,
    groups,
    ...(terms && freshSignIn && { stepUp: freshSignIn.stepUp }),
    signature,
    key,
    ...(request.reviewer && { reviewer: request.reviewer }),
  }
  if (vote.reviewer && !verifyReviewerSignature(approval, vote))
    return refuse('APPROVAL_SIGNATURE_INVALID', { problem: 'that of the reviewer key does not fit what it signs' })
  return { ok: true, vote }
}

/** `auth_time` is in whole seconds, by the clock of the identity provider. */
const stepUpSlackMs = 2000

/** The groups by which a vote counts: its voter is in them, or the person whose place they take, and was when the request was made. */
function groupsAtRequest({ approval, voter, groupsSince = {}, request, standIn }: VoteFacts): string[] {
  const { digestInput, requestedAt } = approval
  const groups = decidingGroups(digestInput)
  if (!request.onBehalfOf) return groups.filter((group) => wasMemberAt([group], voter, groupsSince, requestedAt))
  const { delegation, delegator, groupsSince: since = {} } = standIn ?? {}
  return groups.filter(
    (group) =>
      delegation?.groups.includes(group) === true && delegator !== undefined && wasMemberAt([group], delegator, since, requestedAt),
  )
}

function problemOfStandingIn({ approval, voter, request, standIn, now }: VoteFacts): string | undefined {
  const asked = request.onBehalfOf
  if (!asked) return undefined
  const { delegation, delegator } = standIn ?? {}
  if (delegation?.id !== asked.delegation || delegation.delegator.sub !== asked.sub) return 'nobody has named you for it'
  const problem = problemOfStandIn(delegation, { approval, sub: voter.sub, at: now })
  if (problem !== undefined) return problem
  if (delegator?.sub !== asked.sub || !delegator.roles.includes('reviewer')) return `${delegation.delegator.name} is no longer a reviewer`
  if (isSamePerson(delegator, approval.requester)) return 'it was asked for by the person in whose place you would decide'
  return hasTakenPart(approval.votes, asked.sub) ? `${delegation.delegator.name} has a vote on it already` : undefined
}

const onBehalfOf = ({ request, standIn }: VoteFacts): Pick<Vote, 'onBehalfOf'> =>
  request.onBehalfOf && standIn?.delegation ? { onBehalfOf: { ...standIn.delegation.delegator, delegation: standIn.delegation.id } } : {}
