/** The nouns that the HTTP API, the push channel and the desktop's IPC all carry. */
import { z } from 'zod'
import {
  agentId,
  approvalId,
  breakGlassId,
  breakGlassRuleId,
  connectionName,
  delegationId,
  sessionId,
  sha256Hex,
  timestamp,
} from './ids.ts'
import { removedRecording } from './retention.ts'

export const role = z.enum(['operator', 'reviewer', 'auditor', 'administrator'])
export type Role = z.infer<typeof role>

export const person = z.object({
  sub: z.string(),
  name: z.string(),
  email: z.string().optional(),
  groups: z.array(z.string()),
  roles: z.array(role),
})
export type Person = z.infer<typeof person>

export const effect = z.enum(['allow', 'mask', 'review', 'deny'])

/** What became of a message, as people see it. `failed`: it was let through and the server or the tunnel failed. */
export const verdict = z.enum(['allowed', 'masked', 'held', 'denied', 'failed'])
export type Verdict = z.infer<typeof verdict>

/** One rule's masks in one place of a message. Never the value, its length or a part of it. */
export const maskApplied = z.object({
  rule: z.string(),
  /** card, iban, email, ssn, field … : what stands in the token `[MASKED:kind]` */
  kind: z.string(),
  /** JSON Pointer (RFC 6901) into the message; array indices are written `*`, `#` continues inside JSON held in a string */
  path: z.string(),
  count: z.number().int().positive(),
})
export type MaskApplied = z.infer<typeof maskApplied>

/** What content holds that is no text: by what it says it is, or by how its bytes begin. `unknown` is content of a type that MCP does not have. */
export const mediaKind = z.enum(['image', 'audio', 'file', 'unknown'])
export type MediaKind = z.infer<typeof mediaKind>

export const declaredServer = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string().optional(),
  transport: z.enum(['stdio', 'http']),
})
export type DeclaredServer = z.infer<typeof declaredServer>

export const agent = z.object({
  id: agentId,
  name: z.string(),
  online: z.boolean(),
  version: z.string().optional(),
  enrolledAt: timestamp,
  lastSeenAt: timestamp.optional(),
  servers: z.array(declaredServer),
  /** what is stored of it is not what the log says was enrolled: it may not connect */
  altered: z.literal(true).optional(),
})
export type Agent = z.infer<typeof agent>

/** `hold`: a tool that appears later is left out until an administrator has accepted it. */
export const newTools = z.enum(['accept', 'hold'])
export type NewTools = z.infer<typeof newTools>

/** The dialect of the SQL that a connection's tools take. */
export const sqlDialect = z.enum(['postgresql', 'mysql', 'sqlite', 'tsql'])
export type SqlDialect = z.infer<typeof sqlDialect>

export const connection = z.object({
  name: connectionName,
  title: z.string(),
  description: z.string().optional(),
  agent: z.object({ id: agentId, name: z.string(), online: z.boolean() }),
  server: z.string(),
  /** groups that may start sessions; empty: every operator */
  groups: z.array(z.string()),
  maxMinutes: z.number().int().positive(),
  createdAt: timestamp,
  /** what happens to a tool that appears after the server's tools were first listed as a whole; absent: `accept` */
  newTools: newTools.optional(),
  /** absent: texts that dialects read differently count as unknown */
  dialect: sqlDialect.optional(),
  /** tools that are held until an administrator decides */
  toolsWaiting: z.number().int().optional(),
  /** what is stored of it is not what the log says an administrator stored: it starts no session */
  altered: z.literal(true).optional(),
})
export type Connection = z.infer<typeof connection>

/** What is kept of a tool's definition since it was first listed on a connection (docs/decisions/0012). */
export const pinnedTool = z.object({
  tool: z.string(),
  /** `new`: first listed after the others. `changed`: listed with another definition. `missing`: not listed any more. */
  state: z.enum(['pinned', 'new', 'changed', 'rejected', 'missing']),
  /** left out of what clients see, and its calls are refused */
  held: z.boolean(),
  /** SHA-256 over the canonical JSON (RFC 8785) of the definition that an accept or reject would be about */
  hash: sha256Hex,
  firstSeenAt: timestamp,
  /** when the definition was listed that waits */
  changedAt: timestamp.optional(),
  missingSince: timestamp.optional(),
  /** the latest decision about this tool */
  decision: z.object({ decision: z.enum(['accept', 'reject']), by: z.string(), at: timestamp, reason: z.string() }).optional(),
})
export type PinnedTool = z.infer<typeof pinnedTool>

/** Definitions are texts of a server: hostile input, to be shown as text. */
export const pinnedToolDetail = pinnedTool.extend({
  /** indented JSON of the definition in force, or of the only one there is */
  definition: z.string(),
  /** of the one that waits to be accepted in its place */
  proposed: z.string().optional(),
  /** hidden, bidirectional or confusable characters in the latest definition, as sentences */
  warnings: z.array(z.string()),
})
export type PinnedToolDetail = z.infer<typeof pinnedToolDetail>

