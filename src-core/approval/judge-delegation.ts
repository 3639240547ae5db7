import { createHash } from 'node:crypto'
import {
  delegationInput,
  delegationText,
  longestDelegationDays,
  type Delegation,
  type DelegationInput,
} from '../../src-protocol/delegation.ts'
import type { Person } from '../../src-protocol/model.ts'
import { canonicalJson } from './canonical-json.ts'
import { verifySignedText } from './vote-signature.ts'

const dayMs = 24 * 60 * 60 * 1000
/** how far ahead one may begin, and how far the delegator's clock may be behind */
const furthestDays = 90
const clockToleranceMs = 2 * 60 * 1000

/** SHA-256 (hex) of what a delegator signs. */
export const delegationDigest = (input: DelegationInput): string =>
  createHash('sha256')
    .update(canonicalJson(delegationInput.parse(input)))
    .digest('hex')

/** Whether the key in an entry signed exactly this delegation. Whose key it is, the gateway asked when it was given. */
export function verifyDelegationSignature(given: {
  digest: string
  input: DelegationInput
  signedAt: string
  signature: string
  key: unknown
}): boolean {
  const { input, digest, signedAt: at, signature, key } = given
  if (delegationDigest(input) !== digest) return false
  return verifySignedText(key, delegationText({ delegation: input.delegation, digest, sub: input.delegator, at }), signature)
}

export interface GivingFacts {
  delegator: Person
  /** as the gateway knows them: undefined if they never signed in here */
  delegate: Person | undefined
  /** what the delegator has given already and has not ended */
  standing: readonly Delegation[]
  now: Date
}

/** Why somebody cannot be named to decide in one's place, as a clause; undefined if they can. */
export function problemOfGiving(input: DelegationInput, { delegator, delegate, standing, now }: GivingFacts): string | undefined {
  const [from, until] = [Date.parse(input.from), Date.parse(input.until)]
  if (input.delegator !== delegator.sub) return 'it names somebody else as the one who is away'
  if (!delegator.roles.includes('reviewer')) return 'you are no reviewer'
  if (input.delegate === delegator.sub) return 'you cannot stand in for yourself'
  if (!delegate || delegate.sub !== input.delegate) return 'this person has never signed in here with a key of their own'
  if (!delegate.roles.includes('reviewer')) return `${delegate.name} is no reviewer`
  // what one was given oneself is nobody's to hand on: only groups of one's own count
  const foreign = input.groups.find((group) => !delegator.groups.includes(group))
  if (foreign !== undefined) return `you are not in the group ${foreign}`
  if (!(from >= now.getTime() - clockToleranceMs)) return 'it would begin in the past'
  if (!(from <= now.getTime() + furthestDays * dayMs)) return `it would begin more than ${furthestDays} days from now`
  if (!(until > from)) return 'it would end before it begins'
  if (!(until - from <= longestDelegationDays * dayMs)) return `it would last longer than ${longestDelegationDays} days`
  const taken = standing.find(
    (other) =>
      other.groups.some((group) => input.groups.includes(group)) && Date.parse(other.from) < until && from < Date.parse(other.until),
  )
  return taken && `${taken.delegate.name} decides in your place at that time already`
}
