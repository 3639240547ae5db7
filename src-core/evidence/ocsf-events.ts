import type { MessageRecord, OpenRecord, SessionRecord } from '../../src-protocol/recording.ts'
import { isJsonObject, type JsonValue } from '../json/json-value.ts'

/** An event of the Open Cybersecurity Schema Framework 1.8.0, class API Activity (6003); its form is tested against the published schema. */
export type OcsfEvent = Record<string, JsonValue>

const ocsfVersion = '1.8.0'
const classUid = 6003
const activities = { read: { id: 2, name: 'Read' }, other: { id: 99, name: 'Call' } }
const severities = { informational: { id: 1, name: 'Informational' }, low: { id: 2, name: 'Low' }, medium: { id: 3, name: 'Medium' } }

interface Exchange {
  request: MessageRecord
  response?: MessageRecord
  /** why there was no response, or none that was let through */
  error?: { code: string; message: string }
  approval?: string
}

/**
 * One event for each request of the client, with what became of it. Bodies are not part of it: their hash leads to the record. Names of the
 * OpenTelemetry conventions for MCP are used where there is one (`unmapped`).
 */
export function* ocsfEvents(records: Iterable<SessionRecord>, productVersion: string): Generator<OcsfEvent> {
  let open: OpenRecord | undefined
  const waiting = new Map<number, Exchange>()
  for (const record of records) {
    if (record.kind === 'open') open = record
    if (!open) continue
    if (record.kind === 'request' && record.direction === 'client') waiting.set(record.exchange, { request: record })
    const exchange = 'exchange' in record && record.exchange !== undefined ? waiting.get(record.exchange) : undefined
    if (!exchange) continue
    if (record.kind === 'approval') exchange.approval = record.approval
    if (record.kind === 'response' && record.direction === 'server' && record.id === exchange.request.id) exchange.response = record
    if (record.kind === 'error') exchange.error = { code: record.code, message: record.message }
    if (exchange.response ?? exchange.error) {
      waiting.delete(exchange.request.exchange)
      yield toEvent(open, exchange, productVersion)
    }
  }
  if (open) for (const exchange of waiting.values()) yield toEvent(open, exchange, productVersion)
}

function toEvent(open: OpenRecord, { request, response, error, approval }: Exchange, productVersion: string): OcsfEvent {
  const { method, tool, decision } = request
  const isRead = /\/(?:list|read|get)$/.test(method) || method === 'server/discover'
  const activity = isRead ? activities.read : activities.other
  const denied = decision?.effect === 'deny' || (decision?.effect === 'review' && response === undefined)
  const failure = error ?? responseError(response)
  const severity = denied ? severities.medium : decision?.effect === 'review' || failure ? severities.low : severities.informational
  const time = Date.parse(request.at)
  const masks = [...request.masks, ...(response?.masks ?? [])].reduce((sum, { count }) => sum + count, 0)
  const policy = decision && {
    ...(decision.rule !== null && { uid: decision.rule }),
    name: decision.rule ?? 'default deny',
    desc: decision.because,
    version: decision.policyVersion,
    is_applied: true,
  }
  return {
    activity_id: activity.id,
    activity_name: activity.name,
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: classUid,
    class_name: 'API Activity',
    type_uid: classUid * 100 + activity.id,
    type_name: `API Activity: ${activity.id === 99 ? 'Other' : activity.name}`,
    severity_id: severity.id,
    severity: severity.name,
    time,
    ...(response && { start_time: time, end_time: Date.parse(response.at), duration: Date.parse(response.at) - time }),
    status_id: denied || failure ? 2 : response ? 1 : 0,
    status: denied || failure ? 'Failure' : response ? 'Success' : 'Unknown',
    ...(failure && { status_code: failure.code, status_detail: failure.message }),
    action_id: denied ? 2 : 1,
    action: denied ? 'Denied' : 'Allowed',
    ...(policy && { policy, authorizations: [{ decision: decision.effect, policy }] }),
    metadata: {
      version: ocsfVersion,
      product: { name: 'Gatehouse', vendor_name: 'Gatehouse', version: productVersion },
      profiles: ['security_control', 'ai_operation'],
      uid: `${open.session}:${request.seq}`,
      correlation_uid: open.session,
      log_name: open.logOrigin,
      original_time: request.at,
    },
    actor: {
      user: {
        uid: open.person.sub,
        name: open.person.name,
        ...(open.person.email !== undefined && { email_addr: open.person.email }),
        groups: open.person.groups.map((name) => ({ name })),
      },
      session: { uid: open.session, created_time: Date.parse(open.at), is_remote: true, issuer: open.gateway },
    },
    api: {
      operation: method,
      request: { uid: String(request.id ?? '') },
      service: { name: open.server },
      ...(response && { response: failure ? { error: failure.code, error_message: failure.message } : { message: 'result' } }),
    },
    src_endpoint: { name: 'Gatehouse desktop', svc_name: 'gatehouse-desktop' },
    dst_endpoint: { name: open.connection, svc_name: open.server },
    ...(tool !== undefined && { resources: [{ name: tool, type: 'mcp.tool', uid: `${open.connection}/${tool}` }] }),
    raw_data_hash: { algorithm_id: 3, algorithm: 'SHA-256', value: request.sha256 },
    raw_data_size: request.bytes,
    unmapped: {
      'mcp.session.id': open.session,
      'mcp.method.name': method,
      ...(tool !== undefined && { 'gen_ai.tool.name': tool }),
      'jsonrpc.request.id': String(request.id ?? ''),
      'gatehouse.reason': open.reason,
      'gatehouse.masks': masks,
      ...(approval !== undefined && { 'gatehouse.approval.id': approval }),
    },
  }
}

/** Of a JSON-RPC error, or of a tool result that says it is one. */
function responseError(response: MessageRecord | undefined): { code: string; message: string } | undefined {
  if (!response) return undefined
  let message: JsonValue
  try {
    message = JSON.parse(response.body) as JsonValue
  } catch {
    return { code: 'unreadable', message: 'The recorded message is no JSON.' }
  }
  if (!isJsonObject(message)) return undefined
  const { error, result } = message
  if (isJsonObject(error)) return { code: codeOf(error['code']), message: typeof error['message'] === 'string' ? error['message'] : '' }
  if (isJsonObject(result) && result['isError'] === true) return { code: 'isError', message: 'The tool says that it failed.' }
  return undefined
}

const codeOf = (code: JsonValue | undefined): string => (typeof code === 'string' || typeof code === 'number' ? String(code) : 'unknown')
