import { AppError } from '../../src-protocol/app-error.ts'
import type { VoteRequest } from '../../src-protocol/http-api.ts'
import { timestamp } from '../../src-protocol/ids.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'
import { decideApprovalState, voteClockToleranceMs } from './approval-state.ts'
import { keyThumbprint, verifyVoteSignature } from './vote-signature.ts'

export interface VoteFacts {
  approval: Approval
  voter: Person
  request: VoteRequest
  /** RFC 7638 thumbprint of the key that the voter's access token is bound to, and that signed this request's DPoP proof */
  keyThumbprint: string
  /** since when the gateway has known the voter in a group (RFC 3339), where it knows: whoever joined after the request does not count */
  groupsSince?: Readonly<Record<string, string>>
  now: Date
}

export type VoteDecision = { ok: true } | { ok: false; error: AppError }

/** Whether a vote counts. Whether it settles the approval, `decideApprovalState` says. */
export function decideVote({ approval, voter, request, keyThumbprint: provenThumbprint, groupsSince = {}, now }: VoteFacts): VoteDecision {
  const refuse = (...error: ConstructorParameters<typeof AppError>): VoteDecision => ({ ok: false, error: new AppError(...error) })
  const unsigned = (problem: string) => refuse('APPROVAL_SIGNATURE_INVALID', { problem })

  const { state } = decideApprovalState(approval, now)
  if (state === 'expired') return refuse('APPROVAL_EXPIRED', { approval: approval.id })
  if (state !== 'pending') return refuse('APPROVAL_NOT_PENDING', { approval: approval.id, state })
  if (voter.sub === approval.requester.sub) return refuse('APPROVAL_OWN_REQUEST')
  const { groups } = approval.digestInput
  const member = groups.some((group) => {
    const since = Object.hasOwn(groupsSince, group) ? groupsSince[group] : undefined
    return voter.groups.includes(group) && (since === undefined || Date.parse(since) <= Date.parse(approval.requestedAt))
  })
  if (!member) return refuse('APPROVAL_NOT_REVIEWER', { groups: groups.join(', ') })
  if (approval.votes.some((vote) => vote.person.sub === voter.sub)) return refuse('APPROVAL_ALREADY_VOTED')
  if (approval.reasonRequired && request.reason.trim() === '') return refuse('REASON_REQUIRED')

  if (request.digest !== approval.digest) return unsigned('it is for another digest than the request has')
  if (!timestamp.safeParse(request.at).success) return unsigned('its time is not well formed')
  if (Math.abs(Date.parse(request.at) - now.getTime()) > voteClockToleranceMs) return unsigned('its time is more than two minutes off')
  const thumbprint = keyThumbprint(request.key)
  if (thumbprint === undefined) return unsigned('its key is not a public ES256 key')
  if (thumbprint !== provenThumbprint) return unsigned('its key is not the key of your sign-in')
  const { decision, reason, at, signature, key } = request
  const vote = { person: { sub: voter.sub, name: voter.name }, decision, reason, at, signature, key }
  return verifyVoteSignature(approval, vote) ? { ok: true } : unsigned('it does not fit what it signs')
}
