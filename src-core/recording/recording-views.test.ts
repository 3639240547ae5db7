import { describe, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import { replayRow } from '../../src-protocol/desktop-library.ts'
import { recordingSummary } from '../../src-protocol/model.ts'
import type { ApprovalRecord, ErrorRecord, MessageRecord } from '../../src-protocol/recording.ts'
import { summariseArguments, summariseRequest, summariseResponse } from './message-summary.ts'
import { toReplayRows } from './replay-rows.ts'
import { closeRecordFixture, messageRecordFixture, openRecordFixture, recordingText, recordsFixture } from './sealed-recording.fixture.ts'
import { summariseRecording } from './summarise-recording.ts'
import { createVerdictCounter } from './verdict-counter.ts'

const card = { rule: 'detect-card', kind: 'card', path: '/result/0', count: 2 }
const decision = (effect: 'allow' | 'mask' | 'review' | 'deny') => ({
  effect,
  rule: `rule-${effect}`,
  policyVersion: 'p',
  because: 'So it is.',
})
const request = (exchange: number, change: Partial<MessageRecord> = {}) => messageRecordFixture(1, { kind: 'request', exchange, ...change })
const response = (exchange: number, change: Partial<MessageRecord> = {}) =>
  messageRecordFixture(2, { kind: 'response', direction: 'server', exchange, ...change })
const approval = (exchange: number, event: ApprovalRecord['event'], change: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  v: 1,
  seq: 1,
  at: '2026-11-19T14:02:00.000Z',
  kind: 'approval',
  exchange,
  approval: 'apr_abcdefghij012345' as ApprovalRecord['approval'],
  event,
  digest: '0'.repeat(64),
  ...change,
})
const failure = (change: Partial<ErrorRecord> = {}): ErrorRecord => ({
  v: 1,
  seq: 1,
  at: '2026-11-19T14:02:00.000Z',
  kind: 'error',
  code: 'SERVER_TIMED_OUT',
  message: 'No answer.',
  ...change,
})

describe('counting verdicts: each call of the client counts once', () => {
  const none = { allowed: 0, masked: 0, held: 0, denied: 0 }
  test.for([
    ['let through', [request(1), response(1)], { allowed: 1 }],
    ['its answer was masked', [request(1), response(1, { masks: [card] })], { masked: 1 }],
    ['itself was masked', [request(1, { masks: [card] }), response(1)], { masked: 1 }],
    [
      'a notification on the way was masked',
      [request(1), response(1, { kind: 'notification', masks: [card] }), response(1)],
      { masked: 1 },
    ],
    ['its masked answer was recorded first', [response(1, { masks: [card] }), request(1)], { masked: 1 }],
    ['decided to be masked', [request(1, { decision: decision('mask') })], { masked: 1 }],
    ['refused', [request(1, { decision: decision('deny') }), response(1)], { denied: 1 }],
    ['refused, and masked in the record', [request(1, { decision: decision('deny'), masks: [card] })], { denied: 1 }],
    [
      'held and approved',
      [request(1, { decision: decision('review') }), approval(1, 'requested'), approval(1, 'approved'), response(1)],
      { held: 1 },
    ],
    ['held, approved, and its answer masked', [request(1, { decision: decision('review') }), response(1, { masks: [card] })], { held: 1 }],
    ['held and denied', [request(1, { decision: decision('review') }), approval(1, 'denied')], { held: 1 }],
    ['held by an approval record alone', [request(1), approval(1, 'requested')], { held: 1 }],
    ['let through, and the server failed', [request(1), failure({ exchange: 1 })], { allowed: 1 }],
    ['refused after it was recorded', [request(1), failure({ exchange: 1, refusedBytes: 9 })], { denied: 1 }],
    ['not even a message', [failure({ refusedBytes: 9 })], { denied: 1 }],
    ['two calls at once', [request(1), request(2), response(2, { masks: [card] }), response(1)], { allowed: 1, masked: 1 }],
    ['what the server asks is no call', [request(7, { direction: 'server' }), response(7, { direction: 'client' })], {}],
    ['notifications are no calls', [request(3, { kind: 'notification' })], {}],
    ['open and close are no calls', [openRecordFixture(), closeRecordFixture(1)], {}],
  ] as const)('%s', ([, records, expected]) => {
    const counter = createVerdictCounter()
    for (const record of records) counter.add(record)
    expect(counter.counts()).toEqual({ ...none, ...expected })
  })
})

describe('summaries', () => {
  test('a finished recording', () => {
    const text = recordingText(recordsFixture(6))
    const summary = summariseRecording(text)
    expect(recordingSummary.parse(summary)).toEqual(summary)
    expect(summary).toMatchObject({
      records: 8,
      bytes: text.length,
      reason: 'Refund 88121 is stuck',
      endReason: 'ended-by-operator',
      counts: { allowed: 3 },
    })
    expect(summary.person).toEqual({ sub: 'u-1', name: 'Mira Okafor', email: 'mira@acme.example' })
  })
  test('damage in between is passed over, so that the list can show where to look', () => {
    const text = recordingText(recordsFixture(6)).replace('"kind":"request"', '"kind":"reqXest"')
    expect(summariseRecording(text)).toMatchObject({ records: 8, counts: { allowed: 2 } })
  })
  test.for([
    ['a session that runs', recordingText(recordsFixture(6).slice(0, -1))],
    ['no beginning', recordingText(recordsFixture(6).slice(1))],
    ['nothing', ''],
    ['half a line', recordingText(recordsFixture(6)).slice(0, -1)],
  ] as const)('refused: %s', ([, text]) => {
    expect(() => summariseRecording(text)).toThrow(AppError)
  })
})

