import { parseMessage, type Message, type MessageParse } from '../../src-core/json/parse-message.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { MessageHead } from '../../src-protocol/tunnel.ts'
import { answer, endCall, recordError } from './answer.ts'
import { answerMasks, isForeign, maskingOf } from './answer-masks.ts'
import { assertStateUntouched, decideFromServer, refuseInputs } from './decide-from-server.ts'
import type { Exchange } from './exchange.ts'
import { deepestMessage, type ExchangePorts } from './exchange-ports.ts'
import { inspectLarge, largeMessageBytes, maskedBy } from './inspect-large.ts'
import { bareRecord, isRecordable, maskFor, messageRecord, type MaskedMessage } from './message-record.ts'
import { continueProgress } from './progress.ts'
import { refuseServerRequest } from './refuse-server-request.ts'
import { isRevisedList, reviseList, type RevisedList } from './revise-list.ts'
import { blockedBy, rpcError } from './rpc-answer.ts'
import { eventProblem } from './server-fields.ts'
import { noteServerRequest } from './server-requests.ts'

const largestList = 2 * 1024 * 1024

/**
 * The way of a message from the server to the client: parse, decide (its requests and notifications), mask, record, deliver. The bytes
 * that are delivered are the bytes that were recorded; where nothing was masked they are the server's own.
 */
export function receiveServerMessage(ports: ExchangePorts, exchange: Exchange, head: MessageHead, bytes: Uint8Array): void {
  const { session, stream, delivery } = exchange
  const wrong = eventProblem(ports, exchange, head)
  if (wrong) return withhold(ports, exchange, wrong)
  // an event without data primes the client's resumption (MCP 2025-11-25); its id is all that there is to see
  if (bytes.length === 0) {
    const named = head.id !== undefined || head.event !== undefined
    const bare = { direction: 'server', method: 'event', sse: head } as const
    return delivery.after(named ? session.record(bareRecord(ports, exchange, bare)) : undefined, () => stream.message(head, bytes))
  }

  if (bytes.length > largeMessageBytes && bytes.length <= ports.limits.responseBytes) {
    if (!isRevisedList(exchange.request?.method)) {
      exchange.inspecting = receiveLarge(ports, exchange, head, bytes).catch((error: unknown) => ports.fail(session, error))
      return undefined
    }
    // the gateway itself reads such a list, so that one must not be larger than can be read in passing
    if (bytes.length > largestList) return withhold(ports, exchange, tooLarge(bytes.length, largestList))
  }
  const parsed = parseMessage(bytes, { maxBytes: ports.limits.responseBytes, maxDepth: deepestMessage })
  if (!parsed.ok) return withhold(ports, exchange, unreadable(session.server, parsed))
  const { message } = parsed
  const text = continueProgress(exchange, message, parsed.text)
  const original = text === parsed.text ? bytes : undefined
  return takeMessage(ports, exchange, head, message, text, (tool) =>
    maskFor(maskingOf(ports, exchange, isForeign(exchange, message)), exchange, text, tool, original, message, 'server'),
  )
}

/** What follows in the same exchange waits until the message was inspected (`receiveServerFrame`); other exchanges go on. */
async function receiveLarge(ports: ExchangePorts, exchange: Exchange, head: MessageHead, bytes: Uint8Array): Promise<void> {
  const inspected = await inspectLarge(ports, exchange, bytes, {
    maxBytes: ports.limits.responseBytes,
    tool: { called: exchange.request?.tool, id: exchange.request?.id },
    added: answerMasks(ports, exchange),
  })
  exchange.inspecting = undefined
  if (exchange.session.ended) return
  if ('error' in inspected) withhold(ports, exchange, inspected.error)
  else if (!inspected.inspection.ok) withhold(ports, exchange, unreadable(exchange.session.server, inspected.inspection))
  else {
    const { inspection, maskingVersion } = inspected
    takeMessage(ports, exchange, head, inspection.message, undefined, () => maskedBy(inspection, maskingVersion))
  }
}

