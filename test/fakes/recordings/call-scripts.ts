import type { MaskApplied } from '../../../src-protocol/model.ts'
import type { RecordedMedia } from '../../../src-protocol/recording.ts'
import type { JsonValue } from '../../../src-core/json/json-value.ts'
import { lookalikeHash } from './random.ts'

export interface CallScript {
  tool: string
  args: Record<string, JsonValue>
  rule: string
  because: string
  /** `approved`: held, approved and run; `refused`: held and denied by the reviewer */
  outcome: 'allowed' | 'denied' | 'approved' | 'refused' | 'failed'
  /** the rows of the answer, or its text */
  rows?: Record<string, JsonValue>[]
  text?: string
  masks?: MaskApplied[]
  /** pictures behind the text of the answer */
  media?: RecordedMedia[]
  tookMs: number
}

const readRule = { rule: 'read-orders', because: 'Reading the order data is part of on-call work.' }

/** Masks as the gateway records them: once in the text block, once in the structured content, indices as `*`. */
function masksOf(rule: string, kind: string, column: string, count: number): MaskApplied[] {
  return [`/result/content/*/text#/rows/*/${column}`, `/result/structuredContent/rows/*/${column}`].map((path) => ({
    rule,
    kind,
    path,
    count,
  }))
}

function select(sql: string, rows: Record<string, JsonValue>[], masks: MaskApplied[] = [], tookMs = 31): CallScript {
  return { tool: 'execute_sql', args: { sql }, ...readRule, outcome: 'allowed', rows, masks, tookMs }
}

export const plainCalls: CallScript[] = [
  select("SELECT count(*) FROM refunds WHERE state = 'stuck'", [{ count: 412 }], [], 19),
  select('SELECT status, count(*) FROM refunds GROUP BY status ORDER BY 2 DESC', [
    { status: 'done', count: 18211 },
    { status: 'stuck', count: 412 },
    { status: 'failed', count: 9 },
  ]),
  select('SELECT max(created_at) FROM refund_events', [{ max: '2026-11-19T12:58:03.114Z' }], [], 17),
  {
    tool: 'describe_table',
    args: { table: 'customers' },
    ...readRule,
    outcome: 'allowed',
    rows: ['id', 'full_name', 'email', 'card_number', 'iban', 'created_at'].map((column) => ({ column, type: 'text', nullable: false })),
    tookMs: 14,
  },
  {
    tool: 'list_tables',
    args: { schema: 'public' },
    ...readRule,
    outcome: 'allowed',
    rows: ['customers', 'orders', 'refunds', 'refund_events'].map((table) => ({ table })),
    tookMs: 22,
  },
  {
    tool: 'explain_query',
    args: { sql: "SELECT * FROM refunds WHERE state = 'stuck' ORDER BY created_at" },
    ...readRule,
    outcome: 'allowed',
    text: "Sort  (cost=412.10..413.13 rows=412 width=88)\n  Sort Key: created_at\n  ->  Index Scan using refunds_state on refunds\n        Index Cond: (state = 'stuck'::text)",
    media: [
      { path: '/result/content/1', kind: 'image', type: 'image/svg+xml', bytes: 18_412, sha256: lookalikeHash('a picture of a plan') },
    ],
    tookMs: 31,
  },
]

export const maskedCalls: CallScript[] = [
  select(
    "SELECT id, full_name, email, card_number FROM customers WHERE id IN ('cus_88121', 'cus_88204');",
    ['cus_88121', 'cus_88204'].map((id) => ({ id, full_name: '[MASKED:name]', email: '[MASKED:email]', card_number: '[MASKED:card]' })),
    [
      ...masksOf('pii-named-fields', 'name', 'full_name', 2),
      ...masksOf('pii-named-fields', 'email', 'email', 2),
      ...masksOf('detect-card', 'card', 'card_number', 2),
    ],
    61,
  ),
  select(
    "SELECT r.id, r.amount, r.note, c.email FROM refunds r JOIN customers c ON c.id = r.customer_id WHERE r.state = 'stuck' ORDER BY r.created_at LIMIT 14",
    Array.from({ length: 14 }, (_, at) => ({
      id: `ref_${20_418 + at}`,
      amount: (19.9 + at * 7.3).toFixed(2),
      note: at % 4 === 0 ? 'Customer asked for [MASKED:iban] instead of the card' : at % 3 === 0 ? null : 'duplicate of an earlier refund',
      email: '[MASKED:email]',
    })),
    [...masksOf('pii-named-fields', 'email', 'email', 14), ...masksOf('detect-iban', 'iban', 'note', 4)],
    84,
  ),
]

export const deniedCalls: CallScript[] = [
  {
    tool: 'execute_sql',
    args: { sql: 'DELETE FROM refund_events' },
    rule: 'delete-needs-where',
    because: 'A DELETE in production needs a WHERE.',
    outcome: 'denied',
    tookMs: 1,
  },
  {
    tool: 'execute_sql',
    args: { sql: "UPDATE refunds SET state = 'done'" },
    rule: 'bulk-update',
    because: 'An UPDATE without WHERE changes every row.',
    outcome: 'denied',
    tookMs: 1,
  },
]

export const heldCalls: CallScript[] = [
  {
    tool: 'execute_sql',
    args: {
      sql: "COMMIT; CREATE TABLE refund_backup_1119 AS SELECT * FROM refunds WHERE state = 'stuck' AND created_at >= '2026-11-19';",
      timeout_ms: 5000,
    },
    rule: 'schema-change',
    because: 'Schema changes in production need a DBA.',
    outcome: 'approved',
    text: 'CREATE TABLE AS 412',
    tookMs: 211,
  },
  {
    tool: 'execute_sql',
    args: { sql: 'ALTER TABLE refunds ADD COLUMN replayed_at timestamptz' },
    rule: 'schema-change',
    because: 'Schema changes in production need a DBA.',
    outcome: 'refused',
    tookMs: 1,
  },
]

/** What a hostile server or client may put into a recording. */
export const hostileCall: CallScript = {
  ...select('SELECT note FROM refunds WHERE id = 20433 -- \u202e\u2066 tfel ot thgir', [
    { note: '<img src=x onerror="document.title=1"> <script>alert(1)</script>' },
    { note: 'not masked by us: [MASKED:card]' },
    { note: 'zero\u200bwidth, \u001b[31mescape\u001b[0m, \u202eright to left\u202c' },
    { note: 'a long line '.repeat(40) },
  ]),
  tookMs: 33,
}

export const failedCall: CallScript = {
  tool: 'execute_sql',
  args: { sql: 'SELECT pg_sleep(600)' },
  ...readRule,
  outcome: 'failed',
  tookMs: 30_000,
}