describe('replay rows', () => {
  const rows = (...middle: readonly object[]) => {
    const records = [openRecordFixture(), ...middle, closeRecordFixture(0)].map((record, seq) => Object.assign({}, record, { seq }))
    return toReplayRows(recordingText(records)).map((row) => replayRow.parse(row))
  }
  test('one for each record, with what a person looks for', () => {
    const all = rows(request(1), response(1, { masks: [card] }))
    expect(all.map(({ kind }) => kind)).toEqual(['open', 'request', 'response', 'close'])
    expect(all[0]?.summary).toBe('Mira Okafor opened orders-db: Refund 88121 is stuck')
    expect(all[1]).toMatchObject({
      seq: 1,
      tool: 'execute_sql',
      verdict: 'allowed',
      rule: 'read-orders',
      summary: 'SELECT 1 FROM refunds',
      masks: 0,
    })
    expect(all[2]).toMatchObject({ seq: 2, tool: 'execute_sql', verdict: 'masked', rule: 'detect-card', masks: 2 })
    expect(all[2]?.summary).toMatch(/^1 row · \d+ B$/)
    expect(all[3]?.summary).toBe('The session ended: ended by operator')
  })
  test.for([
    ['gateway-crash', 0, 'Gateway restarted after a failure. No call was under way.'],
    ['gateway-crash', 1, 'Gateway restarted after a failure. 1 call was under way and got no answer.'],
    ['gateway-stopped', 2, 'Gateway restarted. 2 calls were under way and got no answer.'],
  ] as const)('of a restart: %s with %i calls', ([cause, unanswered, summary]) => {
    const resume = { v: 1, at: openRecordFixture().at, kind: 'resume', cause, records: 1, tornBytes: 0, unanswered }
    expect(rows(resume)[1]).toMatchObject({ seq: 1, kind: 'resume', summary, bytes: 0 })
  })
  test.for([
    ['a refused request', [request(1, { decision: decision('deny') })], 'denied'],
    ['the answer to a refused request', [request(1, { decision: decision('deny') }), response(1)], 'denied'],
    ['a held request', [request(1, { decision: decision('review') })], 'held'],
    ['the answer to an approved request', [request(1, { decision: decision('review') }), response(1)], 'allowed'],
    ['an approval that waits', [request(1), approval(1, 'requested')], 'held'],
    ['an approval that was given', [request(1), approval(1, 'approved', { by: 'Jonas' })], 'allowed'],
    ['an approval that was refused', [request(1), approval(1, 'denied')], 'denied'],
    ['a server that failed', [request(1), failure({ exchange: 1 })], 'failed'],
    ['a message that was refused unread', [failure({ refusedBytes: 9 })], 'denied'],
    ['an answer without a tool of its own', [request(1), response(1, { tool: undefined })], 'allowed'],
  ] as const)('%s', ([, middle, verdict]) => {
    expect(rows(...middle).at(-2)).toMatchObject({ verdict })
  })
  test('what is not a recording has none', () => {
    expect(() => toReplayRows('{}\n')).toThrow(AppError)
  })
})

describe('one line about a message', () => {
  test.for([
    ['SQL', { arguments: { sql: 'SELECT *\n  FROM refunds', limit: 3 } }, 'SELECT * FROM refunds'],
    ['a path', { arguments: { path: '/srv/a.txt', content: 'x' } }, '/srv/a.txt'],
    [
      'other arguments',
      { arguments: { schema: 'public', deep: { a: 1 }, list: [1, 2], _meta: {} } },
      'schema: "public", deep: { … }, list: [ 2 ]',
    ],
    ['parameters of another method', { uri: 'file:///a' }, 'file:///a'],
    ['none', {}, ''],
  ] as const)('a request with %s', ([, params, expected]) => {
    expect(summariseRequest(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }))).toBe(expected)
  })
  test.for([
    ['rows', { result: { structuredContent: { rows: [1, 2] } } }, '2 rows · 640 B'],
    ['rows inside text', { result: { content: [{ type: 'text', text: '{"data":{"rows":[1]}}' }] } }, '1 row · 640 B'],
    ['text', { result: { content: [{ type: 'text', text: 'Done.\nTwice.' }] } }, 'Done. Twice. · 640 B'],
    ['tools', { result: { tools: [1, 2, 3] } }, '3 tools · 640 B'],
    ['an error', { error: { code: -32000, message: 'No such table' } }, 'No such table'],
    ['an error without words', { error: { code: -32000 } }, 'error -32000'],
    ['nothing', { result: {} }, '640 B'],
  ] as const)('a response with %s', ([, message, expected]) => {
    expect(summariseResponse(JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }), 640)).toBe(expected)
  })
  test('hostile text is cut, and shows its control characters', () => {
    expect(summariseArguments({ sql: `a\u0000b\u202Ec${'😀'.repeat(500)}` })).toMatch(/^a\uFFFDb\uFFFDc(😀)+…$/u)
    expect(summariseArguments({ sql: 'x'.repeat(1000) })).toHaveLength(160)
    expect(summariseRequest('no JSON')).toBe('')
    expect(summariseResponse('[]', 2_500_000)).toBe('2.5 MB')
  })
})
