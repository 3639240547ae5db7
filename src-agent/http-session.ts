import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { AppError } from '../src-protocol/app-error.ts'
import { largestMessageBytes, type HttpServer } from '../src-protocol/config.ts'
import type { SessionId } from '../src-protocol/ids.ts'
import type { OpenHead } from '../src-protocol/tunnel.ts'
import { systemClock, type Clock } from '../src-node/clock.ts'
import type { Logger } from '../src-node/logger.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import { refuseExchange, type ExchangeReply } from './exchange-reply.ts'
import { httpCredential } from './http-credential.ts'
import { openAuthorizedExchange } from './authorized-exchange.ts'
import type { HttpExchange, HttpExchangeOptions, HttpExchangeReceiver } from './http-exchange.ts'
import type { ServerSession } from './server-session.ts'

export interface HttpSessionOptions {
  session: SessionId
  server: HttpServer
  reply: ExchangeReply
  /** base of relative paths in the configuration */
  folder: string
  env: NodeJS.ProcessEnv
  log: Logger
  scheduler: Scheduler
  clock?: Clock
  /** `undefined` while the way to the client of the exchange has room, else when it has some again */
  room(exchange: number): Promise<void> | undefined
  messageLimit?: number
  /** a connection that nobody used for so long is closed, before the server closes it under a request */
  idleMs?: number
}

const defaultMessageLimit = largestMessageBytes
/** servers on Node close theirs after five seconds */
const defaultIdleMs = 4000
const unsentLimit = 32 * 1024 * 1024
const openLimit = 1024
const goodbyeMs = 3000

/**
 * One session of the gateway at one server that speaks Streamable HTTP. Exchanges are passed through as they are; what the agent adds is
 * the credential. MCP sessions belong to the gateway's session in which the server gave them out: with the agent's credential
 * everybody's would be open to everybody.
 * @throws AppError SECRET_UNAVAILABLE, SERVER_START_FAILED
 */
export function createHttpSession(options: HttpSessionOptions): ServerSession {
  const { server, reply, log, scheduler } = options
  const credential = httpCredential(server, { ...options, clock: options.clock ?? systemClock })
  const url = new URL(server.url)
  const exchanges = new Map<number, HttpExchange>()
  /** MCP sessions that are open, and the revision they were last used with */
  const mcpSessions = new Map<string, string | undefined>()
  const agentOptions = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets: Infinity, timeout: options.idleMs ?? defaultIdleMs }
  const agent = url.protocol === 'https:' ? new HttpsAgent({ ...agentOptions, ca: credential.ca }) : new HttpAgent(agentOptions)
  let over = false
  let ended: Promise<void> | undefined

  const httpOptions: Omit<HttpExchangeOptions, 'room'> = {
    server: server.name,
    url,
    agent,
    credential,
    connectSeconds: server.startSeconds,
    scheduler,
    messageLimit: options.messageLimit ?? defaultMessageLimit,
  }

  function assertOpenable({ headers }: OpenHead, body: Uint8Array) {
    const mcpSession = headers['mcp-session-id']
    if (mcpSession !== undefined && !mcpSessions.has(mcpSession)) throw new AppError('NOT_FOUND', { what: 'The MCP session' })
    if (exchanges.size >= openLimit) throw new AppError('CONFLICT', { problem: `${exchanges.size} requests are still running` })
    let unsent = body.length
    for (const exchange of exchanges.values()) unsent += exchange.unsent
    if (unsent > unsentLimit)
      throw new AppError('SERVER_UNREACHABLE', { server: server.name, problem: 'it does not read what is sent to it' })
  }

  /** Learns which MCP sessions there are from what the server says about them. */
  function receiverOf(exchange: number, { method, headers: sent }: OpenHead): HttpExchangeReceiver {
    const mcpSession = sent['mcp-session-id']
    return {
      head(status, headers) {
        const given = headers['mcp-session-id']
        if (given !== undefined) mcpSessions.set(given, headers['mcp-protocol-version'] ?? sent['mcp-protocol-version'])
        else if (mcpSession !== undefined && mcpSessions.has(mcpSession)) mcpSessions.set(mcpSession, sent['mcp-protocol-version'])
        if (mcpSession !== undefined && (status === 404 || (method === 'DELETE' && status < 300))) mcpSessions.delete(mcpSession)
        reply.head(exchange, { status, headers })
      },
      message: (head, body) => reply.message(exchange, body, head),
      keepAlive: () => reply.keepAlive(exchange),
      end() {
        exchanges.delete(exchange)
        reply.end(exchange)
      },
      failed(error, cause) {
        exchanges.delete(exchange)
        log.warn(
          { server: server.name, code: error.code, data: error.data, cause: (cause as NodeJS.ErrnoException)?.code },
          'exchange failed',
        )
        reply.abort(exchange, error.toJSON())
      },
    }
  }

  /** The server holds what belongs to an MCP session until somebody closes it. It has a moment to be told. */
  async function sayGoodbye(): Promise<void> {
    const waiting: HttpExchange[] = []
    const told = [...mcpSessions].map(([mcpSession, revision]) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const headers = { 'mcp-session-id': mcpSession, ...(revision !== undefined && { 'mcp-protocol-version': revision }) }
      const ignore = { head() {}, message() {}, keepAlive() {}, end: resolve, failed: () => resolve() }
      const head: OpenHead = { session: options.session, method: 'DELETE', headers }
      waiting.push(openAuthorizedExchange({ ...httpOptions, room: () => undefined }, head, new Uint8Array(), ignore))
      return promise
    })
    const { promise: patience, resolve: giveUp } = Promise.withResolvers<void>()
    const cancel = scheduler.after(goodbyeMs, giveUp)
    await Promise.race([Promise.all(told), patience])
    cancel()
    for (const exchange of waiting) exchange.abort()
    credential.tokens?.close()
    agent.destroy()
  }

  log.info({ server: server.name }, 'MCP server is reached over HTTP')
  return {
    open(exchange, head, body) {
      if (over) return reply.abort(exchange, new AppError('SERVER_STOPPED', { server: server.name, problem: 'it has ended' }).toJSON())
      try {
        assertOpenable(head, body)
        // the body is a view on a received frame, and the request may take its time
        const own = { ...httpOptions, room: () => options.room(exchange) }
        exchanges.set(exchange, openAuthorizedExchange(own, head, Buffer.from(body), receiverOf(exchange, head)))
        return undefined
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        return refuseExchange(reply, exchange, error)
      }
    },
    abandon(exchange) {
      exchanges.get(exchange)?.abort()
      exchanges.delete(exchange)
    },
    keepAlive() {
      for (const [exchange, { streaming }] of exchanges) if (streaming) reply.keepAlive(exchange)
    },
    end() {
      over = true
      for (const exchange of exchanges.values()) exchange.abort()
      exchanges.clear()
      ended ??= sayGoodbye()
      return ended
    },
  }
}
