import { randomUUID } from 'node:crypto'
import { AppError } from '../src-protocol/app-error.ts'
import type { StdioServer } from '../src-protocol/config.ts'
import type { HeaderMap, OpenHead } from '../src-protocol/tunnel.ts'
import type { Logger } from '../src-node/logger.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import type { ChildServer, ChildServerEvents } from './child-server.ts'
import { answerError, refuseExchange, type ExchangeReply } from './exchange-reply.ts'
import { readMessageFacts, type MessageFacts } from './message-facts.ts'
import { createRestarts } from './restarts.ts'
import { isStateless } from './stateless.ts'
import { createStdioExchanges, type PostedMessage, type StdioExchanges } from './stdio-exchange.ts'

export interface ServerSessionOptions {
  server: Pick<StdioServer, 'name' | 'startSeconds' | 'restart'>
  reply: ExchangeReply
  /** @throws AppError SECRET_UNAVAILABLE */
  startChild(events: ChildServerEvents): ChildServer
  /** the first server runs */
  onStarted(): void
  /** the session has no server any more, and not because a client said so */
  onStopped(error: AppError): void
  log: Logger
  scheduler: Scheduler
  newMcpSession?: () => string
}

/** One session of the gateway at one stdio server. */
export interface ServerSession {
  open(exchange: number, head: OpenHead, body: Uint8Array): void
  abandon(exchange: number): void
  keepAlive(): void
  /** ends every process of the session; nothing is reported after it */
  end(): Promise<void>
}

/** One process, and the MCP session that was initialized with it. */
interface Lane {
  child: ChildServer
  exchanges: StdioExchanges
  mcpSession: string | undefined
  /** what it was first used for: a server that knows several revisions chooses by its first message, for good */
  era: 'stateful' | { revision: string } | undefined
  lastUsed: number
  cancelStartTimeout(): void
}

const methodNotFound = -32601
const unsupportedVersion = -32022
const isOf = ({ era }: Lane, revision: string): boolean => typeof era === 'object' && era.revision === revision
/** AI client, tester, and a restarted client whose old session nobody closed */
const laneLimit = 4

/**
 * A stdio server knows one client: its ids and its state are that client's. So every `initialize` gets a process of its own, known by
 * an `Mcp-Session-Id`; the tester beside a running AI client disturbs nobody, and a client that restarts finds a fresh server.
 * The first process is started with the session, so that a server that cannot start is noticed before anybody needs it.
 */
