import type { Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionRequest } from '../../src-protocol/http-api.ts'
import type { Call, EndReason, Person, Session } from '../../src-protocol/model.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import type { SignedIn } from '../identity/identity.ts'
import { createSessionEnding, type SessionEndingPorts } from './end-session.ts'
import { toSession, type LiveSession } from './live-session.ts'
import { createSessionOpening, type SessionOpeningPorts } from './open-session.ts'
import { maySeeSession, seesAllSessions } from './session-audience.ts'

const listedSessions = 200

export interface Sessions {
  open(signedIn: SignedIn, request: SessionRequest): Promise<Session>
  list(viewer: Person): Promise<Session[]>
  get(viewer: Person, id: string): Promise<{ session: Session; calls: Call[] }>
  /** one's own, or as reviewer or administrator anyone's */
  endBy(person: Person, id: string): Promise<Session>
  /** whose calls these are, also for a moment after the session has ended */
  signInOf(id: string): string | undefined
  /** The session of an exchange. @throws AppError SESSION_UNKNOWN, SESSION_ENDED */
  ofSignIn(signInId: string, id: string): LiveSession
  /** `agent`: its servers are gone; `sign-in`: the person signed out; `session`: its server stopped by itself */
  agentLost(agent: { id: string; name: string }): void
  signedOut(signInId: string): void
  serverStopped(session: string, error: AppError): void
  personChanged(person: Person): void
  /** there is nothing left that the access was granted to */
  connectionRemoved(connection: string): void
  desktopGone(signInId: string): void
  desktopBack(signInId: string): void
  /** The audit log cannot write: no session can be sealed, so none may go on. */
  failAll(error: AppError): void
  /** A record or log entry could not be written, or the pipeline broke: nothing more may pass. */
  fail(session: LiveSession, error: unknown): void
  close(): Promise<void>
}

export interface SessionsPorts extends SessionOpeningPorts, SessionEndingPorts {
  graceSeconds: number
  clock: Clock
  scheduler: Scheduler
  logger: Logger
}

export function createSessions(ports: SessionsPorts): Sessions {
  const live = new Map<string, LiveSession>()
  /** calls of sessions that ended a while ago: whoever looks at one sees how it ended */
  const ended = new Map<string, LiveSession>()
  const keptEnded = 20
  const timers = new Map<LiveSession, () => void>()
  const graces = new Map<string, () => void>()

  const endSession = createSessionEnding(ports)
  const end = (session: LiveSession, reason: EndReason, error?: AppError): Promise<void> => {
    timers.get(session)?.()
    timers.delete(session)
    const sealed = endSession(session, reason, error)
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

  const openSession = createSessionOpening({
    ...ports,
    register(session) {
      live.set(session.id, session)
      const remaining = Math.max(0, session.endsAtMs - ports.clock.now().getTime())
      timers.set(
        session,
        ports.scheduler.after(remaining, () => void end(session, 'expired')),
      )
    },
    abandon: (session, reason, error) => end(session, reason, error),
  })

  const find = async (viewer: Person, id: string): Promise<{ session: Session; running?: LiveSession }> => {
    const running = live.get(id) ?? ended.get(id)
    const session = running ? toSession(running) : await ports.store.find(id)
    if (!session || !maySeeSession(viewer, session.person.sub)) throw new AppError('SESSION_UNKNOWN')
    return { session, ...(running && { running }) }
  }

  return {
    open: openSession,

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
      return { session, calls: running?.calls.list() ?? [] }
    },

    async endBy(person, id) {
      const { session } = await find(person, id)
      const reason = endReasonOf(person, session.person.sub)
      const running = live.get(id)
      if (!running) throw new AppError('SESSION_ENDED', { reason: session.endReason ?? 'ended' })
      await end(running, reason)
      return toSession(running)
    },

    signInOf: (id) => (live.get(id) ?? ended.get(id))?.signInId,

    ofSignIn(signInId, id) {
      const session = live.get(id) ?? ended.get(id)
      if (!session || session.signInId !== signInId) throw new AppError('SESSION_UNKNOWN')
      if (session.ended) throw session.ended.error
      // the timer may be late, for example after the machine slept
      if (ports.clock.now().getTime() >= session.endsAtMs) {
        void end(session, 'expired')
        throw new AppError('SESSION_ENDED', { reason: 'expired' })
      }
      return session
    },

    agentLost({ id, name }) {
      void endWhere((session) => session.agent.id === id, 'agent-disconnected', new AppError('AGENT_LOST', { agent: name }))
    },
    signedOut: (signInId) => void endWhere((session) => session.signInId === signInId, 'signed-out'),
    serverStopped: (id, error) => void endWhere((session) => session.id === id, 'server-stopped', error),

    personChanged(person) {
      for (const session of live.values()) {
        if (session.person.sub !== person.sub) continue
        session.person = person
        if (!person.roles.includes('operator') || !mayUseConnection(person, session)) void end(session, 'ended-by-administrator')
      }
    },

    connectionRemoved: (name) => void endWhere((session) => session.connection === name, 'ended-by-administrator'),

    desktopGone(signInId) {
      if (![...live.values()].some((session) => session.signInId === signInId)) return
      const endAll = () => {
        graces.delete(signInId)
        void endWhere((session) => session.signInId === signInId, 'desktop-disconnected')
      }
      graces.get(signInId)?.()
      graces.set(signInId, ports.scheduler.after(ports.graceSeconds * 1000, endAll))
    },

    desktopBack(signInId) {
      graces.get(signInId)?.()
      graces.delete(signInId)
    },

    fail,
    failAll(error) {
      for (const session of live.values()) fail(session, error)
    },

    async close() {
      for (const cancel of graces.values()) cancel()
      await endWhere(() => true, 'gateway-stopped')
      await Promise.all([...ended.values()].map(async (session) => session.sealed))
    },
  }
}

function endReasonOf(person: Person, owner: string): EndReason {
  if (person.sub === owner) return 'ended-by-operator'
  if (person.roles.includes('reviewer')) return 'ended-by-reviewer'
  if (person.roles.includes('administrator')) return 'ended-by-administrator'
  throw new AppError('FORBIDDEN', { needed: 'the role reviewer or administrator' })
}