export const verdictCounts = z.object({
  allowed: z.number().int(),
  masked: z.number().int(),
  held: z.number().int(),
  denied: z.number().int(),
})
export type VerdictCounts = z.infer<typeof verdictCounts>

export const endReason = z.enum([
  'ended-by-operator',
  'ended-by-reviewer',
  'ended-by-administrator',
  /** a reviewer reported one of its calls */
  'reported',
  'expired',
  /** the access that it began under reached its end, was revoked, or lost its ground */
  'access-ended',
  /** nobody used it */
  'idle',
  'signed-out',
  'desktop-disconnected',
  'agent-disconnected',
  'server-stopped',
  'recording-unavailable',
  'gateway-stopped',
  'gateway-crash',
  'recording-altered',
])
export type EndReason = z.infer<typeof endReason>

/** Somebody who watches a session as it happens. */
export const watcher = z.object({ sub: z.string(), name: z.string(), since: timestamp })
export type Watcher = z.infer<typeof watcher>

/** Why somebody else ends a session. */
export const endingReason = z.string().trim().min(3).max(500)

export const session = z.object({
  id: sessionId,
  connection: connectionName,
  person,
  reason: z.string(),
  startedAt: timestamp,
  endsAt: timestamp,
  endedAt: timestamp.optional(),
  endReason: endReason.optional(),
  /** somebody else than its operator */
  endedBy: z.object({ name: z.string(), reason: z.string() }).optional(),
  /** who watches it at this moment */
  watchers: z.array(watcher).optional(),
  state: z.enum(['live', 'ended']),
  /** `clientInfo` of initialize, once seen */
  client: z.string().optional(),
  policyVersion: z.string(),
  maskingVersion: z.string(),
  records: z.number().int(),
  counts: verdictCounts,
})
export type Session = z.infer<typeof session>

/** One request or notification of a client (or server) and what became of it: a row of the live list. */
export const call = z.object({
  session: sessionId,
  /** sequence number of the request's record */
  seq: z.number().int(),
  at: timestamp,
  direction: z.enum(['client', 'server']),
  method: z.string(),
  tool: z.string().optional(),
  /** one masked line: the SQL, the path, or the arguments as JSON */
  summary: z.string(),
  state: z.enum(['held', 'running', 'done']),
  verdict,
  rule: z.string().optional(),
  because: z.string().optional(),
  policyVersion: z.string().optional(),
  masks: z.array(maskApplied),
  approval: approvalId.optional(),
  tookMs: z.number().optional(),
})
export type Call = z.infer<typeof call>

/** What a SQL parser found in a text; kinds are in the order of the statements. */
export const sqlFacts = z.object({
  kinds: z.array(
    z.enum(['select', 'insert', 'update', 'delete', 'ddl', 'grant', 'transaction', 'copy', 'call', 'set', 'utility', 'unknown']),
  ),
  tables: z.array(z.string()),
  /** tables that the statements create, change or drop */
  writes: z.array(z.string()),
  /** false if any update or delete has no WHERE */
  hasWhere: z.boolean(),
  statements: z.array(z.object({ kind: z.string(), text: z.string() })),
})
export type SqlFacts = z.infer<typeof sqlFacts>

export const approvalState = z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn', 'executed', 'void'])
export type ApprovalState = z.infer<typeof approvalState>

/** So many distinct people, each of them in one of these groups. */
export const approvalNeed = z.object({ groups: z.array(z.string()).min(1), approvals: z.number().int().positive() })
export type ApprovalNeed = z.infer<typeof approvalNeed>

/** Who approves has to have signed in again, for this very request. */
export const stepUpTerms = z.object({
  /** between that sign-in and the vote */
  maxAgeSeconds: z.number().int().positive(),
  /** how the identity provider has to have known them (`acr`): one of these; absent: in any way */
  acr: z.array(z.string()).optional(),
})
export type StepUpTerms = z.infer<typeof stepUpTerms>

/** A reviewer's lasting public key as people copy it: ES256 and the two coordinates. */
export const reviewerKeyText = z.string().regex(/^ES256\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}$/, 'ES256, x and y, with dots between them')

export const vote = z.object({
  person: person.pick({ sub: true, name: true }),
  decision: z.enum(['approve', 'deny']),
  reason: z.string(),
  at: timestamp,
  /** in whose place it was cast, and by which delegation; the voter's own groups count for nothing then */
  onBehalfOf: person.pick({ sub: true, name: true }).extend({ delegation: delegationId }).optional(),
  /** those of the request's groups that its voter (or the person whose place they took) was in when it was asked for; absent in votes of before */
  groups: z.array(z.string()).optional(),
  /** the fresh sign-in, where one is asked for: `token` is the SHA-256 of the ID token that proved it */
  stepUp: z.object({ at: timestamp, acr: z.string().optional(), token: sha256Hex }).optional(),
  /** base64url ES256 signature over `voteText`, and the public key (JWK) that made it */
  signature: z.string(),
  key: z.record(z.string(), z.unknown()),
  /** the same text, signed with the voter's lasting key as well: what an agent goes by that checks approvals itself */
  reviewer: z.object({ key: reviewerKeyText, signature: z.string() }).optional(),
})
export type Vote = z.infer<typeof vote>

