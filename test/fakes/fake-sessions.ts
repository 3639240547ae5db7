import type { ClientSetup } from '../../src-protocol/desktop-api.ts'
import type { ApprovalId, ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import type { Call, Person, Session, VerdictCounts } from '../../src-protocol/model.ts'
import { ines, noor, people, tomas } from './fake-people.ts'
import { ago, fakeHex, hours, minutes, type FakeSetting } from './fake-scenario.ts'

export const liveSession = 'ses_4f19c2Kd83mQpW7x' as SessionId
export const heldApproval = 'apr_9cT2mVb4Qx7LrN1k' as ApprovalId
export const policyInForce = `7c1e${fakeHex('policy', 56)}04d2`
export const maskingInForce = `b83a${fakeHex('masking', 56)}51f0`

interface SessionSketch {
  id: string
  connection: string
  person: Person
  reason: string
  startedAgo: number
  length: number
  counts: VerdictCounts
  client?: string
  watchers?: Session['watchers']
  endReason?: Session['endReason']
}

function session(now: number, sketch: SessionSketch): Session {
  const { startedAgo, length, endReason } = sketch
  return {
    id: sketch.id as SessionId,
    connection: sketch.connection as ConnectionName,
    person: sketch.person,
    reason: sketch.reason,
    startedAt: ago(now, startedAgo),
    endsAt: ago(now, startedAgo - length),
    ...(endReason === undefined ? {} : { endedAt: ago(now, Math.max(0, startedAgo - length)), endReason }),
    state: endReason === undefined ? 'live' : 'ended',
    ...(sketch.client === undefined ? {} : { client: sketch.client }),
    ...(sketch.watchers !== undefined && { watchers: sketch.watchers }),
    policyVersion: policyInForce,
    maskingVersion: maskingInForce,
    records: (sketch.counts.allowed + sketch.counts.masked + sketch.counts.denied) * 2 + sketch.counts.held * 3 + 1,
    counts: sketch.counts,
  }
}

const counts = (allowed: number, masked: number, held: number, denied: number): VerdictCounts => ({ allowed, masked, held, denied })

export function fakeSessions({ scenario, now, person }: FakeSetting): Session[] {
  if (scenario === 'empty') return []
  const operator = person.roles.includes('operator') ? person : people.mira
  const sketches: SessionSketch[] = [
    {
      id: liveSession,
      connection: 'orders-db',
      person: operator,
      reason: 'INC-4127: find out why refunds of 20 November are stuck',
      startedAgo: 1111,
      length: hours(1),
      counts: counts(46, 14, 1, 1),
      client: 'claude-code 2.1.4',
      ...(scenario === 'four-eyes' && {
        watchers: [
          { sub: people.jonas.sub, name: people.jonas.name, since: ago(now, minutes(4)) },
          { sub: people.helene.sub, name: people.helene.name, since: ago(now, minutes(1)) },
        ],
      }),
    },
    {
      id: 'ses_8b02f7Hs61nRtY4c',
      connection: 'billing-files',
      person: tomas,
      reason: 'Month-end export check',
      startedAgo: minutes(38),
      length: hours(2),
      counts: counts(70, 9, 1, 3),
      client: 'VS Code 1.118',
    },
    {
      id: 'ses_c7713dLp92vXeB5a',
      connection: 'crm-prod',
      person: ines,
      reason: 'Case 88204: merge two accounts',
      startedAgo: minutes(4),
      length: minutes(30),
      counts: counts(6, 11, 0, 0),
    },
    {
      id: 'ses_19ad40Qw37uKzM8f',
      connection: 'orders-db',
      person: operator,
      reason: 'INC-4119: reconcile refunds',
      startedAgo: hours(22),
      length: minutes(38),
      counts: counts(97, 48, 2, 1),
      client: 'claude-code 2.1.4',
      endReason: 'ended-by-operator',
    },
    {
      id: 'ses_5e6b1cTg84jDsV2h',
      connection: 'github-internal',
      person: noor,
      reason: 'Triage of security issues',
      startedAgo: hours(30),
      length: minutes(112),
      counts: counts(396, 6, 0, 0),
      client: 'Cursor 3.2',
      endReason: 'expired',
    },
    {
      id: 'ses_aa93e8Fn05yGcP6q',
      connection: 'orders-db',
      person: tomas,
      reason: 'CHG-771: add column, night window',
      startedAgo: hours(41),
      length: minutes(17),
      counts: counts(22, 5, 2, 0),
      client: 'claude-code 2.1.3',
      endReason: 'agent-disconnected',
    },
    {
      id: 'ses_d0417bWr19iOlJ3u',
      connection: 'crm-prod',
      person: ines,
      reason: 'Case 88121: wrong invoice address',
      startedAgo: hours(52),
      length: minutes(14),
      counts: counts(12, 25, 0, 0),
      client: 'VS Code 1.118',
      endReason: 'ended-by-reviewer',
    },
  ]
  const sessions = sketches.map((sketch) => session(now, sketch))
  if (scenario !== 'too-much') return sessions
  const many = Array.from({ length: 160 }, (_, index) =>
    session(now, {
      ...(sketches[3 + (index % 4)] ?? sketches[3]!),
      id: `ses_${fakeHex(`many ${index}`, 16)}`,
      startedAgo: hours(60 + index * 5),
      reason:
        index % 7 === 0
          ? 'A reason that somebody wrote at length, so that nobody can say later that it was not explained why this production database had to be opened on a Sunday night'
          : `CHG-${800 + index}: routine check`,
    }),
  )
  return [...sessions, ...many]
}

interface CallSketch extends Partial<Call> {
  secondsAgo: number
  summary: string
}

export function fakeCalls({ now, scenario }: FakeSetting, of: SessionId): Call[] {
  if (of !== liveSession && scenario !== 'too-much') return sketchedCalls(now, of).slice(-5)
  const calls = sketchedCalls(now, of)
  if (scenario !== 'too-much') return calls
  const many = Array.from({ length: 1200 }, (_, index) => ({
    ...(calls[4 + (index % 7)] ?? calls[4]!),
    seq: 2000 - index,
    at: ago(now, 900 + index * 7),
  }))
  return [...calls.map((call) => ({ ...call, seq: call.seq + 3000 })), ...many]
}

function sketchedCalls(now: number, of: SessionId): Call[] {
  const sql = (secondsAgo: number, summary: string, more: Partial<Call> = {}): CallSketch => ({
    secondsAgo,
    summary,
    tool: 'execute_sql',
    rule: 'read-orders',
    because: 'On-call may read the orders database.',
    ...more,
  })
  const sketches: CallSketch[] = [
    sql(99, "COMMIT; CREATE TABLE refund_backup_1120 AS SELECT * FROM refunds WHERE state = 'stuck' AND created_at >= '2026-11-20';", {
      state: 'held',
      verdict: 'held',
      rule: 'schema-change',
      because: 'Schema changes in production need a DBA.',
      approval: heldApproval,
    }),
    sql(68, 'SELECT status, count(*) FROM refunds GROUP BY status', { tookMs: 38 }),
    sql(92, "SELECT id, customer_email, card_last FROM refunds WHERE state = 'stuck'", {
      verdict: 'masked',
      tookMs: 61,
      masks: [
        { rule: 'pii-named-fields', kind: 'field', path: '/result/content/0/text#/0/customer_email', count: 21 },
        { rule: 'detect-card', kind: 'card', path: '/result/content/0/text#/0/card_last', count: 21 },
      ],
    }),
    sql(119, 'DELETE FROM refunds', { verdict: 'denied', rule: 'delete-needs-where', because: 'A DELETE in production needs a WHERE.' }),
    { secondsAgo: 157, tool: 'search_objects', summary: 'schema: "public"', tookMs: 22 },
    sql(164, 'SELECT * FROM refund_events WHERE refund_id IN (88121, 88122, 88130)', {
      verdict: 'masked',
      tookMs: 84,
      masks: [{ rule: 'detect-email', kind: 'email', path: '/result/content/0/text', count: 3 }],
    }),
    sql(199, "EXPLAIN SELECT * FROM refunds WHERE state = 'stuck'", { tookMs: 31 }),
    sql(231, 'SELECT max(created_at) FROM refund_events', { tookMs: 19 }),
    sql(260, "SELECT id, amount, [MASKED:email] FROM refunds WHERE owner = '[MASKED:email]'", {
      verdict: 'masked',
      tookMs: 27,
      masks: [{ rule: 'detect-email', kind: 'email', path: '/params/arguments/sql', count: 2 }],
    }),
    sql(268, 'SELECT * FROM audit_events LIMIT 50000', {
      verdict: 'failed',
      because: 'The MCP server orders gave no answer within 60 seconds.',
      tookMs: 60_000,
    }),
    { secondsAgo: 282, tool: 'search_objects', summary: 'schema: "public", object_type: "table"', tookMs: 20 },
    { secondsAgo: 288, method: 'tools/list', summary: '2 tools', tookMs: 9 },
    { secondsAgo: 289, method: 'initialize', summary: 'claude-code 2.1.4 · protocol 2025-11-25', tookMs: 12 },
  ]
  return sketches.map(({ secondsAgo, ...call }, index) => ({
    session: of,
    seq: (sketches.length - index) * 2 - 1,
    at: ago(now, secondsAgo),
    direction: 'client',
    method: 'tools/call',
    state: 'done',
    verdict: 'allowed',
    policyVersion: policyInForce,
    masks: [],
    ...call,
  }))
}

export const fakeClientSetup: ClientSetup = {
  url: 'http://127.0.0.1:49731/s/4f19c2/mcp',
  bearer: 'gh-local-3f1c9a6e2b7d',
  clients: [
    {
      id: 'claude-code',
      title: 'Claude Code',
      where: '~/src/orders/.mcp.json',
      language: 'json',
      snippet: JSON.stringify(
        {
          mcpServers: {
            'orders-db': {
              type: 'http',
              url: 'http://127.0.0.1:49731/s/4f19c2/mcp',
              headers: { Authorization: 'Bearer gh-local-3f1c9a6e2b7d' },
            },
          },
        },
        null,
        2,
      ),
      command:
        'claude mcp add --transport http orders-db http://127.0.0.1:49731/s/4f19c2/mcp --header "Authorization: Bearer gh-local-3f1c9a6e2b7d"',
    },
    {
      id: 'claude-desktop',
      title: 'Claude Desktop',
      where: 'claude_desktop_config.json; gatehouse-mcp is installed with the gatehouse command: give its whole path if it is not found',
      language: 'json',
      snippet: JSON.stringify({ mcpServers: { 'orders-db': { command: 'gatehouse-mcp', args: ['orders-db'] } } }, null, 2),
    },
    {
      id: 'vs-code',
      title: 'VS Code',
      where: '.vscode/mcp.json',
      language: 'json',
      snippet: JSON.stringify(
        {
          servers: {
            'orders-db': {
              type: 'http',
              url: 'http://127.0.0.1:49731/s/4f19c2/mcp',
              headers: { Authorization: 'Bearer gh-local-3f1c9a6e2b7d' },
            },
          },
        },
        null,
        2,
      ),
    },
    {
      id: 'cursor',
      title: 'Cursor',
      where: '~/.cursor/mcp.json',
      language: 'json',
      snippet: JSON.stringify(
        {
          mcpServers: {
            'orders-db': { url: 'http://127.0.0.1:49731/s/4f19c2/mcp', headers: { Authorization: 'Bearer gh-local-3f1c9a6e2b7d' } },
          },
        },
        null,
        2,
      ),
    },
    {
      id: 'generic',
      title: 'Other',
      where: 'Streamable HTTP, or over stdio with this command',
      language: 'shell',
      snippet: 'npx gatehouse connect 4f19c2',
    },
  ],
}

export const fakeTools = [
  {
    name: 'execute_sql',
    description: 'Execute SQL queries or statements. Multiple statements can be separated by semicolons.',
    inputSchema: { type: 'object', properties: { sql: { type: 'string', description: 'SQL to execute' } }, required: ['sql'] },
  },
  {
    name: 'search_objects',
    description: 'Search and list database objects: schemas, tables, columns, procedures, indexes.',
    inputSchema: {
      type: 'object',
      properties: { object_type: { type: 'string', enum: ['schema', 'table', 'column'] }, pattern: { type: 'string', default: '%' } },
      required: ['object_type'],
    },
  },
]
