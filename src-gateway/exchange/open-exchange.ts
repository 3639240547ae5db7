import { maskText } from '../../src-core/masking/mask-message.ts'
import type { OpenHead } from '../../src-protocol/tunnel.ts'
import type { LiveSession } from '../sessions/live-session.ts'
import { cancelCall, close } from './answer.ts'
import type { ClientStream } from './client-stream.ts'
import { Delivery } from './delivery.ts'
import { isStateless, type Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { forward } from './forward.ts'
import { bareRecord } from './message-record.ts'
import { receiveClientMessage } from './receive-client-message.ts'
import { longestEventId } from './server-fields.ts'

/**
 * Starts an exchange of a session that the caller has proved to own.
 * @returns what to do when the client closes its stream
 */
export function openExchange(
  ports: ExchangePorts,
  session: LiveSession,
  stream: ClientStream,
  head: OpenHead,
  body: Uint8Array,
): () => void {
  const exchange: Exchange = {
    number: ++session.lastExchange,
    session,
    head,
    stream,
    delivery: new Delivery(
      () => session.ended === undefined,
      (error) => ports.fail(session, error),
    ),
    startedAt: ports.clock.now().getTime(),
    headSent: false,
    answered: false,
    responseSent: false,
    progressOffset: 0,
  }
  session.exchanges.add(exchange)
  if (head.method === 'POST') receiveClientMessage(ports, exchange, body)
  else if (head.method === 'DELETE') forwardBare(ports, exchange)
  // a GET only listens: it carries no message, and every message that comes of it is recorded
  else if (head.headers['last-event-id'] === undefined) forward(ports, exchange, new Uint8Array())
  else forwardBare(ports, exchange, lastEventId(ports, exchange))
  return () => clientLeft(ports, exchange)
}

/** Where a stream is to go on. It is a text that reaches the server: no longer than the ids that clients get, and as it is recorded, masked. */
function lastEventId(ports: ExchangePorts, { head, session }: Exchange): string | undefined {
  const { 'last-event-id': id = '', ...others } = head.headers
  if (id.length <= longestEventId) return maskText(ports.inForce().masking, id, { connection: session.connection }).text
  head.headers = others
  return undefined
}

/** The end of an MCP session, or a stream that is taken up again, is no JSON-RPC message, but it is something that the client did: it is recorded. */
function forwardBare(ports: ExchangePorts, exchange: Exchange, eventId?: string): void {
  const { session, head } = exchange
  session.record(bareRecord(ports, exchange, { direction: 'client', method: head.method, sse: { id: eventId } })).then(
    () => forward(ports, exchange, new Uint8Array()),
    (error: unknown) => ports.fail(session, error),
  )
}

/**
 * Up to MCP 2025-11-25 a closed stream is no cancellation: the call runs on, and its answer is recorded as undelivered. Since 2026-07-28
 * it is one. A stream that only listens ends with its listener in both.
 */
function clientLeft(ports: ExchangePorts, exchange: Exchange): void {
  // nothing runs for a client that no longer waits; its approval stays for a repeated call
  exchange.stopHolding?.()
  if (exchange.head.method !== 'GET' && !isStateless(exchange.head.headers)) return
  exchange.upstream?.abort()
  if (exchange.call?.state === 'running') cancelCall(ports, exchange, 'The client closed the stream, which cancels the call.')
  close(exchange)
}
