import { beforeEach, describe, expect, test } from 'vitest'
import { loadMasking } from '../../src-core/masking/load-masking.ts'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import { createInspector } from '../inspection/inspect-message.ts'
import { frameType } from '../../src-protocol/tunnel.ts'
import { answer, bytesOf, call, delivered, forwarded, open, ports, records, settled, useExchange } from './open-exchange.fixture.ts'

useExchange()

const documentOf = async (rules: string) => {
  const load = await loadPolicy(`version: 1\nrules:\n${rules}`)
  if (!load.ok) throw new Error(JSON.stringify(load.problems))
  return load.policy
}

const maskingRules = '  - { id: names, match: { connections: [other] }, fields: [name], because: Names are private. }\n'
const rules = `  - { id: echo, match: { tools: [echo] }, effect: allow, because: It is harmless. }
  - { id: pay, match: { tools: [echo] }, when: 'size(args) == 0', effect: mask, mask: [{ fields: [salary] }, { rules: [names] }], because: Pay is private. }
`

async function rule(policyRules: string, masking: string = maskingRules): Promise<void> {
  const loaded = loadMasking(`version: 1\nrules:\n${masking}`)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const inForce = { policy: await documentOf(policyRules), masking: loaded.masking }
  ports.inForce = () => inForce
}
beforeEach(async () => {
  await rule(rules)
  // as a worker does it, from the text of the document
  ports.inspections = { inspect: async (_owner, job) => createInspector()(job), close: async () => {} }
})

const salary = (id: number | string, padding = '') =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    result: { content: [{ type: 'text', text: '{"name":"Ada","salary":5100}' }], structuredContent: { salary: 5100, padding } },
  })
const plainCall = JSON.stringify({
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'echo', arguments: { a: 1 } },
})
const allDurable = async () => {
  for (const waiting of records) await waiting.durable()
  await settled()
}

test('what a rule of the policy masks is masked in the answer, and the record of the call says by which rule', async () => {
  open(call(1))
  await records[0]?.durable()
  answer(salary(1))
  await allDurable()
  expect(records[0]?.record).toMatchObject({ decision: { effect: 'mask', rule: 'pay', masks: ['pay'] } })
  expect(delivered.join()).not.toContain('5100')
  expect(delivered.join()).not.toContain('Ada')
  expect(records[1]?.record).toMatchObject({
    masks: [
      { rule: 'names', path: '/result/content/*/text#/name' },
      { rule: 'policy:pay', path: '/result/content/*/text#/salary' },
      { rule: 'policy:pay', path: '/result/structuredContent/salary' },
    ],
  })
})

test('a call whose condition does not hold gets its answer as it is', async () => {
  open(plainCall)
  await records[0]?.durable()
  answer(salary(2))
  await allDurable()
  expect(delivered).toContain(salary(2))
  expect(records[0]?.record).toMatchObject({ decision: { effect: 'allow', rule: 'echo' } })
})

test('a large answer is masked alike', async () => {
  open(call(1))
  await records[0]?.durable()
  answer(salary(1, 'x'.repeat(300 * 1024)))
  await settled()
  await allDurable()
  expect(delivered.join()).toContain('[MASKED:salary]')
  expect(delivered.join()).not.toContain('5100')
})

test('what comes on the way belongs to the call too', async () => {
  open(call(1))
  await records[0]?.durable()
  const log = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: { salary: 5100 } } })
  forwarded[0]?.answer({ type: frameType.message, exchange: 1, head: {}, body: bytesOf(log) })
  await allDurable()
  expect(delivered.join()).toContain('[MASKED:salary]')
})

describe('an answer of which nobody knows which call it belongs to is masked by every rule of the connection', () => {
  test.for([
    ['on a stream that was taken up again', { method: 'GET' as const }, ''],
    ['as the result of a task', {}, JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tasks/result', params: { taskId: 't' } })],
    ['in the exchange of another call', {}, plainCall],
  ] as const)('%s', async ([, choices, body]) => {
    open(body, choices)
    await allDurable()
    forwarded[0]?.answer({ type: frameType.message, exchange: 1, head: {}, body: bytesOf(salary(body.includes('tasks') ? 9 : 77)) })
    await allDurable()
    expect(delivered.join()).not.toContain('5100')
    expect(delivered.join()).toContain('[MASKED:salary]')
  })
})

test('a masking rule that is not there refuses the call, in the name of the rule that needs it', async () => {
  await rule(rules, '  []')
  open(call(1))
  await allDurable()
  await allDurable()
  expect(forwarded).toEqual([])
  expect(delivered.join()).toContain('Denied by rule pay')
})

test('one that is gone when the answer comes withholds it', async () => {
  open(call(1))
  await records[0]?.durable()
  await rule(rules, '  []')
  answer(salary(1))
  await allDurable()
  await allDurable()
  expect(delivered.join()).not.toContain('5100')
  expect(delivered.join()).toContain('MESSAGE_UNMASKABLE')
})

test('a change counts for the next message of a session; each record says which version masked which place by which rule', async () => {
  const allowing = '  - { id: all, match: {}, effect: allow, because: It is harmless. }\n'
  await rule(allowing)
  const before = ports.inForce().masking.version
  open(call(1))
  await records[0]?.durable()
  await rule(allowing, '  - { id: no-pay, fields: [salary], because: Salaries are private. }\n')
  const now = ports.inForce().masking.version
  answer(salary(1))
  await allDurable()
  expect(now).not.toBe(before)
  expect(records[0]?.record).toMatchObject({ maskingVersion: before })
  expect(records[1]?.record).toMatchObject({
    maskingVersion: now,
    masks: expect.arrayContaining([{ rule: 'no-pay', kind: 'salary', path: '/result/structuredContent/salary', count: 1 }]) as unknown,
  })
  expect(delivered.join()).not.toContain('5100')
})

test('the id of an event that holds what is masked withholds its message', async () => {
  await rule('  - { id: m, match: {}, effect: mask, mask: [{ detect: [email] }], because: Addresses are private. }\n', '  []')
  open(call(1))
  await records[0]?.durable()
  forwarded[0]?.answer({ type: frameType.message, exchange: 1, head: { id: 'ada@example.com' }, body: bytesOf(salary(1)) })
  await allDurable()
  await allDurable()
  expect(delivered.join()).not.toContain('ada@example.com')
  expect(delivered.join()).toContain('MESSAGE_UNMASKABLE')
})
