/**
 * The contract between the desktop's window and its main process: one map from IPC channel to the schemas of what goes in and
 * comes out. Preload exposes exactly these as `window.gatehouse`; main checks both directions; tests implement it with a double.
 * A failure crosses as `{ ok: false, error: SerializedError }` and is thrown as AppError by the renderer's `api/`.
 */
import { z } from 'zod'
import { accessAsk, accessGrant, accessRequest, accessRule, accessStanding, accessTerms, personReach, personSeen } from './access.ts'
import { delegationChannels } from './delegation.ts'
import { breakGlassContract } from './break-glass-desktop.ts'
import { retentionContract } from './retention-desktop.ts'
import { controlId, controlsReport, controlTestResult } from './controls.ts'
import { packRequest, packSummary } from './evidence.ts'
import { accessRequestId, accessRuleId, approvalId, connectionName, delegationId, proposalId, sessionId, sha256Hex } from './ids.ts'
import { connectionRequest, sessionRequest, toolDecisionRequest } from './http-requests.ts'
import {
  agent,
  approval,
  call,
  connection,
  endingReason,
  newTools,
  person,
  pinnedCheckpoint,
  pinnedTool,
  pinnedToolDetail,
  reviewerKeyText,
  session,
  sqlDialect,
} from './model.ts'
import { documentProblem, policyVersion } from './policy-version.ts'
import { activationOutcome, activationRequest, policyProposal, policyProposals, rejectionReason } from './policy-proposal.ts'
import { quietHours, remindAt } from './notification-settings.ts'
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
import { serializedError } from './tunnel.ts'
import { witnessesContract } from './known-witnesses.ts'
import { importState, libraryContract, replayRow } from './desktop-library.ts'
import { downloadsContract, downloadsEvents } from './downloads.ts'
import { missedRecords } from './watch.ts'
import { storageHealth } from './storage.ts'
import { simulationId, simulationRequest, simulationRun } from './simulation.ts'
import { maskingTrial, maskingTrialResult } from './masking-trial.ts'

const nothing = z.undefined()
/** the size that the library of this computer may have */
const libraryGigabytes = z.number().int().min(1).max(100_000)
/** whose place the person takes, and by which delegation; absent: they decide for themselves */
const onBehalfOf = z.object({ sub: z.string().max(300), delegation: delegationId }).optional()

/** What the shell and the status bar show. */
export const desktopState = z.object({
  version: z.string(),
  platform: z.string(),
  /** what draws this window: the Electron binary, or the host on Chromium that stands in for it */
  runtime: z.enum(['electron', 'host']),
  gateway: z.object({ url: z.string(), reachable: z.boolean(), lastReachedAt: z.string().optional() }),
  signIn: z.discriminatedUnion('state', [
    z.object({ state: z.literal('signed-out'), error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).optional() }),
    /** the system browser is open; `url` lets the person open it by hand */
    z.object({ state: z.literal('waiting'), url: z.string() }),
    z.object({
      state: z.literal('signed-in'),
      person,
      expiresAt: z.string(),
      /** the system browser is open for a fresh sign-in, which a vote waits for */
      stepUp: z.object({ url: z.string() }).optional(),
    }),
  ]),
  tunnel: z.object({ state: z.enum(['closed', 'connecting', 'open']), streams: z.number().int() }),
  pinned: pinnedCheckpoint.optional(),
  /** names of known witnesses whose cosignature the pinned checkpoint lacks */
  unwitnessed: z.array(z.string()).optional(),
  /** set when the log failed to prove that it extends the pinned checkpoint: shown until an administrator acts */
  alarm: z.string().optional(),
  preferences: z.object({
    colorScheme: z.enum(['light', 'dark', 'auto']),
    notifications: z.boolean(),
    gatewayUrl: z.string(),
    libraryGigabytes,
    /** absent: there are none */
    quietHours: quietHours.optional(),
    /** absent: with a quarter of the time left */
    remind: remindAt.optional(),
  }),
})
export type DesktopState = z.infer<typeof desktopState>

