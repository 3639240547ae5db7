import { resolve } from 'node:path'
import { AppError } from '../src-protocol/app-error.ts'
import type { AgentConfig } from '../src-protocol/config.ts'
import type { AgentId } from '../src-protocol/ids.ts'
import { createBackOff } from '../src-node/back-off.ts'
import type { Clock } from '../src-node/clock.ts'
import { openDataFolder } from '../src-node/data-folder.ts'
import type { Logger } from '../src-node/logger.ts'
import { systemScheduler, type Scheduler } from '../src-node/scheduler.ts'
import { resolveSecret } from '../src-node/secret.ts'
import { openApprovalChecks } from './approvals/approval-checks.ts'
import { openAgentKey, type AgentKey } from './agent-key.ts'
import { enrol, readEnrolment, type Enrolment } from './enrolment.ts'
import { keepGatewayLink } from './gateway-link.ts'

export interface AgentOptions {
  config: AgentConfig
  /** base of the relative paths in the configuration */
  folder: string
  env: NodeJS.ProcessEnv
  log: Logger
  clock: Clock
  scheduler?: Scheduler
  fetch?: typeof fetch
  random?: () => number
  heartbeatMs?: number
  /** gives up waiting for a gateway that cannot be reached yet */
  signal?: AbortSignal
}

export interface Agent {
  readonly agentId: AgentId
  readonly online: boolean
  /** ends all servers, then the connection */
  close(): Promise<void>
}

/**
 * Enrols if needed (waiting for a gateway that is not up yet), then keeps a connection to the gateway until closed.
 * @throws AppError CONFIG_INVALID, CONFIG_UNREADABLE, SECRET_UNAVAILABLE, JOIN_TOKEN_INVALID
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config, folder, env, log, clock } = options
  const scheduler = options.scheduler ?? systemScheduler
  const gateway = config.gateway.replace(/\/+$/, '')
  const data = resolve(folder, config.data)
  openDataFolder(data, 'agent')
  assertUniqueNames(config)
  const checks = await openApprovalChecks({ config, folder, data, clock, log })
  const key = openAgentKey(data)
  const enrolment =
    readEnrolment(data, gateway) ??
    (await enrolWhenReachable({ ...options, scheduler, gateway, data, key }).catch((error: unknown) => {
      checks.close()
      throw error
    }))
  log.info({ agent: enrolment.agent, name: enrolment.name, gateway }, 'agent enrolled')
  const link = keepGatewayLink({
    gateway,
    agent: enrolment.agent,
    agentName: enrolment.name,
    key,
    servers: config.servers,
    graceSeconds: config.graceSeconds,
    folder,
    env,
    log,
    clock,
    scheduler,
    checks,
    ...(options.random && { random: options.random }),
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
  })
  return {
    agentId: enrolment.agent,
    get online() {
      return link.online
    },
    async close() {
      await link.close()
      checks.close()
    },
  }
}

async function enrolWhenReachable(
  options: AgentOptions & { scheduler: Scheduler; gateway: string; data: string; key: AgentKey },
): Promise<Enrolment> {
  const { config, gateway, data, key, log, scheduler, signal } = options
  if (config.joinToken === undefined) {
    const problem = 'joinToken is missing, and this agent is not enrolled at the gateway yet'
    throw new AppError('CONFIG_INVALID', { file: 'of the agent', problem })
  }
  const joinToken = resolveSecret(config.joinToken, { env: options.env, folder: options.folder, name: 'joinToken' })
  const backOff = createBackOff({ first: 500, most: 15_000, ...(options.random && { random: options.random }) })
  for (;;) {
    try {
      return await enrol({ folder: data, gateway, joinToken, key, fetch: options.fetch ?? fetch, signal })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'GATEWAY_UNREACHABLE' || signal?.aborted) throw error
      log.warn({ gateway }, 'the gateway cannot be reached yet')
      await pause(scheduler, backOff.next(), signal)
      if (signal?.aborted) throw error
    }
  }
}

/** Whoever stops the agent does not wait for its next attempt. */
function pause(scheduler: Scheduler, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((over) => {
    const end = () => {
      cancel()
      signal?.removeEventListener('abort', end)
      over()
    }
    const cancel = scheduler.after(milliseconds, end)
    signal?.addEventListener('abort', end, { once: true })
  })
}

function assertUniqueNames({ servers }: AgentConfig): void {
  const twice = servers.find((server, index) => servers.findIndex((other) => other.name === server.name) < index)
  if (twice) throw new AppError('CONFIG_INVALID', { file: 'of the agent', problem: `servers: the name ${twice.name} is used twice` })
}