/**
 * What the digest of an approval covers; SHA-256 over its canonical JSON (RFC 8785).
 * Changing any byte of arguments, tool definition, server or policy version gives another digest.
 */
export const approvalDigestInput = z.object({
  v: z.literal(1),
  approval: approvalId,
  nonce: z.string(),
  session: sessionId,
  requester: z.string(),
  connection: connectionName,
  server: z.string(),
  method: z.string(),
  tool: z.string(),
  toolDefinitionHash: z.string(),
  /** HMAC-SHA256 over the exact argument bytes, with a key of this approval that only its agent is given (src-core/approval/call-arguments.ts) */
  argumentsHash: sha256Hex,
  argumentsBytes: z.number().int(),
  policyVersion: z.string(),
  rule: z.string(),
  decideBy: timestamp,
  runWithinSeconds: z.number().int(),
  /** everybody who may approve, and how many have to */
  groups: z.array(z.string()),
  approvals: z.number().int(),
  /** where several groups have to approve: how many of which; no one counts twice */
  each: z.array(approvalNeed).optional(),
  /** groups whose denial ends it; absent: anybody's does */
  veto: z.array(z.string()).optional(),
  stepUp: stepUpTerms.optional(),
  /** who asks may break the glass for this call, by this rule; absent: nobody may (docs/decisions/0025) */
  breakGlass: z.object({ rule: breakGlassRuleId, version: sha256Hex }).optional(),
  /** SHA-256 of what reviewers are shown (src-core/approval/shown-hash.ts); absent in approvals of before */
  shown: sha256Hex.optional(),
})
export type ApprovalDigestInput = z.infer<typeof approvalDigestInput>

export const approval = z.object({
  id: approvalId,
  state: approvalState,
  digest: sha256Hex,
  digestInput: approvalDigestInput,
  requester: person.pick({ sub: true, name: true, email: true, groups: true }),
  connection: connectionName,
  session: sessionId,
  /** the reason the requester gave for the session */
  sessionReason: z.string(),
  tool: z.string(),
  toolDescription: z.string().optional(),
  /** the server's own claims, shown as claims */
  toolAnnotations: z.record(z.string(), z.unknown()).optional(),
  /** the argument bytes as sent, masked like everything that is stored */
  argumentsText: z.string(),
  argumentsMasks: z.array(maskApplied),
  /** hidden, bidirectional or confusable characters found in the arguments, as sentences */
  warnings: z.array(z.string()),
  sql: sqlFacts.optional(),
  rule: z.string(),
  because: z.string(),
  policyVersion: z.string(),
  reasonRequired: z.boolean(),
  requestedAt: timestamp,
  decideBy: timestamp,
  runBy: timestamp.optional(),
  executedAt: timestamp.optional(),
  voidReason: z.string().optional(),
  /** a reviewer took it for an attack: it is denied, and its session was ended */
  reported: z.object({ by: z.string(), reason: z.string(), at: timestamp }).optional(),
  votes: z.array(vote),
  /** it needs no votes: who asked broke the glass */
  brokeGlass: breakGlassId.optional(),
  /** the calls just before, in the same session */
  before: z.array(call),
  /** earlier requests for the same connection, tool and rule */
  similar: z.array(
    z.object({
      id: approvalId,
      at: timestamp,
      requester: z.string(),
      summary: z.string(),
      state: approvalState,
      by: z.string().optional(),
    }),
  ),
})
export type Approval = z.infer<typeof approval>

/** The log's head, as the desktop pins it. */
export const pinnedCheckpoint = z.object({
  origin: z.string(),
  size: z.number().int(),
  root: z.string(),
  /** when this computer saw it */
  seenAt: timestamp,
  /** the signed note itself (C2SP tlog-checkpoint) */
  note: z.string(),
})
export type PinnedCheckpoint = z.infer<typeof pinnedCheckpoint>

/** A finished session as lists show it, on the gateway or in the offline library. */
export const recordingSummary = z.object({
  session: sessionId,
  connection: connectionName,
  person: person.pick({ sub: true, name: true, email: true }),
  reason: z.string(),
  startedAt: timestamp,
  endedAt: timestamp,
  endReason,
  records: z.number().int(),
  bytes: z.number().int(),
  counts: verdictCounts,
  policyVersion: z.string(),
  maskingVersion: z.string(),
  /** a rule of retention removed it: what is said here is all that is left */
  removed: removedRecording.optional(),
})
export type RecordingSummary = z.infer<typeof recordingSummary>
