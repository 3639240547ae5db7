/** Break-glass: a named person runs calls that would be held, for minutes, seen by everybody, and reviewed afterwards (docs/approvals.md). */
import { z } from 'zod'
import { approvalId, breakGlassId, breakGlassRuleId, connectionName, sessionId, sha256Hex, timestamp } from './ids.ts'
import { person, vote } from './model.ts'

const groupName = z.string().trim().min(1).max(200)

/** Narrow by what it cannot say: `*` alone would be every tool there is, and every one that is still to come. */
const toolPattern = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((pattern) => /[^*]/.test(pattern), 'tools have to be named; * alone would be all of them')

/** the longest that any rule may allow */
export const longestBreakGlassMinutes = 60
/** that nobody has reviewed; who has so many opens no other one */
export const mostUnreviewedBreakGlass = 3

/** What an administrator decides about breaking the glass of one connection. */
export const breakGlassTerms = z
  .object({
    connection: connectionName,
    /** what people call it */
    title: z.string().trim().min(1).max(120),
    /** who may, by their `sub`, and members of which groups */
    people: z.array(z.string().min(1).max(300)).max(50),
    groups: z.array(groupName).max(20),
    /** for calls of which tools; `*` stands for any run of characters within a name */
    tools: z.array(toolPattern).min(1).max(20),
    maxMinutes: z.number().int().min(1).max(longestBreakGlassMinutes),
    /** how the identity provider has to have known who signs in anew; empty: in any way */
    acr: z.array(z.string().trim().min(1).max(200)).max(10),
    /** reviewers in these groups look at it afterwards */
    reviewers: z.array(groupName).min(1).max(20),
  })
  .refine(({ people, groups }) => people.length + groups.length > 0, { path: ['people'], message: 'somebody has to be named' })
export type BreakGlassTerms = z.infer<typeof breakGlassTerms>

export const breakGlassRule = z.object({
  id: breakGlassRuleId,
  terms: breakGlassTerms,
  /** SHA-256 over the canonical JSON of the terms */
  version: sha256Hex,
  by: z.string(),
  /** the second administrator, where one is needed */
  approvedBy: z.string().optional(),
  at: timestamp,
  /** of a proposal: the version that it would replace */
  before: sha256Hex.optional(),
})
export type BreakGlassRule = z.infer<typeof breakGlassRule>

/** What the digest of an opening covers. The desktop of who opens makes and signs it, so that no gateway can have it say something else. */
export const breakGlassInput = z.object({
  v: z.literal(1),
  breakGlass: breakGlassId,
  person: z.string(),
  connection: connectionName,
  tools: z.array(z.string()),
  rule: breakGlassRuleId,
  ruleVersion: sha256Hex,
  minutes: z.number().int().min(1).max(longestBreakGlassMinutes),
  reason: z.string(),
  reviewers: z.array(z.string()),
})
export type BreakGlassInput = z.infer<typeof breakGlassInput>

/** at least so many characters: whoever looks at it afterwards has to learn something */
export const shortestBreakGlassReason = 20
export const breakGlassReason = z.string().trim().min(shortestBreakGlassReason).max(1000)
export const breakGlassVerdict = z.string().trim().min(10).max(1000)

export const breakGlassEndReason = z.enum([
  'time-over',
  'by-owner',
  'stopped',
  'groups-lost',
  'rule-changed',
  'rule-removed',
  'connection-removed',
])
export type BreakGlassEndReason = z.infer<typeof breakGlassEndReason>

/** A call that ran, or was to run, because the glass was broken. */
export const breakGlassUse = z.object({ at: timestamp, approval: approvalId, session: sessionId, tool: z.string() })

export const breakGlassOpening = z.object({
  id: breakGlassId,
  digest: sha256Hex,
  input: breakGlassInput,
  ruleTitle: z.string(),
  person: person.pick({ sub: true, name: true, email: true, groups: true }),
  /** the signature of who opened it, with the fresh sign-in */
  statement: vote,
  startsAt: timestamp,
  endsAt: timestamp,
  endedAt: timestamp.optional(),
  endReason: breakGlassEndReason.optional(),
  endedBy: z.string().optional(),
  because: z.string().optional(),
  uses: z.array(breakGlassUse),
  /** what somebody else thought of it; `approve`: it was justified */
  review: vote.extend({ reviewedAt: timestamp }).optional(),
  /** whole days since it ended without a review; absent until there is one */
  overdueDays: z.number().int().optional(),
})
export type BreakGlassOpening = z.infer<typeof breakGlassOpening>

const signed = {
  /** RFC 3339, part of the signed text */
  at: z.string(),
  signature: z.string(),
  key: z.record(z.string(), z.unknown()),
}
export const breakGlassOpenRequest = z.object({
  ...signed,
  input: breakGlassInput,
  /** the ID token of a fresh sign-in for this opening and key */
  stepUp: z.string().max(10_000).optional(),
  reviewer: vote.shape.reviewer,
})
export type BreakGlassOpenRequest = z.infer<typeof breakGlassOpenRequest>

export const breakGlassReviewRequest = z.object({
  ...signed,
  decision: z.enum(['approve', 'deny']),
  reason: z.string().max(1000),
  digest: z.string(),
})
export type BreakGlassReviewRequest = z.infer<typeof breakGlassReviewRequest>

export const breakGlassOverview = z.object({
  /** rules that name the person who asks: they may open by them */
  offers: z.array(breakGlassRule),
  /** one's own; all of them for reviewers, auditors and administrators */
  openings: z.array(breakGlassOpening),
})
export type BreakGlassOverview = z.infer<typeof breakGlassOverview>

export const breakGlassRules = z.object({
  rules: z.array(breakGlassRule),
  /** what waits for a second administrator */
  proposals: z.array(breakGlassRule),
  /** 2: a second administrator has to agree to a rule */
  approvals: z.number().int(),
})
export type BreakGlassRules = z.infer<typeof breakGlassRules>
