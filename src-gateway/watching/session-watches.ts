import { reviewsConnection } from '../../src-core/policy/reviews-connection.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { Person } from '../../src-protocol/model.ts'
import type { PolicyDocument } from '../../src-protocol/policy-document.ts'
import type { ClientStream } from '../exchange/client-stream.ts'
import type { LiveSession } from '../sessions/live-session.ts'
import { followRecording, type RecordingFollower } from './follow-recording.ts'

/** Who watches which session as it happens (docs/decisions/0021). What a watcher gets is read from the recording: nobody waits for it. */
export interface SessionWatches {
  /**
   * Begins once it stands in the log and in the session's recording.
   * @returns what to do when the watcher leaves
   * @throws AppError SESSION_UNKNOWN, SESSION_ENDED, FORBIDDEN, CONFLICT
   */
  open(watcher: { person: Person; signInId: string }, id: SessionId, stream: ClientStream): () => void
  /** it ended, or was sealed */
  sessionEnded(id: SessionId): void
  /** their roles or groups are others now */
  personChanged(person: Person): void
  /** other groups may review now */
  policyChanged(): void
}

export interface SessionWatchesPorts {
  running(id: string): LiveSession
  policyDocument(): PolicyDocument
  personNow(sub: string): Person | undefined
  recordings: Pick<RecordingStore, 'readFrom'>
  log: TransparencyLog
  /** who watches it is part of what a session shows */
  onChanged(session: LiveSession): void
  fail(session: LiveSession, error: unknown): void
  clock: Clock
  scheduler: Scheduler
  logger: Logger
}

interface Watch {
  readonly session: LiveSession
  readonly watcher: Person
  readonly signInId: string
  readonly stream: ClientStream
  follower?: RecordingFollower
  over?: true
  /** only what is left is still to be sent */
  finishing?: true
}

/** what one sign-in may watch at once */
const mostOfOneSignIn = 8
const mostOfOneSession = 16

export function createSessionWatches(ports: SessionWatchesPorts): SessionWatches {
  const watches = new Set<Watch>()

  /** @throws AppError SESSION_UNKNOWN (also for who may not know of it), FORBIDDEN */
  function assertMayWatch(person: Person, session: LiveSession): void {
    // a watch in the evidence always is a second person's
    if (person.sub === session.person.sub)
      throw new AppError('FORBIDDEN', { needed: 'to be somebody else than the operator of the session' })
    if (!mayWatch(person, session)) throw new AppError('SESSION_UNKNOWN')
  }
  const mayWatch = ({ roles, groups }: Person, { connection }: LiveSession): boolean =>
    roles.includes('administrator') ||
    roles.includes('auditor') ||
    (roles.includes('reviewer') && reviewsConnection(ports.policyDocument(), groups, connection))

  const ofSession = (session: LiveSession) => [...watches].filter((watch) => watch.session === session)

  function showWatchers(session: LiveSession, watchers: NonNullable<LiveSession['watched']>['watchers']): void {
    if (watchers.length === 0) delete session.watched
    else {
      const showUpTo = async (durable: Promise<number>) => {
        const seq = await durable
        for (const { follower } of ofSession(session)) follower?.upTo(seq)
      }
      const recorded = (durable: Promise<number>) => {
        // what could not be recorded ends the session elsewhere
        showUpTo(durable).catch(() => {})
      }
      session.watched = { watchers, recorded }
    }
    if (!session.ended) ports.onChanged(session)
  }

  const byOf = ({ watcher: { sub, name } }: Watch) => ({ sub, name })

  /** Told to the log, and to the recording as long as there is one to write to. @returns the record's number */
  async function write(watch: Watch, event: 'began' | 'ended'): Promise<number | undefined> {
    const { session, watcher } = watch
    // at once: when a session ends just now, its recording still says so
    const recorded = session.ended ? undefined : session.record({ kind: 'live-watch', event, by: byOf(watch) })
    const logged = ports.log.append({ kind: 'session.watch', session: session.id, by: watcher.sub, event })
    const [seq] = await Promise.all([recorded, logged])
    return seq
  }

  async function begin(watch: Watch): Promise<void> {
    const { session, watcher, stream } = watch
    const first = await write(watch, 'began')
    if (watch.over) return
    // while it was written the session may have ended, and the person may have lost the right
    if (first === undefined || session.ended) return finish(watch)
    assertMayWatch(ports.personNow(watcher.sub) ?? { ...watcher, roles: [] }, session)
    stream.head(200, { 'content-type': 'text/event-stream' })
    watch.follower = followRecording({ session: session.id, stream, ...ports, onFailed: (error) => stop(watch, error) })
    watch.follower.upTo(first)
  }

  /** @param error why it is cut; without one the watcher has left */
  function stop(watch: Watch, error?: AppError): void {
    if (watch.over) return
    watch.over = true
    watches.delete(watch)
    watch.follower?.stop()
    if (error) watch.stream.abort(error)
    const { session } = watch
    const since = session.watched?.watchers.filter(
      ({ sub }) => sub !== watch.watcher.sub || ofSession(session).some(({ watcher }) => watcher.sub === sub),
    )
    showWatchers(session, since ?? [])
    write(watch, 'ended').catch((failure: unknown) => {
      if (!session.ended) ports.fail(session, failure)
    })
  }

  /** The session is over: what is still to be seen of it is sent, with its last record. */
  function finish(watch: Watch): void {
    if (watch.finishing) return
    watch.finishing = true
    const end = () => {
      watch.stream.end()
      stop(watch)
    }
    if (!watch.follower) return end()
    const { follower, session } = watch
    // whoever ends it tells first, and has it sealed in the same turn
    queueMicrotask(() => void sendTheRest(session, follower).finally(end))
  }

  async function sendTheRest({ sealed }: LiveSession, follower: RecordingFollower): Promise<void> {
    await sealed
    await follower.toTheEnd()
  }

  const review = (matches: (watch: Watch) => boolean) => {
    for (const watch of [...watches].filter(matches)) {
      const person = ports.personNow(watch.watcher.sub)
      if (!person || !mayWatch(person, watch.session))
        stop(watch, new AppError('FORBIDDEN', { needed: 'a role that may watch this session' }))
    }
  }

  return {
    open({ person, signInId }, id, stream) {
      const session = ports.running(id)
      assertMayWatch(person, session)
      const already = ofSession(session)
      if (already.length >= mostOfOneSession || [...watches].filter((watch) => watch.signInId === signInId).length >= mostOfOneSignIn)
        throw new AppError('CONFLICT', { problem: 'Too many sessions are watched at once' })
      const watch: Watch = { session, watcher: person, signInId, stream }
      watches.add(watch)
      const { sub, name } = person
      const before = session.watched?.watchers ?? []
      const known = before.some((watcher) => watcher.sub === sub)
      // the operator is told before the first record is seen
      showWatchers(session, known ? before : [...before, { sub, name, since: timestampOf(ports.clock.now()) }])
      begin(watch).catch((error: unknown) => {
        if (!(error instanceof AppError)) ports.logger.error({ err: error, session: id }, 'a watch could not begin')
        stop(watch, error instanceof AppError ? error : new AppError('SESSION_ENDED', { reason: 'it cannot be watched' }))
      })
      return () => stop(watch)
    },
    sessionEnded(id) {
      for (const watch of watches) if (watch.session.id === id) finish(watch)
    },
    personChanged: ({ sub }) => review((watch) => watch.watcher.sub === sub),
    policyChanged: () => review(() => true),
  }
}