/** How to point an AI client at a running session. The secret is in `snippet`; it is worth nothing outside this computer. */
export const clientSetup = z.object({
  url: z.string(),
  bearer: z.string(),
  clients: z.array(
    z.object({
      id: z.enum(['claude-code', 'claude-desktop', 'vs-code', 'cursor', 'generic']),
      title: z.string(),
      /** the file the snippet belongs into, or what to run */
      where: z.string(),
      language: z.enum(['json', 'shell']),
      snippet: z.string(),
      command: z.string().optional(),
    }),
  ),
})
export type ClientSetup = z.infer<typeof clientSetup>

/** What came of a session that is watched: the rows behind those that are known, and whether more will come. */
export const watchedRows = z.object({
  rows: z.array(replayRow),
  missed: z.array(missedRecords),
  /** rows that came so far */
  total: z.number().int(),
  state: z.enum(['starting', 'watching', 'ended', 'failed']),
  error: serializedError.optional(),
})
export type WatchedRows = z.infer<typeof watchedRows>

/** The lasting key with which this computer's reviewer signs votes for agents that check approvals themselves. */
export const reviewerKeyState = z.object({
  /** absent: there is none */
  key: reviewerKeyText.optional(),
  /** by the system's store of secrets */
  sealed: z.boolean(),
})
export type ReviewerKeyState = z.infer<typeof reviewerKeyState>

