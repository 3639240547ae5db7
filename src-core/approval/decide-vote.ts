import { AppError } from '../../src-protocol/app-error.ts'
import type { VoteRequest } from '../../src-protocol/http-api.ts'
import { timestamp } from '../../src-protocol/ids.ts'
import type { Approval, Person, Vote } from '../../src-protocol/model.ts'
import { decideApprovalState, voteClockToleranceMs } from './approval-state.ts'
import { decidingGroups } from './quorum.ts'
import { stepUpProblem, type StepUp } from './step-up.ts'
import { keyThumbprint, verifyReviewerSignature, verifyVoteSignature } from './vote-signature.ts'

export interface VoteFacts {
  approval: Approval
  voter: Person
  request: VoteRequest
  /** RFC 7638 thumbprint of the key that the voter's access token is bound to, and that signed this request's DPoP proof */
  keyThumbprint: string
  /** since when the gateway has known the voter in a group (RFC 3339), where it knows: whoever joined after the request does not count */
  groupsSince?: Readonly<Record<string, string>>
  /** a sign-in that the gateway itself vouches for, made for this request and with this key */
  freshSignIn?: { sub: string; stepUp: StepUp } | undefined
  now: Date
}

/** `vote`: as it is to be logged and stored */
export type VoteDecision = { ok: true; vote: Vote } | { ok: false; error: AppError }

/** Whether a vote counts. Whether it settles the approval, `decideApprovalState` says. */
export function decideVote(facts: VoteFacts): VoteDecision {
  const { approval, voter, request, keyThumbprint: provenThumbprint, freshSignIn, now } = facts
  const refuse = (...error: ConstructorParameters<typeof AppError>): VoteDecision => ({ ok: false, error: new AppError(...error) })
  const unsigned = (problem: string) => refuse('APPROVAL_SIGNATURE_INVALID', { problem })

  const { state } = decideApprovalState(approval, now)
  if (state === 'expired') return refuse('APPROVAL_EXPIRED', { approval: approval.id })
  if (state !== 'pending') return refuse('APPROVAL_NOT_PENDING', { approval: approval.id, state })
  if (voter.sub === approval.requester.sub) return refuse('APPROVAL_OWN_REQUEST')
  const { decision, reason, at, signature, key } = request
  const { digestInput } = approval
  const groups = groupsAtRequest(facts)
  // to deny, it is enough to have the veto
  const needed = decision === 'approve' ? digestInput.groups : decidingGroups(digestInput)
  if (!needed.some((group) => groups.includes(group))) return refuse('APPROVAL_NOT_REVIEWER', { groups: needed.join(', ') })
  if (approval.votes.some((vote) => vote.person.sub === voter.sub)) return refuse('APPROVAL_ALREADY_VOTED')
  if (approval.reasonRequired && reason.trim() === '') return refuse('REASON_REQUIRED')

  if (request.digest !== approval.digest) return unsigned('it is for another digest than the request has')
  if (!timestamp.safeParse(at).success) return unsigned('its time is not well formed')
  if (Math.abs(Date.parse(at) - now.getTime()) > voteClockToleranceMs) return unsigned('its time is more than two minutes off')
  const thumbprint = keyThumbprint(key)
  if (thumbprint === undefined) return unsigned('its key is not a public ES256 key')
  if (thumbprint !== provenThumbprint) return unsigned('its key is not the key of your sign-in')

  const terms = decision === 'approve' ? digestInput.stepUp : undefined
  if (terms && !freshSignIn) {
    return refuse('STEP_UP_REQUIRED', { maxAgeSeconds: terms.maxAgeSeconds, acr: (terms.acr ?? []).join(' ') })
  }
  if (terms && freshSignIn) {
    if (freshSignIn.sub !== voter.sub) return refuse('STEP_UP_INVALID', { problem: 'somebody else signed in' })
    const problem = stepUpProblem(terms, freshSignIn.stepUp, now, stepUpSlackMs)
    if (problem !== undefined) return refuse('STEP_UP_INVALID', { problem })
  }
  const vote: Vote = {
    person: { sub: voter.sub, name: voter.name },
    decision,
    reason,
    at,
    groups,
    ...(terms && freshSignIn && { stepUp: freshSignIn.stepUp }),
    signature,
    key,
    ...(request.reviewer && { reviewer: request.reviewer }),
  }
  if (vote.reviewer && !verifyReviewerSignature(approval, vote)) return unsigned('that of the reviewer key does not fit what it signs')
  return verifyVoteSignature(approval, vote) ? { ok: true, vote } : unsigned('it does not fit what it signs')
}

/** `auth_time` is in whole seconds, by the clock of the identity provider. */
const stepUpSlackMs = 2000

/** The groups by which a vote counts: its voter is in them, and was when the request was made. */
function groupsAtRequest({ approval, voter, groupsSince = {} }: VoteFacts): string[] {
  return decidingGroups(approval.digestInput).filter((group) => {
    const since = Object.hasOwn(groupsSince, group) ? groupsSince[group] : undefined
    return voter.groups.includes(group) && (since === undefined || Date.parse(since) <= Date.parse(approval.requestedAt))
  })
}
