import type { Message } from '../../src-core/json/parse-message.ts'

const encoded = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/i

/**
 * The name of a header that says something else than the body (MCP 2026-07-28, `Mcp-Method` and `Mcp-Name`). The gateway decides on the
 * body; a server that believed the header would run something else than what was decided. A missing header is the server's to judge.
 */
export function mismatchedHeader(headers: Record<string, string>, message: Message): 'Mcp-Method' | 'Mcp-Name' | undefined {
  const method = headers['mcp-method']
  if (method !== undefined && method !== message.method) return 'Mcp-Method'
  const name = headers['mcp-name']
  if (name === undefined) return undefined
  const named = message.params?.[message.method === 'resources/read' ? 'uri' : 'name']
  return typeof named === 'string' && decodeName(name) !== named ? 'Mcp-Name' : undefined
}

function decodeName(value: string): string {
  const [, base64] = encoded.exec(value) ?? []
  return base64 === undefined ? value : Buffer.from(base64, 'base64').toString('utf8')
}
