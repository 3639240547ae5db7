import { readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { TaskThread } from '../recordings/task-thread.ts'
import type { LiveSession } from '../sessions/live-session.ts'
import type { SessionTally } from './count-activity.ts'
import type { LogHead } from './digest-log.ts'
import type { OverviewTasks } from './overview-tasks.ts'

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
/** recordings that nobody counted are read some at a time: who asks for the overview waits for that */
const readAtOnce = 100
const restMs = 1000

export function followActivity(ports: {
  thread: Pick<TaskThread<OverviewTasks>, 'call'>
  log: Pick<TransparencyLog, 'checkpoint'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
}): ActivityFollower {
  const { thread, log, clock, scheduler, logger } = ports
  const grown = new Set<LiveSession>()
  const running = new Map<string, LiveSession>()
  const ending = new Set<string>()
  const sealed = new Set<LiveSession>()
  let cancelTimer: (() => void) | undefined
  let counting: Promise<void> | undefined
  let closed = false

  function schedule(ms: number): void {
    if (cancelTimer || closed) return
    cancelTimer = scheduler.after(ms, () => {
      cancelTimer = undefined
      refresh().catch((error: unknown) => {
        if (!closed) logger.error({ err: error }, 'the overview could not be brought up to date')
      })
    })
  }

  /** What sessions did is sent as what they did so far: sending it twice counts it once. */
  async function catchUp(): Promise<void> {
    const sent = [...grown]
    grown.clear()
    const tallies: SessionTally[] = sent.map((session) => ({
      session: session.id,
      calls: session.verdicts.counts(),
      masks: session.verdicts.masks(),
      final: sealed.has(session),
    }))
    try {
      const { unknown, anew } = await thread.call('refresh', { head: headOf(log), tallies, at: timestampOf(clock.now()) })
      if (anew === 'altered') {
        logger.warn(
          { alarm: 'overview-altered' },
          'the sums behind the overview were changed by another program; they are made anew from the log',
        )
      }
      const again = new Set(unknown)
      for (const [at, session] of sent.entries()) {
        if (again.has(session.id)) grown.add(session)
        else if (tallies[at]?.final) sealed.delete(session)
      }
    } catch (error) {
      for (const session of sent) grown.add(session)
      throw error
    }
  }

  /** Of sessions that the log closed: their recording has the last word. */
  async function countEnded(): Promise<void> {
    const { left, unreadable } = await thread.call('countEnded', readAtOnce)
    if (unreadable.length > 0) logger.warn({ sessions: unreadable }, 'recordings could not be read for the overview')
    if (left) schedule(restMs)
  }

  async function refresh(): Promise<void> {
    await catchUp()
    if (closed) return
    counting ??= countEnded().finally(() => (counting = undefined))
    await counting
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

function headOf(log: Pick<TransparencyLog, 'checkpoint'>): LogHead {
  const head = readClaimedCheckpoint(log.checkpoint())
  if (!head) throw new AppError('LOG_CORRUPT', { problem: 'its checkpoint cannot be read' })
  return { size: head.size, root: Buffer.from(head.root).toString('base64') }
}
