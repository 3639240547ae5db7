import type { FastifyInstance } from 'fastify'
import { timestampOf, type Clock } from '../src-node/clock.ts'
import type { Logger } from '../src-node/logger.ts'
import type { TransparencyLog } from '../src-node/log-store.ts'
import type { RecordingStore } from '../src-node/recording-store.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import type { GatewayConfig } from '../src-protocol/config.ts'
import { desktopTunnelPath } from '../src-protocol/http-api.ts'
import type { Call, Session } from '../src-protocol/model.ts'
import type { Access } from './access/access.ts'
import { createAccess } from './access/create-access.ts'
import { createAgentRegistry } from './agents/agent-registry.ts'
import { createAgentsOnline, type AgentsOnline } from './agents/agents-online.ts'
import { logAgentRefusals } from './agents/log-agent-refusals.ts'
import type { Approvals } from './approvals/approvals.ts'
import { createApprovals } from './approvals/create-approvals.ts'
import { createDelegations, type Delegations } from './approvals/delegations.ts'
import type { GroupMembership } from './approvals/group-membership.ts'
import type { BreakGlass } from './break-glass/break-glass.ts'
import { createBreakGlass } from './break-glass/create-break-glass.ts'
import { createConnectionRegistry } from './connections/connection-registry.ts'
import { addressOf } from './routes/address-of.ts'
import { createOversight } from './create-oversight.ts'
import type { ExchangePorts } from './exchange/exchange-ports.ts'
import { openExchange } from './exchange/open-exchange.ts'
import { createInspectionPool } from './inspection/inspection-pool.ts'
import type { Identity } from './identity/identity.ts'
import { createLoggedDocuments } from './policies/logged-documents.ts'
import { createPolicies, type Policies } from './policies/policies.ts'
import { keepRecordings, type KeptRecordings } from './recordings/keep-recordings.ts'
import { acceptTunnels } from './tunnel/accept-tunnels.ts'
import { createHttpServer } from './routes/http-server.ts'
import { createRouteHandlers } from './routes/route-handlers.ts'
import { guardLog } from './sessions/guarded-log.ts'
import { toSession, type LiveSession } from './sessions/live-session.ts'
import { maySeeSession } from './sessions/session-audience.ts'
import { createSessionStore, type SessionStore } from './sessions/session-store.ts'
import { createSessions, type Sessions } from './sessions/sessions.ts'
import { createLoggedRows } from './state/logged-rows.ts'
import type { LogListener } from './state/replay-log.ts'
import type { StateDatabase } from './state/state-database.ts'
import type { Witnesses } from './state/witnesses.ts'
import { createPinStore } from './tools/pin-store.ts'
import { createToolPins, type ToolPins } from './tools/tool-pins.ts'
import { createDesktops, type Desktops } from './tunnel/desktops.ts'
import { gatherPushes } from './tunnel/gathered-pushes.ts'

export interface GatewayParts {
  config: GatewayConfig
  database: StateDatabase
  log: TransparencyLog
  recordings: RecordingStore
  witnesses: Witnesses
  identity: Identity
  membership: GroupMembership
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  version: string
}

export interface Gateway {
  app: FastifyInstance
  store: SessionStore
  recordings: Pick<KeptRecordings, 'index' | 'start'>
  sessions: Sessions
  approvals: Approvals
  policies: Policies
  tools: Pick<ToolPins, 'load'>
  /** what learns from the log at start */
  logListeners: readonly LogListener[]
  access: Pick<Access, 'resume'>
  delegations: Pick<Delegations, 'resume'>
  glass: Pick<BreakGlass, 'resume'>
  close(): Promise<void>
}

const callsEveryMs = 100
const sumsEveryMs = 500
const headEveryMs = 1000

/**
 * Wires the services. They call each other both ways (a session ends when its agent is lost, an agent is told when a session ends), so what
 * is made later is reached through functions, none of which runs before everything is made.
 */
