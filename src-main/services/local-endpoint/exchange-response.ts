import type { ServerResponse } from 'node:http'
import { AppError } from '../../../src-protocol/app-error.ts'
import { largestMessageBytes } from '../../../src-protocol/config.ts'
import { forwardedResponseHeaders, type ResponseHead } from '../../../src-protocol/tunnel.ts'
import type { ExchangeReceiver } from '../tunnel.ts'
import { corkForTick } from '../../../src-node/cork-for-tick.ts'
import { keepAliveComment, sseFrame } from './sse-frame.ts'

const eventStream = 'text/event-stream'
/** a client that does not read its stream must not fill this computer's memory: two of the largest messages */
const unreadLimit = largestMessageBytes * 2
/** above it the gateway is asked for no more */
const unreadMark = 256 * 1024

/** Writes what comes through the tunnel as the HTTP answer. `request` is the posted message, to answer its id if the exchange fails. */
export function exchangeResponse(response: ServerResponse, request: Uint8Array): ExchangeReceiver {
  let head: ResponseHead | undefined
  let streaming = false
  let keptUp: PromiseWithResolvers<void> | undefined

  /** names and values in turn: what Node would make of an object */
  const headersOf = ({ headers }: ResponseHead, length?: number): string[] => {
    const kept = ['cache-control', 'no-store']
    if (length !== undefined) kept.push('content-length', String(length))
    for (const name of forwardedResponseHeaders) {
      const value = headers[name]
      if (value !== undefined) kept.push(name, value)
    }
    return kept
  }
  // the socket and not the response: corked, a chunked response puts its head after its first chunk
  const cork = () => {
    if (response.socket) corkForTick(response.socket)
  }
  const write = (bytes: Uint8Array | string) => {
    cork()
    response.write(bytes)
    if (response.writableLength > unreadLimit) response.destroy()
  }
  /** `undefined` while the client keeps up */
  const read = (): Promise<void> | undefined => {
    if (response.writableLength <= unreadMark) return undefined
    if (response.listenerCount('drain', goOn) === 0) for (const event of ['drain', 'close']) response.on(event, goOn)
    keptUp ??= Promise.withResolvers()
    return keptUp.promise
  }
  const goOn = () => {
    keptUp?.resolve()
    keptUp = undefined
  }

  return {
    head(received) {
      if (head) return
      head = received
      streaming = received.headers['content-type']?.startsWith(eventStream) ?? false
      // a JSON answer waits for its one message, so that head and body leave together
      if (!streaming) return
      cork()
      response.writeHead(received.status, headersOf(received))
      response.flushHeaders()
    },
    message(fields, body) {
      if (!head || response.writableEnded) return undefined
      if (streaming) {
        write(sseFrame(fields, body))
        return read()
      }
      response.writeHead(head.status, headersOf(head, body.length))
      response.end(body)
      return undefined
    },
    keepAlive() {
      if (streaming) write(keepAliveComment)
    },
    end() {
      if (response.writableEnded) return
      if (head && !response.headersSent) response.writeHead(head.status, headersOf(head, 0))
      // an exchange that ends without a head is a defect of the other side
      else if (!head) return sendError(response, 502, rpcError(new AppError('TUNNEL_LOST'), request))
      response.end()
    },
    abort(error) {
      if (response.writableEnded) return
      if (!response.headersSent) return sendError(response, error.status, rpcError(error, request))
      // a client that waits for an answer on its stream gets one, instead of waiting until it times out
      if (request.length > 0) write(sseFrame({}, rpcError(error, request)))
      response.end()
    },
  }
}

/** Refuses a request on the level of HTTP; the body is a JSON-RPC error that carries our code. */
export function refuseRequest(response: ServerResponse, error: AppError, headers: Record<string, string> = {}): void {
  sendError(response, error.status, rpcError(error, new Uint8Array()), headers)
}

function sendError(response: ServerResponse, status: number, body: Uint8Array, headers: Record<string, string> = {}): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'content-length': body.length, 'cache-control': 'no-store' })
  response.end(body)
}

function rpcError(error: AppError, request: Uint8Array): Uint8Array {
  const message = `${error.message} ${error.remedy}`
  const data = { ...error.data, code: error.code, remedy: error.remedy }
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: requestId(request), error: { code: -32001, message, data } }))
}

/** Read only when something failed: on the normal way this computer does not parse the messages. */
function requestId(request: Uint8Array): string | number | null {
  try {
    const { id, method } = JSON.parse(Buffer.from(request.buffer, request.byteOffset, request.byteLength).toString('utf8')) as Record<
      string,
      unknown
    >
    return method !== undefined && (typeof id === 'string' || typeof id === 'number') ? id : null
  } catch {
    return null
  }
}
