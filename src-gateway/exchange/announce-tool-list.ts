import type { LiveSession } from '../sessions/live-session.ts'
import { isStateless, type Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { maskFor, messageRecord } from './message-record.ts'

const method = 'notifications/tools/list_changed'
const text = JSON.stringify({ jsonrpc: '2.0', method })

/**
 * Tells the clients of a session that what they are shown of the tools is another list now, on the streams on which they listen (up to MCP
 * 2025-11-25). Only where the server said that it tells such changes itself: a client that was not promised it need not understand it.
 */
export function announceToolList(ports: ExchangePorts, session: LiveSession): void {
  if (session.ended || !session.tools.announcesChanges) return
  for (const exchange of session.exchanges) {
    if (isListening(exchange)) announce(ports, exchange)
  }
}

const isListening = ({ head, headSent, stream }: Exchange): boolean =>
  head.method === 'GET' && headSent && !stream.gone && !isStateless(head.headers)

function announce(ports: ExchangePorts, exchange: Exchange): void {
  const { session, delivery, stream } = exchange
  const masked = maskFor(ports.inForce().masking, exchange, text)
  const durable = session.record(messageRecord(exchange, { kind: 'notification', method }, masked, { direction: 'server', method }))
  delivery.after(durable, () => stream.message({}, masked.bytes))
}
