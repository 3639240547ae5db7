/** Where a version needs a second administrator, whoever writes it only proposes it. */
import { z } from 'zod'
import { proposalId, sha256Hex, timestamp } from './ids.ts'
import { policyVersion } from './policy-version.ts'

/** who did something: a person, or `file NAME`, which is both */
const actor = z.object({ sub: z.string(), name: z.string() })

export const policyProposal = z.object({
  id: proposalId,
  kind: policyVersion.shape.kind,
  text: z.string(),
  /** SHA-256 of the text */
  version: sha256Hex,
  /** what changed and why */
  message: z.string(),
  author: actor,
  at: timestamp,
  expiresAt: timestamp,
  /** the version in force when it was proposed: once another one rules, the proposal is stale */
  base: sha256Hex,
  state: z.enum(['open', 'activated', 'rejected', 'withdrawn', 'expired', 'stale']),
  decidedBy: actor.optional(),
  decidedAt: timestamp.optional(),
  reason: z.string().optional(),
})
export type PolicyProposal = z.infer<typeof policyProposal>

/** 2: a version that one administrator proposes is put in force by another one */
export const activationApprovals = z.union([z.literal(1), z.literal(2)])
export type ActivationApprovals = z.infer<typeof activationApprovals>

/** Proposals that wait, and the newest of those that do not any more; how many administrators it takes. */
export const policyProposals = z.object({ approvals: activationApprovals, proposals: z.array(policyProposal) })
export type PolicyProposals = z.infer<typeof policyProposals>

export const activationRequest = z.object({
  kind: policyVersion.shape.kind,
  text: z.string().max(1_000_000),
  /** what changed and why; needed where a second administrator is */
  message: z.string().trim().min(3).max(500).optional(),
})
export type ActivationRequest = z.infer<typeof activationRequest>

export const activationOutcome = z.discriminatedUnion('outcome', [
  policyVersion.extend({ outcome: z.literal('in-force') }),
  policyProposal.extend({ outcome: z.literal('proposed') }),
])
export type ActivationOutcome = z.infer<typeof activationOutcome>

export const rejectionReason = z.string().trim().min(3).max(500)
