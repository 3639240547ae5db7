import { randomBytes } from 'node:crypto'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { AccessGrant } from '../../src-protocol/access.ts'
import type { SessionRequest } from '../../src-protocol/http-requests.ts'
import type { Connection, EndReason, Session } from '../../src-protocol/model.ts'
import type { AgentLink } from '../agents/agent-link.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import type { SignedIn } from '../identity/identity.ts'
import type { Access } from '../access/access.ts'
import type { Policies } from '../policies/policies.ts'
import { createLiveSession, type LiveSessionPorts } from './create-live-session.ts'
import { toSession, type LiveSession } from './live-session.ts'
import type { SessionStore } from './session-store.ts'

export interface SessionOpeningPorts extends LiveSessionPorts {
  store: SessionStore
  log: TransparencyLog
  recordings: RecordingStore
  policies: Pick<Policies, 'inForce'>
  access: Pick<Access, 'admit' | 'mayGoOn' | 'grant'>
  findConnection(name: string): Promise<Connection | undefined>
  agentOffers(agent: string, server: string): Promise<boolean>
  agentLink(agent: string): AgentLink | undefined
  isDesktopConnected(signInId: string): boolean
  onChanged(session: Session): void
  clock: Clock
  gateway: string
}

interface Admitted {
  connection: Connection
  link: AgentLink
  grant: AccessGrant | undefined
}

/**
 * Opens a session. Steps, each durable before the next: number and state · log entry · recording · the agent starts the server. Nothing of
 * the session can pass before the last.
 */
export function createSessionOpening(
  ports: SessionOpeningPorts & {
    register(session: LiveSession): void
    abandon(session: LiveSession, reason: EndReason, error: AppError): Promise<void>
  },
) {
  /** Numbers are logged one after the other: a number whose entry failed is given out again. */
  let numbering: Promise<unknown> = Promise.resolve()

  return async function openSession(signedIn: SignedIn, request: SessionRequest): Promise<Session> {
    const { connection, link, grant } = await admit(ports, signedIn, request)
    const turn = numbering.then(() => numberSession(ports, signedIn, request, connection, grant))
    numbering = turn.catch(() => {})
    const numbered = await turn
    const { draft } = numbered
    const recording = await ports.recordings.create(numbered.open).catch(async (error: unknown) => {
      // it stands in the log as opened: the next start records that it never ran
      await ports.store.failed(draft.id, timestampOf(ports.clock.now()))
      throw error
    })
    const session = createLiveSession(ports, draft, recording)
    session.link.bind(link)
    ports.register(session)
    // while the steps before were made durable the desktop may have gone, and whoever ends its sessions then did not find this one
    if (!ports.isDesktopConnected(session.signInId)) {
      const error = new AppError('CONFLICT', { problem: 'The desktop has no tunnel to the gateway any more' })
      await ports.abandon(session, 'desktop-disconnected', error)
      throw error
    }
    try {
      await link.startSession(session.id, session.server)
    } catch (error) {
      const failure =
        error instanceof AppError ? error : new AppError('SERVER_START_FAILED', { server: session.server, problem: 'unknown' })
      await ports.abandon(session, failure.code === 'AGENT_LOST' ? 'agent-disconnected' : 'server-stopped', failure)
      throw failure
    }
    if (session.ended) throw session.ended.error
    // the access may have ended, or a rule come into force, while the server was started
    const { id, connection: name, access, person } = session
    if (!ports.access.mayGoOn({ grant: access?.grant, connection: name, person })) {
      const error = new AppError('ACCESS_ENDED', { connection: name, reason: 'it ended while the session was started' })
      await ports.abandon(session, 'access-ended', error)
      throw error
    }
    await ports.store.started(id)
    session.started = true
    ports.onChanged(toSession(session))
    return toSession(session)
  }
}

