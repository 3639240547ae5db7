import type { ApprovalProof } from '../../src-protocol/approval-proof.ts'
import { forwardedRequestHeaders } from '../../src-protocol/tunnel.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { receiveServerFrame } from './receive-server-frame.ts'

const forwarded = new Set<string>(forwardedRequestHeaders)

/**
 * Sends the exchange on to the agent, with the client's own bytes. What it carries must be recorded by then.
 * @param approval of a call that was held: an agent may want to see it for itself
 */
export function forward(ports: ExchangePorts, exchange: Exchange, bytes: Uint8Array, approval?: ApprovalProof): void {
  const { session, head } = exchange
  if (session.ended) return
  const open = { session: session.id, method: head.method, headers: requestHeaders(exchange), ...(approval && { approval }) }
  exchange.upstream = session.link.openExchange(open, bytes, (frame) => {
    receiveServerFrame(ports, exchange, frame)
    // what the client does not read, or nobody has looked at yet, is not followed by more
    const { inspecting, stream } = exchange
    return inspecting ? inspecting.then(() => stream.room()) : stream.room()
  })
}

function requestHeaders({ head: { headers }, verifiedParams }: Exchange): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && (forwarded.has(name) || verifiedParams?.has(name))) kept[name] = value
  }
  return kept
}
