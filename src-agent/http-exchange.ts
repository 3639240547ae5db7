import { request as requestHttp, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { AppError } from '../src-protocol/app-error.ts'
import {
  forwardedRequestHeaders,
  forwardedResponseHeaders,
  type HeaderMap,
  type MessageHead,
  type OpenHead,
} from '../src-protocol/tunnel.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import { createEventParser } from '../src-node/event-parser.ts'
import { headerValue } from './header-value.ts'
import type { HttpCredential } from './http-credential.ts'

/** Where the answer of one exchange goes. */
export interface HttpExchangeReceiver {
  head(status: number, headers: HeaderMap): void
  message(head: MessageHead, body: Buffer): void
  keepAlive(): void
  end(): void
  /** The server did not accept the access token. True: somebody else sees to it, and nothing more is reported here. */
  unauthorized?(challenge: string | undefined): boolean
  /** there is no answer, or it broke off; `cause` is for the agent's log */
  failed(error: AppError, cause?: Error): void
}

export interface HttpExchangeOptions {
  server: string
  url: URL
  agent: Agent
  credential: HttpCredential
  /** the access token to send */
  token?: string
  /** an answer's body says nothing that its status does not */
  ignoresBody?: boolean
  connectSeconds: number
  scheduler: Scheduler
  /** `undefined` while the way to the client has room, else when it has some again */
  room(): Promise<void> | undefined
  messageLimit: number
}

export interface HttpExchange {
  /** bytes of the request that the server has not taken yet */
  readonly unsent: number
  readonly streaming: boolean
  /** closes the request; nothing is reported after it */
  abort(): void
}

const forwarded = new Set<string>(forwardedRequestHeaders)

/**
 * One exchange as one HTTP request. Once it is connected nothing ends it but the server and whoever aborts it.
 * @throws AppError INVALID_REQUEST
 */
export function openHttpExchange(
  options: HttpExchangeOptions,
  head: OpenHead,
  body: Uint8Array,
  receiver: HttpExchangeReceiver,
): HttpExchange {
  const { server, url, agent, credential } = options
  let over = false
  let streaming = false
  let unsent = body.length

  const settle = (): boolean => {
    if (over) return false
    over = true
    cancelTimeout()
    return true
  }
  const fail = (error: AppError, cause?: Error) => {
    if (!settle()) return
    request.destroy()
    receiver.failed(error, cause)
  }
  const unreachable = (cause: NodeJS.ErrnoException) => {
    // codes only (ECONNREFUSED, CERT_HAS_EXPIRED): the message may carry addresses, which the gateway has no need of
    fail(new AppError('SERVER_UNREACHABLE', { server, problem: cause.code ?? 'it broke off its answer' }), cause)
  }
  const invalid = () => fail(new AppError('SERVER_OUTPUT_INVALID', { server }))

  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    agent,
    method: head.method,
    headers: {
      'user-agent': 'gatehouse-agent',
      // what is compressed could not be looked at
      'accept-encoding': 'identity',
      ...credential.headers,
      ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
      ...requestHeaders(head.headers),
      ...(head.method === 'POST' && { 'content-length': body.length }),
    },
  })
  const seconds = options.connectSeconds
  const cancelTimeout = options.scheduler.after(seconds * 1000, () => fail(new AppError('SERVER_TIMED_OUT', { server, seconds })))
  whenConnected(request, cancelTimeout)
  request.once('finish', () => {
    unsent = 0
  })
  request.on('error', unreachable)
  request.once('response', (response) => {
    if (over) return response.destroy()
    response.on('error', unreachable)
    response.once('close', () => {
      if (!response.complete) unreachable(new Error('the response ended early'))
    })
    return receive(response)
  })
  request.end(body)

  function receive(response: IncomingMessage) {
    const status = response.statusCode ?? 502
    const type = (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
    if (status === 401 && receiver.unauthorized?.(response.headers['www-authenticate'])) {
      settle()
      return request.destroy()
    }
    // it is the agent that is refused, and not the client: that one must not start to ask its person for a sign-in
    if (status === 401 || status === 407) return fail(new AppError('SERVER_UNAUTHORIZED', { server }))
    // another address is another server: the credential is not for it
    if (status >= 300 && status < 400)
      return fail(new AppError('SERVER_UNREACHABLE', { server, problem: `it redirects (status ${status})` }))
    if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') return invalid()
    const headers = responseHeaders(response)
    if (type === 'text/event-stream') {
      streaming = true
      receiver.head(status, headers)
      return readEvents(response)
    }
    return readWhole(response, (body) => {
      let whole = options.ignoresBody ? Buffer.alloc(0) : body
      if (whole.length > 0 && type !== 'application/json') {
        // proxies explain a failure in HTML: the status says it too
        if (status < 400) return invalid()
        delete headers['content-type']
        whole = Buffer.alloc(0)
      }
      if (!settle()) return undefined
      receiver.head(status, headers)
      if (whole.length > 0) receiver.message({}, credential.withoutSecrets(whole))
      return receiver.end()
    })
  }

  function readEvents(response: IncomingMessage) {
    const parser = createEventParser({
      limit: options.messageLimit,
      onEvent(event, data) {
        if (over) return
        if (event.id !== undefined) event.id = credential.withoutSecrets(Buffer.from(event.id)).toString()
        receiver.message(event, credential.withoutSecrets(data))
      },
      onComment() {
        if (!over) receiver.keepAlive()
      },
      onOverlong: () => fail(new AppError('SERVER_STOPPED', { server, problem: 'it wrote a message above the size limit' })),
    })
    response.on('data', (chunk: Buffer) => {
      parser.push(chunk)
      const room = options.room()
      if (room === undefined) return
      response.pause()
      void room.then(() => response.resume())
    })
    response.once('end', () => {
      if (settle()) receiver.end()
    })
  }

  function readWhole(response: IncomingMessage, done: (whole: Buffer) => void) {
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length > options.messageLimit)
        fail(new AppError('SERVER_STOPPED', { server, problem: 'it wrote a message above the size limit' }))
    })
    response.once('end', () => done(Buffer.concat(chunks, length)))
  }

  return {
    get unsent() {
      return over ? 0 : unsent
    },
    get streaming() {
      return streaming && !over
    },
    abort() {
      if (settle()) request.destroy()
    },
  }

  function responseHeaders(response: IncomingMessage): HeaderMap {
    const kept: HeaderMap = {}
    for (const name of forwardedResponseHeaders) {
      const value = response.headers[name]
      if (typeof value === 'string') kept[name] = credential.withoutSecrets(Buffer.from(value)).toString()
    }
    return kept
  }
}

/** The gateway filters too; that the credential's header is not among these is this side's own to see to. */
function requestHeaders(headers: HeaderMap): HeaderMap {
  const kept: HeaderMap = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!forwarded.has(name) && !/^mcp-param-[a-z0-9._-]+$/.test(name)) continue
    if (!headerValue.test(value)) throw new AppError('INVALID_REQUEST', { problem: `the header ${name} is not one line of text` })
    kept[name] = value
  }
  return kept
}

function whenConnected(request: ClientRequest, connected: () => void): void {
  request.once('socket', (socket) => {
    // a socket that was used before is connected
    if (request.reusedSocket) return connected()
    return socket.once('encrypted' in socket ? 'secureConnect' : 'connect', connected)
  })
}
