import { isHttpServer, type AgentConfig } from '../src-protocol/config.ts'
import { agentTunnelPath } from '../src-protocol/http-api.ts'
import type { DeclaredServer } from '../src-protocol/model.ts'
import { agentCommand, type AgentControl } from '../src-protocol/tunnel.ts'
import { checkRequestFrame, type RequestFrame } from '../src-node/checked-frame.ts'
import type { Clock } from '../src-node/clock.ts'
import { keepLink, type KeptLink } from '../src-node/keep-link.ts'
import type { Logger } from '../src-node/logger.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import { version } from '../src-protocol/version.ts'
import type { AgentKey } from './agent-key.ts'
import type { ApprovalChecks } from './approvals/approval-checks.ts'
import { signAgentToken } from './agent-token.ts'
import { createSessionTable } from './session-table.ts'

export interface GatewayLinkOptions {
  /** without a slash at its end */
  gateway: string
  agent: string
  agentName: string
  key: AgentKey
  servers: AgentConfig['servers']
  /** how long servers run on without a gateway */
  graceSeconds: number
  folder: string
  env: NodeJS.ProcessEnv
  log: Logger
  clock: Clock
  scheduler: Scheduler
  random?: () => number
  heartbeatMs?: number
  checks?: Pick<ApprovalChecks, 'of'>
}

export interface GatewayLink {
  readonly online: boolean
  close(): Promise<void>
}

/**
 * Dials out to the gateway and dials again whenever the connection ends. Sessions and their servers outlive a connection: a link that is
 * resumed changes nothing for them. On a new link the gateway is told which sessions still run here, and ends those that it does not
 * want. Without a gateway for the grace time, or refused by it, nobody is there for whom they could run: they end.
 */
export function keepGatewayLink(options: GatewayLinkOptions): GatewayLink {
  const { log, clock, scheduler } = options
  const sessions = createSessionTable(options)
  let cancelGrace = () => {}

  const endSessions = (why: string) => {
    const { running } = sessions
    if (running.length > 0) log.error({ sessions: running.length }, `${why}: all sessions end`)
    sessions.endAll()
  }
  const waitForGateway = () => {
    cancelGrace()
    cancelGrace = scheduler.after(options.graceSeconds * 1000, () => endSessions('no gateway within the grace time'))
  }

  const link: KeptLink<AgentControl> = keepLink<RequestFrame, typeof agentCommand, AgentControl>({
    url: options.gateway + agentTunnelPath,
    authorize: async () => ({ authorization: `GatehouseAgent ${await signAgentToken(options)}` }),
    check: checkRequestFrame,
    control: agentCommand,
    onFrame: (frame) => sessions.receive(frame),
    onControl: (command) => sessions.command(command),
    onOpen(socket, how) {
      cancelGrace()
      log.info({ gateway: options.gateway, how }, 'connected to the gateway')
      if (how === 'resumed') return
      sessions.connect(socket)
      socket.sendControl({ type: 'hello', version, servers: options.servers.map(declared), sessions: sessions.running })
    },
    onInterrupted() {
      log.warn('the connection to the gateway is interrupted')
      waitForGateway()
    },
    onLost({ code, reason, error }) {
      log.warn({ code, reason, err: error }, 'disconnected from the gateway')
      sessions.disconnect()
      waitForGateway()
    },
    onRefused(status, error) {
      log.error({ status, code: error?.code }, 'the gateway refuses this agent')
      if (status === 401 || status === 403) endSessions('the gateway refuses this agent')
    },
    onUnreachable: (cause) => log.warn({ err: cause }, 'the gateway cannot be reached'),
    clock,
    scheduler,
    random: options.random,
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
  })

  return {
    get online() {
      return link.socket?.open ?? false
    },
    async close() {
      await link.close('the agent stops')
      cancelGrace()
      await sessions.close()
    },
  }
}

/** What the gateway learns of a server: no command, no address, no secret. */
function declared(server: AgentConfig['servers'][number]): DeclaredServer {
  const { name, title, description } = server
  return { name, title, description, transport: isHttpServer(server) ? 'http' : 'stdio' }
}
