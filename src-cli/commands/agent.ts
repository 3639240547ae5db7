import { dirname, resolve } from 'node:path'
import { agentConfig } from '../../src-protocol/config.ts'
import { systemClock } from '../../src-node/clock.ts'
import { readConfigFile } from '../../src-node/config-file.ts'
import { createLogger } from '../../src-node/logger.ts'
import { startAgent } from '../../src-agent/agent.ts'

/**
 * Runs the agent of a configuration file until SIGINT or SIGTERM; then its servers are ended and it returns.
 * @throws AppError
 */
export async function runAgent(options: { config: string; env?: NodeJS.ProcessEnv }): Promise<void> {
  const file = resolve(options.config)
  const stop = new AbortController()
  const interrupted = new Promise<void>((done) => stop.signal.addEventListener('abort', () => done(), { once: true }))
  const interrupt = () => stop.abort()
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    const agent = await startAgent({
      config: readConfigFile(file, agentConfig),
      folder: dirname(file),
      env: options.env ?? process.env,
      log: createLogger('agent'),
      clock: systemClock,
      signal: stop.signal,
    })
    await interrupted
    await agent.close()
  } catch (error) {
    // stopped while it waited for a gateway that is not up yet: that is no failure
    if (!stop.signal.aborted) throw error
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}
