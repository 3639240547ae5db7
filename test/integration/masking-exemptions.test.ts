/** Who is exempt from a masking rule sees the value; nothing that is stored, shown to others or exported does. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { codeOf, initialize, rpcOf, type RawAnswer, type RawSession } from '../fixtures/raw-client.ts'
import { readRecords } from '../fixtures/read-records.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

const masking = `
version: 1
rules:
  - id: cards
    detect: [card]
    exempt: { groups: [data-oncall], because: They compare card numbers. }
    because: Card numbers stay inside.
  - id: accounts
    detect: [iban]
    action: tag
    because: Only which rows belong together matters.
  - id: salaries
    fields: [salary]
    action: block
    because: Salaries are for nobody here.
  - id: passwords
    pattern: 'hunter[0-9]'
    action: block
    because: The password of a database is for nobody here.
  - id: mails
    detect: [email]
    exempt: { groups: [reviewers], because: They write to customers. }
    because: Addresses stay inside.
`
const card = '4111111111111111'
const iban = 'DE89370400440532013000'
const mail = 'ada@acme.example'
const salary = 'the-salary-of-ada-90417'
const startMilliseconds = 120_000

let chain: WholeChain
let operator: Desktop

beforeAll(async () => {
  chain = await startWholeChain({ masking })
  operator = await chain.signedIn('operator')
}, startMilliseconds)
afterAll(() => chain.close(), startMilliseconds)

async function openSession(desktop: Desktop): Promise<{ id: SessionId; client: RawSession }> {
  const { id } = await desktop.handlers['sessions:open']({ connection: 'fixture', reason: 'A test', minutes: 10 })
  return { id, client: await initialize(await desktop.handlers['sessions:client-setup'](id)) }
}
const textOf = (answer: RawAnswer) => rpcOf(answer).result?.content?.[0]?.text ?? ''
const recorded = (id: SessionId) => readRecords(join(chain.folder, 'recordings'), id)

/** Every file of gateway, agent and desktops: recordings, databases and what they have not yet merged, transparency log, exports. */
function filesWith(value: string): string[] {
  return readdirSync(chain.folder, { recursive: true, encoding: 'utf8' }).filter((file) => {
    const path = join(chain.folder, file)
    // a file that is replaced meanwhile is away for a moment
    const found = statSync(path, { throwIfNoEntry: false })
    return found?.isFile() === true && readFileSync(path).includes(value)
  })
}

test.for([
  ['a message', 1],
  ['a large message', 20_000],
] as const)('%s with a value', { timeout: 120_000 }, async ([, repeat]) => {
  const { id, client } = await openSession(operator)
  const padding = 'some plain words '.repeat(repeat)
  const answer = textOf(await client.call('echo', { padding, card, mail, one: iban, other: iban }))
  const got = JSON.parse(answer) as Record<string, string>
  expect(got['card']).toBe(card)
  // that group is not this person's
  expect(got['mail']).toBe('[MASKED:email]')
  expect(got['one']).toMatch(/^\[MASKED:iban #[a-z2-7]{6}\]$/)
  expect(got['other']).toBe(got['one'])

  const [request, response] = recorded(id).filter((record) => 'tool' in record && record.tool === 'echo' && 'body' in record)
  expect(request).toMatchObject({ kind: 'request', body: expect.stringContaining('[MASKED:card]') })
  expect(request).not.toHaveProperty('exempted')
  expect(response).toMatchObject({
    kind: 'response',
    body: expect.stringContaining('[MASKED:card]'),
    exempted: [{ rule: 'cards', group: 'data-oncall', count: 1 }],
  })

  const auditor = await chain.signedIn('auditor')
  const live = await auditor.handlers['sessions:list'](undefined)
  expect(JSON.stringify(live)).not.toContain(card)
  await operator.handlers['sessions:end'](id)
  await auditor.handlers['library:download']([id])
  expect(await auditor.handlers['library:verify']({ session: id })).toMatchObject({ verified: true })
  expect(JSON.stringify(await auditor.handlers['library:get'](id))).not.toContain(card)
  for (const raw of [card, iban, mail]) {
    expect(filesWith(raw)).toEqual([])
    expect(chain.log.join('\n')).not.toContain(raw)
  }
  // the search finds what is there
  expect(filesWith('[MASKED:card]').length).toBeGreaterThan(0)
})

test.for([
  ['a call', 1],
  ['a large call', 20_000],
] as const)('%s that a rule blocks never reaches the server, and nothing holds the value', { timeout: 120_000 }, async ([, repeat]) => {
  const { id, client } = await openSession(operator)
  const answer = await client.call('echo', { padding: 'some plain words '.repeat(repeat), salary })
  expect(codeOf(answer)).toBe('MESSAGE_BLOCKED')
  expect(answer.status).toBe(403)
  // who waits for the answer knows it by the id of the call
  expect(rpcOf(answer).id).toBeGreaterThan(100)
  expect(rpcOf(answer).error?.message).toContain('Salaries are for nobody here.')
  expect(recorded(id)).toContainEqual(expect.objectContaining({ kind: 'error', code: 'MESSAGE_BLOCKED' }))
  expect(textOf(await client.call('echo', { still: 'here' }))).toBe('{"still":"here"}')
  await operator.handlers['sessions:end'](id)
  expect(filesWith(salary)).toEqual([])
  expect(chain.log.join('\n')).not.toContain(salary)
})

test('what a blocked call is named is nowhere either', async () => {
  const { id, client } = await openSession(operator)
  expect(codeOf(await client.call('hunter2-lookup', {}))).toBe('MESSAGE_BLOCKED')
  expect(recorded(id)).toContainEqual(expect.objectContaining({ kind: 'response', tool: '[MASKED:passwords]-lookup' }))
  await operator.handlers['sessions:end'](id)
  expect(filesWith('hunter2')).toEqual([])
  expect(chain.log.join('\n')).not.toContain('hunter2')
})

test('an answer that a rule blocks is withheld from its client', async () => {
  const { id, client } = await openSession(operator)
  const answer = await client.call('secret', { name: 'DSN' })
  expect(codeOf(answer)).toBe('MESSAGE_BLOCKED')
  expect(rpcOf(answer).error?.message).toContain('passwords')
  expect(recorded(id)).toContainEqual(expect.objectContaining({ kind: 'error', code: 'MESSAGE_BLOCKED', tool: 'secret' }))
  await operator.handlers['sessions:end'](id)
  expect(filesWith('hunter2')).toEqual([])
  expect(chain.log.join('\n')).not.toContain('hunter2')
})
