import { expect, test } from 'vitest'
import {
  closeRecordFixture,
  fixtureSession,
  messageRecordFixture,
  openRecordFixture,
} from '../../src-core/recording/sealed-recording.fixture.ts'
import type { ApprovalId } from '../../src-protocol/ids.ts'
import type { ApprovalRecord, ErrorRecord, MessageRecord, SessionRecord } from '../../src-protocol/recording.ts'
import { createRecordedSession } from './recorded-session.ts'

const approval = 'apr_abcdefghij012345' as ApprovalId
let seq = 0
const request = (exchange: number, change: Partial<MessageRecord> = {}) =>
  messageRecordFixture(++seq, { kind: 'request', exchange, ...change })
const response = (exchange: number, change: Partial<MessageRecord> = {}) =>
  messageRecordFixture(++seq, { kind: 'response', exchange, ...change })
const event = (exchange: number, what: ApprovalRecord['event']): ApprovalRecord => ({
  v: 1,
  seq: ++seq,
  at: openRecordFixture().at,
  kind: 'approval',
  exchange,
  approval,
  event: what,
  digest: 'd'.repeat(64),
})
const failed = (exchange: number): ErrorRecord => ({
  v: 1,
  seq: ++seq,
  at: openRecordFixture().at,
  kind: 'error',
  exchange,
  code: 'AGENT_LOST',
  message: 'The agent is gone.',
})
const held = { decision: { effect: 'review' as const, rule: 'risky', policyVersion: 'p'.repeat(64), because: 'It is risky.' } }

function recorded(...records: SessionRecord[]) {
  const session = createRecordedSession(fixtureSession)
  for (const record of [openRecordFixture(), ...records]) session.add(record)
  return session
}

test('what has neither an answer nor an error is unanswered', () => {
  const session = recorded(request(1), request(2), request(3), response(1), failed(3))
  expect(session.unanswered()).toEqual([{ exchange: 2, method: 'tools/call', tool: 'execute_sql' }])
  expect(session.lastExchange).toBe(3)
})

test('what only waited for its approval is told apart from what had gone to the server', () => {
  const session = recorded(request(1, held), event(1, 'requested'), request(2, held), event(2, 'requested'), event(2, 'executed'))
  expect(session.unanswered()).toMatchObject([{ exchange: 1, held: approval }, { exchange: 2 }])
  expect(session.unanswered()[1]?.held).toBeUndefined()
})

test('a notification, and an answer of the client, wait for nothing', () => {
  const session = recorded(
    request(1, { kind: 'notification' }),
    response(2, { direction: 'client' }),
    messageRecordFixture(++seq, { kind: 'request', direction: 'server', exchange: 3 }),
  )
  expect(session.unanswered()).toEqual([])
  expect(session.lastExchange).toBe(3)
})

test('the rows of the live list come back as they were', () => {
  const card = { rule: 'cards', kind: 'card', path: '/result', count: 1 }
  const calls = recorded(
    request(1),
    response(1, { masks: [card] }),
    request(2, held),
    event(2, 'requested'),
    request(3),
    failed(3),
    request(4),
  ).calls()
  expect(calls).toMatchObject([
    { method: 'tools/call', tool: 'execute_sql', state: 'done', verdict: 'masked', masks: [card], rule: 'read-orders' },
    { state: 'held', verdict: 'held', approval },
    { state: 'done', verdict: 'failed', because: 'The agent is gone.' },
    { state: 'running', verdict: 'allowed' },
  ])
})

test('the client’s name and the tools that it was shown come back', () => {
  const tool = { name: 'query', description: 'Runs SQL', inputSchema: { type: 'object' } }
  const session = recorded(
    request(1, { method: 'initialize', body: '{"params":{"clientInfo":{"name":"Claude Code","version":"2.1"}}}' }),
    request(2, { method: 'tools/list', body: '{}' }),
    response(2, { method: 'tools/list', body: JSON.stringify({ result: { tools: [tool] } }) }),
  )
  expect(session.client).toBe('Claude Code 2.1')
  expect(session.tools.of('query')).toMatchObject({ description: 'Runs SQL' })
  expect(session.tools.of('query').hash).toMatch(/^[0-9a-f]{64}$/)
})

test('a file that was changed does not stop the gateway', () => {
  const session = recorded(
    request(1, { method: 'initialize', body: 'no JSON' }),
    response(2, { method: 'tools/list', body: '[' }),
    closeRecordFixture(9),
  )
  expect(session.client).toBeUndefined()
})
