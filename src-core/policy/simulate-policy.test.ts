import { expect, test } from 'vitest'
import { closeRecordFixture, messageRecordFixture, openRecordFixture } from '../recording/sealed-recording.fixture.ts'
import type { MessageRecord, SessionRecord } from '../../src-protocol/recording.ts'
import { loadPolicy } from './load-policy.ts'
import { createSimulation, listedChanges } from './simulate-policy.ts'

type Effect = 'allow' | 'review' | 'deny'

async function simulate(rules: string, records: SessionRecord[]) {
  const load = await loadPolicy(`version: 1\nrules:\n${rules}`)
  if (!load.ok) throw new Error(JSON.stringify(load.problems))
  const simulation = createSimulation(load.policy)
  simulation.add(records)
  return simulation.result()
}

const rule = (id: string, effect: Effect, when?: string) =>
  `  - { id: ${id}, match: {}, effect: ${effect}, because: ${id} says so.${when === undefined ? '' : `, when: ${JSON.stringify(when)}`}${effect === 'review' ? ', review: { groups: [dba] }' : ''} }\n`

function call(seq: number, sql: string, effect: Effect = 'allow', masks: MessageRecord['masks'] = []): MessageRecord {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: seq,
    method: 'tools/call',
    params: { name: 'execute_sql', arguments: { sql, limit: 1 } },
  })
  return messageRecordFixture(seq, {
    kind: 'request',
    direction: 'client',
    body,
    masks,
    decision: { effect, rule: 'then', policyVersion: 'p', because: 'Then.' },
  })
}
const session = (...calls: MessageRecord[]): SessionRecord[] => [openRecordFixture(), ...calls, closeRecordFixture(calls.length + 1)]
const maskedSql = [{ rule: 'pii', kind: 'email', path: '/params/arguments/sql', count: 1 }]

test('each change is counted and leads to its call; what stays as it was is counted too', async () => {
  const result = await simulate(
    rule('read', 'allow', 'sql(args.sql).kinds == ["select"]') + rule('schema', 'review', 'sql(args.sql).kinds == ["ddl"]'),
    session(call(1, 'SELECT 1'), call(2, 'DROP TABLE t'), call(3, 'DELETE FROM t'), call(4, 'SELECT 2', 'deny')),
  )
  expect(result).toMatchObject({ sessions: 1, messages: 4, unreadable: 0 })
  expect(result.transitions).toEqual(
    expect.arrayContaining([
      { from: 'allow', to: 'allow', count: 1 },
      { from: 'allow', to: 'review', count: 1 },
      { from: 'allow', to: 'deny', count: 1 },
      { from: 'deny', to: 'allow', count: 1 },
    ]),
  )
  expect(result.changes.map(({ seq, from, to, rule: by }) => [seq, from, to, by])).toEqual([
    [2, 'allow', 'review', 'schema'],
    [3, 'allow', 'deny', null],
    [4, 'deny', 'allow', 'read'],
  ])
})

test('a condition that reads a masked value makes the message indeterminate, if it could matter', async () => {
  const masked = session(call(1, "SELECT '[MASKED:email]'", 'allow', maskedSql))
  const reads = 'sql(args.sql).kinds == ["select"]'
  const effectOf = async (rules: string) => (await simulate(rules, masked)).transitions[0]?.to
  expect(await effectOf(rule('read', 'allow', reads))).toBe('indeterminate')
  expect(await effectOf(rule('stop', 'deny', reads) + rule('all', 'allow'))).toBe('indeterminate')
  expect(await effectOf(rule('whole', 'deny', 'args.exists(name, name == "x")') + rule('all', 'allow'))).toBe('indeterminate')
  // whatever it says, the answer is the same
  expect(await effectOf(rule('read', 'allow', reads) + rule('all', 'allow'))).toBe('allow')
  expect(await effectOf(rule('read', 'allow', reads) + rule('no', 'deny'))).toBe('deny')
  expect(await effectOf(rule('more', 'deny', reads))).toBe('deny')
  // it reads another argument
  expect(await effectOf(rule('few', 'allow', 'args.limit < 10'))).toBe('allow')
})

test('texts are read in the dialect of the session', async () => {
  const [, ...rest] = session(call(1, 'SELECT `a` FROM `b`'))
  const effects = async (first: SessionRecord) =>
    (await simulate(rule('read', 'allow', 'sql(args.sql).kinds == ["select"]'), [first, ...rest])).transitions.map(({ to }) => to)
  expect(await effects(openRecordFixture())).toEqual(['deny'])
  expect(await effects({ ...openRecordFixture(), dialect: 'mysql' })).toEqual(['allow'])
})

test('masks outside the arguments do not matter; a masked name of an argument does', async () => {
  const result = async (path: string) =>
    (await simulate(rule('few', 'allow', 'args.limit < 10'), session(call(1, 'x', 'allow', [{ ...maskedSql[0]!, path }])))).transitions[0]
      ?.to
  expect(await result('/id')).toBe('allow')
  expect(await result('/params/_meta/x')).toBe('allow')
  expect(await result('/params/arguments/(name)')).toBe('indeterminate')
  expect(await result('/params/arguments/limit')).toBe('indeterminate')
})

test('what cannot be read is counted apart, and a flood of changes is cut', async () => {
  const broken = messageRecordFixture(1, {
    kind: 'request',
    body: 'no JSON',
    decision: { effect: 'allow', rule: null, policyVersion: '', because: '' },
  })
  const calls = Array.from({ length: listedChanges + 5 }, (_, index) => call(index + 2, 'SELECT 1'))
  const result = await simulate(rule('no', 'deny'), session(broken, ...calls))
  expect(result).toMatchObject({ unreadable: 1, messages: listedChanges + 5 })
  expect(result.changes).toHaveLength(listedChanges)
})

test('what would be masked is told apart from what would be allowed', async () => {
  const pay = '  - { id: pay, match: {}, effect: mask, because: Pay is private., mask: [{ fields: [salary] }] }\n'
  const result = await simulate(rule('read', 'allow') + pay, session(call(1, 'SELECT 1')))
  expect(result.transitions).toEqual([{ from: 'allow', to: 'mask', count: 1 }])
  expect(result.changes).toMatchObject([{ from: 'allow', to: 'mask', rule: 'pay' }])
})
