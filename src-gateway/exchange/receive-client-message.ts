import { isJsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import { parseMessage, type Message, type RequestId } from '../../src-core/json/parse-message.ts'
import { maskText } from '../../src-core/masking/mask-message.ts'
import { summariseArguments, summariseRequest } from '../../src-core/recording/message-summary.ts'
import type { Decision } from '../../src-core/policy/decision.ts'
import { timestampOf } from '../../src-node/clock.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Call } from '../../src-protocol/model.ts'
import { answer, cancelCall, recordError } from './answer.ts'
import { clientName, statelessClientName } from './client-name.ts'
import { decideRequest } from './decide-request.ts'
import { isStateless, type Exchange } from './exchange.ts'
import { deepestMessage, type ExchangePorts } from './exchange-ports.ts'
import { forward } from './forward.ts'
import { headerProblem, verifiedParams } from './header-check.ts'
import { holdForApproval } from './hold-for-approval.ts'
import { inspectLarge, largeMessageBytes, maskedBy } from './inspect-large.ts'
import { isRecordable, maskFor, messageRecord, type MaskedMessage } from './message-record.ts'
import { blockedBy, rpcError, toolRefusal } from './rpc-answer.ts'
import { serverRequestKey } from './server-requests.ts'
import { mirroredOf } from './mirrored-of.ts'

/** Nobody can judge more than this, and every reviewer's desktop is sent it. */
const mostReviewableBytes = 1024 * 1024

/** A client's message that was decided about, on its way: `bytes` are the ones that go on, and those that were hashed. */
export interface DecidedMessage {
  message: Message
  method: string
  bytes: Uint8Array
  masked: MaskedMessage
  decision: Decision
  /** not policy refused it */
  refusal?: AppError | undefined
}

/**
 * The way of a message from the client to the server (docs/architecture.md, "Life of a tool call"): parse a copy, decide, record, and
 * only when the record is durable let the original bytes go on.
 */
export function receiveClientMessage(ports: ExchangePorts, exchange: Exchange, bytes: Uint8Array): void {
  if (bytes.length > largeMessageBytes && bytes.length <= ports.limits.requestBytes) {
    receiveLarge(ports, exchange, bytes).catch((error: unknown) => ports.fail(exchange.session, error))
    return
  }
  // 1. parse a copy
  const parsed = parseMessage(bytes, { maxBytes: ports.limits.requestBytes, maxDepth: deepestMessage })
  if (!parsed.ok) {
    return refuse(ports, exchange, new AppError(parsed.code, parsed.data), bytes.length, parsed.id, parsed.method)
  }
  const { message, text } = parsed
  decide(ports, exchange, message, bytes, (tool) => maskFor(ports.inForce().masking, exchange, text, tool, bytes, message, 'client'))
}

async function receiveLarge(ports: ExchangePorts, exchange: Exchange, bytes: Uint8Array): Promise<void> {
  const { length } = bytes
  const inspected = await inspectLarge(ports, exchange, bytes, { maxBytes: ports.limits.requestBytes, tool: { named: true } })
  if (exchange.session.ended) return
  if ('error' in inspected) return refuse(ports, exchange, inspected.error, length)
  const { inspection, maskingVersion } = inspected
  if (!inspection.ok) {
    return refuse(ports, exchange, new AppError(inspection.code, inspection.data), length, inspection.id, inspection.method)
  }
  decide(ports, exchange, inspection.message, inspection.original, () => maskedBy(inspection, maskingVersion))
}

/** `mask` throws AppError MESSAGE_UNMASKABLE or MESSAGE_BLOCKED. */
function decide(
  ports: ExchangePorts,
  exchange: Exchange,
  message: Message,
  bytes: Uint8Array,
  mask: (tool: string | undefined) => MaskedMessage,
): void {
  const mirrored = mirroredOf(ports, exchange, message.tool)
  const wrong = headerProblem(exchange.head.headers, message, mirrored)
  if (wrong) return refuse(ports, exchange, wrong, bytes.length, message.id, message.method)
  if (message.method === undefined) return receiveClientResponse(ports, exchange, message, bytes, mask)

  if (mirrored) exchange.verifiedParams = verifiedParams(message, mirrored)

  // 2. decide
  const { session } = exchange
  const { method, tool } = message
  noteRequest(exchange, message, method)
  if (method === 'notifications/cancelled') stopHolding(exchange, message.params?.['requestId'])
  const { decision, refusal } = decideRequest(ports, exchange, message, method)
  if (exchange.request && decision.masks) exchange.request.masks = decision.masks
  let masked: MaskedMessage
  try {
    masked = mask(tool)
  } catch (error) {
    // the answer is recorded under them
    if (exchange.request) exchange.request.shown = safeNames(ports, exchange, method, tool)
    return refuse(ports, exchange, error as AppError, bytes.length, message.id, method)
  }
  if (masked.names) {
    if (exchange.request) exchange.request.shown = masked.names
    // it quotes them
    decision.because = maskText(ports.inForce().masking, decision.because, { connection: session.connection, tool }).text
  }
  const tooLargeToReview = decision.effect === 'review' && bytes.length > mostReviewableBytes
  if (tooLargeToReview || !isRecordable(masked)) {
    const limit = tooLargeToReview ? mostReviewableBytes : ports.limits.requestBytes
    const error = new AppError('BODY_TOO_LARGE', { bytes: bytes.length, limit })
    return refuse(ports, exchange, error, bytes.length, message.id, method)
  }

  // 3. record
  const { effect, rule, policyVersion, because, masks } = decision
  const made = { effect, rule, policyVersion, because, ...(masks && { masks: masks.rules.map(({ id }) => id) }) }
  const facts = { direction: 'client' as const, method, tool, decision: made }
  const durable = session.record(messageRecord(exchange, message, masked, facts), masked.prepared?.body)

  // 4. act, once the record is durable
  const decided: DecidedMessage = { message, method, bytes, masked, decision, refusal }
  // made while the disk works
  const call = toCall(exchange, decided)
  durable.then(
    (seq) => {
      if (session.ended) return undefined
      call.seq = seq
      exchange.call = session.calls.add(call)
      // since 2026-07-28 a closed stream is a cancellation, also while the record was being written
      if (exchange.stream.gone && isStateless(exchange.head.headers)) {
        return cancelCall(ports, exchange, 'The client closed the stream before the call was sent on.')
      }
      if (effect === 'allow' || effect === 'mask') return forward(ports, exchange, bytes)
      if (effect === 'deny') return deny(ports, exchange, decided)
      return holdForApproval(ports, exchange, decided).catch((error: unknown) => ports.fail(session, error))
    },
    (error: unknown) => ports.fail(session, error),
  )
}

/** Of a message that could not be masked as a whole. */
function safeNames(ports: ExchangePorts, { session }: Exchange, method: string, tool: string | undefined) {
  const safe = (name: string) => maskText(ports.inForce().masking, name, { connection: session.connection, tool }).text
  return { method: safe(method), ...(tool !== undefined && { tool: safe(tool) }) }
}

function noteRequest(exchange: Exchange, message: Message, method: string): void {
  if (message.kind !== 'request') return
  const { headers } = exchange.head
  exchange.request = {
    id: message.id ?? '',
    method,
    stateless: isStateless(headers),
    ...(message.tool !== undefined && { tool: message.tool }),
    ...(message.progressToken !== undefined && { progressToken: message.progressToken }),
    ...(typeof message.params?.['cursor'] === 'string' && { cursor: message.params['cursor'] }),
  }
  const stateless = exchange.request.stateless
  if (stateless) exchange.client = statelessClientName(message.params)
  else if (method === 'initialize') exchange.client = clientName(message.params)
  if (exchange.client !== undefined) exchange.session.client = exchange.client
}

/** A client that was not patient enough cancels its call. Nobody waits for it any more: it must not run in the place of a repeated one. */
function stopHolding({ session, head }: Exchange, requestId: JsonValue | undefined): void {
  const mcpSession = head.headers['mcp-session-id']
  for (const other of session.exchanges) {
    if (other.request?.id === requestId && other.head.headers['mcp-session-id'] === mcpSession) other.stopHolding?.()
  }
}

/** Without its number, which is the record's. */
function toCall(exchange: Exchange, { message, method, masked, decision }: DecidedMessage): Call {
  const { effect, rule, because, policyVersion } = decision
  return {
    session: exchange.session.id,
    seq: -1,
    at: timestampOf(new Date(exchange.startedAt)),
    direction: 'client',
    method: masked.names?.method ?? method,
    ...(message.tool !== undefined && { tool: masked.names?.tool ?? message.tool }),
    summary: summarise(message, masked),
    state: effect === 'deny' ? 'done' : effect === 'review' ? 'held' : 'running',
    verdict: verdictOf(effect, masked),
    ...(rule !== null && { rule }),
    because,
    policyVersion,
    masks: [...masked.masks],
    ...(effect === 'deny' && { tookMs: 0 }),
  }
}

function verdictOf(effect: Decision['effect'], { masks }: MaskedMessage): Call['verdict'] {
  if (effect === 'deny') return 'denied'
  if (effect === 'review') return 'held'
  return effect === 'mask' || masks.length > 0 ? 'masked' : 'allowed'
}

/** Shown and pushed, so it is made of the masked message only. */
function summarise(message: Message, masked: MaskedMessage): string {
  if (masked.prepared) return masked.prepared.summary
  if (masked.masks.length > 0 || !isJsonObject(message.args)) return summariseRequest(masked.text)
  return summariseArguments(message.args)
}

/** A tool call learns why in a result that the model reads; every other request in a JSON-RPC error. */
function deny(ports: ExchangePorts, exchange: Exchange, { decision, refusal }: DecidedMessage): void {
  const { request } = exchange
  const { rule, because, policyVersion } = decision
  const error = new AppError('POLICY_DENIED', { because, rule: rule ?? 'default deny' })
  const todo = rule === null ? 'If you need this, ask an administrator for a rule that allows it.' : error.remedy
  const data = { remedy: todo, rule, policyVersion, because }
  if (refusal) return refuseTool(ports, exchange, refusal)
  if (!request) return answer(ports, exchange, rpcError(null, error, data), { status: error.status })
  if (request.method !== 'tools/call') return answer(ports, exchange, rpcError(request.id, error, data))
  const by = rule === null ? 'Denied: no rule allows it' : `Denied by rule ${rule}`
  const text = `${by} (policy ${policyVersion.slice(0, 12)}). ${because} ${todo}`
  return answer(ports, exchange, toolRefusal(request, text, { code: error.code, ...data }))
}

/** A name that no tool has is a wrong request (MCP, tools: protocol errors); that a tool is held is for the model to read. */
function refuseTool(ports: ExchangePorts, exchange: Exchange, error: AppError): void {
  const { request } = exchange
  if (!request) return answer(ports, exchange, rpcError(null, error), { status: error.status })
  if (error.code === 'TOOL_UNKNOWN') return answer(ports, exchange, rpcError(request.id, error))
  return answer(ports, exchange, toolRefusal(request, `${error.message} ${error.remedy}`, { code: error.code }))
}

/** What is not one well-formed message of ours to decide about never reaches the server. */
function refuse(ports: ExchangePorts, exchange: Exchange, error: AppError, length: number, id?: RequestId | null, method?: string): void {
  const shown =
    method === undefined ? undefined : maskText(ports.inForce().masking, method, { connection: exchange.session.connection }).text
  const durable = recordError(exchange, error, { refusedBytes: length, ...(shown !== undefined && { method: shown }) })
  exchange.delivery.after(durable, () => {})
  answer(ports, exchange, rpcError(id ?? null, error, blockedBy(error, ports.inForce().masking)), { status: error.status })
}

/** Only what answers an open request of the server goes on: its request was decided about, so this needs no decision of its own. */
function receiveClientResponse(
  ports: ExchangePorts,
  exchange: Exchange,
  message: Message,
  bytes: Uint8Array,
  mask: (tool: string | undefined) => MaskedMessage,
): void {
  const { session } = exchange
  const key = serverRequestKey(exchange, message.id)
  const method = session.serverRequests.get(key)
  if (method === undefined) {
    const error = new AppError('MESSAGE_NOT_JSONRPC', { problem: 'no request of the server waits for this response' })
    return refuse(ports, exchange, error, bytes.length)
  }
  let masked: MaskedMessage
  try {
    masked = mask(undefined)
  } catch (error) {
    return refuse(ports, exchange, error as AppError, bytes.length)
  }
  session.serverRequests.delete(key)
  session.record(messageRecord(exchange, message, masked, { direction: 'client', method }), masked.prepared?.body).then(
    () => forward(ports, exchange, bytes),
    (error: unknown) => ports.fail(session, error),
  )
}
