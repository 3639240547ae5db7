import { isHttpServer, type AgentConfig } from '../src-protocol/config.ts'
import { agentTunnelPath } from '../src-protocol/http-api.ts'
import type { DeclaredServer } from '../src-protocol/model.ts'
import { agentCommand, type AgentControl } from '../src-protocol/tunnel.ts'
import { createBackOff } from '../src-node/back-off.ts'
import { checkRequestFrame, type RequestFrame } from '../src-node/checked-frame.ts'
import type { Clock } from '../src-node/clock.ts'
import { dialWebSocket } from '../src-node/dial-web-socket.ts'
import { closeCode, openFrameSocket, type FrameSocket } from '../src-node/frame-socket.ts'
import type { Logger } from '../src-node/logger.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import { version } from '../src-protocol/version.ts'
import type { AgentKey } from './agent-key.ts'
import { signAgentToken } from './agent-token.ts'
import { createSessionTable, type SessionTable } from './session-table.ts'

export interface GatewayLinkOptions {
  /** without a slash at its end */
  gateway: string
  agent: string
  agentName: string
  key: AgentKey
  servers: AgentConfig['servers']
  folder: string
  env: NodeJS.ProcessEnv
  log: Logger
  clock: Clock
  scheduler: Scheduler
  random?: () => number
}

export interface GatewayLink {
  readonly online: boolean
  close(): Promise<void>
}

/** a connection that was held so long was a good one: the next attempt need not wait */
const steadyMs = 10_000
const closeTimeoutMs = 2000

/** Dials out to the gateway and dials again whenever the connection ends. No session outlives the connection it was started on. */
export function keepGatewayLink(options: GatewayLinkOptions): GatewayLink {
  const { log, clock, scheduler } = options
  const backOff = createBackOff({ first: 500, most: 30_000, ...(options.random && { random: options.random }) })
  const stop = new AbortController()
  const ending = new Set<Promise<void>>()
  let socket: FrameSocket<AgentControl> | undefined
  let closed = Promise.resolve()
  let cancelRetry = () => {}
  let attempt = Promise.resolve()

  const retry = () => {
    if (stop.signal.aborted) return
    cancelRetry = scheduler.after(backOff.next(), () => {
      attempt = connect()
    })
  }

  async function connect(): Promise<void> {
    const authorization = `GatehouseAgent ${await signAgentToken(options)}`
    const url = options.gateway + agentTunnelPath
    const dialled = await dialWebSocket({ url, headers: { authorization }, signal: stop.signal }, open)
    if (dialled.ok || stop.signal.aborted) return
    if (dialled.reason === 'refused') log.error({ status: dialled.status, code: dialled.error?.code }, 'the gateway refuses this agent')
    else log.warn({ err: dialled.cause }, 'the gateway cannot be reached')
    retry()
  }

  function open(webSocket: Parameters<typeof openFrameSocket>[0]) {
    const openedAt = clock.now().getTime()
    const { promise, resolve } = Promise.withResolvers<void>()
    closed = promise
    const opened: FrameSocket<AgentControl> = openFrameSocket<RequestFrame, typeof agentCommand, AgentControl>(webSocket, {
      check: checkRequestFrame,
      control: agentCommand,
      scheduler,
      onFrame: (frame) => sessions.receive(frame),
      onControl: (command) => sessions.command(command),
      onClose({ code, reason, error }) {
        socket = undefined
        resolve()
        log.warn({ code, reason, err: error }, 'disconnected from the gateway')
        endSessions(sessions)
        if (clock.now().getTime() - openedAt >= steadyMs) backOff.reset()
        retry()
      },
    })
    const sessions = createSessionTable({ ...options, socket: () => opened })
    socket = opened
    opened.sendControl({
      type: 'hello',
      version,
      servers: options.servers.map(declared),
      sessions: [],
    })
    log.info({ gateway: options.gateway }, 'connected to the gateway')
  }

  function endSessions(sessions: SessionTable) {
    const ended = sessions.close()
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
  }

  attempt = connect()
  return {
    get online() {
      return socket?.open ?? false
    },
    async close() {
      stop.abort()
      cancelRetry()
      await attempt
      const closing = socket
      closing?.close(closeCode.goingAway, 'the agent stops')
      // a gateway that does not answer the closing handshake must not keep the agent from ending
      const cancel = scheduler.after(closeTimeoutMs, () => closing?.terminate())
      await closed
      cancel()
      await Promise.all(ending)
    },
  }
}

/** What the gateway learns of a server: no command, no address, no secret. */
function declared(server: AgentConfig['servers'][number]): DeclaredServer {
  const { name, title, description } = server
  return { name, title, description, transport: isHttpServer(server) ? 'http' : 'stdio' }
}
