import { AppError } from '../src-protocol/app-error.ts'
import type { TopLevelScan } from '../src-node/top-level-scan.ts'
import type { HeaderMap } from '../src-protocol/tunnel.ts'
import { isStateless } from './stateless.ts'
import { refuseExchange, type ExchangeReply } from './exchange-reply.ts'
import { readMessageFacts, readScannedFacts, type MessageFacts, type MessageKey } from './message-facts.ts'

export interface StdioExchangesOptions {
  reply: ExchangeReply
  /** one message for the server's standard input, without its line end */
  writeLine(line: Uint8Array): void
  /** what the server says while nobody listens is kept for the next GET stream, oldest dropped first */
  buffer?: { messages: number; bytes: number }
  /** a message that had no receiver, or fell out of the buffer */
  onDropped?(method: string): void
}

export interface InitializeOptions {
  /** goes to the client in the head of the answer */
  mcpSession: string
  /** `accepted` false: the server refused to initialize, and the session id was not given out */
  onAnswered(accepted: boolean): void
}

export interface PostedMessage {
  facts: MessageFacts
  body: Uint8Array
  headers: HeaderMap
  initialize?: InitializeOptions
  /** the server answered with a JSON-RPC error */
  onFailed?: (code: number | undefined) => void
}

/** One stdio server, seen as Streamable HTTP at the level of exchanges. */
export interface StdioExchanges {
  /** exchanges that a client still waits for */
  readonly open: number
  /** a client waits for an answer; one that only listens does not */
  readonly busy: boolean
  post(exchange: number, request: PostedMessage): void
  /** its id or its progress token is that of a request which is still running */
  isTaken(facts: MessageFacts): boolean
  get(exchange: number): void
  /** the client went away */
  abandon(exchange: number): void
  /** one line of the server's standard output; false: it is not JSON-RPC */
  receive(line: Uint8Array, scan?: TopLevelScan): boolean
  /** a message that was too large and was dropped */
  refuseTooLarge(scan: TopLevelScan, size: { bytes: number; limit: number }): void
  /** to be called every few seconds while exchanges are open: keeps waiting clients from timing out */
  keepAlive(): void
  /** the server is gone: everybody who waits is told */
  fail(error: AppError): void
}

/** A request that a client posted. It outlives its client (`abandoned`): until the server answers, its id is taken. */
interface Post {
  exchange: number
  key: MessageKey
  progress: MessageKey | undefined
  head: 'none' | 'stream'
  abandoned: boolean
  waitedOnce: boolean
  /** id as JSON, to cancel it by */
  id: string
  stateless: boolean
  initialize: InitializeOptions | undefined
  onFailed: PostedMessage['onFailed']
  listens: boolean
}

const stream = 'text/event-stream'
/** What an error of the stateless revision is in HTTP. A server on stdio does not say; every other error is an answer like any. */
const statusOf: Record<number, number> = { [-32700]: 400, [-32600]: 400, [-32601]: 404, [-32020]: 400, [-32021]: 400, [-32022]: 400 }
/** requests that the server has not answered; no client comes near it, a server that never answers does */
const runningLimit = 1024
const defaultBuffer = { messages: 256, bytes: 1024 * 1024 }

/**
 * Streamable HTTP ⇄ stdio. A request's line goes to the server with its original bytes, and what comes back is given to the exchange
 * it belongs to: a response by its id, progress by its token. Whatever else the server says goes to the GET stream, else to the
 * request that was made last, for stdio does not say what it belongs to.
 */
