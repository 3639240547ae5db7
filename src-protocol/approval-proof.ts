/** What the gateway sends with a call that was approved, so that the agent need not believe it (docs/decisions/0019). */
import { z } from 'zod'
import { breakGlassInput, breakGlassTerms } from './break-glass.ts'
import { connectionName, sha256Hex } from './ids.ts'
import { approval, approvalDigestInput, reviewerKeyText, vote } from './model.ts'
import { policyRule } from './policy-document.ts'
import { section } from './section.ts'

export const approvalProof = z.object({
  input: approvalDigestInput,
  /** under which `input.argumentsHash` was made */
  argumentsKey: sha256Hex,
  votes: z.array(vote).max(100),
  /** what reviewers were shown: `input.shown` is its hash */
  shown: approval.optional(),
  /** in the place of votes: who asked broke the glass, and signed that */
  breakGlass: z.object({ input: breakGlassInput, statement: vote }).optional(),
})
export type ApprovalProof = z.infer<typeof approvalProof>

const trustedReviewer = section({
  sub: z.string().min(1).max(300),
  name: z.string().min(1).max(200),
  groups: z.array(z.string().min(1)).min(1),
  keys: z.array(reviewerKeyText).min(1).max(10),
})
export type TrustedReviewer = z.infer<typeof trustedReviewer>

/** Who may break the glass of a connection, for which tools and how long at most, with the keys that have to have signed it. */
const trustedBreakGlass = section({
  connection: connectionName,
  tools: breakGlassTerms.shape.tools,
  maxMinutes: breakGlassTerms.shape.maxMinutes,
  people: z
    .array(trustedReviewer.omit({ groups: true }))
    .min(1)
    .max(100),
})
export type TrustedBreakGlass = z.infer<typeof trustedBreakGlass>

/**
 * What an agent goes by, signed with a key that no gateway has. A rule that reads `user` stands in it without its condition: the agent
 * does not know who calls.
 */
export const approvalTrust = section({
  v: z.literal(1),
  /** counts up; an agent never goes back to a lower one */
  version: z.number().int().positive(),
  /** SHA-256 of the policies under which calls may have been approved */
  policies: z.array(sha256Hex).min(1).max(20),
  /** of the policy: the rules that hold calls and those that deny them */
  rules: z.array(policyRule).max(2000),
  reviewers: z.array(trustedReviewer).min(1).max(1000),
  /** absent: the agent knows nobody who may, and refuses */
  breakGlass: z.array(trustedBreakGlass).max(200).optional(),
})
export type ApprovalTrust = z.infer<typeof approvalTrust>

/** What an administrator writes; the rest of `approvalTrust` comes from the policy. */
export const reviewerList = section({
  version: z.number().int().positive(),
  reviewers: z.array(trustedReviewer).min(1).max(1000),
  breakGlass: approvalTrust.shape.breakGlass,
})
