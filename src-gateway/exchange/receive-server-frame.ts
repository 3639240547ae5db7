import type { ResponseFrame } from '../../src-node/checked-frame.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { forwardedResponseHeaders, frameType } from '../../src-protocol/tunnel.ts'
import { close, endCall, failExchange, finish } from './answer.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { receiveServerMessage } from './receive-server-message.ts'
import { headersProblem } from './server-fields.ts'

/** One frame of the agent's answer. All of them pass through the exchange's delivery, so that their order is kept. */
export function receiveServerFrame(ports: ExchangePorts, exchange: Exchange, frame: ResponseFrame): void {
  const { session, stream, delivery } = exchange
  if (session.ended) return
  if (exchange.waitingFrames && frame.type !== frameType.keepAlive) return void exchange.waitingFrames.push(frame)
  switch (frame.type) {
    case frameType.head: {
      // a held call has had its head: what follows goes into the stream that is already open
      if (exchange.headSent) return
      const headers = responseHeaders(frame.head.headers)
      const wrong = headersProblem(ports.inForce().masking, exchange, headers)
      if (wrong) {
        exchange.upstream?.abort()
        return failExchange(ports, exchange, wrong)
      }
      exchange.headSent = true
      if (exchange.request?.method === 'initialize') noteClient(exchange, headers['mcp-session-id'])
      return delivery.after(undefined, () => stream.head(frame.head.status, headers))
    }
    case frameType.message:
      receiveServerMessage(ports, exchange, frame.head, frame.body)
      if (exchange.inspecting && !exchange.waitingFrames) void keepOrder(ports, exchange, exchange.inspecting)
      return undefined
    case frameType.keepAlive:
      return delivery.after(undefined, () => stream.keepAlive())
    case frameType.end:
      return delivery.after(undefined, () => {
        endCall(ports, exchange)
        finish(exchange)
      })
    case frameType.abort: {
      const error = frame.head.error ? AppError.from(frame.head.error) : undefined
      if (error?.code === 'AGENT_REFUSED') ports.agentRefused?.(session, exchange.call?.approval, error)
      if (error) return failExchange(ports, exchange, error)
      return delivery.after(undefined, () => {
        endCall(ports, exchange, { verdict: 'failed' })
        stream.abort(new AppError('SERVER_STOPPED', { server: session.server, problem: 'it broke off its answer' }))
        close(exchange)
      })
    }
  }
}

/** While a large message is inspected, what comes after it waits. */
async function keepOrder(ports: ExchangePorts, exchange: Exchange, inspecting: Promise<void>): Promise<void> {
  const waiting: ResponseFrame[] = []
  exchange.waitingFrames = waiting
  await inspecting
  exchange.waitingFrames = undefined
  for (const frame of waiting) receiveServerFrame(ports, exchange, frame)
}

/** Beside the id of a session (server-fields.ts) headers say one of a few things: what else stands in them would pass unseen, and is left out. */
const known: Partial<Record<string, RegExp>> = {
  'content-type': /^(?:application\/json|text\/event-stream)$/,
  'mcp-protocol-version': /^(?:\d{4}-\d{2}-\d{2}|DRAFT-[\w-]{1,16})$/i,
  allow: /^[A-Z]{3,7}(?:, ?[A-Z]{3,7}){0,8}$/,
}

function responseHeaders(headers: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of forwardedResponseHeaders) {
    let value = headers[name]
    // what is masked and recorded is UTF-8, whatever else the server says that it is
    if (name === 'content-type') value = value?.split(';', 1)[0]?.trim().toLowerCase()
    if (value !== undefined && (known[name]?.test(value) ?? true)) kept[name] = value
  }
  return kept
}

const keptClients = 64

/** Several clients can share a session, each with an MCP session of its own: calls are held as long as theirs allows. */
function noteClient({ client, session }: Exchange, mcpSession: string | undefined): void {
  if (client === undefined || mcpSession === undefined) return
  session.clients ??= new Map()
  const [oldest] = session.clients.keys()
  if (session.clients.size >= keptClients && oldest !== undefined) session.clients.delete(oldest)
  session.clients.set(mcpSession, client)
}
