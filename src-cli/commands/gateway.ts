import { dirname, resolve } from 'node:path'
import { readConfigFile } from '../../src-node/config-file.ts'
import { systemClock } from '../../src-node/clock.ts'
import { createLogger } from '../../src-node/logger.ts'
import { gatewayConfig } from '../../src-protocol/config.ts'
import { startGateway } from '../../src-gateway/main.ts'

/**
 * Runs the gateway until the process is told to stop; its sessions are sealed before it ends.
 * @throws AppError CONFIG_UNREADABLE, CONFIG_INVALID, CONFLICT, PORT_TAKEN …
 */
export async function runGateway(options: { config: string; started: () => () => void }): Promise<void> {
  const file = resolve(options.config)
  const config = readConfigFile(file, gatewayConfig)
  const log = createLogger('gateway')
  const gateway = await startGateway({ config, folder: dirname(file), env: process.env, log, clock: systemClock })
  const stop = options.started()
  const signal = await nextSignal()
  log.info({ signal }, 'gateway stops')
  stop()
  await gateway.close()
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(signal))
  })
}