export function createServerSession(options: ServerSessionOptions): ServerSession {
  const { reply, server, log } = options
  const lanes = new Set<Lane>()
  /** a process that nobody has initialized yet */
  let fresh: Lane | undefined
  let uses = 0
  let over = false
  let started = false
  /** it said something once, so it can be started */
  let spoke = false
  const restarts = createRestarts(options)
  const ending = new Set<Promise<void>>()

  function startLane(): Lane {
    makeRoom()
    const child = options.startChild({
      onStarted() {
        if (started || over) return
        started = true
        options.onStarted()
      },
      onLine(line, scan) {
        const fine = exchanges.receive(line, scan)
        spoke ||= fine
        return fine
      },
      onTooLarge: (scan, size) => exchanges.refuseTooLarge(scan, size),
      onStopped(error) {
        remove(lane)
        const mayRestart = !over && spoke && restarts.stopped()
        exchanges.fail(mayRestart ? crashed(error) : error)
        if (over || mayRestart || lanes.size > 0) return
        over = true
        for (const exchange of restarts.close()) reply.abort(exchange, error.toJSON())
        options.onStopped(error)
      },
    })
    const exchanges = createStdioExchanges({
      reply,
      writeLine: (line) => child.writeLine(line),
      onDropped: (method) => log.warn({ server: server.name, pid: child.pid, method }, 'message of the server had no receiver'),
    })
    const lane: Lane = {
      child,
      exchanges,
      mcpSession: undefined,
      era: undefined,
      lastUsed: ++uses,
      cancelStartTimeout: () => {},
    }
    lanes.add(lane)
    return lane
  }

  function remove(lane: Lane) {
    lanes.delete(lane)
    lane.cancelStartTimeout()
    if (fresh === lane) fresh = undefined
  }

  function stop(lane: Lane) {
    remove(lane)
    const stopped = lane.child.stop()
    ending.add(stopped)
    void stopped.finally(() => ending.delete(stopped))
  }

  /**
   * Clients that vanish without a DELETE leave their process behind, some of them with a stream on which they listen: the one that was
   * idle longest makes room, better one without a listener. Its client is answered 404, upon which clients initialize again.
   */
  function makeRoom() {
    if (lanes.size < laneLimit) return
    const idle = [...lanes]
      .filter((lane) => !lane.exchanges.busy)
      .toSorted((a, b) => a.exchanges.open - b.exchanges.open || a.lastUsed - b.lastUsed)[0]
    if (!idle) throw new AppError('CONFLICT', { problem: `this session already serves ${laneLimit} clients` })
    log.info({ server: server.name, pid: idle.child.pid }, 'idle server makes room for a new client')
    idle.exchanges.fail(new AppError('SESSION_ENDED', { reason: 'it was idle, and another client needed its place' }))
    stop(idle)
  }

  function crashed(error: AppError): AppError {
    const { problem } = error.data
    return new AppError('SERVER_CRASHED', { server: server.name, problem: problem ?? error.message }, { cause: error })
  }

  function laneOf(mcpSession: string): Lane {
    for (const lane of lanes) if (lane.mcpSession === mcpSession) return lane
    throw new AppError('NOT_FOUND', { what: 'The MCP session' })
  }

  function initialize(exchange: number, facts: MessageFacts, body: Uint8Array, headers: HeaderMap) {
    const lane = fresh ?? startLane()
    fresh = undefined
    lane.era = 'stateful'
    const mcpSession = (options.newMcpSession ?? randomUUID)()
    lane.mcpSession = mcpSession
    lane.lastUsed = ++uses
    const seconds = server.startSeconds
    lane.cancelStartTimeout = options.scheduler.after(seconds * 1000, () =>
      lane.child.fail(new AppError('SERVER_TIMED_OUT', { server: server.name, seconds })),
    )
    lane.exchanges.post(exchange, {
      facts,
      body,
      headers,
      initialize: {
        mcpSession,
        onAnswered(accepted) {
          lane.cancelStartTimeout()
          if (accepted) return
          lane.mcpSession = undefined
          if (fresh === undefined && lanes.has(lane)) fresh = lane
        },
      },
    })
  }

  function post(exchange: number, headers: HeaderMap, body: Uint8Array) {
    const facts = readMessageFacts(body)
    if (!facts) throw new AppError('MESSAGE_NOT_JSONRPC', { problem: 'one request, notification or response was expected' })
    const mcpSession = headers['mcp-session-id']
    if (restarts.resting && mcpSession === undefined && lanes.size === 0) {
      const later = Buffer.from(body)
      return restarts.wait(exchange, () => open(exchange, { method: 'POST', headers }, later))
    }
    if (isStateless(headers, facts)) return postStateless(exchange, { facts, body, headers })
    if (mcpSession === undefined && facts.kind === 'request' && facts.method === 'initialize') {
      return initialize(exchange, facts, body, headers)
    }
    const lane = mcpSession === undefined ? withoutSession() : laneOf(mcpSession)
    lane.lastUsed = ++uses
    lane.exchanges.post(exchange, { facts, body, headers })
  }

  /** Before anybody has initialized there is no session id to ask for. */
  function withoutSession(): Lane {
    const initialized = [...lanes].some((lane) => lane.mcpSession !== undefined)
    if (initialized) throw new AppError('INVALID_REQUEST', { problem: 'the header Mcp-Session-Id is missing' })
    fresh ??= startLane()
    fresh.era = 'stateful'
    return fresh
  }

  /**
   * The stateless revision knows no sessions, so its clients share a process. Requests stand for themselves: where two clients chose the
   * same id or progress token, another process answers, and no message has to be rewritten.
   */
  function postStateless(exchange: number, posted: PostedMessage) {
    const { facts } = posted
    if (facts.kind === 'request' && facts.missing.length > 0) {
      // must not reach the server: its first message decides about its era
      const { message, remedy, code } = new AppError('INVALID_REQUEST', {
        problem: `Invalid params: _meta lacks ${facts.missing.join(', ')}`,
      })
      const error = { code: -32602, message: `${message} ${remedy}`, data: { code, remedy, missing: facts.missing } }
      return answerError(reply, exchange, { status: 400, id: facts.id, error })
    }
    const revision = (facts.kind === 'request' ? facts.revision : undefined) ?? posted.headers['mcp-protocol-version'] ?? ''
    const lane = statelessLane(facts, revision)
    lane.lastUsed = ++uses
    const onFailed = (code: number | undefined) => {
      // a server that does not know the revision: its client will try another one, and this process is as good as new
      const discovers = facts.kind === 'request' && facts.method === 'server/discover'
      if (code === unsupportedVersion || (discovers && code === methodNotFound)) handBack(lane)
    }
    return lane.exchanges.post(exchange, { ...posted, onFailed })
  }

  function statelessLane(facts: MessageFacts, revision: string): Lane {
    for (const lane of lanes) if (isOf(lane, revision) && !lane.exchanges.isTaken(facts)) return lane
    const unused = fresh?.era === undefined ? fresh : undefined
    if (unused) fresh = undefined
    const lane = unused ?? startLane()
    lane.era = { revision }
    return lane
  }

  function handBack(lane: Lane) {
    if (fresh !== undefined || !lanes.has(lane) || lane.exchanges.open > 0) return
    lane.era = undefined
    fresh = lane
  }

  function existing(headers: HeaderMap): Lane {
    const mcpSession = headers['mcp-session-id']
    if (mcpSession === undefined) throw new AppError('INVALID_REQUEST', { problem: 'the header Mcp-Session-Id is missing' })
    const lane = laneOf(mcpSession)
    lane.lastUsed = ++uses
    return lane
  }

  function open(exchange: number, { method, headers }: Pick<OpenHead, 'method' | 'headers'>, body: Uint8Array) {
    if (over) return reply.abort(exchange, new AppError('SERVER_STOPPED', { server: server.name, problem: 'it has ended' }).toJSON())
    try {
      if (method === 'POST') return post(exchange, headers, body)
      if (isStateless(headers)) {
        reply.head(exchange, { status: 405, headers: { allow: 'POST' } })
        return reply.end(exchange)
      }
      const lane = existing(headers)
      if (method === 'GET') return lane.exchanges.get(exchange)
      lane.exchanges.fail(new AppError('SESSION_ENDED', { reason: 'the client ended it' }))
      stop(lane)
      reply.head(exchange, { status: 200, headers: {} })
      return reply.end(exchange)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return refuseExchange(reply, exchange, error)
    }
  }

  fresh = startLane()
  return {
    open,
    abandon(exchange) {
      restarts.forget(exchange)
      for (const lane of lanes) lane.exchanges.abandon(exchange)
    },
    keepAlive() {
      for (const lane of lanes) lane.exchanges.keepAlive()
    },
    async end() {
      over = true
      restarts.close()
      for (const lane of lanes) stop(lane)
      await Promise.all(ending)
    },
  }
}
