/** The recording of one session: JSON Lines, append-only, one record a line (see docs/architecture.md, "Recording"). */
import { z } from 'zod'
import { accessGrantId, approvalId, breakGlassId, connectionName, sessionId, sha256Hex, timestamp } from './ids.ts'
import { effect, endReason, maskApplied, mediaKind, person, sqlDialect, verdictCounts } from './model.ts'

const base = { v: z.literal(1), seq: z.number().int().nonnegative(), at: timestamp }

export const decisionMade = z.object({
  effect,
  rule: z.string().nullable(),
  policyVersion: z.string(),
  because: z.string(),
  /** the rules with effect mask that hold: what they name is masked in the answer, also where another rule decided */
  masks: z.array(z.string()).optional(),
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
  /** in which the texts of this session were read, if the connection names one */
  dialect: sqlDialect.optional(),
  /** the access that it began under, where a rule demands one */
  grant: accessGrantId.optional(),
  reason: z.string(),
  endsAt: timestamp,
  policyVersion: z.string(),
  maskingVersion: z.string(),
})

/** The gateway was started again while the session ran, and goes on with it. What was under way then has an `error` record each after it. */
export const resumeRecord = z.object({
  ...base,
  kind: z.literal('resume'),
  cause: z.enum(['gateway-stopped', 'gateway-crash']),
  /** records before this one */
  records: z.number().int(),
  /** of a record that was being written when the gateway ended, and that nobody was told of */
  tornBytes: z.number().int(),
  /** calls that were under way */
  unanswered: z.number().int(),
})

export const leftOut = z.object({
  name: z.string(),
  /** `policy`: every call of it would be denied; otherwise what its pinned definition says */
  why: z.enum(['policy', 'changed', 'new', 'rejected', 'duplicate', 'unusable']),
  rule: z.string().optional(),
})
export type LeftOut = z.infer<typeof leftOut>

/** A masking rule that did not apply to whom a message was delivered; `count` values in it were hit. */
export const exempted = z.object({ rule: z.string(), group: z.string(), count: z.number().int().positive() })
export type Exempted = z.infer<typeof exempted>

/** An image, a sound or other bytes of a message: the recording has this and not the bytes. */
export const recordedMedia = z.object({
  /** JSON Pointer (RFC 6901) to the content in the message */
  path: z.string(),
  kind: mediaKind,
  /** its MIME type as the sender says, or the `type` of content that is unknown */
  type: z.string(),
  /** of the bytes, or with `of: text` of the JSON text that stands there, since it was no base64 */
  bytes: z.number().int().nonnegative(),
  sha256: sha256Hex,
  of: z.literal('text').optional(),
  /** the masking rule that left it out of what is delivered; without one it was delivered */
  leftOutBy: z.string().optional(),
})
export type RecordedMedia = z.infer<typeof recordedMedia>

/** `request`, `response` and `notification` carry a JSON-RPC message; `exchange` joins what belongs together. */
export const messageRecord = z.object({
  ...base,
  kind: z.enum(['request', 'response', 'notification']),
  /** who sent it */
  direction: z.enum(['client', 'server']),
  exchange: z.number().int(),
  method: z.string(),
  tool: z.string().optional(),
  /** masked; delivered is the one that came */
  id: z.union([z.string(), z.number()]).nullable().optional(),
  /** of the SSE event that carried it from the server */
  sse: z.object({ id: z.string().optional(), event: z.string().optional() }).optional(),
  /** the masked message exactly as delivered (server → client), but for `media`, or the masked copy of what was forwarded (client → server) */
  body: z.string(),
  bytes: z.number().int(),
  sha256: sha256Hex,
  decision: decisionMade.optional(),
  maskingVersion: z.string(),
  masks: z.array(maskApplied),
  /**
   * rules of `masks` that did not apply to this person, and by which group: to the client their values were delivered unmasked, of a client's
   * message they would have blocked it
   */
  exempted: z.array(exempted).optional(),
  /** what of the message is recorded as type, size and hash; in `body` a text stands in its place */
  media: z.array(recordedMedia).optional(),
  /** how much more there was than is named */
  mediaMore: z.number().int().positive().optional(),
  approval: approvalId.optional(),
  /** of a list (tools, prompts, resources): what the server named and this client was not shown */
  leftOut: z.array(leftOut).optional(),
  /** how many more there were than are named */
  leftOutMore: z.number().int().positive().optional(),
  /** the gateway's own answer, in place of one by the server */
  own: z.literal(true).optional(),
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
  /** it was not voted on: the glass was broken for it */
  breakGlass: breakGlassId.optional(),
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

/** Somebody began or stopped to watch the session as it happens. Between two of one person everything that was recorded may have been seen. */
export const liveWatchRecord = z.object({
  ...base,
  kind: z.literal('live-watch'),
  event: z.enum(['began', 'ended']),
  by: z.object({ sub: z.string(), name: z.string() }),
})

export const closeRecord = z.object({
  ...base,
  kind: z.literal('close'),
  session: sessionId,
  endReason,
  /** who ended it, if that was somebody else than its operator, and why */
  by: z.object({ sub: z.string(), name: z.string() }).optional(),
  because: z.string().optional(),
  counts: verdictCounts,
  /** with `recording-altered`: what the log knew of this recording, and what the gateway found when it was started again */
  altered: z
    .object({
      /** so many records, from the first, give a root that was logged */
      intact: z.number().int(),
      /** records that had been logged */
      logged: z.number().int(),
      /** records that were there */
      found: z.number().int(),
    })
    .optional(),
})

export const sessionRecord = z.discriminatedUnion('kind', [
  openRecord,
  messageRecord,
  approvalRecord,
  errorRecord,
  resumeRecord,
  liveWatchRecord,
  closeRecord,
])
export type SessionRecord = z.infer<typeof sessionRecord>
export type OpenRecord = z.infer<typeof openRecord>
export type MessageRecord = z.infer<typeof messageRecord>
export type ApprovalRecord = z.infer<typeof approvalRecord>
export type ErrorRecord = z.infer<typeof errorRecord>
export type ResumeRecord = z.infer<typeof resumeRecord>
export type CloseRecord = z.infer<typeof closeRecord>

/** What a writer is given: sequence number, time and version are its own to set. */
export type RecordDraft = SessionRecord extends infer R ? (R extends SessionRecord ? Omit<R, 'v' | 'seq' | 'at'> : never) : never
