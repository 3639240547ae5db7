import type { RequestId } from '../../src-core/json/parse-message.ts'
import type { Exchange } from './exchange.ts'

/** Each MCP session of the server counts its requests by itself, so the id alone does not name one. `1` and `"1"` are two. */
export const serverRequestKey = (exchange: Exchange, id: RequestId | null | undefined): string =>
  `${exchange.head.headers['mcp-session-id'] ?? ''} ${JSON.stringify(id)}`
