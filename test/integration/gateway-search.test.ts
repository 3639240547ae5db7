import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import {
  exchange,
  openEcho,
  registerEcho,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let auditor: SignedInPerson
let session: SessionId

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, {}, { archive: { compression: 'zstd' } })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  auditor = await signInAs(gateway.url, 'auditor')
  await registerEcho(gateway.url, admin)
  session = (await openEcho(operator)).id
  await exchange(operator, session, toolCall('echo', { text: 'the kingfisher and card 4111111111111111' })).done
  await exchange(operator, session, toolCall('echo', { text: 'forbidden' })).done
  await operator.api.call('endSession', { id: session })
  await isSearchable(session)
})
afterAll(async () => {
  for (const person of [admin, operator, auditor]) person.leave()
  await gateway.close()
  await provider.stop()
})

const search = (query: Parameters<typeof auditor.api.call<'searchRecordings'>>[1]) => auditor.api.call('searchRecordings', query)
const isSearchable = (id: SessionId) =>
  until(async () => {
    const { hits, waiting } = await search({})
    return waiting === 0 && hits.some(({ summary }) => summary.session === id)
  }, 'the session can be searched')
const storedFile = () => readdir(join(gateway.recordings, session.slice(4, 6)))

describe('a sealed session', () => {
  test('is found by a word of its messages, with the place where it stands', async () => {
    const { hits, next } = await search({ text: 'Kingfisher' })
    expect(next).toBeUndefined()
    expect(hits).toMatchObject([{ summary: { session, connection: 'echo' }, calls: 1 }])
    const [excerpt] = hits[0]?.excerpts ?? []
    expect(excerpt).toMatchObject({ subject: 'echo' })
    expect(excerpt?.parts.filter(({ hit }) => hit)).toEqual([{ text: 'kingfisher', hit: true }])
    expect(excerpt?.parts.map(({ text }) => text).join('')).toContain('[MASKED:card')
  })

  test('is found by what became of its calls', async () => {
    expect((await search({ verdict: 'denied', rule: 'secrets-denied', tool: 'echo' })).hits).toMatchObject([{ calls: 1 }])
    expect((await search({ verdict: 'held' })).hits).toEqual([])
  })

  test('is not found by what was masked', async () => {
    expect((await search({ text: '4111111111111111' })).hits).toEqual([])
    const files = await readdir(join(gateway.recordings, 'search'))
    const bytes = await Promise.all(files.map((name) => readFile(join(gateway.recordings, 'search', name), 'latin1')))
    expect(bytes.join('')).not.toContain('4111111111111111')
  })

  test('is stored compressed, and handed out as it was recorded', async () => {
    await until(async () => (await storedFile()).join() === `${session}.jsonl.zst`, 'the recording is compressed')
    const { text, proof, summary } = await auditor.api.call('recording', { id: session })
    expect(summary.bytes).toBe(Buffer.byteLength(text))
    const { key } = await auditor.api.call('logCheckpoint')
    expect(verifyRecording({ recording: Buffer.from(text), proof, key })).toMatchObject({ verified: true })
  })
})

