import type { Agent } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { isJsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import { mirroredArguments } from '../../src-core/mcp/mirrored-arguments.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { largestMessageBytes } from '../../src-protocol/config.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { HeaderMap, OpenHead } from '../../src-protocol/tunnel.ts'
import { createLineSplitter } from '../../src-node/line-splitter.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { openHttpExchange, type HttpExchange, type HttpExchangeReceiver } from '../../src-agent/http-exchange.ts'
import { readMessageFacts, type MessageFacts } from '../../src-agent/message-facts.ts'
import { toLine } from '../../src-agent/stdio-exchange.ts'
import { socketAgent } from './socket-agent.ts'
import { messageHeaders, sessionHeaders, type Conversation } from './message-headers.ts'

export interface ShimOptions {
  connection: string
  input: Readable
  output: Writable
  /** for people: what no client waits for */
  warn(text: string): void
  /** @throws AppError DESKTOP_NOT_RUNNING, SESSION_NOT_OPEN */
  findSocket(): Promise<string>
  scheduler: Scheduler
}

export interface Shim {
  /** resolves when the client has closed its end, and all is told */
  readonly done: Promise<void>
  close(): Promise<void>
}

type RequestFacts = Extract<MessageFacts, { kind: 'request' }>

const lineLimit = largestMessageBytes
const queueLimit = 8 * 1024 * 1024
const defaultRetryMs = 1000
const connectSeconds = 5
const goodbyeMs = 1000
const lineEnd = Buffer.from('\n')

/**
 * Stdio ⇄ the exchanges of the local endpoint, over its socket: for clients that only start programs. Messages keep their bytes in both
 * directions. Order is kept where it can matter: what follows `initialize` waits for its answer, what follows a notification or a response
 * waits until that was taken.
 */
export function startShim(options: ShimOptions): Shim {
  const { connection, input, output, scheduler } = options
  const conversation: Conversation = { mcpSession: undefined, revision: undefined, mirrored: new Map() }
  const running = new Map<string, HttpExchange>()
  const queue: Buffer[] = []
  let queued = 0
  let agent: Agent | undefined
  let listening: HttpExchange | undefined
  let cancelReopen = () => {}
  let working = false
  let inputEnded = false
  let closing: Promise<void> | undefined
  const { promise: done, resolve: finished } = Promise.withResolvers<void>()

  const write = (line: Uint8Array) => output.write(Buffer.concat([toLine(line), lineEnd]))
  const room = () => (output.writableNeedDrain ? new Promise<void>((resolve) => output.once('drain', resolve)) : undefined)

  function answerError(id: string | number, error: object) {
    write(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, error })))
  }
  function answerFailure(id: string | number, { code, message, remedy, data }: AppError) {
    answerError(id, { code: -32001, message: `${message} ${remedy}`, data: { ...data, code, remedy } })
  }

  async function connected(): Promise<Agent> {
    agent ??= socketAgent(await options.findSocket())
    return agent
  }

  function open(method: OpenHead['method'], headers: HeaderMap, body: Uint8Array, receiver: HttpExchangeReceiver): HttpExchange {
    if (!agent) throw new AppError('DESKTOP_NOT_RUNNING', { connection })
    const url = new URL(`http://localhost/mcp/${connection}`)
    const credential = { headers: {}, ca: undefined, withoutSecrets: (bytes: Buffer) => bytes }
    const http = { server: 'Gatehouse', url, agent, credential, connectSeconds, scheduler, room, messageLimit: lineLimit }
    // the endpoint knows the session by its socket
    return openHttpExchange(http, { session: '' as SessionId, method, headers }, body, receiver)
  }

  /** Resolves when the next message may be sent. */
  async function send(line: Buffer): Promise<void> {
    const facts = readMessageFacts(line)
    const message = parse(line)
    if (facts?.kind === 'notification' && facts.cancels !== undefined && cancelStateless(facts.cancels)) return
    try {
      await connected()
      const headers = messageHeaders(message, conversation)
      if (facts?.kind === 'request') await sendRequest(facts, headers, line)
      else await sendOther(facts, headers, line)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (facts?.kind === 'request') answerFailure(facts.id, error)
      else options.warn(`${error.message} ${error.remedy}`)
    }
  }

  /** In the stateless revision a request is cancelled by closing its stream. */
  function cancelStateless(key: string): boolean {
    const exchange = running.get(key)
    if (!exchange || conversation.mcpSession !== undefined) return false
    exchange.abort()
    running.delete(key)
    return true
  }

  function sendRequest(facts: RequestFacts, headers: HeaderMap, line: Buffer): Promise<void> {
    if (facts.revision !== undefined) conversation.revision = facts.revision
    const { promise, resolve } = Promise.withResolvers<void>()
    running.set(facts.key, open('POST', headers, line, requestReceiver(facts, resolve)))
    // requests stand beside each other; but what was agreed on must be known before the next one
    return facts.method === 'initialize' ? promise : Promise.resolve()
  }

  function requestReceiver(facts: RequestFacts, settled: () => void): HttpExchangeReceiver {
    let refused = false
    let answered = false
    let lastEvent: string | undefined
    let retryMs = defaultRetryMs
    const over = () => {
      running.delete(facts.key)
      settled()
    }
    return {
      head(status, headers) {
        refused = status >= 400
        if (facts.method === 'initialize') conversation.mcpSession = headers['mcp-session-id']
      },
      message(head, body) {
        lastEvent = head.id ?? lastEvent
        retryMs = head.retry ?? retryMs
        if (body.length === 0) return
        const own = isAnswerTo(facts, body)
        if (own) {
          answered = true
          learn(facts, body)
        }
        // a refusal on the level of HTTP answers no id; the client waits for one
        if (refused && !own) {
          answered = true
          return answerError(facts.id, errorOf(body, connection))
        }
        write(body)
      },
      keepAlive() {},
      end() {
        if (!answered && !refused && lastEvent !== undefined && !closing) {
          // the server closed the stream and asks to be asked again
          const headers = { accept: 'text/event-stream', ...sessionHeaders(conversation), 'last-event-id': lastEvent }
          const again = () => running.set(facts.key, open('GET', headers, new Uint8Array(), this))
          scheduler.after(retryMs, () => attempt(again, facts.id))
          return
        }
        if (!answered) answerFailure(facts.id, new AppError('SERVER_OUTPUT_INVALID', { server: connection }))
        over()
      },
      failed() {
        lost()
        if (!answered) answerFailure(facts.id, new AppError('TUNNEL_LOST'))
        over()
      },
    }
  }

  function attempt(work: () => void, id: string | number) {
    try {
      work()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      answerFailure(id, error)
    }
  }

  /** A notification or a response: nothing comes back but that it was taken. Also what is no message at all, which is refused there. */
  function sendOther(facts: MessageFacts | undefined, headers: HeaderMap, line: Buffer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const initialized = facts?.kind === 'notification' && facts.method === 'notifications/initialized'
    let status = 0
    open('POST', headers, line, {
      head(received) {
        status = received
      },
      message(_head, body) {
        if (facts === undefined) write(body)
        else options.warn(`refused (status ${status}): ${errorText(body, connection)}`)
      },
      keepAlive() {},
      end() {
        if (initialized && status < 300) listen(undefined)
        resolve()
      },
      failed(error) {
        lost()
        options.warn(error.message)
        resolve()
      },
    })
    return promise
  }

  /** What a server says on its own comes on a stream of its own, if the server has one. */
  function listen(lastEvent: string | undefined) {
    if (closing || listening || conversation.mcpSession === undefined || !agent) return
    let refused = false
    let last = lastEvent
    let retryMs = defaultRetryMs
    const headers = { accept: 'text/event-stream', ...sessionHeaders(conversation), ...(last !== undefined && { 'last-event-id': last }) }
    listening = open('GET', headers, new Uint8Array(), {
      head(status) {
        refused = status >= 400
      },
      message(head, body) {
        last = head.id ?? last
        retryMs = head.retry ?? retryMs
        if (!refused && body.length > 0) write(body)
      },
      keepAlive() {},
      end() {
        listening = undefined
        if (!refused) cancelReopen = scheduler.after(retryMs, () => listen(last))
      },
      failed() {
        listening = undefined
      },
    })
  }

  function learn({ method }: RequestFacts, body: Buffer) {
    const message = parse(body)
    const result = isJsonObject(message) && isJsonObject(message['result']) ? message['result'] : {}
    if (method === 'initialize' && typeof result['protocolVersion'] === 'string') conversation.revision = result['protocolVersion']
    if (method !== 'tools/list' || !Array.isArray(result['tools'])) return
    for (const tool of result['tools']) {
      if (isJsonObject(tool) && typeof tool['name'] === 'string') {
        conversation.mirrored.set(tool['name'], mirroredArguments(tool['inputSchema']))
      }
    }
  }

  /** The program at the other end has gone; another one may be there for the next message. */
  function lost() {
    agent?.destroy()
    agent = undefined
  }

  async function work(): Promise<void> {
    if (working) return
    working = true
    for (;;) {
      const line = closing ? undefined : queue.shift()
      if (line === undefined) break
      queued -= line.length
      if (queued < queueLimit && input.isPaused()) input.resume()
      await send(line)
    }
    working = false
    if (inputEnded) void close()
  }

  async function goodbye(): Promise<void> {
    cancelReopen()
    await within(() => running.size === 0 && output.writableLength === 0)
    for (const exchange of running.values()) exchange.abort()
    listening?.abort()
    if (conversation.mcpSession !== undefined && agent) {
      let told = false
      const tell = () => {
        told = true
      }
      open('DELETE', sessionHeaders(conversation), new Uint8Array(), { head() {}, message() {}, keepAlive() {}, end: tell, failed: tell })
      await within(() => told)
    }
    lost()
    finished()
  }

  /** a client that closes our input ends us soon after */
  async function within(condition: () => boolean): Promise<void> {
    const step = 20
    for (let waited = 0; waited < goodbyeMs && !condition(); waited += step) {
      await new Promise<void>((resolve) => scheduler.after(step, resolve))
    }
  }

  function close(): Promise<void> {
    closing ??= goodbye()
    return closing
  }

  const splitter = createLineSplitter({
    limit: lineLimit,
    onLine(line) {
      // a view on a read buffer
      queue.push(Buffer.from(line))
      queued += line.length
      if (queued > queueLimit) input.pause()
    },
    onOverlong() {
      options.warn('A message is longer than any that is accepted.')
      void close()
    },
  })
  input.on('data', (chunk: Buffer) => {
    splitter.push(chunk)
    void work()
  })
  input.once('end', () => {
    inputEnded = true
    void work()
  })
  // the client has gone without closing our input
  output.once('error', () => void close())
  return { done, close }
}

function isAnswerTo({ key }: RequestFacts, body: Buffer): boolean {
  const facts = readMessageFacts(body)
  return facts?.kind === 'response' && facts.key === key
}

function parse(bytes: Buffer): JsonValue | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as JsonValue
  } catch {
    return undefined
  }
}

function errorOf(body: Buffer, server: string): object {
  const message = parse(body)
  const error = isJsonObject(message) ? message['error'] : undefined
  if (isJsonObject(error)) return error
  const {
    code,
    message: told,
    remedy,
  } = new AppError('SERVER_UNREACHABLE', { server, problem: 'it refused the message and did not say why' })
  return { code: -32001, message: `${told} ${remedy}`, data: { code, remedy } }
}

const errorText = (body: Buffer, server: string): string => {
  const error = errorOf(body, server)
  return 'message' in error ? String(error.message) : ''
}
