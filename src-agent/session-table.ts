import { randomUUID } from 'node:crypto'
import { isHttpServer, type AgentConfig } from '../src-protocol/config.ts'
import { AppError } from '../src-protocol/app-error.ts'
import type { SessionId } from '../src-protocol/ids.ts'
import { frameType, type AgentCommand, type AgentControl } from '../src-protocol/tunnel.ts'
import type { RequestFrame } from '../src-node/checked-frame.ts'
import type { FrameSocket } from '../src-node/frame-socket.ts'
import type { Logger } from '../src-node/logger.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import type { ApprovalChecks } from './approvals/approval-checks.ts'
import { guardSession } from './approvals/guarded-session.ts'
import { startChildServer, type ChildServerEvents } from './child-server.ts'
import { createReplies, type ExchangeReply } from './exchange-reply.ts'
import { createHttpSession } from './http-session.ts'
import { createServerSession, type ServerSession } from './server-session.ts'
import { startSseServer } from './sse-server.ts'

export interface SessionTableOptions {
  agentName: string
  servers: AgentConfig['servers']
  folder: string
  env: NodeJS.ProcessEnv
  log: Logger
  scheduler: Scheduler
  keepAliveMs?: number
  /** the servers whose calls are checked here before they run */
  checks?: Pick<ApprovalChecks, 'of'>
}

/** The sessions of this agent. They outlive the link to the gateway; the exchanges that came over it do not. */
export interface SessionTable {
  /** sessions whose servers run */
  readonly running: SessionId[]
  /** a new link: what is answered from now on goes there */
  connect(socket: FrameSocket<AgentControl>): void
  /** the link is lost: to the servers it is as if every client had left */
  disconnect(): void
  receive(frame: RequestFrame): void
  command(command: AgentCommand): void
  endAll(): void
  /** ends every server; resolves when all processes are gone */
  close(): Promise<void>
}

interface OpeningSession {
  session: SessionId
  log: Logger
  reply: ExchangeReply
  onStarted(): void
  onStopped(error: AppError): void
}

const defaultKeepAliveMs = 15_000

export function createSessionTable(options: SessionTableOptions): SessionTable {
  const sessions = new Map<SessionId, ServerSession>()
  const ending = new Set<Promise<void>>()
  const replies = createReplies(options.scheduler)
  const send = (control: AgentControl) => replies.socket?.sendControl(control)
  /** after what the server has answered: the end of a session cuts what is not there by then */
  const sendLast = async (control: AgentControl) => {
    await replies.drained()
    send(control)
  }
  const keepAliveMs = options.keepAliveMs ?? defaultKeepAliveMs

  function start(session: SessionId, name: string) {
    const log = options.log.child({ session })
    let started = false
    const failed = (error: AppError) => {
      sessions.delete(session)
      void sendLast({ type: started ? 'session.ended' : 'session.failed', session, error: error.toJSON() })
    }
    const server = options.servers.find((candidate) => candidate.name === name)
    if (!server) return failed(new AppError('SERVER_UNKNOWN', { agent: options.agentName, server: name }))
    // an id is used once; a second start would leave the first server running and unreachable
    if (sessions.has(session)) return log.error('the gateway started a session twice: ignored')
    const onStarted = () => {
      started = true
      send({ type: 'session.started', session })
    }
    try {
      const calls = options.checks?.of(name)
      const open = (reply: ExchangeReply) => openServer(server, { session, log, reply, onStarted, onStopped: failed })
      sessions.set(session, calls ? guardSession({ calls, reply: replies, log, open }) : open(replies))
    } catch (error) {
      const known = error instanceof AppError ? error : unexpected(error, log)
      log.error({ server: name, code: known.code, data: known.data }, 'MCP server could not be started')
      failed(known)
    }
  }

  function openServer(server: AgentConfig['servers'][number], opening: OpeningSession): ServerSession {
    const shared = { ...options, ...opening, room: (exchange?: number) => replies.room(exchange) }
    if (isHttpServer(server) && server.transport === 'streamable-http') {
      const session = createHttpSession({ ...shared, server })
      opening.onStarted()
      return session
    }
    const startChild = (events: ChildServerEvents) =>
      isHttpServer(server) ? startSseServer({ ...shared, ...events, server }) : startChildServer({ ...shared, ...events, server })
    // a stream that broke is no reason to end what a person opened: the next client gets another one
    const supervised = isHttpServer(server) ? { ...server, restart: 'on-initialize' as const } : server
    return createServerSession({ ...shared, server: supervised, startChild })
  }

  function end(session: SessionId) {
    const ended = sessions.get(session)?.end()
    sessions.delete(session)
    if (!ended) return
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
  }

  function abandon(exchange: number) {
    // which session an exchange belongs to is known to its session only; there are few
    for (const session of sessions.values()) session.abandon(exchange)
  }

  const beat = () => {
    for (const session of sessions.values()) session.keepAlive()
    cancelBeat = options.scheduler.after(keepAliveMs, beat)
  }
  let cancelBeat = options.scheduler.after(keepAliveMs, beat)

  return {
    get running() {
      return [...sessions.keys()]
    },
    connect: (socket) => replies.connect(socket),
    disconnect() {
      for (const exchange of replies.disconnect()) abandon(exchange)
    },
    receive(frame) {
      if (frame.type === frameType.abort) return abandon(replies.abandoned(frame.exchange))
      const exchange = replies.opened(frame.exchange)
      const session = sessions.get(frame.head.session)
      if (session) return session.open(exchange, frame.head, frame.body)
      return replies.abort(exchange, new AppError('SESSION_UNKNOWN').toJSON())
    },
    command(command) {
      if (command.type === 'session.start') start(command.session, command.server)
      else end(command.session)
    },
    endAll() {
      for (const session of sessions.keys()) end(session)
    },
    async close() {
      cancelBeat()
      for (const session of sessions.keys()) end(session)
      await Promise.all(ending)
    },
  }
}

function unexpected(error: unknown, log: Logger): AppError {
  const reference = randomUUID()
  log.error({ err: error, reference }, 'unexpected failure')
  return new AppError('INTERNAL', { where: 'the agent', reference }, { cause: error })
}
