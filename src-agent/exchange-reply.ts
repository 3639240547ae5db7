import type { AppError, SerializedError } from '../src-protocol/app-error.ts'
import { frameType, type MessageHead, type ResponseHead } from '../src-protocol/tunnel.ts'
import type { FrameSocket } from '../src-node/frame-socket.ts'

/** Where the answer to an exchange goes: the frames towards the client. */
export interface ExchangeReply {
  head(exchange: number, head: ResponseHead): void
  /** the bytes are taken before the tick ends: they may be a view on a read buffer */
  message(exchange: number, body: Uint8Array, head?: MessageHead): void
  keepAlive(exchange: number): void
  end(exchange: number): void
  abort(exchange: number, error?: SerializedError): void
}

export function replyOver(socket: FrameSocket<never>): ExchangeReply {
  return {
    head: (exchange, head) => socket.sendFrame(frameType.head, exchange, head),
    message: (exchange, body, head) => socket.sendFrame(frameType.message, exchange, head, body),
    keepAlive: (exchange) => socket.sendFrame(frameType.keepAlive, exchange),
    end: (exchange) => socket.sendFrame(frameType.end, exchange),
    abort: (exchange, error) => socket.sendFrame(frameType.abort, exchange, error && { error }),
  }
}

/** JSON-RPC codes beside the HTTP status, as the SDK's own servers answer. */
const jsonRpcCode: Record<number, number> = { 404: -32001, 409: -32000 }

/** Answers a request with a JSON-RPC error of its own. */
export function answerError(
  reply: ExchangeReply,
  exchange: number,
  answer: { status: number; id: string | number; error: { code: number; message: string; data: object } },
): void {
  const { status, id, error } = answer
  reply.head(exchange, { status, headers: { 'content-type': 'application/json' } })
  reply.message(exchange, new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', id, error })))
  reply.end(exchange)
}

/** Refuses an exchange on the level of HTTP, with a JSON-RPC error that belongs to no request. */
export function refuseExchange(reply: ExchangeReply, exchange: number, error: AppError): void {
  const body = { jsonrpc: '2.0', id: null, error: { code: jsonRpcCode[error.status] ?? -32600, message: error.message, data: error } }
  reply.head(exchange, { status: error.status, headers: { 'content-type': 'application/json' } })
  reply.message(exchange, new TextEncoder().encode(JSON.stringify(body)))
  reply.end(exchange)
}