describe('a recording in parts', () => {
  test('is the recording from any place on, with its proof at the end; who takes it stands in the log once', async () => {
    const { text } = await auditor.api.call('recording', { id: session })
    const { key } = await auditor.api.call('logCheckpoint')
    const { person } = await auditor.api.call('me')
    // an entry stands in every width of its tile
    const exports = async () => {
      const entries = (await logText()).match(/\{[^{}]*"kind":"export"[^{}]*\}/g) ?? []
      return new Set(entries.filter((entry) => entry.includes(`"by":"${person.sub}","session":"${session}"`))).size
    }
    const before = await exports()
    const size = Buffer.byteLength(text)
    // the first thing that this person takes of it by parts is its end: that is an export as well
    for (const offset of [size - 10, 17, size]) {
      const { part, proof = '', ...answer } = await auditor.api.call('recordingPart', { id: session, offset })
      expect(answer).toEqual({ size })
      expect(verifyRecording({ recording: Buffer.from(text), proof, key })).toMatchObject({ verified: true })
      expect(Buffer.from(part, 'base64').toString()).toBe(Buffer.from(text).subarray(offset).toString())
    }
    expect(await exports()).toBe(before + 1)
  })

  test('is refused without the role, behind its end, and where there is none', async () => {
    await expect(operator.api.call('recordingPart', { id: session, offset: 0 })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(auditor.api.call('recordingPart', { id: session, offset: 1e9 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    const id = 'ses_aaaaaaaaaaaaaaaa' as SessionId
    await expect(auditor.api.call('recordingPart', { id, offset: 0 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('who searches', () => {
  test('must be an auditor or an administrator', async () => {
    await expect(operator.api.call('searchRecordings', { text: 'kingfisher' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect((await admin.api.call('searchRecordings', { text: 'kingfisher' })).hits).toHaveLength(1)
  })

  test('stands in the log, with the sessions of which something was shown, and not with what was searched for', async () => {
    const { person } = await auditor.api.call('me')
    await search({ text: 'kingfisher' })
    const log = await logText()
    expect(log).toContain(`"kind":"view","act":"search","by":"${person.sub}","sessions":["${session}"]`)
    expect(log).not.toContain('kingfisher')
  })

  test('by filters alone is shown no more than the list shows, and is not logged', async () => {
    const views = async () => (await logText()).split('"kind":"view"').length
    const before = await views()
    expect((await search({ verdict: 'denied' })).hits[0]?.excerpts).toEqual([])
    expect(await views()).toBe(before)
  })
})

test('an index that is gone is made again from the recordings', async () => {
  await gateway.running.close()
  await rm(join(gateway.recordings, 'search'), { recursive: true })
  await gateway.restart()
  await isSearchable(session)
  expect((await search({ text: 'kingfisher' })).hits).toMatchObject([{ summary: { session }, excerpts: [{}, {}] }])
})

describe('a hold', () => {
  const selection = { connection: 'echo' }
  test('is placed and released by administrators, and stands in the log', async () => {
    const { sub } = (await admin.api.call('me')).person
    const hold = await admin.api.call('placeHold', { selection, reason: 'a lawsuit' })
    expect(hold).toMatchObject({ selection, reason: 'a lawsuit', by: sub, approvals: 1 })
    expect((await auditor.api.call('retention')).holds).toMatchObject([{ id: hold.id }])
    expect(await logText()).toContain(`"kind":"recording.hold","hold":"${hold.id}"`)
    await gateway.restart()
    expect((await admin.api.call('releaseHold', { id: hold.id, reason: 'it is over' })).released).toMatchObject({ by: sub })
  })

  test('is none of an auditor’s or an operator’s business; only auditors see it, too', async () => {
    const { id } = await admin.api.call('placeHold', { selection, reason: 'another lawsuit' })
    for (const { api } of [auditor, operator]) {
      await expect(api.call('placeHold', { selection, reason: 'mine' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
      await expect(api.call('releaseHold', { id, reason: 'mine' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
      await expect(api.call('refuseRelease', { id, reason: 'mine' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    }
    await expect(operator.api.call('retention')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(admin.api.call('placeHold', { selection: {}, reason: 'on everything' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })
})

describe('the store', () => {
  test('is shown to those who answer for it, and its recordings are held against the log', async () => {
    await until(async () => (await admin.api.call('storage')).scan.last !== undefined, 'all recordings were held against the log')
    const health = await auditor.api.call('storage')
    expect(health).toMatchObject({ state: 'ok', findings: [], backlog: { search: 0, compression: 0 } })
    expect(health.checkpointAt).toBeDefined()
    await expect(operator.api.call('storage')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  test('without room starts no session', async () => {
    const config = JSON.parse(await readFile(gateway.config, 'utf8')) as object
    const copy = await mkdtemp(join(tmpdir(), 'gatehouse-copy-'))
    const archive = { minimumFreeMegabytes: 1e12, copy: { folder: copy, afterSeconds: 0.2 } }
    await writeFile(gateway.config, JSON.stringify({ ...config, archive }))
    await gateway.restart()
    // the same start begins a second copy
    await until(async () => {
      const health = (await admin.api.call('storage')).copy
      return health?.state === 'ok' && health.waiting === 0 && health.lastAt !== undefined
    }, 'the copy is complete')
    expect(await readdir(join(copy, 'recordings', session.slice(4, 6)))).toEqual([`${session}.jsonl.zst`])
    expect((await readdir(copy)).toSorted()).toEqual(['gatehouse-copy.json', 'log', 'recordings'])
    await rm(copy, { recursive: true })
    await until(async () => (await admin.api.call('storage')).state === 'full', 'the gateway knows that there is no room')
    await expect(openEcho(operator)).rejects.toMatchObject({ code: 'STORAGE_LOW' })
  })
})

async function logText(): Promise<string> {
  const folder = join(gateway.root, 'log', 'tile', 'entries')
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1'))
  return (await Promise.all(files)).join('')
}
