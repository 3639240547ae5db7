/** A rule of the policy that masks answers, through the whole chain: what is delivered, recorded and replayed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { initialize, rpcOf, type RawAnswer, type RawSession } from '../fixtures/raw-client.ts'
import { readRecords } from '../fixtures/read-records.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

const policy = (fields: string) => `
version: 1
rules:
  - id: everything
    match: { connections: [fixture], methods: ['*'] }
    effect: allow
    because: This connection is for trying everything.
  - id: payroll
    match: { connections: [fixture], tools: [echo] }
    when: has(args.payroll)
    effect: mask
    mask:
      - { fields: [${fields}] }
      - { detect: [email], action: drop }
      - { rules: [names] }
    because: Who reads the payroll needs no persons.
`
const masking = `
version: 1
rules:
  - id: cards
    detect: [card]
    because: Card numbers stay inside.
  - id: names
    match: { connections: [elsewhere] }
    fields: [name]
    because: Names stay inside elsewhere.
`
const row = { name: 'Ada Lovelace', salary: 90417, mail: 'ada@acme.example', card: '4111111111111111' }
const startMilliseconds = 120_000

let chain: WholeChain
let operator: Desktop
let id: SessionId
let client: RawSession

beforeAll(async () => {
  chain = await startWholeChain({ policy: policy('salary'), masking })
  operator = await chain.signedIn('operator')
  ;({ id } = await operator.handlers['sessions:open']({ connection: 'fixture', reason: 'A test', minutes: 10 }))
  client = await initialize(await operator.handlers['sessions:client-setup'](id))
}, startMilliseconds)
afterAll(() => chain.close(), startMilliseconds)

const textOf = (answer: RawAnswer) => JSON.parse(rpcOf(answer).result?.content?.[0]?.text ?? '{}') as Record<string, unknown>
const recorded = () => readRecords(join(chain.folder, 'recordings'), id)

test.for([
  ['a message', 1],
  ['a large message', 20_000],
] as const)('%s of a call that the rule is about is masked by all that it names', { timeout: 120_000 }, async ([, repeat]) => {
  const padding = 'some plain words '.repeat(repeat)
  const got = textOf(await client.call('echo', { ...row, payroll: true, padding }))
  expect(got).toMatchObject({ name: '[MASKED:name]', salary: '[MASKED:salary]', mail: '[DROPPED:email]', card: '[MASKED:card]' })
  const [request, response] = recorded()
    .filter((record) => 'tool' in record && record.tool === 'echo' && 'body' in record)
    .slice(-2)
  expect(request).toMatchObject({ decision: { effect: 'mask', rule: 'payroll', masks: ['payroll'] } })
  expect(response).toMatchObject({ kind: 'response', body: expect.not.stringContaining('90417') as string })
  const rules = 'masks' in response! ? response.masks.map(({ rule }) => rule) : []
  expect(new Set(rules)).toEqual(new Set(['cards', 'names', 'policy:payroll']))
})

test('any other call of the tool gets its answer by the masking document alone', async () => {
  expect(textOf(await client.call('echo', row))).toEqual({ ...row, card: '[MASKED:card]' })
})

test('a changed rule counts from the next call on, in the running session', async () => {
  writeFileSync(join(chain.folder, 'policy.yaml'), policy('nothing'))
  await expect
    .poll(async () => textOf(await client.call('echo', { ...row, payroll: true })), { timeout: 60_000 })
    .toMatchObject({ salary: 90417, name: '[MASKED:name]' })
})

test('a masking document without the rule that the policy names does not come into force beside it', async () => {
  const admin = await chain.signedIn('admin')
  const text = masking.replace('id: names', 'id: other-names')
  await expect(admin.handlers['policies:activate']({ kind: 'masking', text, message: 'Renamed.' })).rejects.toMatchObject({
    code: 'MASKING_INVALID',
  })
  expect(textOf(await client.call('echo', { ...row, payroll: true }))).toMatchObject({ name: '[MASKED:name]' })
})

test('what was masked is masked in the replay too, and the recording verifies', async () => {
  await operator.handlers['sessions:end'](id)
  const auditor = await chain.signedIn('auditor')
  await auditor.handlers['library:download']([id])
  expect(await auditor.handlers['library:verify']({ session: id })).toMatchObject({ verified: true })
  const { rows } = await auditor.handlers['library:get'](id)
  expect(rows.filter(({ verdict }) => verdict === 'masked').length).toBeGreaterThan(0)
  expect(rows.some(({ kind, rule }) => kind === 'request' && rule === 'payroll')).toBe(true)
})