export const desktopContract = {
  'state:get': { input: nothing, output: desktopState },
  'preferences:set': { input: desktopState.shape.preferences.partial(), output: desktopState },
  'clipboard:write': { input: z.string().max(100_000), output: nothing },
  'profile:open-another': { input: nothing, output: nothing },
  'reviewer-key:get': { input: nothing, output: reviewerKeyState },
  'reviewer-key:create': { input: nothing, output: reviewerKeyState },

  'identity:sign-in': { input: nothing, output: desktopState },
  'identity:cancel-sign-in': { input: nothing, output: desktopState },
  'identity:sign-out': { input: nothing, output: desktopState },

  'connections:list': { input: nothing, output: z.array(connection) },
  'connections:create': { input: connectionRequest, output: connection },
  'connections:remove': { input: connectionName, output: nothing },
  'connections:tools': { input: connectionName, output: z.array(pinnedTool) },
  'connections:tool': { input: z.object({ connection: connectionName, tool: z.string() }), output: pinnedToolDetail },
  'connections:decide-tool': { input: toolDecisionRequest.extend({ connection: connectionName }), output: pinnedTool },
  'connections:change-new-tools': { input: z.object({ connection: connectionName, newTools }), output: connection },
  'connections:change-dialect': { input: z.object({ connection: connectionName, dialect: sqlDialect.optional() }), output: connection },
  'agents:list': { input: nothing, output: z.array(agent) },
  'agents:create-join-token': { input: z.object({ name: z.string() }), output: z.object({ joinToken: z.string(), expiresAt: z.string() }) },
  'agents:remove': { input: agent.shape.id, output: nothing },

  'sessions:list': { input: nothing, output: z.array(session) },
  'sessions:open': { input: sessionRequest, output: session },
  'sessions:get': { input: sessionId, output: z.object({ session, calls: z.array(call) }) },
  'sessions:end': { input: sessionId, output: session },
  /** somebody else's, with why */
  'sessions:end-other': { input: z.object({ session: sessionId, reason: endingReason }), output: session },
  /** watches a session of somebody else until `watch:stop`, its end, or the loss of the right */
  'watch:start': { input: sessionId, output: nothing },
  'watch:stop': { input: sessionId, output: nothing },
  /** rows behind the first `after` that came */
  'watch:rows': { input: z.object({ session: sessionId, after: z.number().int().nonnegative() }), output: watchedRows },
  'watch:record': {
    input: z.object({ session: sessionId, seq: z.number().int() }),
    output: z.object({ line: z.string(), leaf: z.string() }),
  },

  'overview:get': { input: period, output: overview },
  'overview:sessions': { input: overviewSessionsQuery, output: overviewSessions },
  'overview:approvals': { input: overviewApprovalsQuery, output: overviewApprovals },
  'overview:access-review': { input: nothing, output: accessReview },
  /** writes it as CSV into a folder the person chooses; `file` is absent when cancelled */
  'overview:export-access-review': { input: nothing, output: z.object({ file: z.string().optional(), grants: z.string().optional() }) },
  'controls:get': { input: period, output: controlsReport },
  'controls:test': { input: controlId, output: controlTestResult },
  /** only for one's own live session on this computer */
  'sessions:client-setup': { input: sessionId, output: clientSetup },
  /** the built-in tester: a real client of the local endpoint */
  'tester:list-tools': {
    input: sessionId,
    output: z.array(z.object({ name: z.string(), description: z.string().optional(), inputSchema: z.unknown() })),
  },
  'tester:call': {
    input: z.object({ session: sessionId, tool: z.string(), arguments: z.record(z.string(), z.unknown()) }),
    output: z.object({ result: z.unknown(), tookMs: z.number() }),
  },

  'approvals:list': { input: nothing, output: z.array(approval) },
  'approvals:get': { input: approvalId, output: approval },
  /** main signs with the key of this sign-in; the digest is what the person saw */
  'approvals:vote': {
    input: z.object({
      approval: approvalId,
      decision: z.enum(['approve', 'deny']),
      reason: z.string().max(1000),
      digest: z.string(),
      onBehalfOf,
    }),
    output: approval,
  },
  /** denies it, ends its session, and tells administrators */
  'approvals:report': {
    input: z.object({ approval: approvalId, reason: z.string().max(1000), digest: z.string(), onBehalfOf }),
    output: approval,
  },
  'approvals:withdraw': { input: approvalId, output: approval },
  ...delegationChannels,

  'access:standings': { input: nothing, output: z.record(connectionName, accessStanding) },
  'access:overview': { input: nothing, output: z.object({ requests: z.array(accessRequest), grants: z.array(accessGrant) }) },
  'access:ask': { input: accessAsk, output: accessRequest },
  /** main signs with the key of this sign-in; the digest is what the person saw */
  'access:decide': {
    input: z.object({
      request: accessRequestId,
      decision: z.enum(['approve', 'deny']),
      reason: z.string().max(1000),
      digest: z.string(),
    }),
    output: accessRequest,
  },
  'access:withdraw': { input: accessRequestId, output: accessRequest },
  'access:end': { input: z.object({ grant: accessGrant.shape.id, reason: z.string().trim().max(500) }), output: accessGrant },
  'access:rules': { input: nothing, output: z.array(accessRule) },
  'access:create-rule': { input: accessTerms, output: accessRule },
  'access:change-rule': { input: z.object({ id: accessRuleId, terms: accessTerms, before: sha256Hex }), output: accessRule },
  'access:remove-rule': { input: accessRuleId, output: nothing },
  ...breakGlassContract,
  'people:list': { input: nothing, output: z.array(personSeen) },
  'people:reach': { input: z.string().min(1).max(300), output: z.array(personReach) },

  /** tries a masking document on a response, on this computer: nothing is sent or kept */
  'masking:try': { input: maskingTrial, output: maskingTrialResult },
  'policies:list': { input: nothing, output: z.array(policyVersion) },
  'policies:check': { input: z.object({ kind: z.enum(['policy', 'masking']), text: z.string() }), output: z.array(documentProblem) },
  'policies:simulate': { input: simulationRequest, output: simulationRun },
  'policies:simulation': { input: simulationId, output: simulationRun },
  'policies:cancel-simulation': { input: simulationId, output: simulationRun },
  /** puts it in force, or proposes it where that takes a second administrator */
  'policies:activate': { input: activationRequest, output: activationOutcome },
  'policies:proposals': { input: nothing, output: policyProposals },
  'policies:activate-proposal': { input: proposalId, output: policyVersion },
  'policies:reject-proposal': { input: z.object({ id: proposalId, reason: rejectionReason }), output: policyProposal },
  'policies:withdraw-proposal': { input: proposalId, output: policyProposal },

  /** over all recordings of the gateway, for those who may see them; words are looked for in the messages */
  'storage:health': { input: nothing, output: storageHealth },
  'recordings:search': { input: recordingQuery, output: recordingHits },

  ...libraryContract,
  ...witnessesContract,
  ...downloadsContract,
  ...retentionContract,
  /** the gateway makes a pack, main writes it into a folder the person chooses; `file` is absent when cancelled */
  'evidence:export': {
    input: packRequest,
    output: z.object({ file: z.string().optional(), pack: packSummary.optional(), key: z.string().optional() }),
  },
} as const satisfies Record<`${string}:${string}`, { input: z.ZodType; output: z.ZodType }>

