import { isJsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import type { MirroredArgument } from '../../src-core/mcp/mirrored-arguments.ts'
import { encodeHeader, namedBy, protocolVersionKey } from '../../src-core/mcp/repeated-headers.ts'
import type { HeaderMap } from '../../src-protocol/tunnel.ts'

/** What the shim has learned from the messages that it passed on. */
export interface Conversation {
  mcpSession: string | undefined
  /** agreed on by `initialize`, or named by the last request of a stateless client */
  revision: string | undefined
  mirrored: Map<string, MirroredArgument[]>
}

export const postHeaders = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }

export function sessionHeaders({ mcpSession, revision }: Conversation): HeaderMap {
  return {
    ...(mcpSession !== undefined && { 'mcp-session-id': mcpSession }),
    ...(revision !== undefined && { 'mcp-protocol-version': revision }),
  }
}

/** The headers that Streamable HTTP wants beside a message; over stdio it had none. */
export function messageHeaders(message: JsonValue | undefined, conversation: Conversation): HeaderMap {
  const { method, params } = isJsonObject(message) ? message : {}
  const fields = isJsonObject(params) ? params : {}
  const meta = isJsonObject(fields['_meta']) ? fields['_meta'] : {}
  const claimed = meta[protocolVersionKey]
  if (method === 'initialize') return { ...postHeaders }
  if (typeof method !== 'string' || typeof claimed !== 'string') return { ...postHeaders, ...sessionHeaders(conversation) }
  const headers: HeaderMap = { ...postHeaders, 'mcp-protocol-version': claimed, 'mcp-method': method }
  const named = method in namedBy ? fields[namedBy[method] ?? ''] : undefined
  if (typeof named !== 'string') return headers
  headers['mcp-name'] = encodeHeader(named)
  const mirrored = method === 'tools/call' ? (conversation.mirrored.get(named) ?? []) : []
  for (const { path, header } of mirrored) {
    const value = path.reduce<JsonValue | undefined>((node, key) => (isJsonObject(node) ? node[key] : undefined), fields['arguments'])
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      headers[`mcp-param-${header.toLowerCase()}`] = encodeHeader(String(value))
    }
  }
  return headers
}
