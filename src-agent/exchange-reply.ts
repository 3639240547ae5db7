import type { AppError, SerializedError } from '../src-protocol/app-error.ts'
import { frameType, type AgentControl, type FrameType, type MessageHead, type ResponseHead } from '../src-protocol/tunnel.ts'
import type { FrameSocket } from '../src-node/frame-socket.ts'
import type { Scheduler } from '../src-node/scheduler.ts'

/** Where the answer to an exchange goes: the frames towards the client. */
export interface ExchangeReply {
  head(exchange: number, head: ResponseHead): void
  /** the bytes are taken before the tick ends: they may be a view on a read buffer */
  message(exchange: number, body: Uint8Array, head?: MessageHead): void
  keepAlive(exchange: number): void
  end(exchange: number): void
  abort(exchange: number, error?: SerializedError): void
}

/** The way back to the gateway, over one link after the other. */
export interface Replies extends ExchangeReply {
  readonly socket: FrameSocket<AgentControl> | undefined
  connect(socket: FrameSocket<AgentControl>): void
  /** `undefined` while there is room, in the exchange if one is given; else a promise that resolves once there is */
  room(exchange?: number): Promise<void> | undefined
  /** what was answered is on its way; but nobody waits for a client that does not read */
  drained(): Promise<void>
  /** @returns the exchanges that were open: nothing they say reaches anybody any more */
  disconnect(): number[]
  /** @returns the number by which the sessions know the exchange */
  opened(exchange: number): number
  /** nobody waits for it any more */
  abandoned(exchange: number): number
}

/** a server that has ended is news that must not wait for ever */
const drainPatienceMs = 5000

/**
 * Each link counts its exchanges from 1, and a server may answer an exchange of a link that was lost. So the sessions know an exchange by a
 * number of this agent's own, which goes on counting over all links.
 */
export function createReplies(scheduler: Scheduler): Replies {
  let socket: FrameSocket<AgentControl> | undefined
  /** the highest number of the links before */
  let base = 0
  let highest = 0
  const open = new Set<number>()

  const send = (type: FrameType, exchange: number, head?: object, body?: Uint8Array) => {
    if (!open.has(exchange)) return
    if (type === frameType.end || type === frameType.abort) open.delete(exchange)
    socket?.sendFrame(type, exchange - base, head, body)
  }
  return {
    get socket() {
      return socket
    },
    connect(next) {
      socket = next
    },
    room(exchange) {
      if (exchange === undefined) return socket?.writable()
      return open.has(exchange) ? socket?.room(exchange - base) : undefined
    },
    async drained() {
      const drained = socket?.drained()
      if (!drained) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const cancel = scheduler.after(drainPatienceMs, resolve)
      await Promise.race([drained, promise])
      cancel()
    },
    disconnect() {
      socket = undefined
      base = highest
      const left = [...open]
      open.clear()
      return left
    },
    opened(exchange) {
      const own = base + exchange
      highest = Math.max(highest, own)
      open.add(own)
      return own
    },
    abandoned(exchange) {
      open.delete(base + exchange)
      return base + exchange
    },
    head: (exchange, head) => send(frameType.head, exchange, head),
    message: (exchange, body, head) => send(frameType.message, exchange, head, body),
    keepAlive: (exchange) => send(frameType.keepAlive, exchange),
    end: (exchange) => send(frameType.end, exchange),
    abort: (exchange, error) => send(frameType.abort, exchange, error && { error }),
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
  const message = `${error.message} ${error.remedy}`
  const body = { jsonrpc: '2.0', id: null, error: { code: jsonRpcCode[error.status] ?? -32600, message, data: error } }
  reply.head(exchange, { status: error.status, headers: { 'content-type': 'application/json' } })
  reply.message(exchange, new TextEncoder().encode(JSON.stringify(body)))
  reply.end(exchange)
}
