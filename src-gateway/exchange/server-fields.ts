import type { Masking } from '../../src-core/masking/load-masking.ts'
import { isSensitive } from '../../src-core/masking/mask-rpc.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { MessageHead } from '../../src-protocol/tunnel.ts'
import { maskingOf } from './answer-masks.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'

/** of the id of an event */
export const longestEventId = 1024
const longest = { id: longestEventId, event: 128, header: 1024, retryMs: 24 * 3600 * 1000 }
const control = /\p{Cc}/u
const printable = /^[ -~]*$/
/** MCP: visible ASCII */
const sessionId = /^[!-~]{1,512}$/

/**
 * What is wrong with the fields of an SSE event that carry no message. They reach the client beside what is masked, so they have limits,
 * and must hold nothing that would be masked: an id cannot be changed, or the client could not resume its stream by it.
 */
export function eventProblem(ports: ExchangePorts, exchange: Exchange, { id, event, retry }: MessageHead): AppError | undefined {
  if (id === undefined && event === undefined && retry === undefined) return undefined
  if ((id ?? '').length > longest.id || (event ?? '').length > longest.event) return invalid(exchange)
  if (control.test(id ?? '') || control.test(event ?? '')) return invalid(exchange)
  if (retry !== undefined && !(Number.isInteger(retry) && retry >= 0 && retry <= longest.retryMs)) return invalid(exchange)
  let masking: Masking
  try {
    masking = maskingOf(ports, exchange, false)
  } catch (error) {
    return error as AppError
  }
  return sensitive(masking, exchange, 'the id of its event', id) ?? sensitive(masking, exchange, 'the name of its event', event)
}

/** The same for the headers of an answer; a session's id cannot be changed either. */
export function headersProblem(masking: Masking, exchange: Exchange, headers: Record<string, string>): AppError | undefined {
  for (const name in headers) {
    const value = headers[name] ?? ''
    const accepted = name === 'mcp-session-id' ? sessionId.test(value) : value.length <= longest.header && printable.test(value)
    if (!accepted) return invalid(exchange)
  }
  return sensitive(masking, exchange, 'the id of its session', headers['mcp-session-id'])
}

function sensitive(masking: Masking, exchange: Exchange, what: string, value: string | undefined): AppError | undefined {
  if (value === undefined || !isSensitive(masking, value, { connection: exchange.session.connection })) return undefined
  return new AppError('MESSAGE_UNMASKABLE', { problem: `${what} holds sensitive data, and cannot be changed` })
}

const invalid = ({ session }: Exchange): AppError => new AppError('SERVER_OUTPUT_INVALID', { server: session.server })
