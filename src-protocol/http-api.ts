/**
 * The gateway's HTTP API. Every route needs `Authorization: DPoP <token>` and a `DPoP` proof (RFC 9449), except those
 * marked `public`. Errors are `{ error: { code, message, remedy, data } }` with the status of the error table.
 */
import { z } from 'zod'
import { accessApi } from './access-api.ts'
import { breakGlassApi } from './break-glass-api.ts'
import { delegationRoutes } from './delegation.ts'
import { controlId, controlsReport, controlTestResult } from './controls.ts'
import { packId, packRequest, packSummary } from './evidence.ts'
import { connectionRequest, sessionRequest, toolDecisionRequest, voteRequest } from './http-requests.ts'
import { agentId, approvalId, connectionName, proposalId, sessionId } from './ids.ts'
import {
  agent,
  approval,
  call,
  connection,
  endingReason,
  newTools,
  person,
  pinnedTool,
  pinnedToolDetail,
  recordingSummary,
  session,
  sqlDialect,
} from './model.ts'
import { documentProblem, policyVersion } from './policy-version.ts'
import { activationOutcome, activationRequest, policyProposal, policyProposals, rejectionReason } from './policy-proposal.ts'
import { recordingPartsApi } from './recording-parts.ts'
import { recordingHits, recordingQuery } from './recording-search.ts'
import {
  accessReview,
  overview,
  overviewApprovals,
  overviewApprovalsQuery,
  overviewSessions,
  overviewSessionsQuery,
  period,
} from './overview.ts'
import { retentionApi } from './retention.ts'
import { storageHealth } from './storage.ts'
import { simulationId, simulationRequest, simulationRun } from './simulation.ts'

const nothing = z.object({})

const page = z.object({ cursor: z.string().optional(), limit: z.coerce.number().int().min(1).max(500).optional() })

