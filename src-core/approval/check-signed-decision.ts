import { AppError } from '../../src-protocol/app-error.ts'
import type { VoteRequest } from '../../src-protocol/http-requests.ts'
import { timestamp } from '../../src-protocol/ids.ts'
import type { Person } from '../../src-protocol/model.ts'
import { voteClockToleranceMs } from './approval-state.ts'
import { keyThumbprint, verifyVoteSignature } from './vote-signature.ts'

/** Whether somebody is in one of these groups, and was when something was asked for. Groups that the gateway always knew them in are not in `groupsSince`. */
export function wasMemberAt(
  groups: readonly string[],
  person: Pick<Person, 'groups'>,
  groupsSince: Readonly<Record<string, string>>,
  askedAt: string,
): boolean {
  return groups.some((group) => {
    const since = Object.hasOwn(groupsSince, group) ? groupsSince[group] : undefined
    return person.groups.includes(group) && (since === undefined || Date.parse(since) <= Date.parse(askedAt))
  })
}

/**
 * Whether a decision is signed by the key of the reviewer's own sign-in, over the digest that was asked for, just now.
 * @returns why not
 */
export function problemOfSignature(
  asked: { id: string; digest: string },
  voter: Pick<Person, 'sub' | 'name'>,
  request: VoteRequest,
  provenThumbprint: string,
  now: Date,
): AppError | undefined {
  const unsigned = (problem: string) => new AppError('APPROVAL_SIGNATURE_INVALID', { problem })
  if (request.digest !== asked.digest) return unsigned('it is for another digest than the request has')
  if (!timestamp.safeParse(request.at).success) return unsigned('its time is not well formed')
  if (Math.abs(Date.parse(request.at) - now.getTime()) > voteClockToleranceMs) return unsigned('its time is more than two minutes off')
  const thumbprint = keyThumbprint(request.key)
  if (thumbprint === undefined) return unsigned('its key is not a public ES256 key')
  if (thumbprint !== provenThumbprint) return unsigned('its key is not the key of your sign-in')
  const { decision, reason, at, signature, key, onBehalfOf } = request
  const vote = { person: { sub: voter.sub, name: voter.name }, decision, reason, at, signature, key, onBehalfOf }
  return verifyVoteSignature(asked, vote) ? undefined : unsigned('it does not fit what it signs')
}
