/** Entries of the Merkle log: small facts, one JSON object each, at most 65,535 bytes (C2SP tlog-tiles). */
import { z } from 'zod'
import { accessDigestInput, accessEndReason, accessRequester, accessTerms } from './access.ts'
import { breakGlassEntries } from './break-glass-entries.ts'
import { documentChange } from './document-change.ts'
import { delegationEntries } from './delegation.ts'
import {
  accessGrantId,
  accessRequestId,
  accessRuleId,
  approvalId,
  connectionName,
  proposalId,
  sessionId,
  sha256Hex,
  timestamp,
} from './ids.ts'
import { approvalDigestInput, endReason, vote } from './model.ts'
import { retentionEntries } from './retention.ts'

const base = { v: z.literal(1), at: timestamp }

export const logEntry = z.discriminatedUnion('kind', [
  z.object({ ...base, kind: z.literal('gateway.start'), gateway: z.string(), version: z.string() }),
  /** the gateway runs: told at its start, at an interval and at an orderly stop */
  z.object({
    ...base,
    kind: z.literal('heartbeat'),
    moment: z.enum(['start', 'interval', 'stop']),
    /** the next one follows within so many seconds */
    everySeconds: z.number(),
    /** since the process began, by a clock that nobody can set */
    upMs: z.number().int().nonnegative(),
  }),
  /** from the next checkpoint on another key signs: a note over both keys, signed by both (src-core/log/key-rotation.ts) */
  z.object({ ...base, kind: z.literal('key.rotate'), note: z.string() }),
  z.object({
    ...base,
    kind: z.literal('session.open'),
    session: sessionId,
    counter: z.number().int(),
    person: z.string(),
    connection: connectionName,
    policyVersion: z.string(),
    maskingVersion: z.string(),
    /** of the access that it began under, where a rule demands one */
    grant: accessGrantId.optional(),
  }),
  z.object({
    ...base,
    kind: z.literal('session.checkpoint'),
    session: sessionId,
    /** of the session's first `count` records: whoever goes on with the recording must find them as they were */
    count: z.number().int(),
    root: sha256Hex,
  }),
  z.object({
    ...base,
    kind: z.literal('session.close'),
    session: sessionId,
    /** number of records, and the RFC 6962 root over their leaves (hex) */
    count: z.number().int(),
    root: sha256Hex,
    endReason,
  }),
  z.object({
    ...base,
    kind: z.literal('policy.version'),
    document: z.enum(['policy', 'masking']),
    version: sha256Hex,
    author: z.string(),
    /** the second administrator, where one is needed */
    approvedBy: z.string().optional(),
    message: z.string().optional(),
    /** not for the first version, one that came into force again at a start, and in entries of older gateways */
    change: documentChange.optional(),
  }),
  z.object({
    ...base,
    kind: z.literal('policy.proposed'),
    proposal: proposalId,
    document: z.enum(['policy', 'masking']),
    version: sha256Hex,
    /** the version in force then */
    base: sha256Hex,
    author: z.string(),
    message: z.string(),
  }),
  z.object({
    ...base,
    kind: z.enum(['policy.rejected', 'policy.withdrawn']),
    proposal: proposalId,
    document: z.enum(['policy', 'masking']),
    version: sha256Hex,
    author: z.string(),
    by: z.string(),
    reason: z.string(),
  }),
  z.object({ ...base, kind: z.literal('approval.requested'), approval: approvalId, digest: sha256Hex, input: approvalDigestInput }),
  z.object({ ...base, kind: z.literal('approval.vote'), approval: approvalId, digest: sha256Hex, vote }),
  z.object({
    ...base,
    kind: z.literal('approval.settled'),
    approval: approvalId,
    digest: sha256Hex,
    state: z.enum(['approved', 'denied', 'expired', 'withdrawn', 'executed', 'void']),
    reason: z.string().optional(),
    /** it is void because the gateway's database says something else about it than the log does */
    altered: z.literal(true).optional(),
  }),
  /** a reviewer took it for an attack: it is denied, its session is ended */
  z.object({
    ...base,
    kind: z.literal('approval.reported'),
    approval: approvalId,
    digest: sha256Hex,
    session: sessionId,
    requester: z.string(),
    by: z.string(),
    reason: z.string(),
  }),
  z.object({
    ...base,
    kind: z.literal('admin'),
    act: z.enum(['agent.join-token', 'agent.enrolled', 'agent.removed', 'connection.created', 'connection.changed', 'connection.removed']),
    by: z.string(),
    subject: z.string(),
    /** SHA-256 over the canonical JSON of what is stored of the agent or connection from now on, and of what was stored before */
    row: sha256Hex.optional(),
    rowBefore: sha256Hex.optional(),
  }),
  /** tools that were listed on a connection for the first time, with the hashes of their definitions */
  z.object({
    ...base,
    kind: z.literal('tool.pinned'),
    connection: connectionName,
    session: sessionId,
    tools: z.array(z.object({ tool: z.string(), hash: sha256Hex, held: z.boolean() })),
  }),
  /** a tool was listed with another definition: it is held. `tool.restored`: the server lists the one in force again */
  z.object({
    ...base,
    kind: z.enum(['tool.changed', 'tool.restored']),
    connection: connectionName,
    session: sessionId,
    tool: z.string(),
    hash: sha256Hex,
    pinned: sha256Hex,
  }),
  z.object({
    ...base,
    kind: z.enum(['tool.accepted', 'tool.rejected']),
    connection: connectionName,
    tool: z.string(),
    hash: sha256Hex,
    /** of the definition that was in force */
    pinned: sha256Hex,
    by: z.string(),
    reason: z.string(),
  }),
  /** an administrator set a rule of access: from now on these are its terms. The log holds them, nothing else does */
  z.object({
    ...base,
    kind: z.literal('access.rule'),
    rule: accessRuleId,
    terms: accessTerms,
    version: sha256Hex,
    /** the version before */
    before: sha256Hex.optional(),
    by: z.string(),
  }),
  z.object({ ...base, kind: z.literal('access.rule-removed'), rule: accessRuleId, connection: connectionName, by: z.string() }),
  z.object({
    ...base,
    kind: z.literal('access.requested'),
    request: accessRequestId,
    requester: accessRequester,
    ruleTitle: z.string(),
    digest: sha256Hex,
    input: accessDigestInput,
  }),
  /** the decision and what it gives are one entry: there is never the one without the other. No vote: the rule asks for none */
  z.object({
    ...base,
    kind: z.literal('access.granted'),
    request: accessRequestId,
    digest: sha256Hex,
    grant: accessGrantId,
    person: z.string(),
    connection: connectionName,
    startsAt: timestamp,
    endsAt: timestamp,
    vote: vote.optional(),
  }),
  z.object({
    ...base,
    kind: z.literal('access.settled'),
    request: accessRequestId,
    digest: sha256Hex,
    person: z.string(),
    connection: connectionName,
    state: z.enum(['denied', 'expired', 'withdrawn', 'void']),
    vote: vote.optional(),
    because: z.string().optional(),
  }),
  z.object({
    ...base,
    kind: z.literal('access.ended'),
    grant: accessGrantId,
    person: z.string(),
    connection: connectionName,
    reason: accessEndReason,
    by: z.string().optional(),
    because: z.string().optional(),
  }),
  ...breakGlassEntries,
  ...delegationEntries,
  z.object({ ...base, kind: z.literal('identity'), act: z.enum(['signed-in', 'signed-out']), person: z.string() }),
  /** somebody watches a session as it happens, and saw what was recorded between these two */
  z.object({ ...base, kind: z.literal('session.watch'), session: sessionId, by: z.string(), event: z.enum(['began', 'ended']) }),
  /** somebody else than its operator ended it */
  z.object({ ...base, kind: z.literal('session.ended-by'), session: sessionId, by: z.string(), reason: z.string() }),
  /** an agent that checks approvals itself did not run what the gateway let through */
  z.object({
    ...base,
    kind: z.literal('agent.refused'),
    session: sessionId,
    server: z.string(),
    approval: approvalId.optional(),
    reason: z.string(),
    problem: z.string(),
  }),
  /** somebody had a control tried */
  z.object({
    ...base,
    kind: z.literal('control.test'),
    by: z.string(),
    control: z.string(),
    outcome: z.enum(['held', 'failed', 'not-possible']),
    steps: z.array(z.string()),
  }),
  z.object({ ...base, kind: z.literal('export'), by: z.string(), session: sessionId }),
  /** pieces of these recordings were shown to somebody who searched them */
  z.object({ ...base, kind: z.literal('view'), act: z.literal('search'), by: z.string(), sessions: z.array(sessionId).max(50) }),
  /** stored recordings were held against the log, all that there were */
  z.object({
    ...base,
    kind: z.literal('recording.scan'),
    startedAt: timestamp,
    recordings: z.number().int(),
    findings: z.number().int(),
  }),
  /** a stored recording is not the one of which the log knows */
  z.object({ ...base, kind: z.literal('recording.finding'), session: sessionId, finding: z.enum(['altered', 'missing']) }),
  ...retentionEntries,
  /** an evidence pack: the SHA-256 of its manifest, which names every file */
  z.object({
    ...base,
    kind: z.literal('export.pack'),
    by: z.string(),
    manifest: sha256Hex,
    from: timestamp,
    to: timestamp,
    sessions: z.number().int(),
  }),
])
export type LogEntry = z.infer<typeof logEntry>