/** `input` is the JSON body, or the query for GET; `:name` parts of the path come from `params`. */
export const httpApi = {
  me: {
    method: 'GET',
    path: '/api/v1/me',
    params: nothing,
    input: nothing,
    output: z.object({ person, gateway: z.string(), version: z.string(), logOrigin: z.string(), logKey: z.string() }),
  },
  signOut: { method: 'POST', path: '/api/v1/sign-out', params: nothing, input: nothing, output: nothing },

  connections: {
    method: 'GET',
    path: '/api/v1/connections',
    params: nothing,
    input: nothing,
    output: z.object({ connections: z.array(connection) }),
  },
  createConnection: { method: 'POST', path: '/api/v1/connections', params: nothing, input: connectionRequest, output: connection },
  removeConnection: {
    method: 'DELETE',
    path: '/api/v1/connections/:name',
    params: z.object({ name: connectionName }),
    input: nothing,
    output: nothing,
  },

  /** the tools that were ever listed on the connection */
  connectionTools: {
    method: 'GET',
    path: '/api/v1/connections/:name/tools',
    params: z.object({ name: connectionName }),
    input: nothing,
    output: z.object({ tools: z.array(pinnedTool) }),
  },
  connectionTool: {
    method: 'GET',
    path: '/api/v1/connections/:name/tool',
    params: z.object({ name: connectionName }),
    input: z.object({ tool: z.string().min(1).max(256) }),
    output: pinnedToolDetail,
  },
  decideTool: {
    method: 'POST',
    path: '/api/v1/connections/:name/tools/decisions',
    params: z.object({ name: connectionName }),
    input: toolDecisionRequest,
    output: pinnedTool,
  },
  changeNewTools: {
    method: 'POST',
    path: '/api/v1/connections/:name/new-tools',
    params: z.object({ name: connectionName }),
    input: z.object({ newTools }),
    output: connection,
  },
  /** of the SQL in sessions that are opened from then on; without one, texts that dialects read differently are unknown */
  changeDialect: {
    method: 'POST',
    path: '/api/v1/connections/:name/dialect',
    params: z.object({ name: connectionName }),
    input: z.object({ dialect: sqlDialect.optional() }),
    output: connection,
  },

  agents: { method: 'GET', path: '/api/v1/agents', params: nothing, input: nothing, output: z.object({ agents: z.array(agent) }) },
  createJoinToken: {
    method: 'POST',
    path: '/api/v1/agents/join-tokens',
    params: nothing,
    input: z.object({ name: z.string().min(1).max(63) }),
    output: z.object({ joinToken: z.string(), expiresAt: z.string() }),
  },
  removeAgent: { method: 'DELETE', path: '/api/v1/agents/:id', params: z.object({ id: agentId }), input: nothing, output: nothing },

  sessions: { method: 'GET', path: '/api/v1/sessions', params: nothing, input: nothing, output: z.object({ sessions: z.array(session) }) },
  openSession: { method: 'POST', path: '/api/v1/sessions', params: nothing, input: sessionRequest, output: session },
  session: {
    method: 'GET',
    path: '/api/v1/sessions/:id',
    params: z.object({ id: sessionId }),
    input: nothing,
    output: z.object({ session, calls: z.array(call) }),
  },
  /** `reason` is needed for somebody else's session */
  endSession: {
    method: 'DELETE',
    path: '/api/v1/sessions/:id',
    params: z.object({ id: sessionId }),
    input: z.object({ reason: endingReason.optional() }),
    output: session,
  },

  approvals: {
    method: 'GET',
    path: '/api/v1/approvals',
    params: nothing,
    input: nothing,
    output: z.object({ approvals: z.array(approval) }),
  },
  approval: { method: 'GET', path: '/api/v1/approvals/:id', params: z.object({ id: approvalId }), input: nothing, output: approval },
  vote: { method: 'POST', path: '/api/v1/approvals/:id/votes', params: z.object({ id: approvalId }), input: voteRequest, output: approval },
  /** a denial that also ends the session of the call, and is told to administrators */
  report: {
    method: 'POST',
    path: '/api/v1/approvals/:id/report',
    params: z.object({ id: approvalId }),
    input: voteRequest,
    output: approval,
  },
  withdraw: {
    method: 'POST',
    path: '/api/v1/approvals/:id/withdraw',
    params: z.object({ id: approvalId }),
    input: nothing,
    output: approval,
  },

  ...delegationRoutes,

  ...accessApi,

  ...breakGlassApi,

  recordings: {
    method: 'GET',
    path: '/api/v1/recordings',
    params: nothing,
    input: page,
    output: z.object({ recordings: z.array(recordingSummary), next: z.string().optional(), total: z.number().int() }),
  },
  /** `text` is the recording file, byte for byte; `proof` the C2SP tlog-proof of its session.close entry */
  recording: {
    method: 'GET',
    path: '/api/v1/recordings/:id',
    params: z.object({ id: sessionId }),
    input: nothing,
    output: z.object({ summary: recordingSummary, text: z.string(), proof: z.string() }),
  },

  ...recordingPartsApi,

  /** words go in the body: an address ends in the logs of proxies */
  searchRecordings: { method: 'POST', path: '/api/v1/recordings/search', params: nothing, input: recordingQuery, output: recordingHits },

  overview: { method: 'GET', path: '/api/v1/overview', params: nothing, input: period, output: overview },
  overviewSessions: {
    method: 'GET',
    path: '/api/v1/overview/sessions',
    params: nothing,
    input: overviewSessionsQuery,
    output: overviewSessions,
  },
  overviewApprovals: {
    method: 'GET',
    path: '/api/v1/overview/approvals',
    params: nothing,
    input: overviewApprovalsQuery,
    output: overviewApprovals,
  },
  accessReview: { method: 'GET', path: '/api/v1/access-review', params: nothing, input: nothing, output: accessReview },
  controls: { method: 'GET', path: '/api/v1/controls', params: nothing, input: period, output: controlsReport },
  /** runs now, and stands in the log */
  testControl: {
    method: 'POST',
    path: '/api/v1/controls/tests',
    params: nothing,
    input: z.object({ control: controlId }),
    output: controlTestResult,
  },

  /** the disks of the evidence, and what is done with recordings after their session */
  storage: { method: 'GET', path: '/api/v1/storage', params: nothing, input: nothing, output: storageHealth },

  ...retentionApi,

  /** makes a pack and puts its export into the log; it is handed out in parts, to the same person */
  makePack: { method: 'POST', path: '/api/v1/evidence/packs', params: nothing, input: packRequest, output: packSummary },
  packPart: {
    method: 'GET',
    path: '/api/v1/evidence/packs/:id/parts',
    params: z.object({ id: packId }),
    input: z.object({ offset: z.coerce.number().int().nonnegative() }),
    /** base64; `next` is absent with the last part */
    output: z.object({ part: z.string(), next: z.number().int().optional() }),
  },

  policies: {
    method: 'GET',
    path: '/api/v1/policies',
    params: nothing,
    input: nothing,
    output: z.object({ versions: z.array(policyVersion) }),
  },
  checkPolicy: {
    method: 'POST',
    path: '/api/v1/policies/check',
    params: nothing,
    input: z.object({ kind: z.enum(['policy', 'masking']), text: z.string().max(1_000_000) }),
    output: z.object({ problems: z.array(documentProblem) }),
  },
  /** starts it; it is asked for until it is over */
  simulatePolicy: {
    method: 'POST',
    path: '/api/v1/policies/simulations',
    params: nothing,
    input: simulationRequest,
    output: simulationRun,
  },
  simulation: {
    method: 'GET',
    path: '/api/v1/policies/simulations/:id',
    params: z.object({ id: simulationId }),
    input: nothing,
    output: simulationRun,
  },
  cancelSimulation: {
    method: 'DELETE',
    path: '/api/v1/policies/simulations/:id',
    params: z.object({ id: simulationId }),
    input: nothing,
    output: simulationRun,
  },
  activatePolicy: {
    method: 'POST',
    path: '/api/v1/policies',
    params: nothing,
    input: activationRequest,
    output: activationOutcome,
  },
  proposals: {
    method: 'GET',
    path: '/api/v1/policies/proposals',
    params: nothing,
    input: nothing,
    output: policyProposals,
  },
  activateProposal: {
    method: 'POST',
    path: '/api/v1/policies/proposals/:id/activation',
    params: z.object({ id: proposalId }),
    input: nothing,
    output: policyVersion,
  },
  rejectProposal: {
    method: 'POST',
    path: '/api/v1/policies/proposals/:id/rejection',
    params: z.object({ id: proposalId }),
    input: z.object({ reason: rejectionReason }),
    output: policyProposal,
  },
  withdrawProposal: {
    method: 'DELETE',
    path: '/api/v1/policies/proposals/:id',
    params: z.object({ id: proposalId }),
    input: nothing,
    output: policyProposal,
  },

  logCheckpoint: {
    method: 'GET',
    path: '/api/v1/log/checkpoint',
    public: true,
    params: nothing,
    input: nothing,
    /** `rotations`: proofs of the log entries that replaced its key, the oldest first; `cosigned`: the newest checkpoint that witnesses cosigned */
    output: z.object({ note: z.string(), key: z.string(), rotations: z.array(z.string()).optional(), cosigned: z.string().optional() }),
  },
  logConsistency: {
    method: 'GET',
    path: '/api/v1/log/consistency',
    public: true,
    params: nothing,
    input: z.object({ from: z.coerce.number().int().nonnegative(), to: z.coerce.number().int().nonnegative() }),
    output: z.object({ hashes: z.array(z.string()) }),
  },

  /** authenticates by the join token, not by a person's token */
  enrolAgent: {
    method: 'POST',
    path: '/agent/v1/enrol',
    public: true,
    params: nothing,
    input: z.object({ joinToken: z.string(), publicKey: z.record(z.string(), z.unknown()) }),
    output: z.object({ agent: agentId, name: z.string() }),
  },
} as const satisfies Record<
  string,
  { method: 'GET' | 'POST' | 'DELETE'; path: string; public?: true; params: z.ZodType; input: z.ZodType; output: z.ZodType }
>

export type HttpApi = typeof httpApi
export type HttpInput<K extends keyof HttpApi> = Fields<HttpApi[K]['input']> & Fields<HttpApi[K]['params']>
/** an object schema without members has the input `Record<string, never>`, which in an intersection would forbid the members of the other */
type Fields<S extends z.ZodType> = z.input<S> extends Record<string, never> ? object : z.input<S>
export type HttpOutput<K extends keyof HttpApi> = z.output<HttpApi[K]['output']>

/**
 * WebSockets: the desktop's (token + proof as for HTTP, `htm` GET) and the agent's (`Authorization: GatehouseAgent <jwt>`).
 * The agent signs its JWT with the key it enrolled (Ed25519: EdDSA, or P-256: ES256), for one upgrade each:
 * `sub` the agent's id, `aud` the gateway's public URL + `agentTunnelPath`, `iat`, `exp` at most 60 s later, `jti` never used before.
 */
export const desktopTunnelPath = '/api/v1/tunnel'
export const agentTunnelPath = '/agent/v1/tunnel'
/** The gateway's own OpenID provider; issuer = public URL + this path. */
export const oidcPath = '/oidc'
export const desktopClientId = 'gatehouse-desktop'
