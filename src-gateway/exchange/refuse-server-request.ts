import type { Message } from '../../src-core/json/parse-message.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { MessageRecord } from '../../src-protocol/recording.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { maskFor, messageRecord } from './message-record.ts'
import { rpcError } from './rpc-answer.ts'

/**
 * Tells the server, in the client's place, that its request was denied: it would wait for ever otherwise. The answer is recorded like
 * the client's own, and goes to the server as an exchange of its own whose outcome nobody needs.
 */
export function refuseServerRequest(ports: ExchangePorts, exchange: Exchange, request: Message, decision: MessageRecord['decision']): void {
  const { session, head } = exchange
  const error = new AppError('POLICY_DENIED', { because: decision?.because ?? '', rule: decision?.rule ?? 'default deny' })
  const id = request.id ?? null
  const masked = maskFor(ports.inForce().masking, exchange, rpcError(id, error, { rule: decision?.rule ?? null }), undefined, undefined, {
    id,
  })
  const facts = { direction: 'client' as const, method: request.method ?? 'unknown' }
  const send = async () => {
    await session.record(messageRecord(exchange, { kind: 'response', id }, masked, facts))
    if (session.ended) return
    const headers = { ...head.headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    session.link.openExchange(
      { session: session.id, method: 'POST', headers: withoutRequestHeaders(headers) },
      masked.delivered ?? masked.bytes,
      () => {},
    )
  }
  send().catch((failure: unknown) => ports.fail(session, failure))
}

/** Headers that speak of the client's request, not of this response. */
const aboutRequest = new Set(['mcp-method', 'mcp-name', 'last-event-id'])

function withoutRequestHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !aboutRequest.has(name) && !name.startsWith('mcp-param-')))
}
