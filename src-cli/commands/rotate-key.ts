import { dirname, resolve } from 'node:path'
import { rotateLogKey } from '../../src-gateway/state/gateway-log.ts'
import { lockDataFolder } from '../../src-gateway/state/instance-lock.ts'
import { systemClock } from '../../src-node/clock.ts'
import { readConfigFile } from '../../src-node/config-file.ts'
import { gatewayConfig } from '../../src-protocol/config.ts'

/**
 * Replaces the key of a gateway's log. Resolves with the exit code 0.
 * @throws AppError CONFIG_UNREADABLE, CONFIG_INVALID, CONFLICT (the gateway runs), LOG_UNAVAILABLE, LOG_CORRUPT
 */
export async function runKeyRotation(options: { config: string; stdout?: NodeJS.WritableStream }): Promise<number> {
  const { stdout = process.stdout } = options
  const file = resolve(options.config)
  const { data, log } = readConfigFile(file, gatewayConfig)
  const absolute = (path: string) => resolve(dirname(file), path)
  const unlock = lockDataFolder(absolute(data))
  try {
    const { before, after, index } = await rotateLogKey(
      { data: absolute(data), log: { ...log, folder: absolute(log.folder) } },
      systemClock,
    )
    stdout.write(`entry ${index} replaces the key of the log\nbefore: ${before}\nnow:    ${after}\n`)
    return 0
  } finally {
    unlock()
  }
}
