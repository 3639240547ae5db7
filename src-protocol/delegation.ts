/** While a reviewer is away: who may decide in their place, for which of their groups, and how long (docs/decisions/0026). */
import { z } from 'zod'
import { delegationId, sha256Hex, timestamp } from './ids.ts'
import { person } from './model.ts'

/** No longer than this in one go. */
export const longestDelegationDays = 30

const named = person.pick({ sub: true, name: true })

/** What the delegator signs: SHA-256 over its canonical JSON (RFC 8785) stands in `delegationText`. */
export const delegationInput = z.object({
  v: z.literal(1),
  delegation: delegationId,
  delegator: z.string().min(1).max(300),
  delegate: z.string().min(1).max(300),
  /** of the delegator's own groups, as of the signing: those of later are not among them */
  groups: z.array(z.string().min(1).max(200)).min(1).max(50),
  from: timestamp,
  until: timestamp,
  reason: z.string().trim().min(3).max(500),
})
export type DelegationInput = z.infer<typeof delegationInput>

export const delegationEndReason = z.enum([
  'time-over',
  /** by who gave it */
  'taken-back',
  /** by who was given it */
  'given-back',
  /** who gave it is no longer in one of its groups, or no reviewer any more */
  'groups-lost',
  /** who was given it is no reviewer any more */
  'delegate-lost-role',
])
export type DelegationEndReason = z.infer<typeof delegationEndReason>

/** As the log tells it. */
export const delegation = z.object({
  id: delegationId,
  delegator: named,
  delegate: named,
  groups: z.array(z.string()),
  from: timestamp,
  until: timestamp,
  reason: z.string(),
  /** when it was logged: requests of before are not decided by it */
  givenAt: timestamp,
  endedAt: timestamp.optional(),
  endReason: delegationEndReason.optional(),
})
export type Delegation = z.infer<typeof delegation>

const base = { v: z.literal(1), at: timestamp }

/** Joined with the other entries in log-entry.ts. What is given stands in the log and nowhere else. */
export const delegationEntries = [
  /** `input` and `signedAt` are under the delegator's signature */
  z.object({
    ...base,
    kind: z.literal('delegation.given'),
    delegation: delegationId,
    delegator: named,
    delegate: named,
    digest: sha256Hex,
    input: delegationInput,
    signedAt: timestamp,
    signature: z.string(),
    key: z.record(z.string(), z.unknown()),
  }),
  z.object({
    ...base,
    kind: z.literal('delegation.ended'),
    delegation: delegationId,
    delegator: z.string(),
    delegate: z.string(),
    reason: delegationEndReason,
  }),
] as const

/** `at`: RFC 3339, part of the signed text; refused if more than two minutes off */
const delegationRequest = z.object({
  input: delegationInput,
  at: z.string(),
  signature: z.string(),
  key: z.record(z.string(), z.unknown()),
})
export type DelegationRequest = z.infer<typeof delegationRequest>

const nothing = z.object({})

/** Joined with the other routes in http-api.ts. */
export const delegationRoutes = {
  /** one's own, given and received; all of them for auditors and administrators */
  delegations: {
    method: 'GET',
    path: '/api/v1/delegations',
    params: nothing,
    input: nothing,
    output: z.object({ delegations: z.array(delegation) }),
  },
  /** who can be asked to decide in one's place: reviewers who have signed in here themselves */
  delegates: {
    method: 'GET',
    path: '/api/v1/delegations/delegates',
    params: nothing,
    input: nothing,
    output: z.object({ people: z.array(named) }),
  },
  giveDelegation: { method: 'POST', path: '/api/v1/delegations', params: nothing, input: delegationRequest, output: delegation },
  endDelegation: {
    method: 'POST',
    path: '/api/v1/delegations/:id/end',
    params: z.object({ id: delegationId }),
    input: nothing,
    output: delegation,
  },
} as const

/** Joined with the other channels in desktop-api.ts. */
export const delegationChannels = {
  'delegations:list': { input: z.undefined(), output: z.array(delegation) },
  'delegations:delegates': { input: z.undefined(), output: z.array(named) },
  /** main signs it with the key of this sign-in */
  'delegations:give': { input: delegationInput.omit({ v: true, delegation: true, delegator: true }), output: delegation },
  'delegations:end': { input: delegationId, output: delegation },
} as const

/** The text that a delegator's key signs (ES256, IEEE P1363, base64url), in UTF-8. */
export const delegationText = (signed: { delegation: string; digest: string; sub: string; at: string }): string =>
  `gatehouse-delegation/v1\n${signed.delegation}\n${signed.digest}\n${signed.sub}\n${signed.at}\n`