/** Everything that must hold before a session is numbered. */
async function admit(ports: SessionOpeningPorts, { person, signInId }: SignedIn, request: SessionRequest): Promise<Admitted> {
  const connection = await ports.findConnection(request.connection)
  // one answer for both: whoever may not use a connection does not learn that it exists
  if (!connection || !mayUseConnection(person, connection)) {
    throw new AppError('NOT_FOUND', { what: `A connection ${request.connection} that you may use` })
  }
  if (connection.altered) throw new AppError('CONNECTION_ALTERED', { connection: connection.name })
  if (request.minutes > connection.maxMinutes) {
    throw new AppError('INVALID_REQUEST', { problem: `minutes: at most ${connection.maxMinutes} on this connection` })
  }
  const link = ports.agentLink(connection.agent.id)
  if (!link) throw new AppError('AGENT_OFFLINE', { agent: connection.agent.name })
  if (!(await ports.agentOffers(connection.agent.id, connection.server))) {
    throw new AppError('SERVER_UNKNOWN', { agent: connection.agent.name, server: connection.server })
  }
  if (!ports.isDesktopConnected(signInId)) {
    throw new AppError('CONFLICT', { problem: 'The desktop has no tunnel to the gateway yet' })
  }
  const admission = ports.access.admit(person, connection)
  if (!admission.ok) throw admission.error
  return { connection, link, grant: admission.grant }
}

async function numberSession(
  ports: SessionOpeningPorts,
  { person, signInId }: SignedIn,
  request: SessionRequest,
  connection: Connection,
  grant: AccessGrant | undefined,
) {
  const { policy, masking } = ports.policies.inForce()
  const now = ports.clock.now()
  const access = grant && { grant: grant.id, endsAtMs: Date.parse(grant.endsAt) }
  // it ends with the access that it begins under
  const endsAtMs = Math.min(now.getTime() + request.minutes * 60_000, access?.endsAtMs ?? Infinity)
  const id = newSessionId()
  const salt = randomBytes(32)
  const shared = {
    connection: connection.name,
    server: connection.server,
    reason: request.reason,
    endsAt: timestampOf(new Date(endsAtMs)),
    policyVersion: policy.version,
    maskingVersion: masking.version,
  }
  const agent = { id: connection.agent.id as string, name: connection.agent.name }
  const startedAt = timestampOf(now)
  const counter = await ports.store.insert({
    id,
    connection: shared.connection,
    agent_id: agent.id,
    agent_name: agent.name,
    server: shared.server,
    person_sub: person.sub,
    person: JSON.stringify(person),
    reason: shared.reason,
    started_at: startedAt,
    ends_at: shared.endsAt,
    ended_at: null,
    end_reason: null,
    client: null,
    policy_version: shared.policyVersion,
    masking_version: shared.maskingVersion,
    records: 0,
    counts: JSON.stringify({ allowed: 0, masked: 0, held: 0, denied: 0 }),
    sign_in: signInId,
    salt: Buffer.from(salt).toString('hex'),
    started: 0,
    stopped: 0,
    logged: 0,
    sealed: 0,
  })
  try {
    await ports.log.append({
      kind: 'session.open',
      session: id,
      counter,
      person: person.sub,
      connection: shared.connection,
      policyVersion: shared.policyVersion,
      maskingVersion: shared.maskingVersion,
      ...(access && { grant: access.grant }),
    })
  } catch (error) {
    await ports.store.withdraw(id)
    throw error
  }
  await ports.store.logged(id)
  const { dialect } = connection
  const open = {
    kind: 'open' as const,
    session: id,
    counter,
    gateway: ports.gateway,
    logOrigin: ports.log.origin,
    person,
    agent,
    ...(dialect !== undefined && { dialect }),
    ...(access && { grant: access.grant }),
    ...shared,
  }
  return {
    open,
    draft: { id, counter, person, signInId, agent, groups: connection.groups, dialect, startedAt, endsAtMs, access, salt, ...shared },
  }
}
