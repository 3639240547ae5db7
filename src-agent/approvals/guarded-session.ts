import { isJsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import { toolDefinition, unlistedToolHash } from '../../src-core/mcp/tool-definition-hash.ts'
import type { Logger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { OpenHead } from '../../src-protocol/tunnel.ts'
import type { ExchangeReply } from '../exchange-reply.ts'
import type { ServerSession } from '../server-session.ts'
import type { CheckedCalls } from './checked-calls.ts'

export interface GuardedSessionOptions {
  calls: CheckedCalls
  reply: ExchangeReply
  log: Logger
  /** the session itself, whose answers go where it is told */
  open: (reply: ExchangeReply) => ServerSession
}

const keptTools = 2000

/**
 * A session whose calls are checked before the server sees them. It reads the server's lists of tools as they pass, so that it knows itself
 * what a tool was listed as. Sessions of other servers never come here.
 */
export function guardSession({ calls, reply, log, open }: GuardedSessionOptions): ServerSession {
  const lists = new Set<number>()
  const tools = new Map<string, string>()

  const session = open({
    ...reply,
    message(exchange, body, head) {
      if (lists.has(exchange)) learn(tools, body)
      reply.message(exchange, body, head)
    },
    end(exchange) {
      lists.delete(exchange)
      reply.end(exchange)
    },
    abort(exchange, error) {
      lists.delete(exchange)
      reply.abort(exchange, error)
    },
  })

  function check(head: OpenHead, body: Uint8Array): string | undefined {
    if (head.method === 'POST') return calls.check(head, body, (tool) => tools.get(tool) ?? unlistedToolHash)
    if (body.length > 0) throw new AppError('INVALID_REQUEST', { problem: 'only POST carries a message' })
    return undefined
  }

  return {
    open(exchange, head, body) {
      try {
        if (check(head, body) === 'tools/list') lists.add(exchange)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        log.error(
          { code: error.code, data: error.data, approval: head.approval?.input.approval, alarm: 'agent-refused' },
          'a call was refused',
        )
        return reply.abort(exchange, error.toJSON())
      }
      return session.open(exchange, head, body)
    },
    abandon(exchange) {
      lists.delete(exchange)
      session.abandon(exchange)
    },
    keepAlive: () => session.keepAlive(),
    end: () => session.end(),
  }
}

/** Of one page; where a name stands twice, the gateway too goes by the first. */
function learn(tools: Map<string, string>, body: Uint8Array): void {
  const names = new Set<string>()
  for (const tool of listedIn(body)) {
    if (!isJsonObject(tool) || typeof tool['name'] !== 'string' || names.has(tool['name'])) continue
    const { name } = tool
    names.add(name)
    if (tools.size >= keptTools && !tools.has(name)) continue
    const defined = toolDefinition(tool)
    if (defined) tools.set(name, defined.hash)
  }
}

function listedIn(body: Uint8Array): JsonValue[] {
  try {
    const message = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as JsonValue
    const result = isJsonObject(message) ? message['result'] : undefined
    const list = isJsonObject(result) ? result['tools'] : undefined
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}
