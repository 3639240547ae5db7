import type { ReplayRow } from '../../../src-protocol/desktop-api.ts'
import type { Verdict } from '../../../src-protocol/model.ts'
import type { MessageRecord, SessionRecord } from '../../../src-protocol/recording.ts'
import { isJsonObject, type JsonValue } from '../../../src-core/json/json-value.ts'
import { seededRandom } from './random.ts'

/** The rows that the library makes of a recording: a message's verdict is its own, an answer's follows its request. */
export function replayRowsOf(records: readonly SessionRecord[]): ReplayRow[] {
  const verdictOfExchange = new Map<number, Verdict>()
  return records.map((record): ReplayRow => {
    const base = { seq: record.seq, at: record.at, kind: record.kind, bytes: 0, masks: 0 }
    switch (record.kind) {
      case 'open':
        return { ...base, summary: `${record.person.name}: ${record.reason}` }
      case 'close':
        return { ...base, summary: record.endReason }
      case 'approval':
        return { ...base, kind: 'approval', exchange: record.exchange, summary: [record.event, record.by].filter(Boolean).join(' by ') }
      case 'error':
        return { ...base, exchange: record.exchange, method: record.method, tool: record.tool, verdict: 'failed', summary: record.message }
      default: {
        const verdict = messageVerdict(record, verdictOfExchange.get(record.exchange))
        if (record.kind === 'request') verdictOfExchange.set(record.exchange, verdict)
        return {
          ...base,
          kind: record.kind,
          direction: record.direction,
          exchange: record.exchange,
          method: record.method,
          tool: record.tool,
          verdict,
          rule: record.decision?.rule ?? record.masks[0]?.rule,
          summary: summaryOf(record),
          bytes: record.bytes,
          masks: record.masks.reduce((total, mask) => total + mask.count, 0),
        }
      }
    }
  })
}

function messageVerdict(record: MessageRecord, ofRequest: Verdict | undefined): Verdict {
  if (record.decision?.effect === 'deny') return 'denied'
  if (record.decision?.effect === 'review') return 'held'
  if (record.masks.length > 0) return 'masked'
  if (record.kind === 'response' && ofRequest === 'denied') return 'denied'
  return 'allowed'
}

function summaryOf(record: MessageRecord): string {
  const message = JSON.parse(record.body) as JsonValue
  if (!isJsonObject(message)) return ''
  const { params, result, error } = message
  if (isJsonObject(params)) {
    const args = isJsonObject(params.arguments) ? params.arguments : params
    return typeof args.sql === 'string' ? args.sql : JSON.stringify(args).slice(1, -1)
  }
  if (isJsonObject(error)) return String(error.message)
  if (!isJsonObject(result)) return ''
  const content = result.structuredContent
  if (isJsonObject(content) && Array.isArray(content.rows))
    return `${content.rows.length} ${content.rows.length === 1 ? 'row' : 'rows'} · ${record.bytes} B`
  return `${record.bytes} B`
}

/** Rows of a session far larger than any person reads: eight hours, bursts and pauses, all verdicts. */
export function manyReplayRows(count: number): ReplayRow[] {
  const random = seededRandom(7)
  const tools = ['execute_sql', 'describe_table', 'list_tables', 'explain_query', 'search_objects']
  const start = Date.UTC(2026, 10, 17, 7, 14)
  let at = start
  return Array.from({ length: count }, (_, seq): ReplayRow => {
    at += random() < 0.0004 ? 200_000 + random() * 400_000 : random() * random() * (28_800_000 / count) * 2.4
    const base = { seq, at: new Date(at).toISOString(), bytes: 200 + Math.floor(random() * 9000) }
    if (seq === 0) return { ...base, kind: 'open', summary: 'Noor Haddad: nightly reconciliation', masks: 0 }
    const tool = tools[Math.floor(random() * random() * tools.length)]
    const chance = random()
    const verdict = chance < 0.0004 ? 'denied' : chance < 0.0006 ? 'held' : chance < 0.22 ? 'masked' : 'allowed'
    const request = seq % 2 === 1
    return {
      ...base,
      kind: request ? 'request' : 'response',
      direction: request ? 'client' : 'server',
      exchange: (seq + 1) >> 1,
      method: 'tools/call',
      tool,
      verdict: request && verdict === 'masked' ? 'allowed' : verdict,
      summary: request ? `SELECT * FROM refunds WHERE batch = ${seq} AND state = 'stuck'` : `${seq % 40} rows`,
      masks: verdict === 'masked' && !request ? 12 : 0,
    }
  })
}
