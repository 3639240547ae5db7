import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { LiveSession } from './live-session.ts'

export interface CheckpointPorts {
  log: TransparencyLog
  scheduler: Scheduler
  logger: Logger
  checkpointSeconds: number
}

export interface Checkpoints {
  /** Logs the roots of those sessions that have records since their last one, all in one commit of the log. */
  take(sessions: Iterable<LiveSession>): Promise<void>
  stop(): void
}

/**
 * Puts the roots of running recordings into the log from time to time. Whoever writes to a recording while the gateway is away then cannot
 * take back more than what came since. A root is logged only when its records are on the disk: a power cut must not look like a theft.
 */
export function logCheckpoints(ports: CheckpointPorts, running: () => Iterable<LiveSession>): Checkpoints {
  const { log, scheduler, logger, checkpointSeconds } = ports
  const logged = new WeakMap<LiveSession, number>()

  async function take(sessions: Iterable<LiveSession>): Promise<void> {
    const grown = [...sessions].filter((session) => session.recording.count !== logged.get(session))
    const reached = await Promise.allSettled(grown.map((session) => session.recording.durable()))
    const appended = reached.map(async (result, at) => {
      const session = grown[at]
      // a recording that cannot be written ends its session by itself
      if (!session || result.status === 'rejected') return
      const { count, root } = result.value
      await log.append({ kind: 'session.checkpoint', session: session.id, count, root })
      logged.set(session, count)
    })
    await Promise.all(appended)
  }

  const tick = () => {
    take([...running()].filter(({ ended }) => !ended))
      .catch((error: unknown) => logger.error({ err: error }, 'the roots of running recordings were not logged'))
      .finally(() => {
        if (!stopped) schedule()
      })
  }
  let cancel = () => {}
  let stopped = false
  const schedule = () => {
    cancel = scheduler.after(checkpointSeconds * 1000, tick)
  }
  schedule()
  return {
    take,
    stop() {
      stopped = true
      cancel()
    },
  }
}