export function createStdioExchanges(options: StdioExchangesOptions): StdioExchanges {
  const { reply } = options
  const limit = options.buffer ?? defaultBuffer
  /** in the order in which they were opened */
  const posts = new Map<number, Post>()
  const byKey = new Map<MessageKey, Post>()
  const byProgress = new Map<MessageKey, Post>()
  let listening: number | undefined
  let buffered: { method: string; bytes: Buffer }[] = []
  let bufferedBytes = 0

  function forget(post: Post) {
    posts.delete(post.exchange)
    byKey.delete(post.key)
    if (post.progress !== undefined && byProgress.get(post.progress) === post) byProgress.delete(post.progress)
  }

  function startHead(post: Post, contentType: string, status = 200) {
    const headers: HeaderMap = { 'content-type': contentType }
    if (post.initialize) headers['mcp-session-id'] = post.initialize.mcpSession
    reply.head(post.exchange, { status, headers })
    post.head = 'stream'
  }

  function sendTo(post: Post, line: Uint8Array) {
    if (post.head === 'none') startHead(post, stream)
    reply.message(post.exchange, line)
  }

  function answer(post: Post, line: Uint8Array, { failed, code }: { failed: boolean; code: number | undefined }) {
    forget(post)
    post.initialize?.onAnswered(!failed)
    if (failed) post.initialize = undefined
    if (failed) post.onFailed?.(code)
    if (post.abandoned) return
    const status = post.stateless && code !== undefined ? statusOf[code] : undefined
    if (post.head === 'none') startHead(post, 'application/json', status)
    reply.message(post.exchange, line)
    reply.end(post.exchange)
  }

  function latestOpenPost(): Post | undefined {
    let latest: Post | undefined
    for (const post of posts.values()) if (!post.abandoned && !post.listens) latest = post
    return latest
  }

  /** Copied: a line is a view on a read buffer, which would be kept alive whole. */
  function keepForLater(method: string, line: Uint8Array) {
    buffered.push({ method, bytes: Buffer.from(line) })
    bufferedBytes += line.length
    while (buffered.length > limit.messages || bufferedBytes > limit.bytes) {
      const dropped = buffered.shift()
      if (!dropped) return
      bufferedBytes -= dropped.bytes.length
      options.onDropped?.(dropped.method)
    }
  }

  function deliver(facts: Exclude<MessageFacts, { kind: 'response' }>, line: Uint8Array) {
    if (facts.kind === 'notification' && facts.progress !== undefined) {
      const post = byProgress.get(facts.progress)
      if (post) return post.abandoned ? options.onDropped?.(facts.method) : sendTo(post, line)
    }
    if (facts.kind === 'notification' && facts.subscription !== undefined) {
      const post = byKey.get(facts.subscription)
      if (post) return post.abandoned ? options.onDropped?.(facts.method) : sendTo(post, line)
    }
    if (listening !== undefined) return reply.message(listening, line)
    const post = latestOpenPost()
    return post ? sendTo(post, line) : keepForLater(facts.method, line)
  }

  /** Most servers never answer what was cancelled. Until there are many, its id stays taken, in case an answer was on its way. */
  function forgetCancelled() {
    for (const post of posts.values()) if (post.abandoned && post.stateless) forget(post)
  }

  /** The server will not answer a request that was cancelled (the specification says it must not), so its client is let go. */
  function cancel(key: MessageKey) {
    const post = byKey.get(key)
    if (!post) return
    forget(post)
    if (post.abandoned) return
    if (post.head === 'none') startHead(post, stream)
    reply.end(post.exchange)
  }

  return {
    get open() {
      let count = listening === undefined ? 0 : 1
      for (const post of posts.values()) if (!post.abandoned) count += 1
      return count
    },

    get busy() {
      for (const post of posts.values()) if (!post.abandoned) return true
      return false
    },

    post(exchange, { facts, body, headers, initialize, onFailed }) {
      if (facts.kind !== 'request') {
        options.writeLine(toLine(body))
        if (facts.kind === 'notification' && facts.cancels !== undefined) cancel(facts.cancels)
        reply.head(exchange, { status: 202, headers: {} })
        return reply.end(exchange)
      }
      if (byKey.has(facts.key)) {
        return refuseExchange(reply, exchange, new AppError('INVALID_REQUEST', { problem: 'a request with this id is still running' }))
      }
      if (posts.size >= runningLimit) forgetCancelled()
      if (posts.size >= runningLimit) {
        return refuseExchange(reply, exchange, new AppError('INVALID_REQUEST', { problem: `${posts.size} requests are still running` }))
      }
      const post: Post = {
        exchange,
        key: facts.key,
        progress: facts.progress,
        head: 'none',
        abandoned: false,
        waitedOnce: false,
        id: JSON.stringify(facts.id),
        stateless: isStateless(headers, facts),
        initialize,
        onFailed,
        listens: facts.method === 'subscriptions/listen',
      }
      posts.set(exchange, post)
      byKey.set(post.key, post)
      if (post.progress !== undefined) byProgress.set(post.progress, post)
      options.writeLine(toLine(body))
    },

    isTaken(facts) {
      if (facts.kind !== 'request') return false
      return byKey.has(facts.key) || (facts.progress !== undefined && byProgress.has(facts.progress))
    },

    get(exchange) {
      if (listening !== undefined) {
        return refuseExchange(reply, exchange, new AppError('CONFLICT', { problem: 'this session already has a GET stream' }))
      }
      listening = exchange
      reply.head(exchange, { status: 200, headers: { 'content-type': stream } })
      const waiting = buffered
      buffered = []
      bufferedBytes = 0
      for (const { bytes } of waiting) reply.message(exchange, bytes)
    },

    abandon(exchange) {
      if (listening === exchange) listening = undefined
      const post = posts.get(exchange)
      if (!post || post.abandoned) return
      post.abandoned = true
      if (post.stateless) options.writeLine(cancellation(post.id))
    },

    receive(line, scan) {
      const facts = (scan && readScannedFacts(scan)) ?? readMessageFacts(line)
      if (!facts) return false
      if (facts.kind !== 'response') {
        deliver(facts, line)
        return true
      }
      const post = byKey.get(facts.key)
      if (post) answer(post, line, facts)
      else options.onDropped?.('response')
      return true
    },

    refuseTooLarge(scan, size) {
      const facts = readScannedFacts(scan)
      const post = facts && byKey.get(facts.key)
      if (!post) return options.onDropped?.('message above the size limit')
      forget(post)
      post.initialize?.onAnswered(false)
      if (!post.abandoned) reply.abort(post.exchange, new AppError('ANSWER_TOO_LARGE', size).toJSON())
    },

    keepAlive() {
      if (listening !== undefined) reply.keepAlive(listening)
      for (const post of posts.values()) {
        if (post.abandoned) continue
        // a quick answer shall still be plain JSON; one that takes longer becomes a stream, so that the client sees a head
        if (post.waitedOnce) {
          if (post.head === 'none') startHead(post, stream)
          reply.keepAlive(post.exchange)
        }
        post.waitedOnce = true
      }
    },

    fail(error) {
      const serialized = error.toJSON()
      for (const post of posts.values()) if (!post.abandoned) reply.abort(post.exchange, serialized)
      if (listening !== undefined) reply.abort(listening, serialized)
      listening = undefined
      buffered = []
      posts.clear()
      byKey.clear()
      byProgress.clear()
    },
  }
}

const space = 0x20
const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Line breaks between JSON's tokens are legal in an HTTP body and end a message on stdio. Inside JSON strings they cannot occur, so
 * each becomes a space: same length, same meaning. Without any, the very same bytes.
 */
export function toLine(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (!bytes.includes(lineFeed) && !bytes.includes(carriageReturn)) return body
  return bytes.map((byte) => (byte === lineFeed || byte === carriageReturn ? space : byte))
}

function cancellation(id: string): Uint8Array {
  const text = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":"the client closed the stream"}}`
  return new TextEncoder().encode(text)
}
