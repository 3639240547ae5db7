/** The recording of one session: JSON Lines, append-only, one record a line (see docs/architecture.md, "Recording"). */
import { z } from 'zod'
import { approvalId, connectionName, sessionId, sha256Hex, timestamp } from './ids.ts'
import { effect, endReason, maskApplied, person, verdictCounts } from './model.ts'

const base = { v: z.literal(1), seq: z.number().int().nonnegative(), at: timestamp }

export const decisionMade = z.object({
  effect,
  rule: z.string().nullable(),
  policyVersion: z.string(),
  because: z.string(),
})

export const openRecord = z.object({
  ...base,
  kind: z.literal('open'),
  session: sessionId,
  /** dense number of the session at this gateway: a gap in the log shows a missing one */
  counter: z.number().int(),
  gateway: z.string(),
  logOrigin: z.string(),
  person,
  connection: connectionName,
  agent: z.object({ id: z.string(), name: z.string() }),
  server: z.string(),
  reason: z.string(),
  endsAt: timestamp,
  policyVersion: z.string(),
  maskingVersion: z.string(),
})

/** `request`, `response` and `notification` carry a JSON-RPC message; `exchange` joins what belongs together. */
export const messageRecord = z.object({
  ...base,
  kind: z.enum(['request', 'response', 'notification']),
  /** who sent it */
  direction: z.enum(['client', 'server']),
  exchange: z.number().int(),
  method: z.string(),
  tool: z.string().optional(),
  id: z.union([z.string(), z.number()]).nullable().optional(),
  /** the masked message exactly as delivered (server → client) or the masked copy of what was forwarded (client → server) */
  body: z.string(),
  bytes: z.number().int(),
  sha256: sha256Hex,
  decision: decisionMade.optional(),
  maskingVersion: z.string(),
  masks: z.array(maskApplied),
  approval: approvalId.optional(),
  /** false: the client had left before the message could be delivered */
  delivered: z.literal(false).optional(),
})

export const approvalRecord = z.object({
  ...base,
  kind: z.literal('approval'),
  exchange: z.number().int(),
  approval: approvalId,
  event: z.enum(['requested', 'attached', 'approved', 'denied', 'expired', 'withdrawn', 'executed', 'void', 'pending']),
  digest: sha256Hex,
  by: z.string().optional(),
  reason: z.string().optional(),
  logIndex: z.number().int().optional(),
})

/** Something that stopped a message: refused input, a failed server, a withheld answer. */
export const errorRecord = z.object({
  ...base,
  kind: z.literal('error'),
  exchange: z.number().int().optional(),
  code: z.string(),
  message: z.string(),
  method: z.string().optional(),
  tool: z.string().optional(),
  /** length of what was refused; its bytes may be anything and are not kept */
  refusedBytes: z.number().int().optional(),
})

export const closeRecord = z.object({
  ...base,
  kind: z.literal('close'),
  session: sessionId,
  endReason,
  counts: verdictCounts,
})

export const sessionRecord = z.discriminatedUnion('kind', [openRecord, messageRecord, approvalRecord, errorRecord, closeRecord])
export type SessionRecord = z.infer<typeof sessionRecord>
export type OpenRecord = z.infer<typeof openRecord>
export type MessageRecord = z.infer<typeof messageRecord>
export type ApprovalRecord = z.infer<typeof approvalRecord>
export type ErrorRecord = z.infer<typeof errorRecord>
export type CloseRecord = z.infer<typeof closeRecord>

/** What a writer is given: sequence number, time and version are its own to set. */
export type RecordDraft = SessionRecord extends infer R ? (R extends SessionRecord ? Omit<R, 'v' | 'seq' | 'at'> : never) : never
