/** Whatever is refused, its client is told the rule, the version, the sentence, and what to do next. */
import { expect, test } from 'vitest'
import { loadMasking, type Masking } from '../../src-core/masking/load-masking.ts'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import type { Policy } from '../../src-core/policy/policy.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { ApprovalId } from '../../src-protocol/ids.ts'
import type { Approval } from '../../src-protocol/model.ts'
import type { Approvals, HeldCall } from '../approvals/approvals.ts'
import { answer, delivered, open, ports, records, settled, useExchange } from './open-exchange.fixture.ts'

useExchange()

const policyText = `
version: 1
rules:
  - { id: echo, match: { tools: [echo] }, effect: allow, because: It is harmless. }
  - { id: no-drops, match: { tools: [drop], methods: ["*"] }, effect: deny, because: Dropping is for the DBA. }
  - { id: private, match: { methods: [resources/read] }, effect: deny, because: These resources are private. }
  - { id: changes, match: { tools: [change] }, effect: review, review: { groups: [dba] }, because: A DBA looks at changes. }
`
const maskingText = `
version: 1
rules:
  - { id: salaries, fields: [salary], action: block, because: Salaries are for nobody here. }
`

async function inForce(): Promise<{ policy: Policy; masking: Masking }> {
  const policy = await loadPolicy(policyText)
  const masking = loadMasking(maskingText)
  if (!policy.ok || !masking.ok) throw new Error('the documents are not valid')
  const both = { policy: policy.policy, masking: masking.masking }
  ports.inForce = () => both
  return both
}

const request = (method: string, params: object) => JSON.stringify({ jsonrpc: '2.0', id: 7, method, params })
const call = (name: string, args: object = {}) => request('tools/call', { name, arguments: args })

/** All that the client got, once every record is durable. */
async function told(): Promise<{ text: string; data: Record<string, unknown> }> {
  for (let at = 0; at < 20; at += 1) {
    for (const record of records) await record.durable()
    await settled()
  }
  const message = delivered.find((one) => one.startsWith('{"jsonrpc"'))
  const { result, error } = JSON.parse(message ?? '{}') as {
    result?: { content: { text: string }[]; [meta: string]: unknown }
    error?: { message: string; data: Record<string, unknown> }
  }
  if (error) return { text: error.message, data: error.data }
  const meta = Object.entries(result?.['_meta'] ?? {}).map(([name, value]) => [name.replace('gatehouse/', ''), value])
  return { text: result?.content[0]?.text ?? '', data: Object.fromEntries(meta) as Record<string, unknown> }
}

test.for([
  ['a tool that a rule denies', call('drop'), 'no-drops', 'Dropping is for the DBA.', 'ask the owner of the rule no-drops'],
  ['a method that a rule denies', request('resources/read', { uri: 'x:y' }), 'private', 'These resources are private.', 'ask the owner'],
  ['a tool that no rule allows', call('other'), null, 'No rule allows the tool other on echo', 'ask an administrator for a rule'],
  ['a method that no rule allows', request('prompts/get', { name: 'p' }), null, 'No rule allows prompts/get on echo', 'an administrator'],
] as const)('%s', async ([, body, rule, because, todo]) => {
  const { policy } = await inForce()
  open(body)
  const { text, data } = await told()
  expect(data).toMatchObject({ code: 'POLICY_DENIED', rule, policyVersion: policy.version, because: expect.stringContaining(because) })
  expect(text).toContain(because)
  expect(text).toContain(todo)
})

/** A reviewer's word, or none. */
const settles = {
  denied: { votes: [{ person: { sub: 'j', name: 'Jonas' }, decision: 'deny', reason: 'not today' }] },
  expired: {},
  withdrawn: {},
  void: { voidReason: 'the policy is another one' },
}

test.for([
  ['denied', 'APPROVAL_DENIED', 'was denied by Jonas: not today. Talk to the reviewer'],
  ['expired', 'APPROVAL_EXPIRED', 'Make the call again when a reviewer is there.'],
  ['withdrawn', 'APPROVAL_VOID', 'you withdrew it. Make the call again'],
  ['void', 'APPROVAL_VOID', 'the policy is another one. Make the call again'],
  ['pending', 'APPROVAL_PENDING', 'Repeat the same call with the same arguments'],
] as const)('a held call that is %s', async ([state, code, todo]) => {
  const { policy } = await inForce()
  ports.approvals = reviewed(state)
  open(call('change'))
  const { text, data } = await told()
  expect(data).toMatchObject({
    code,
    approval: 'apr_AAAAAAAAAAAAAAAA',
    rule: 'changes',
    policyVersion: policy.version,
    because: 'A DBA looks at changes.',
  })
  expect(text).toContain(todo)
  expect(text).toContain(`by the rule changes (policy ${policy.version.slice(0, 12)}): A DBA looks at changes.`)
})

test('a call that was asked for too often', async () => {
  const { policy } = await inForce()
  const error = new AppError('APPROVAL_RATE_LIMITED', { count: 5, minutes: 10, scope: 'for this call' })
  ports.approvals = { ...ports.approvals, request: () => Promise.reject(error) }
  open(call('change'))
  const { text, data } = await told()
  expect(data).toMatchObject({ code: 'APPROVAL_RATE_LIMITED', rule: 'changes', policyVersion: policy.version, because: expect.any(String) })
  expect(text).toContain('Wait some minutes.')
})

test.for([
  ['a call', call('echo', { salary: 'much' }), undefined],
  ['an answer', call('echo'), '{"jsonrpc":"2.0","id":7,"result":{"structuredContent":{"salary":"much"}}}'],
] as const)('%s that masking blocks', async ([, body, result]) => {
  const { masking } = await inForce()
  open(body)
  if (result !== undefined) {
    await records[0]?.durable()
    answer(result)
  }
  const { text, data } = await told()
  const because = 'Salaries are for nobody here.'
  expect(data).toMatchObject({ code: 'MESSAGE_BLOCKED', rule: 'salaries', maskingVersion: masking.version, because })
  expect(text).toContain(`by the masking rule salaries: ${because} Leave out what the rule names`)
})

function reviewed(state: keyof typeof settles | 'pending'): Approvals {
  let approval: Approval
  if (state === 'pending')
    ports.scheduler = { after: (ms, run) => (ms > ports.limits.holdBeatSeconds * 1000 && queueMicrotask(run), () => {}) }
  return {
    ...ports.approvals,
    request({ decision: { rule, because, policyVersion } }: HeldCall) {
      const id = 'apr_AAAAAAAAAAAAAAAA' as ApprovalId
      approval = { id, digest: 'd', rule, because, policyVersion, state, decideBy: '2026', votes: [] } as unknown as Approval
      return Promise.resolve({ approval, attached: false })
    },
    decided: () => (state === 'pending' ? new Promise(() => {}) : Promise.resolve({ ...approval, ...settles[state] } as Approval)),
  }
}
