import { createHash } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { codeOf, initialize, rpcOf, type Access, type RawSession } from '../fixtures/raw-client.ts'
import { kindsOf, readRecords } from '../fixtures/read-records.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

const words = 'Some words, 4127 of them: “quoted” and plain. '
const million = 1024 * 1024
const startMilliseconds = 120_000

let chain: WholeChain
let operator: Desktop

beforeAll(async () => {
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
}, startMilliseconds)

afterAll(() => chain.close(), startMilliseconds)

async function openSession(): Promise<{ id: SessionId; access: Access; client: RawSession }> {
  const { id } = await operator.handlers['sessions:open']({ connection: 'fixture', reason: 'A test', minutes: 10 })
  const access = await operator.handlers['sessions:client-setup'](id)
  return { id, access, client: await initialize(access) }
}

/** Ends the session, and reads its recording back as an auditor does: from the gateway into the library, and with its proof. */
async function expectVerified(session: SessionId): Promise<void> {
  await operator.handlers['sessions:end'](session)
  const auditor = await chain.signedIn('auditor')
  await auditor.handlers['library:download']([session])
  expect(await auditor.handlers['library:verify']({ session: session })).toMatchObject({ verified: true })
  const { rows } = await auditor.handlers['library:get'](session)
  expect(rows.length).toBeGreaterThan(3)
}

const recordings = () => join(chain.folder, 'recordings')
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

test('50 MB arrive as they were sent, and nobody else waits for them', { timeout: 300_000 }, async () => {
  const [large, small] = [await openSession(), await openSession()]
  await small.client.call('echo', { warm: 'up' })
  const bytes = 50 * million

  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const startedAt = performance.now()
  const large50 = { tookMs: 0 }
  const answering = large.client.call('big', { bytes, of: words }).then((answer) => {
    large50.tookMs = performance.now() - startedAt
    return answer
  })
  const tookMs: number[] = []
  const text = 'y'.repeat(1000)
  while (large50.tookMs === 0) {
    const before = performance.now()
    const answer = await small.client.call('echo', { text })
    if (large50.tookMs === 0) tookMs.push(performance.now() - before)
    expect(rpcOf(answer).result?.content?.[0]?.text).toContain(text)
  }
  delay.disable()
  const answer = await answering
  const largeMs = large50.tookMs

  // the gateway shares this process with agent, desktop and test, so this is more than its own delay
  expect(delay.max / 1e6).toBeLessThan(largeMs / 3)
  expect(tookMs.length).toBeGreaterThan(20)
  expect(tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)]).toBeLessThan(largeMs / 20)

  const { id } = rpcOf(answer)
  const content = [{ type: 'text', text: words.repeat(bytes / words.length) }]
  const expected = JSON.stringify({ jsonrpc: '2.0', id, result: { content } })
  expect(answer.text.length).toBe(expected.length)
  expect(hashOf(answer.text)).toBe(hashOf(expected))

  const record = readRecords(recordings(), large.id).find((each) => each.kind === 'response' && each.bytes > million)
  expect(record).toMatchObject({ body: expected, bytes: Buffer.byteLength(expected), sha256: hashOf(expected), masks: [] })
  await expectVerified(large.id)
})

test('a large call and its large answer are masked where they must be, and the server gets what was sent', async () => {
  const { id, client } = await openSession()
  const padding = words.repeat(40_000)
  const answer = await client.call('echo', { padding, card: '4111 1111 1111 1111' })
  expect(rpcOf(answer).result?.content?.[0]?.text).toBe(JSON.stringify({ padding, card: '[MASKED:card]' }))
  const messages = readRecords(recordings(), id).filter((record) => 'bytes' in record && record.bytes > million)
  expect(messages).toMatchObject([
    { kind: 'request', tool: 'echo', masks: [{ rule: 'cards', path: '/params/arguments/card' }] },
    { kind: 'response', tool: 'echo', masks: [{ rule: 'cards', path: '/result/content/*/text#/card' }] },
  ])
  await expectVerified(id)
})

test('an answer above every limit is told to its client and recorded; the session goes on', async () => {
  const { id, client } = await openSession()
  const answer = await client.call('too-big')
  expect(codeOf(answer)).toBe('ANSWER_TOO_LARGE')
  expect(rpcOf(answer).error?.message).toMatch(/it has 681\d+ bytes, and at most 67108864 are passed on\. Ask for less at once/)
  expect(kindsOf(readRecords(recordings(), id)).slice(-3)).toEqual(['request', 'error ANSWER_TOO_LARGE', 'response'])
  expect(rpcOf(await client.call('echo', { still: 'here' })).result?.content?.[0]?.text).toBe('{"still":"here"}')
  await operator.handlers['sessions:end'](id)
})
