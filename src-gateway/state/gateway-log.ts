import type { Clock } from '../../src-node/clock.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import { checkLogHead } from './log-head.ts'
import { openLogKeys, settleLogKeys, stageNextLogKey } from './log-key.ts'

interface LogSettings {
  /** folder of the keys */
  data: string
  log: Pick<GatewayConfig['log'], 'folder' | 'origin'>
}

/** The gateway's log under its key; a rotation that a crash cut short is brought to its end. @throws AppError LOG_UNAVAILABLE, LOG_CORRUPT */
export async function openGatewayLog({ data, log: { folder, origin } }: LogSettings, clock: Clock): Promise<TransparencyLog> {
  const keys = openLogKeys(data)
  const log = await openLog({ folder, origin, ...keys, clock })
  settleLogKeys(data, origin, keys, log.verifierKey)
  try {
    await checkLogHead(data, log)
  } catch (error) {
    await log.close()
    throw error
  }
  return log
}

/**
 * Replaces the key of the log, in steps of which each can be the last one before a crash: the new key is on the disk; then the log says that it takes
 * over; then it takes the place of the old one. Whoever opens the log next finds which of them was reached.
 * The gateway must not run: the caller holds its lock.
 * @throws AppError LOG_UNAVAILABLE, LOG_CORRUPT
 */
export async function rotateLogKey(settings: LogSettings, clock: Clock): Promise<{ before: string; after: string; index: number }> {
  const {
    data,
    log: { origin },
  } = settings
  const log = await openGatewayLog(settings, clock)
  try {
    const before = log.verifierKey
    const nextKey = stageNextLogKey(data)
    const { index } = await log.rotate(nextKey)
    settleLogKeys(data, origin, { nextKey }, log.verifierKey)
    return { before, after: log.verifierKey, index }
  } finally {
    await log.close()
  }
}
