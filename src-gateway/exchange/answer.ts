import { parseMessage, type RequestId } from '../../src-core/json/parse-message.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { ApprovalId } from '../../src-protocol/ids.ts'
import type { Call } from '../../src-protocol/model.ts'
import type { Exchange } from './exchange.ts'
import { deepestMessage, type ExchangePorts } from './exchange-ports.ts'
import { maskFor, messageRecord, shownNames } from './message-record.ts'
import { rpcError } from './rpc-answer.ts'

const encoder = new TextEncoder()
export const eventStream = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
const json = { 'content-type': 'application/json' }

/** Answers the client's message with one of our own: recorded like every other, then delivered as the end of the exchange. */
export function answer(
  ports: ExchangePorts,
  exchange: Exchange,
  text: string,
  options: { status?: number; approval?: ApprovalId } = {},
): void {
  const { session, stream } = exchange
  const method = exchange.request?.method ?? 'unknown'
  const { id } = exchange.request ?? (JSON.parse(text) as { id?: RequestId | null })
  const masked = maskFor(ports.inForce().masking, exchange, text, exchange.request?.tool, undefined, { id })
  const parsed = parseMessage(masked.bytes, { maxBytes: Infinity, maxDepth: deepestMessage })
  exchange.answered = true
  const facts = { direction: 'server' as const, method, tool: exchange.request?.tool, approval: options.approval, own: true as const }
  const message = parsed.ok ? parsed.message : { kind: 'response' as const, id: exchange.request?.id ?? null }
  const durable = session.record(messageRecord(exchange, message, masked, facts))
  exchange.delivery.after(durable, () => {
    if (!exchange.headSent) stream.head(options.status ?? 200, json)
    exchange.headSent = true
    exchange.responseSent = true
    stream.message({}, masked.delivered ?? masked.bytes)
    finish(exchange)
  })
}

/** The exchange is over, in both directions. */
export function finish(exchange: Exchange): void {
  exchange.stream.end()
  close(exchange)
}

export function close(exchange: Exchange): void {
  exchange.session.exchanges.delete(exchange)
}

export interface CallEnd {
  verdict?: Call['verdict']
  because?: string
  approval?: ApprovalId
}

/** The row of the live list says what became of the call. */
export function endCall(ports: ExchangePorts, exchange: Exchange, end: CallEnd = {}): void {
  const { call } = exchange
  if (!call || call.state === 'done') return
  exchange.session.calls.change(call, { ...end, state: 'done', tookMs: ports.clock.now().getTime() - exchange.startedAt })
}

/** Records why a message was stopped. */
export function recordError(
  exchange: Exchange,
  error: AppError,
  facts: { method?: string; tool?: string | undefined; refusedBytes?: number },
): Promise<number> {
  return exchange.session.record({
    kind: 'error',
    exchange: exchange.number,
    code: error.code,
    message: error.message,
    ...facts,
    ...(exchange.request?.shown && shownNames(exchange, facts)),
  })
}

/** The call was let through and failed: the client gets a JSON-RPC error where it waits for an answer, else its stream breaks off. */
export function failExchange(ports: ExchangePorts, exchange: Exchange, error: AppError): void {
  const { request } = exchange
  const durable = recordError(exchange, error, { ...(request && { method: request.method, tool: request.tool }) })
  endCall(ports, exchange, { verdict: 'failed', because: error.message })
  if (request && !exchange.answered) {
    exchange.delivery.after(durable, () => {})
    return answer(ports, exchange, rpcError(request.id, error))
  }
  exchange.delivery.after(durable, () => {
    exchange.stream.abort(error)
    close(exchange)
  })
}

/** Since 2026-07-28 a closed stream cancels the call. Nobody is there to be told; the recording says why no answer follows. */
export function cancelCall(ports: ExchangePorts, exchange: Exchange, because: string): void {
  const { request, session } = exchange
  endCall(ports, exchange, { because })
  if (!request || exchange.answered) return
  const { method, tool } = request
  recordError(exchange, new AppError('CALL_CANCELLED'), { method, tool }).catch((error: unknown) => ports.fail(session, error))
}

/**
 * The session has ended: whoever waits learns it now, ahead of what is still being recorded. The text is the gateway's own and
 * holds nothing of the server's, so it need not wait for a recording that may be the very thing that failed.
 */
export function cutExchange(ports: ExchangePorts, exchange: Exchange, error: AppError): void {
  const { request, stream } = exchange
  exchange.upstream?.abort()
  // what cannot be written is told by the end of the session
  if (request && !exchange.responseSent) recordError(exchange, error, { method: request.method, tool: request.tool }).catch(() => {})
  endCall(ports, exchange, { verdict: 'failed', because: error.message })
  if (request && !exchange.responseSent) {
    if (!exchange.headSent) stream.head(200, json)
    stream.message({}, encoder.encode(rpcError(request.id, error)))
    stream.end()
  } else stream.abort(error)
  close(exchange)
}