/** `text` is the message before masking, unless it is large. `mask` throws AppError MESSAGE_UNMASKABLE or MESSAGE_BLOCKED. */
function takeMessage(
  ports: ExchangePorts,
  exchange: Exchange,
  head: MessageHead,
  message: Message,
  text: string | undefined,
  mask: (tool: string | undefined) => MaskedMessage,
): void {
  const { session, stream, delivery } = exchange
  const method = message.method ?? exchange.request?.method ?? 'unknown'
  const answers = message.kind === 'response' && exchange.request !== undefined && message.id === exchange.request.id
  // an answer to another call is masked by every rule: which tool it came from is not known
  const tool = answers ? exchange.request?.tool : undefined
  if (answers && exchange.answered) return withhold(ports, exchange, new AppError('SERVER_OUTPUT_INVALID', { server: session.server }))

  const decision = decideFromServer(ports, exchange, message)
  let masked: MaskedMessage
  let list: RevisedList | undefined
  try {
    masked = mask(tool)
    assertStateUntouched(masked)
    list = reviseList(ports, exchange, message, masked, text)
    masked = list?.masked ?? masked
  } catch (error) {
    return withhold(ports, exchange, error as AppError)
  }
  if (!isRecordable(masked))
    return withhold(ports, exchange, new AppError('MESSAGE_UNMASKABLE', { problem: 'it is too large to be recorded' }))
  const allowed = decision === undefined || decision.effect === 'allow'
  const record = messageRecord(exchange, message, masked, {
    direction: 'server',
    method,
    tool,
    decision,
    leftOut: list?.leftOut,
    sse: head,
  })
  const recorded = session.record(record, masked.prepared?.body)
  const durable = list?.noted ? Promise.all([recorded, list.noted]) : recorded
  if (!allowed) {
    delivery.after(durable, () => {})
    if (message.kind === 'request') refuseServerRequest(ports, exchange, message, decision)
    else if (message.kind === 'response' && message.id === exchange.request?.id) refuseInputs(ports, exchange, decision)
    return undefined
  }
  if (message.kind === 'request') noteServerRequest(exchange, message.id, masked.names?.method ?? method)
  if (answers) exchange.answered = true
  if (answers && method === 'initialize') session.tools.initialized(message.result)
  delivery.after(durable, () => {
    if (answers) {
      exchange.responseSent = true
      settle(ports, exchange, masked)
    }
    stream.message(head, masked.delivered ?? masked.bytes)
  })
  return undefined
}

function settle(ports: ExchangePorts, exchange: Exchange, masked: MaskedMessage): void {
  const { call, session } = exchange
  if (!call) return
  if (masked.masks.length > 0) {
    session.calls.change(call, {
      masks: [...call.masks, ...masked.masks],
      ...(call.verdict === 'allowed' && { verdict: 'masked' as const }),
    })
  }
  endCall(ports, exchange, exchange.stream.gone ? { because: 'The client had left before the answer came.' } : {})
}

/** Nothing of a message that could not be read to its end is passed on; whoever waits for it is told. */
function withhold(ports: ExchangePorts, exchange: Exchange, error: AppError): void {
  const { request } = exchange
  const durable = recordError(exchange, error, { ...(request && { method: request.method, tool: request.tool }) })
  exchange.delivery.after(durable, () => {})
  if (!request || exchange.answered) return
  exchange.upstream?.abort()
  endCall(ports, exchange, { verdict: 'failed', because: error.message })
  answer(ports, exchange, rpcError(request.id, error, blockedBy(error, ports.inForce().masking)))
}

function unreadable(server: string, { code, data }: Extract<MessageParse, { ok: false }>): AppError {
  if (code === 'BODY_TOO_LARGE') return tooLarge(Number(data['bytes']), Number(data['limit']))
  if (code === 'MESSAGE_NOT_JSON' || code === 'MESSAGE_NOT_JSONRPC') return new AppError('SERVER_OUTPUT_INVALID', { server })
  return new AppError('MESSAGE_UNMASKABLE', { problem: new AppError(code, data).message.replace(/\.$/, '') })
}

const tooLarge = (bytes: number, limit: number): AppError => new AppError('ANSWER_TOO_LARGE', { bytes, limit })
