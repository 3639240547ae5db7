import type { RequestId } from '../../src-core/json/parse-message.ts'
import type { Exchange } from './exchange.ts'

const mostOpen = 1000

/** Remembers that a request of the server was let through. A server that asks without end loses its oldest questions. */
export function noteServerRequest(exchange: Exchange, id: RequestId | null | undefined, method: string): void {
  const { serverRequests } = exchange.session
  const [oldest] = serverRequests.keys()
  if (serverRequests.size >= mostOpen && oldest !== undefined) serverRequests.delete(oldest)
  serverRequests.set(serverRequestKey(exchange, id), method)
}

/** Each MCP session of the server counts its requests by itself, so the id alone does not name one. `1` and `"1"` are two. */
export const serverRequestKey = (exchange: Exchange, id: RequestId | null | undefined): string =>
  `${exchange.head.headers['mcp-session-id'] ?? ''} ${JSON.stringify(id)}`