export function createGateway(parts: GatewayParts): Gateway {
  const { config, database, recordings, witnesses, identity, membership, clock, scheduler, logger, version } = parts
  const { publicUrl } = config
  const log = guardLog(parts.log, (error) => sessions.failAll(error))
  const store = createSessionStore(database)
  const storageChanged = () =>
    desktops.push({ type: 'storage' }, ({ person: { roles } }) => roles.includes('administrator') || roles.includes('auditor'))
  const kept = keepRecordings({ config, database, log, recordings, witnesses, clock, scheduler, logger, onChanged: storageChanged })
  const { index, storage, retention } = kept
  const documents = createLoggedDocuments()
  const policies: Policies = createPolicies({
    database,
    log,
    logged: documents,
    clock,
    approvals: config.activation.approvals,
    personNow: (sub) => identity.person(sub),
    onChanged: () => desktops.push({ type: 'policies' }, ({ person: { roles } }) => roles.some((role) => role !== 'operator')),
    onActivated: (kind, version) => {
      if (kind !== 'policy') return
      approvals.policyChanged(version)
      sessions.toolListsChanged()
      watches.policyChanged()
    },
  })

  const connectionsChanged = () => desktops.push({ type: 'connections' }, () => true)
  const rows = createLoggedRows()
  const agents = createAgentRegistry({ database, log, rows, logger, clock, isOnline: (id) => agentsOnline.link(id) !== undefined })
  const agentsOnline: AgentsOnline = createAgentsOnline({
    registry: agents,
    onChanged: connectionsChanged,
    onHello: (agent, link, running) => sessions.agentBack(agent, link, running),
    onLost: (agent) => sessions.agentLost(agent),
    onSessionEnded: (session, error, agent) => sessions.serverStopped(session, error, agent),
    log: logger,
  })
  const tools = createToolPins({
    store: createPinStore(database),
    log,
    clock,
    onChanged(connection, cause) {
      connectionsChanged()
      if (cause === 'decided') sessions.toolListsChanged(connection)
    },
  })
  const toolsWaiting = (name: string) => tools.waiting(name)
  const connections = createConnectionRegistry({ database, agents, log, rows, logger, clock, toolsWaiting, onChanged: connectionsChanged })

  const glass = createBreakGlass({
    log,
    clock,
    scheduler,
    logger,
    approvals: config.activation.approvals,
    findConnection: (name) => connections.find(name),
    personNow: (sub) => identity.person(sub),
    freshSignIn: (idToken, request) => identity.freshSignIn(idToken, request),
    onOpened: (opening) => approvals.glassBroken(opening),
    onEnded: (opening) => approvals.glassClosed(opening),
    onChanged: () => desktops.push({ type: 'break-glass' }, () => true),
  })
  const delegations = createDelegations({
    log,
    clock,
    scheduler,
    logger,
    personNow: (sub) => identity.person(sub),
    people: () => identity.people(),
    onChanged: (subs) => desktops.push({ type: 'delegations' }, ({ person }) => subs.includes(person.sub)),
  })
  const approvals: Approvals = createApprovals({
    database,
    log,
    clock,
    scheduler,
    logger,
    policyVersion: () => policies.inForce().policy.version,
    personNow: (sub) => identity.person(sub),
    membership,
    delegations,
    push: (approval, to) => desktops.push({ type: 'approval', approval }, ({ person }) => to(person)),
    freshSignIn: (idToken, request) => identity.freshSignIn(idToken, request),
    endReported: (session, by, reason) => sessions.reported(session, by, reason),
    limits: config.limits,
    breakGlass: glass,
  })
  const access: Access = createAccess({
    log,
    clock,
    scheduler,
    logger,
    findConnection: (name) => connections.find(name),
    personNow: (sub) => identity.person(sub),
    membership,
    onEnded: (grant, error) => sessions.accessEnded(grant.id, error),
    onDemanded: (connection, error) => sessions.accessDemanded(connection, error),
    onChanged: () => desktops.push({ type: 'access' }, () => true),
  })
  const inspections = createInspectionPool({ scheduler, logger })
  const exchangePorts: ExchangePorts = {
    inForce: () => policies.inForce(),
    approvals,
    tools,
    inspections,
    limits: config.limits,
    clock,
    scheduler,
    agentRefused: logAgentRefusals({ log, logger, fail: (session, error) => sessions.fail(session, error) }),
    fail: (session, error) => sessions.fail(session, error),
  }

  const pushSession = (session: Session) =>
    desktops.push({ type: 'session', session }, ({ person }) => maySeeSession(person, session.person.sub))
  const callChanged = gatherPushes<Call>(scheduler, callsEveryMs, (call) => {
    const owner = sessions.signInOf(call.session)
    desktops.push({ type: 'call', call }, ({ signInId }) => signInId === owner)
  })
  const sumsChanged = gatherPushes<LiveSession>(scheduler, sumsEveryMs, (session) => pushSession(toSession(session)))
  const sessions: Sessions = createSessions({
    store,
    log,
    recordings,
    index,
    policies,
    access,
    exchangePorts,
    findConnection: (name) => connections.find(name),
    agentOffers: async (id, server) => (await agents.find(id))?.servers.some(({ name }) => name === server) ?? false,
    agentLink: (id) => agentsOnline.link(id),
    isDesktopConnected: (signInId) => desktops.isConnected(signInId),
    onCallChanged(session, call) {
      callChanged(call)
      overview.changed(session)
      sumsChanged(session)
    },
    onChanged(session) {
      pushSession(session)
      if (session.state !== 'ended') return
      watches.sessionEnded(session.id)
      overview.ended(session.id)
    },
    personNow: (sub) => identity.person(sub),
    signInStands: (signInId) => identity.signInStands(signInId),
    graceSeconds: config.limits.graceSeconds,
    limits: config.limits,
    checkpointSeconds: config.limits.checkpointSeconds,
    gateway: publicUrl,
    clock,
    scheduler,
    logger,
  })
  const oversight = createOversight({
    config,
    log,
    recordings,
    index,
    identity,
    access,
    policies,
    glass,
    connections: () => connections.all(),
    sessions: () => sessions,
    pushSession,
    ownAddress: () => addressOf(server.address()),
    clock,
    scheduler,
    logger,
    version,
  })
  const { watches, overview } = oversight
  const desktops: Desktops = createDesktops({
    identity,
    tunnelUrl: publicUrl + desktopTunnelPath,
    clock,
    scheduler,
    log: logger,
    onExchange: (link, stream, head, body) =>
      openExchange(exchangePorts, sessions.ofSignIn(link.signedIn.signInId, head.session), stream, head, body),
    onWatch: (link, stream, head) => watches.open(link.signedIn, head.watch, stream),
    onConnected: (signInId) => sessions.desktopBack(signInId),
    onGone: (signInId) => sessions.desktopGone(signInId),
  })

  const headChanged = gatherPushes<TransparencyLog>(scheduler, headEveryMs, (changed) =>
    desktops.push({ type: 'checkpoint', note: changed.checkpoint() }, () => true),
  )
  const stopListening = [
    identity.onSignedOut((signInId) => {
      sessions.signedOut(signInId)
      desktops.signedOut(signInId)
    }),
    identity.onPersonChanged((person) => {
      membership.heard(person, timestampOf(clock.now()))
      access.personChanged(person)
      delegations.personChanged(person)
      glass.personChanged(person)
      sessions.personChanged(person)
      watches.personChanged(person)
    }),
    log.onCheckpoint(() => headChanged(log)),
  ]

  const handlers = createRouteHandlers({
    gateway: publicUrl,
    version,
    identity,
    log,
    access,
    delegations,
    glass,
    agents,
    agentsOnline,
    connections,
    sessions,
    approvals,
    recordings: index,
    recordingParts: kept.parts,
    cosigned: () => witnesses.cosigned(),
    storage,
    retention,
    policies,
    simulations: oversight.simulations,
    packs: oversight.packs,
    overview,
    controls: oversight.controls,
    tools,
  })
  const { app, server } = createHttpServer({
    publicUrl,
    identity,
    handlers,
    logger,
    health: () => (config.log.witnesses.length > 0 ? { witnesses: witnesses.states() } : {}),
    publishedLog: { ...config.log, checkpoint: () => witnesses.cosigned() ?? log.checkpoint() },
  })
  const upgrades = acceptTunnels({
    server,
    publicUrl,
    graceSeconds: config.limits.graceSeconds,
    identity,
    desktops,
    agents,
    agentsOnline,
    clock,
    logger,
  })

  return {
    app,
    store,
    recordings: kept,
    sessions,
    approvals,
    policies,
    tools,
    logListeners: [documents.listener, rows.listener, access.listener, delegations.listener, glass.listener, ...kept.listeners],
    access,
    delegations,
    glass,
    async close() {
      for (const stop of stopListening) stop()
      const closedOversight = oversight.close()
      const closed = sessions.close()
      // what comes from now on waits at its sender for the next start
      if (config.limits.graceSeconds > 0) desktops.close()
      await closed
      await closedOversight
      await kept.close()
      await inspections.close()
      approvals.close()
      access.close()
      delegations.close()
      glass.close()
      desktops.close()
      agentsOnline.close()
      upgrades.close()
      for (const socket of upgrades.clients) socket.terminate()
      await app.close()
    },
  }
}