export const desktopEvents = {
  'library:import-changed': importState,
  ...downloadsEvents,
  'state:changed': desktopState,
  'approval:changed': approval,
  'session:changed': session,
  'call:changed': call,
  /** more came of a session that this window watches */
  'watch:changed': z.object({ session: sessionId }),
  'connections:changed': z.object({}),
  'policies:changed': z.object({}),
  'storage:changed': z.object({}),
  'access:changed': z.object({}),
  'break-glass:changed': z.object({}),
  'delegations:changed': z.object({}),
  /** a deep link, a notification or a menu asks the window to show a page */
  'navigate:requested': z.object({
    to: z.string().regex(/^\/[a-z-]*(\/[A-Za-z0-9_]+(\?seq=\d{1,9})?)?$/),
    /** begin with this decision's confirmation; nothing is decided by it */
    confirm: z.enum(['deny']).optional(),
  }),
} as const satisfies Record<`${string}:${string}`, z.ZodType>

export type DesktopContract = typeof desktopContract
export type DesktopChannel = keyof DesktopContract
export type DesktopEvents = typeof desktopEvents
export type DesktopEventName = keyof DesktopEvents
export type DesktopInput<C extends DesktopChannel> = z.input<DesktopContract[C]['input']>
export type DesktopOutput<C extends DesktopChannel> = z.output<DesktopContract[C]['output']>

/** What the bridge accepts as input: nothing at all for a channel whose input is `undefined`. */
export type DesktopArguments<C extends DesktopChannel> = undefined extends DesktopInput<C> ? [] : [DesktopInput<C>]

/** How a reply crosses IPC: Electron would otherwise reduce errors to their message. */
export type DesktopReply<C extends DesktopChannel> =
  | { ok: true; value: DesktopOutput<C> }
  | { ok: false; error: { code: string; message: string; remedy: string; data: Record<string, string | number> } }

/**
 * `window.gatehouse` as the preload exposes it: two functions, so that the exposed surface is as small as the contract allows.
 * `invoke` resolves the reply as it is, because the context bridge drops every property of an Error but its message.
 * It rejects (a plain Error) only for a channel that is not in the contract. Only the renderer's `api/` touches this object.
 */
export interface DesktopBridge {
  /**
   * Opens files and folders that the person dropped on the window. Only the preload learns where they lie, and only of what the person let go here: a page
   * that makes up a file, or a path, opens nothing.
   */
  openFiles(files: readonly object[]): Promise<DesktopReply<'library:cancel-import'>>
  invoke<C extends DesktopChannel>(channel: C, ...input: DesktopArguments<C>): Promise<DesktopReply<C>>
  /** returns its clean-up */
  subscribe<E extends DesktopEventName>(event: E, listener: (payload: z.output<DesktopEvents[E]>) => void): () => void
}

/** What pages use: `DesktopBridge` with the reply unwrapped. The renderer's `api/` makes it from the bridge. */
export interface DesktopApi {
  /** what becomes of them is told by `library:import-changed`; rejects if none of them lies on a disk */
  openFiles(files: readonly object[]): Promise<void>
  /** resolves `value`; rejects with `AppError.from(error)`, so that callers decide by `code` */
  invoke<C extends DesktopChannel>(channel: C, ...input: DesktopArguments<C>): Promise<DesktopOutput<C>>
  /** returns its clean-up */
  subscribe<E extends DesktopEventName>(event: E, listener: (payload: z.output<DesktopEvents[E]>) => void): () => void
}
