/** Numbers of a period, and the rows behind each. Days are days of UTC: so the same question has the same answer wherever it is asked. */
import { z } from 'zod'
import { accessGrant } from './access.ts'
import { approvalId, connectionName, sessionId, timestamp } from './ids.ts'
import { endReason, verdictCounts } from './model.ts'

/** `2026-11-22` */
export const day = z.iso.date()

/** Whole days, both included. */
export const period = z
  .object({ from: day, to: day })
  .refine(({ from, to }) => from <= to, { message: 'the period ends before it begins', path: ['to'] })
  .refine(({ from, to }) => (Date.parse(to) - Date.parse(from)) / 86_400_000 <= 400, { message: 'at most 400 days', path: ['to'] })
export type Period = z.infer<typeof period>

export const approvalOutcome = z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn', 'void'])
export type ApprovalOutcome = z.infer<typeof approvalOutcome>

/** how long a request waited for its decision: upper bounds in seconds; the last bucket has none */
export const waitingBounds = [60, 300, 900, 3600, 28_800] as const

/** Something that the evidence lacks, or that speaks of an interruption. */
export const evidenceGap = z.enum(['missing-number', 'gateway-crash', 'recording-unavailable', 'recording-altered'])
export type EvidenceGap = z.infer<typeof evidenceGap>

export const overview = z.object({
  period,
  /** up to this moment */
  at: timestamp,
  sessions: z.number().int(),
  people: z.number().int(),
  calls: verdictCounts,
  /** each hour of up to two days, otherwise each day */
  series: z.array(verdictCounts.extend({ at: z.string(), sessions: z.number().int() })),
  grain: z.enum(['hour', 'day']),
  approvals: z.object({
    outcomes: z.array(z.object({ outcome: approvalOutcome, count: z.number().int() })),
    /** decided by people (approved, denied): one count for each of `waitingBounds`, and one for what took longer */
    waiting: z.array(z.number().int()),
    medianSeconds: z.number().optional(),
    longestSeconds: z.number().optional(),
  }),
  /** who used what, the busiest first */
  access: z.array(
    z.object({
      person: z.object({ sub: z.string(), name: z.string() }),
      connection: z.string(),
      sessions: z.number().int(),
      calls: verdictCounts,
    }),
  ),
  /** there are more than `access` holds */
  accessMore: z.number().int(),
  masks: z.array(z.object({ rule: z.string(), values: z.number().int() })),
  gaps: z.array(z.object({ gap: evidenceGap, count: z.number().int() })),
})
export type Overview = z.infer<typeof overview>

const page = { cursor: z.string().max(100).optional() }

/** The sessions that a number counts. */
export const overviewSessionsQuery = z.object({
  from: day,
  to: day,
  connection: z.string().max(100).optional(),
  person: z.string().max(300).optional(),
  verdict: z.enum(['allowed', 'masked', 'held', 'denied']).optional(),
  rule: z.string().max(100).optional(),
  gap: evidenceGap.optional(),
  /** those that began in the period, not those that only went on in it */
  opened: z.literal('yes').optional(),
  ...page,
})
export type OverviewSessionsQuery = z.infer<typeof overviewSessionsQuery>

export const overviewSession = z.object({
  session: sessionId,
  connection: z.string(),
  person: z.object({ sub: z.string(), name: z.string() }),
  openedAt: timestamp,
  closedAt: timestamp.optional(),
  endReason: endReason.optional(),
  /** within the period only */
  calls: verdictCounts,
  /** values that the asked rule masked, within the period */
  values: z.number().int().optional(),
})
export type OverviewSession = z.infer<typeof overviewSession>

/** `missing`: numbers of sessions that no entry of the log has */
export const overviewSessions = z.object({
  rows: z.array(overviewSession),
  missing: z.array(z.object({ from: z.number().int(), to: z.number().int(), at: timestamp })),
  next: z.string().optional(),
})

export const overviewApprovalsQuery = z.object({
  from: day,
  to: day,
  outcome: approvalOutcome.optional(),
  /** index of a bucket of `waiting` */
  waited: z.coerce.number().int().min(0).max(waitingBounds.length).optional(),
  ...page,
})
export type OverviewApprovalsQuery = z.infer<typeof overviewApprovalsQuery>

export const overviewApproval = z.object({
  approval: approvalId,
  session: sessionId,
  connection: z.string(),
  tool: z.string(),
  requester: z.object({ sub: z.string(), name: z.string() }),
  requestedAt: timestamp,
  outcome: approvalOutcome,
  settledAt: timestamp.optional(),
  waitedSeconds: z.number().optional(),
  deciders: z.array(z.object({ sub: z.string(), name: z.string() })),
})
export type OverviewApproval = z.infer<typeof overviewApproval>
export const overviewApprovals = z.object({ rows: z.array(overviewApproval), next: z.string().optional() })

/** Who can reach a connection, and whether they did. */
export const accessReviewRow = z.object({
  person: z.object({ sub: z.string(), name: z.string(), email: z.string().optional() }),
  connection: connectionName,
  /** they may start a session now: an operator in one of the connection's groups */
  may: z.boolean(),
  /** why: the groups that let them in; empty with `may`: the connection is open to every operator */
  through: z.array(z.string()),
  /** an access rule guards the connection: being allowed is not enough, a session needs access that was granted */
  needsAccess: z.boolean(),
  /** until when they have it now */
  accessUntil: timestamp.optional(),
  sessions: z.number().int(),
  lastUsedAt: timestamp.optional(),
})
export type AccessReviewRow = z.infer<typeof accessReviewRow>
/** `grants`: who was given access, by whom, and how it ended; the newest first. Of those that are over the latest are kept; the log has all of them. */
export const accessReview = z.object({ at: timestamp, rows: z.array(accessReviewRow), grants: z.array(accessGrant) })
export type AccessReview = z.infer<typeof accessReview>
