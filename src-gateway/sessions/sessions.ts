import type { Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import type { SessionRequest } from '../../src-protocol/http-requests.ts'
import type { Call, EndReason, Person, Session } from '../../src-protocol/model.ts'
import type { AgentLink } from '../agents/agent-link.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import { announceToolList } from '../exchange/announce-tool-list.ts'
import type { SignedIn } from '../identity/identity.ts'
import { endIdleSessions } from './end-idle-sessions.ts'
import { createSessionEnding, type SessionEndingPorts } from './end-session.ts'
import { toSession, type LiveSession } from './live-session.ts'
import { logCheckpoints } from './log-checkpoints.ts'
import { createSessionOpening, type SessionOpeningPorts } from './open-session.ts'
import { resumeSession, type InterruptedSession, type SessionResumingPorts } from './resume-session.ts'
import { expiryOf, watchExpiries } from './session-expiry.ts'
import { createSessionPlaces } from './session-places.ts'
import { maySeeSession, seesAllSessions } from './session-audience.ts'
import { suspendSession } from './suspend-session.ts'

const listedSessions = 200

export interface Sessions {
  open(signedIn: SignedIn, request: SessionRequest): Promise<Session>
  list(viewer: Person): Promise<Session[]>
  get(viewer: Person, id: string): Promise<{ session: Session; calls: Call[] }>
  /** one's own, or as reviewer or administrator anyone's */
  endBy(person: Person, id: string, reason?: string): Promise<Session>
  /** a reviewer reported one of its calls, which is in the log by now */
  reported(id: SessionId, by: Person, reason: string): void
  /** a session that runs. @throws AppError SESSION_UNKNOWN, SESSION_ENDED */
  running(id: string): LiveSession
  /** whose calls these are, also for a moment after the session has ended */
  signInOf(id: string): string | undefined
  /** The session of an exchange. @throws AppError SESSION_UNKNOWN, SESSION_ENDED */
  ofSignIn(signInId: string, id: string): LiveSession
  /** Goes on with a session of the gateway's earlier run. */
  resume(interrupted: InterruptedSession): Promise<void>
  /** From now on desktops and agents of resumed sessions have their time to come back. */
  awaitReturns(): void
  isRunning(id: string): boolean
  allLive(): Session[]
  /** It is connected, and still runs the servers of these sessions: they go on, its others are over. */
  agentBack(agent: { id: string; name: string }, link: AgentLink, running: readonly SessionId[]): void
  /** `agent`: its servers are gone; `sign-in`: the person signed out; `session`: its server stopped by itself */
  agentLost(agent: { id: string; name: string }): void
  signedOut(signInId: string): void
  /** @param agent who says so: another one than the session's has nothing to say about it */
  serverStopped(session: string, error: AppError, agent: string): void
  personChanged(person: Person): void
  /** the access is over: what began under it ends with it, at once */
  accessEnded(grant: string, error: AppError): void
  /** a rule guards the connection from now on: what began without access ends */
  accessDemanded(connection: string, error: AppError): void
  /** there is nothing left that the access was granted to */
  connectionRemoved(connection: string): void
  /** what clients are shown of a server's tools has changed, on one connection or on all */
  toolListsChanged(connection?: string): void
  desktopGone(signInId: string): void
  desktopBack(signInId: string): void
  /** The audit log cannot write: no session can be sealed, so none may go on. */
  failAll(error: AppError): void
  /** A record or log entry could not be written, or the pipeline broke: nothing more may pass. */
  fail(session: LiveSession, error: unknown): void
  close(): Promise<void>
}

export interface SessionsPorts extends SessionOpeningPorts, SessionEndingPorts, SessionResumingPorts {
  graceSeconds: number
  checkpointSeconds: number
  limits: Pick<GatewayConfig['limits'], 'idleMinutes' | 'sessions' | 'sessionsPerSignIn'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
}

export function createSessions(ports: SessionsPorts): Sessions {
  const live = new Map<string, LiveSession>()
  /** calls of sessions that ended a while ago: whoever looks at one sees how it ended */
  const ended = new Map<string, LiveSession>()
  const keptEnded = 20
  const graces = new Map<string, () => void>()
  const checkpoints = logCheckpoints(ports, () => live.values())
  /** whoever leaves now does so because the gateway does */
  let closing = false

  const endSession = createSessionEnding(ports)
  const end: ReturnType<typeof createSessionEnding> = (session, reason, error, by) => {
    const sealed = endSession(session, reason, error, by)
    if (live.delete(session.id)) {
      ended.set(session.id, session)
      const [oldest] = ended.keys()
      if (ended.size > keptEnded && oldest !== undefined) ended.delete(oldest)
    }
    return sealed
  }
  const endWhere = (matches: (session: LiveSession) => boolean, reason: EndReason, error?: AppError) =>
    Promise.all([...live.values()].filter(matches).map((session) => end(session, reason, error)))

  const fail = (session: LiveSession, error: unknown): void => {
    if (session.ended) return
    ports.logger.error({ err: error, session: session.id }, 'the session cannot go on')
    const known = error instanceof AppError && (error.code === 'RECORDING_UNAVAILABLE' || error.code === 'LOG_UNAVAILABLE')
    void end(session, 'recording-unavailable', known ? error : new AppError('RECORDING_UNAVAILABLE', { problem: 'an internal failure' }))
  }

  const expire = (session: LiveSession): AppError => {
    const { reason, error } = expiryOf(session)
    void end(session, reason, error)
    return error
  }

  const expiries = watchExpiries({ ...ports, live: () => live.values(), expire: (session) => void expire(session) })

  const register = (session: LiveSession): void => {
    live.set(session.id, session)
    expiries.expect(session)
  }

  /** Its calls and its recording say why. */
  const lose = (session: LiveSession, reason: EndReason, error: AppError): void => {
    const { code, message } = error
    session.record({ kind: 'error', code, message }).catch((failure: unknown) => fail(session, failure))
    void end(session, reason, error)
  }

  /** @param key whom it is given to: a desktop by its sign-in, or an agent */
  const giveGrace = (key: string, over: () => void): void => {
    if (closing) return
    const lapse = () => {
      graces.delete(key)
      over()
    }
    graces.get(key)?.()
    graces.set(key, ports.scheduler.after(ports.graceSeconds * 1000, lapse))
  }
  const endGrace = (key: string): void => {
    graces.get(key)?.()
    graces.delete(key)
  }
  const agentLost = ({ id, name }: { id: string; name: string }): void => {
    const error = new AppError('AGENT_LOST', { agent: name })
    for (const session of live.values()) if (session.agent.id === id) lose(session, 'agent-disconnected', error)
  }
  const desktopGone = (signInId: string): void => {
    if (![...live.values()].some((session) => session.signInId === signInId)) return
    giveGrace(signInId, () => void endWhere((session) => session.signInId === signInId, 'desktop-disconnected'))
  }

  const { sessions, sessionsPerSignIn, idleMinutes } = ports.limits
  const stopIdleSweep = endIdleSessions({ ...ports, idleMinutes, live: () => live.values(), end: (session) => void end(session, 'idle') })
  const withPlace = createSessionPlaces({ live, sessions, sessionsPerSignIn })
  const openSession = createSessionOpening({
    ...ports,
    register,
    abandon: (session, reason, error) => end(session, reason, error),
  })

  const find = async (viewer: Person, id: string): Promise<{ session: Session; running?: LiveSession }> => {
    const running = live.get(id) ?? ended.get(id)
    const session = running ? toSession(running) : await ports.store.find(id)
    if (!session || !maySeeSession(viewer, session.person.sub)) throw new AppError('SESSION_UNKNOWN')
    return { session, ...(running && { running }) }
  }

  return {
    open: (signedIn, request) => withPlace(signedIn.signInId, () => openSession(signedIn, request)),

    async list(viewer) {
      const own = seesAllSessions(viewer) ? undefined : viewer.sub
      const stored = await ports.store.newest(listedSessions, own)
      return stored.map((session) => {
        const running = live.get(session.id)
        return running ? toSession(running) : session
      })
    },

    async get(viewer, id) {
      const { session, running } = await find(viewer, id)
      // what others do is seen by watching it, which they are told, or in its recording
      return { session, calls: viewer.sub === session.person.sub ? (running?.calls.list() ?? []) : [] }
    },

    async endBy(person, id, because) {
      const { session } = await find(person, id)
      const endReason = endReasonOf(person, session.person.sub)
      const running = live.get(id)
      if (!running) throw new AppError('SESSION_ENDED', { reason: session.endReason ?? 'ended' })
      if (person.sub === session.person.sub) {
        await end(running, endReason)
        return toSession(running)
      }
      if (because === undefined) throw new AppError('INVALID_REQUEST', { problem: 'reason: why the session of somebody else is ended' })
      // it ends at once; in the log, who did it stands before its end, for entries are written in turn
      const { sub, name } = person
      const logged = ports.log.append({ kind: 'session.ended-by', session: running.id, by: sub, reason: because })
      logged.catch(() => {})
      await end(running, endReason, undefined, { sub, name, reason: because })
      await logged
      return toSession(running)
    },

    reported(id, { sub, name }, reason) {
      const session = live.get(id)
      if (session) void end(session, 'reported', new AppError('APPROVAL_REPORTED', { by: name, reason }), { sub, name, reason })
    },

    running(id) {
      const session = live.get(id) ?? ended.get(id)
      if (!session) throw new AppError('SESSION_UNKNOWN')
      if (session.ended) throw session.ended.error
      return session
    },

    signInOf: (id) => (live.get(id) ?? ended.get(id))?.signInId,

    ofSignIn(signInId, id) {
      const session = live.get(id) ?? ended.get(id)
      if (!session || session.signInId !== signInId) throw new AppError('SESSION_UNKNOWN')
      if (session.ended) throw session.ended.error
      // the timer may be late, for example after the machine slept
      if (ports.clock.now().getTime() >= session.endsAtMs) {
        throw expire(session)
      }
      return session
    },

    async resume(interrupted) {
      const { session, over } = await resumeSession(ports, interrupted)
      if (interrupted.row.stopped === 1) await ports.store.resumed(session.id)
      register(session)
      if (over) void end(session, over)
    },

    awaitReturns() {
      const waiting = [...live.values()].filter(({ ended: over }) => !over)
      for (const signInId of new Set(waiting.map((session) => session.signInId))) desktopGone(signInId)
      for (const agent of new Map(waiting.map((session) => [session.agent.id, session.agent])).values()) {
        giveGrace(agent.id, () => agentLost(agent))
      }
    },

    isRunning: (id) => live.has(id),
    allLive: () => [...live.values()].map(toSession),

    agentBack(agent, link, running) {
      endGrace(agent.id)
      const known = new Set<string>(running)
      for (const session of live.values()) {
        if (session.agent.id !== agent.id || !session.started) continue
        if (known.has(session.id)) session.link.bind(link)
        else
          lose(
            session,
            'agent-disconnected',
            new AppError('SERVER_STOPPED', { server: session.server, problem: 'its agent was restarted' }),
          )
      }
      // nobody uses these any more
      for (const id of running) if (live.get(id)?.agent.id !== agent.id) link.endSession(id)
    },

    agentLost,
    signedOut: (signInId) => void endWhere((session) => session.signInId === signInId, 'signed-out'),
    serverStopped: (id, error, agent) =>
      void endWhere((session) => session.id === id && session.agent.id === agent, 'server-stopped', error),

    personChanged(person) {
      for (const session of live.values()) {
        if (session.person.sub !== person.sub) continue
        session.person = person
        if (!person.roles.includes('operator') || !mayUseConnection(person, session)) void end(session, 'ended-by-administrator')
      }
    },

    accessEnded(grant, error) {
      for (const session of live.values()) if (session.access?.grant === grant) void end(session, 'access-ended', error)
    },
    accessDemanded(connection, error) {
      for (const session of live.values()) {
        if (session.connection === connection && !session.access) void end(session, 'access-ended', error)
      }
    },

    connectionRemoved: (name) => void endWhere((session) => session.connection === name, 'ended-by-administrator'),

    toolListsChanged(connection) {
      for (const session of live.values()) {
        if (connection === undefined || session.connection === connection) announceToolList(ports.exchangePorts, session)
      }
    },

    desktopGone,
    desktopBack: endGrace,

    fail,
    failAll(error) {
      for (const session of live.values()) fail(session, error)
    },

    async close() {
      closing = true
      checkpoints.stop()
      stopIdleSweep()
      expiries.stop()
      for (const cancel of graces.values()) cancel()
      const running = [...live.values()].filter(({ ended: over }) => !over)
      const staying = running.filter(({ started }) => started && ports.graceSeconds > 0)
      for (const session of staying) suspendSession(ports.exchangePorts, session, ports.gateway)
      await endWhere((session) => !session.ended, 'gateway-stopped')
      await Promise.all([...ended.values()].map(async (session) => session.sealed))
      try {
        await checkpoints.take(staying)
        await ports.store.stopped(staying.map(({ id }) => id))
      } catch (error) {
        ports.logger.error({ err: error }, 'the gateway stopped without a last word on its running sessions')
      }
    },
  }
}

function endReasonOf(person: Person, owner: string): EndReason {
  if (person.sub === owner) return 'ended-by-operator'
  if (person.roles.includes('reviewer')) return 'ended-by-reviewer'
  if (person.roles.includes('administrator')) return 'ended-by-administrator'
  throw new AppError('FORBIDDEN', { needed: 'the role reviewer or administrator' })
}
