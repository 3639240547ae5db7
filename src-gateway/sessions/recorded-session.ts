import { isJsonObject, type JsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import { summariseRequest } from '../../src-core/recording/message-summary.ts'
import type { ApprovalId, SessionId } from '../../src-protocol/ids.ts'
import type { Call } from '../../src-protocol/model.ts'
import type { ApprovalRecord, ErrorRecord, MessageRecord, SessionRecord } from '../../src-protocol/recording.ts'
import { keptCalls } from '../exchange/call-list.ts'
import { clientName } from '../exchange/client-name.ts'
import { ToolDefinitions } from '../exchange/tool-definitions.ts'

/** A request of the client that has no answer in the recording. */
export interface UnansweredCall {
  exchange: number
  method: string
  tool?: string
  /** it was held for this approval, and nothing had gone to the server */
  held?: ApprovalId
}

/** What a session knows by heart while it runs, read back from its recording. */
export interface RecordedSession {
  add(record: SessionRecord): void
  readonly lastExchange: number
  readonly client: string | undefined
  readonly tools: ToolDefinitions
  unanswered(): UnansweredCall[]
  /** the latest, oldest first */
  calls(): Call[]
}

interface Row {
  record: MessageRecord
  change: Partial<Call>
}

export function createRecordedSession(session: SessionId): RecordedSession {
  const tools = new ToolDefinitions()
  const open = new Map<number, UnansweredCall>()
  const rows: Row[] = []
  const rowOf = new Map<number, Row>()
  let lastExchange = 0
  let client: string | undefined

  function addMessage(record: MessageRecord): void {
    const { kind, direction, exchange, method, tool, decision } = record
    if (direction === 'client' && decision) {
      const row = { record, change: kind === 'notification' ? { state: 'done' as const } : {} }
      rows.push(row)
      rowOf.set(exchange, row)
      if (rows.length > keptCalls * 2) for (const old of rows.splice(0, keptCalls)) rowOf.delete(old.record.exchange)
    }
    if (direction === 'client' && kind === 'request') {
      open.set(exchange, { exchange, method, ...(tool !== undefined && { tool }) })
      if (method === 'initialize') client = clientName(memberOf(record, 'params')) ?? client
    }
    if (direction === 'server') addAnswer(record)
  }

  function addAnswer(record: MessageRecord): void {
    const { kind, exchange, method, masks } = record
    if (kind === 'response' && method === 'tools/list') tools.learn(memberOf(record, 'result'), 'unknown')
    if (kind === 'response' && method === 'initialize') tools.initialized(memberOf(record, 'result'))
    const row = rowOf.get(exchange)
    if (kind === 'response') open.delete(exchange)
    if (!row) return
    if (kind === 'response') settle(row, record)
    if (masks.length > 0) {
      row.change.masks = [...(row.change.masks ?? row.record.masks), ...masks]
      row.change.verdict ??= verdictOf(row.record) === 'allowed' ? 'masked' : verdictOf(row.record)
    }
  }

  function addApproval({ exchange, approval, event, reason }: ApprovalRecord): void {
    const call = open.get(exchange)
    const row = rowOf.get(exchange)
    if (event === 'executed') delete call?.held
    else if (call) call.held = approval
    if (row) Object.assign(row.change, { approval, ...(event === 'executed' && { state: 'running' }), ...(reason && { because: reason }) })
  }

  function addError(record: ErrorRecord): void {
    if (record.exchange === undefined) return
    open.delete(record.exchange)
    const row = rowOf.get(record.exchange)
    if (row) settle(row, record, { verdict: 'failed', because: record.message })
  }

  const settle = (row: Row, { at }: SessionRecord, change: Partial<Call> = {}) =>
    Object.assign(row.change, { ...change, state: 'done', tookMs: Math.max(0, Date.parse(at) - Date.parse(row.record.at)) })

  return {
    add(record) {
      if ('exchange' in record && record.exchange !== undefined) lastExchange = Math.max(lastExchange, record.exchange)
      if (record.kind === 'approval') addApproval(record)
      else if (record.kind === 'error') addError(record)
      else if (record.kind === 'request' || record.kind === 'response' || record.kind === 'notification') addMessage(record)
    },
    get lastExchange() {
      return lastExchange
    },
    get client() {
      return client
    },
    tools,
    unanswered: () => [...open.values()],
    calls: () => rows.slice(-keptCalls).map(({ record, change }) => ({ ...toCall(session, record), ...change })),
  }
}

function toCall(session: SessionId, record: MessageRecord): Call {
  const { seq, at, method, tool, decision, masks, body } = record
  const { effect, rule, because, policyVersion } = decision ?? {}
  return {
    session,
    seq,
    at,
    direction: 'client',
    method,
    ...(tool !== undefined && { tool }),
    summary: summariseRequest(body),
    state: effect === 'deny' ? 'done' : effect === 'review' ? 'held' : 'running',
    verdict: verdictOf(record),
    ...(rule != null && { rule }),
    ...(because !== undefined && { because }),
    ...(policyVersion !== undefined && { policyVersion }),
    masks,
  }
}

function verdictOf({ decision, masks }: MessageRecord): Call['verdict'] {
  if (decision?.effect === 'deny') return 'denied'
  if (decision?.effect === 'review') return 'held'
  return decision?.effect === 'mask' || masks.length > 0 ? 'masked' : 'allowed'
}

function memberOf({ body }: MessageRecord, name: string): JsonObject | undefined {
  const message = parse(body)
  const member = isJsonObject(message) ? message[name] : undefined
  return isJsonObject(member) ? member : undefined
}

/** The gateway wrote it after it had parsed it; but files can be changed. */
function parse(body: string): JsonValue {
  try {
    return JSON.parse(body) as JsonValue
  } catch {
    return null
  }
}
