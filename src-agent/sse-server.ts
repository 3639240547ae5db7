import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { AppError } from '../src-protocol/app-error.ts'
import type { HttpServer } from '../src-protocol/config.ts'
import type { SessionId } from '../src-protocol/ids.ts'
import { systemClock, type Clock } from '../src-node/clock.ts'
import type { Logger } from '../src-node/logger.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import { openAuthorizedExchange } from './authorized-exchange.ts'
import type { ChildServer, ChildServerEvents } from './child-server.ts'
import { httpCredential } from './http-credential.ts'
import type { HttpExchange, HttpExchangeOptions, HttpExchangeReceiver } from './http-exchange.ts'
import { readMessageFacts } from './message-facts.ts'

export interface SseServerOptions extends ChildServerEvents {
  session: SessionId
  server: HttpServer
  /** base of relative paths in the configuration */
  folder: string
  env: NodeJS.ProcessEnv
  log: Logger
  scheduler: Scheduler
  clock?: Clock
  /** `undefined` while the way to the gateway has room, else when it has some again */
  room(): Promise<void> | undefined
  messageLimit?: number
}

const defaultMessageLimit = 16 * 1024 * 1024
const internalError = -32603
const nothing = new Uint8Array()

/**
 * A server that speaks HTTP with SSE as of 2024-11-05: a stream on which everything comes, whose first event names the address that
 * messages are posted to. That is two pipes and one client, the same as a program's, so it takes a program's place in a session: one
 * stream for each client, ended with it.
 * @throws AppError SECRET_UNAVAILABLE, SERVER_START_FAILED
 */
export function startSseServer(options: SseServerOptions): ChildServer {
  const { server, log, scheduler } = options
  const credential = httpCredential(server, { ...options, clock: options.clock ?? systemClock })
  const url = new URL(server.url)
  const agent = url.protocol === 'https:' ? new HttpsAgent({ keepAlive: true, ca: credential.ca }) : new HttpAgent({ keepAlive: true })
  const posts = new Set<HttpExchange>()
  /** messages that the server has not said yet where to send */
  let early: Uint8Array[] = []
  let endpoint: URL | undefined
  let over = false

  const exchange: HttpExchangeOptions = {
    server: server.name,
    url,
    agent,
    credential,
    connectSeconds: server.startSeconds,
    scheduler,
    room: () => options.room(),
    messageLimit: options.messageLimit ?? defaultMessageLimit,
  }
  const seconds = server.startSeconds
  const cancelStartTimeout = scheduler.after(seconds * 1000, () => fail(new AppError('SERVER_TIMED_OUT', { server: server.name, seconds })))

  function end() {
    over = true
    cancelStartTimeout()
    stream.abort()
    for (const post of posts) post.abort()
    credential.tokens?.close()
    agent.destroy()
  }

  function fail(error: AppError) {
    if (over) return
    end()
    log.error({ server: server.name, code: error.code, data: error.data }, 'MCP server is not connected any more')
    options.onStopped(error)
  }

  /** Another origin is another server: the credential is not for it. */
  function begin(text: string) {
    const named = URL.canParse(text, url.href) ? new URL(text, url) : undefined
    if (named?.origin !== url.origin || endpoint !== undefined) return fail(new AppError('SERVER_OUTPUT_INVALID', { server: server.name }))
    endpoint = named
    cancelStartTimeout()
    log.info({ server: server.name }, 'MCP server is reached over HTTP with SSE')
    options.onStarted()
    const waiting = early
    early = []
    for (const line of waiting) send(line, named)
    return undefined
  }

  function send(line: Uint8Array, to: URL) {
    /** a request would wait for ever for what was never taken */
    const refused = (error: AppError) => {
      log.warn({ server: server.name, code: error.code, data: error.data }, 'the MCP server did not take a message')
      const facts = readMessageFacts(line)
      if (over || facts?.kind !== 'request') return
      const answer = {
        jsonrpc: '2.0',
        id: facts.id,
        error: { code: internalError, message: `${error.message} ${error.remedy}`, data: error },
      }
      options.onLine(Buffer.from(JSON.stringify(answer)))
    }
    const receiver: HttpExchangeReceiver = {
      head(status) {
        if (status < 400) return
        refused(new AppError('SERVER_UNREACHABLE', { server: server.name, problem: `it answers a message with status ${status}` }))
      },
      message() {},
      keepAlive() {},
      end: () => void posts.delete(post),
      failed(error) {
        posts.delete(post)
        refused(error)
      },
    }
    const head = { session: options.session, method: 'POST' as const, headers: { 'content-type': 'application/json' } }
    const post: HttpExchange = openAuthorizedExchange({ ...exchange, url: to, ignoresBody: true }, head, line, receiver)
    posts.add(post)
  }

  const head = { session: options.session, method: 'GET' as const, headers: { accept: 'text/event-stream' } }
  const stream = openAuthorizedExchange(exchange, head, nothing, {
    head(status, headers) {
      if (status === 200 && /^text\/event-stream/i.test(headers['content-type'] ?? '')) return
      fail(new AppError('SERVER_UNREACHABLE', { server: server.name, problem: `it gives no stream of events (status ${status})` }))
    },
    message({ event = 'message' }, body) {
      if (over) return
      if (event === 'endpoint') return begin(body.toString())
      if (event === 'message' && !options.onLine(body)) log.warn({ server: server.name }, 'an event is not JSON-RPC: dropped')
      return undefined
    },
    keepAlive() {},
    end: () => fail(new AppError('SERVER_STOPPED', { server: server.name, problem: 'it closed its stream' })),
    failed: fail,
  })

  return {
    pid: undefined,
    writeLine(line) {
      if (over) return
      const copy = Buffer.from(line)
      if (endpoint) send(copy, endpoint)
      else early.push(copy)
    },
    fail,
    async stop() {
      end()
    },
  }
}
