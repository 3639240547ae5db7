import { createVerdictCounter } from '../../src-core/recording/verdict-counter.ts'
import { splitRecordingLines, parseRecordLine } from '../../src-core/recording/record-lines.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import type { LiveSession } from '../sessions/live-session.ts'
import type { ActivityCounts, Tally } from './count-activity.ts'
import type { LogDigest } from './digest-log.ts'

/** Keeps the sums true while sessions run, and of those that ended while nobody counted. */
export interface ActivityFollower {
  /** called for every call: it only remembers the session */
  changed(session: LiveSession): void
  /** told twice: when it ended, and when it is sealed and nothing can come any more */
  ended(session: string): void
  /** resolves once everything up to now is counted */
  refresh(): Promise<void>
  close(): void
}

/** a session's calls are counted in the hour in which they are this seldom looked at */
const everyMs = 5000
/** recordings that nobody counted are read a few at a time */
const readAtOnce = 20
const restMs = 1000

export function followActivity(ports: {
  digest: LogDigest
  counts: ActivityCounts
  recordings: Pick<RecordingStore, 'readText'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
}): ActivityFollower {
  const { digest, counts, clock, scheduler, logger } = ports
  const grown = new Set<LiveSession>()
  const running = new Map<string, LiveSession>()
  const ending = new Set<string>()
  const sealed = new Set<LiveSession>()
  let cancelTimer: (() => void) | undefined
  let catchingUp: Promise<void> | undefined
  let closed = false

  function schedule(ms: number): void {
    if (cancelTimer || closed) return
    cancelTimer = scheduler.after(ms, () => {
      cancelTimer = undefined
      refresh().catch((error: unknown) => logger.error({ err: error }, 'the overview could not be brought up to date'))
    })
  }

  function countGrown(): void {
    const at = timestampOf(clock.now())
    for (const session of grown) {
      const tally: Tally = { calls: session.verdicts.counts(), masks: session.verdicts.masks() }
      if (!counts.settle(session.id, tally, at, sealed.has(session))) continue
      grown.delete(session)
      sealed.delete(session)
    }
  }

  /** Of sessions that the log closed: their recording has the last word. */
  async function readUncounted(): Promise<void> {
    for (const { session, at } of counts.unsettled(readAtOnce)) {
      if (closed) return
      const tally = await tallyOf(session)
      if (tally) counts.settle(session, tally, at, true)
      else counts.leave(session)
    }
    if (counts.unsettled(1).length > 0) schedule(restMs)
  }

  async function tallyOf(session: string): Promise<Tally | undefined> {
    try {
      const split = splitRecordingLines(Buffer.from(await ports.recordings.readText(sessionId.parse(session))))
      if (!split.ok) return undefined
      const counter = createVerdictCounter()
      for (const line of split.lines) {
        const parsed = parseRecordLine(line)
        if (parsed.ok) counter.add(parsed.record)
      }
      return { calls: counter.counts(), masks: counter.masks() }
    } catch (error) {
      logger.warn({ err: error, session }, 'a recording could not be read for the overview')
      return undefined
    }
  }

  async function refresh(): Promise<void> {
    await digest.catchUp()
    if (closed) return
    countGrown()
    catchingUp ??= readUncounted().finally(() => (catchingUp = undefined))
    await catchingUp
  }

  schedule(restMs)
  return {
    changed(session) {
      grown.add(session)
      running.set(session.id, session)
      schedule(everyMs)
    },
    ended(id) {
      const session = running.get(id)
      schedule(everyMs)
      // without a call its recording is short, and is read
      if (!session) return
      if (!ending.delete(id)) return void ending.add(id)
      running.delete(id)
      sealed.add(session)
      grown.add(session)
    },
    refresh,
    close() {
      closed = true
      cancelTimer?.()
    },
  }
}
