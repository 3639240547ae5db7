import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'

export interface HeartbeatPorts {
  log: Pick<TransparencyLog, 'append'>
  everyMinutes: number
  scheduler: Scheduler
  logger: Pick<Logger, 'warn'>
  /** milliseconds that only ever grow: how long the process has been up */
  upMs?: () => number
}

/**
 * Logs that the gateway runs: at once, at an interval, and when what is returned is called. A log that cannot be written is somebody else's alarm.
 * @throws AppError LOG_UNAVAILABLE, LOG_CORRUPT for the first one
 */
export async function startHeartbeats(ports: HeartbeatPorts): Promise<() => Promise<void>> {
  const { log, everyMinutes, scheduler, logger, upMs = () => performance.now() } = ports
  const everySeconds = everyMinutes * 60
  const beat = (moment: 'start' | 'interval' | 'stop') => log.append({ kind: 'heartbeat', moment, everySeconds, upMs: Math.round(upMs()) })
  const tryBeat = async (moment: 'interval' | 'stop') => {
    try {
      await beat(moment)
    } catch (error) {
      logger.warn({ err: error, moment }, 'no sign of life could be logged')
    }
  }
  const next = () =>
    scheduler.after(everySeconds * 1000, () => {
      void tryBeat('interval')
      cancel = next()
    })
  await beat('start')
  let cancel = next()
  return async () => {
    cancel()
    await tryBeat('stop')
  }
}
