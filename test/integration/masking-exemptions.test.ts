/** Who is exempt from a masking rule sees the value; nothing that is stored, shown to others or exported does. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { pictureBytes } from '../fixtures/picture-bytes.ts'
import { codeOf, initialize, post, rpcOf, type RawAnswer, type RawSession } from '../fixtures/raw-client.ts'
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
  - id: pictures
    media: [image]
    match: { tools: [picture] }
    exempt: { groups: [data-oncall], because: They look at plans. }
    because: Pictures stay inside.
  - id: sounds
    media: [unknown, audio]
    match: { tools: [picture] }
    because: Sounds stay inside.
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
function filesWith(value: string | Buffer): string[] {
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

test.for([
  ['a picture', 2_000],
  ['a large picture', 400_000],
] as const)('%s is recorded as type, size and hash, and nothing holds its bytes', { timeout: 120_000 }, async ([, bytes]) => {
  const { id, client } = await openSession(operator)
  const raw = pictureBytes(bytes)
  const base64 = raw.toString('base64')
  const sha256 = createHash('sha256').update(raw).digest('hex')
  const got = await client.call('picture', { bytes })
  expect(rpcOf(got).result?.content?.[1]).toEqual({ type: 'image', data: base64, mimeType: 'image/png' })
  for (const type of ['audio', 'hologram']) {
    const left = await client.call('picture', { bytes, type })
    expect(left.text).not.toContain(base64.slice(0, 100))
    expect(rpcOf(left).result?.content?.[1]).toMatchObject({
      type: 'text',
      text: expect.stringContaining('left out by the rule sounds. Sounds stay inside.'),
    })
  }

  const responses = () => recorded(id).filter((record) => record.kind === 'response' && record.tool === 'picture')
  const media = { path: '/result/content/1', bytes, sha256 }
  expect(responses()).toMatchObject([
    {
      media: [{ ...media, kind: 'image', type: 'image/png', leftOutBy: 'pictures' }],
      exempted: [{ rule: 'pictures', group: 'data-oncall', count: 1 }],
    },
    { media: [{ ...media, kind: 'audio', type: 'audio/png', leftOutBy: 'sounds' }], masks: [{ rule: 'sounds', kind: 'audio', count: 1 }] },
    // nobody knows where in it the bytes are
    { media: [{ kind: 'unknown', type: 'hologram', of: 'text', leftOutBy: 'sounds' }] },
  ])
  // while it runs, and when it is over
  for (const end of [async () => {}, () => operator.handlers['sessions:end'](id)]) {
    await end()
    for (const part of [raw.subarray(0, 60), raw.subarray(-60), base64.slice(100, 160), base64.slice(-60)])
      expect(filesWith(part)).toEqual([])
    expect(JSON.stringify(recorded(id))).not.toContain(base64.slice(100, 160))
  }
  const auditor = await chain.signedIn('auditor')
  await auditor.handlers['library:download']([id])
  expect(await auditor.handlers['library:verify']({ session: id })).toMatchObject({ verified: true })
  expect(filesWith(base64.slice(100, 160))).toEqual([])
})

test('a picture that no rule is about arrives as it came, in both eras, and is recorded as type, size and hash', async () => {
  const { id } = await operator.handlers['sessions:open']({ connection: 'both-eras', reason: 'A test', minutes: 10 })
  const access = await operator.handlers['sessions:client-setup'](id)
  const client = await initialize(access)
  const stateful = await client.call('test_image_content')
  const call = {
    jsonrpc: '2.0',
    id: 7,
    method: 'tools/call',
    params: {
      name: 'test_image_content',
      arguments: {},
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  }
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'test_image_content' }
  const stateless = await post(access, JSON.stringify(call), headers)
  for (const answer of [stateful, stateless])
    expect(rpcOf(answer).result?.content?.[0]).toMatchObject({ type: 'image', data: expect.stringMatching(/^iVBOR/) })
  const media = recorded(id).flatMap((record) => ('media' in record ? record.media : []))
  expect(media).toMatchObject([{ kind: 'image' }, { kind: 'image' }])
  expect(JSON.stringify(recorded(id))).not.toContain('iVBOR')
  await operator.handlers['sessions:end'](id)
})
