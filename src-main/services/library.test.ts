import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import { libraryRow } from '../../src-protocol/library-row.ts'
import { replayRow, type LibraryQuery } from '../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { base64Of } from '../../src-core/log/base64.ts'
import { signCheckpoint } from '../../src-core/log/checkpoint.ts'
import { rootOf } from '../../src-core/log/merkle-frontier.ts'
import { leafHash, type Hash } from '../../src-core/log/merkle-hash.ts'
import { consistencyProof } from '../../src-core/log/merkle-proof.ts'
import { formatVerifierKey, verifierKeyOf } from '../../src-core/log/signed-note.ts'
import {
  fixtureKey,
  fixtureOrigin,
  fixtureSession,
  fixtureVerifierKey,
  logLeavesFixture,
  messageRecordFixture,
  proofFixture,
  recordingText,
  recordsFixture,
  type ProofOptions,
} from '../../src-core/recording/sealed-recording.fixture.ts'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { openLibrary, toReplayRows, type Library } from './library.ts'

const clock = { now: () => new Date('2026-11-22T16:05:00.123Z') }
let library: Library
beforeEach(() => {
  library = openLibrary({ file: ':memory:', clock })
})
afterEach(() => library.close())

const list = (query: LibraryQuery = {}) => library.page(query).rows

const session = fixtureSession
const other = 'ses_zzzzzzzzzzzzzzzz' as SessionId
const text = recordingText(recordsFixture(8))
const proof = proofFixture(text)
const sealed = (id: SessionId, change: Parameters<typeof recordsFixture>[1] = {}, options: ProofOptions = {}) => {
  const own = recordingText(recordsFixture(4, { session: id, ...change }))
  return { text: own, proof: proofFixture(own, { ...options, entry: { session: id, ...options.entry } }) }
}
const code = (work: () => unknown) => {
  try {
    work()
    return 'no error'
  } catch (error) {
    return error instanceof AppError ? error.code : error
  }
}

describe('keeping recordings', () => {
  test('a recording that verifies is listed, opened, read and verified again', () => {
    const row = library.add(text, proof, fixtureVerifierKey)
    expect(libraryRow.parse(row)).toEqual(row)
    expect(row).toMatchObject({
      session,
      connection: 'orders-db',
      records: 10,
      bytes: text.length,
      proof: 'verified',
      here: true,
      counts: { allowed: 4 },
    })
    expect(list()).toEqual([row])
    const { rows } = library.get(session)
    expect(rows).toEqual(toReplayRows(text))
    expect(rows.map((one) => replayRow.parse(one))).toEqual(rows)
    const line = text.split('\n')[3] ?? ''
    expect(library.record(session, 3)).toEqual({ line, leaf: Buffer.from(leafHash(Buffer.from(line))).toString('hex') })
    expect(library.verify(session)).toMatchObject({ verified: true })
    expect(library.verify(session, 3)).toMatchObject({ verified: true, steps: [{ title: 'Record 3' }, {}, {}, {}, {}] })
  })
  test('two of them are compared call by call', () => {
    library.add(text, proof, fixtureVerifierKey)
    const changed = recordsFixture(8, { session: other }).map((record) =>
      record.kind === 'request' && record.seq === 3 ? { ...record, body: record.body.replace('SELECT', 'DELETE') } : record,
    )
    const changedText = recordingText(changed)
    library.add(changedText, proofFixture(changedText, { entry: { session: other } }), fixtureVerifierKey)
    const { pairs, ...rows } = library.compare({ left: session, right: other, ignoreValues: false })
    expect(rows).toEqual({ left: library.open(session).row, right: library.open(other).row })
    const seqs = (bytes: Uint8Array) => [...new Int32Array(new Uint8Array(bytes).buffer)]
    expect([seqs(pairs.left), seqs(pairs.right)]).toEqual([
      [1, 3, -1, 5, 7],
      [1, -1, 3, 5, 7],
    ])
    expect(code(() => library.compare({ left: session, right: newSessionId(), ignoreValues: false }))).toBe('NOT_FOUND')
  })
  test('bytes are as good as text, and adding twice is adding once', () => {
    library.add(Buffer.from(text), proof, fixtureVerifierKey)
    library.add(text, proof, fixtureVerifierKey)
    expect(list()).toHaveLength(1)
    expect(library.search(session, 'refunds')).toEqual([1, 3, 5, 7])
  })
  test('a changed copy is kept and shown as failed, but never instead of a good one', () => {
    const changed = text.replace('Refund 88121', 'Refund 88122')
    expect(library.add(changed, proof, fixtureVerifierKey)).toMatchObject({ proof: 'failed' })
    expect(library.verify(session)).toMatchObject({ verified: false, reason: 'root-mismatch' })
    expect(library.add(text, proof, fixtureVerifierKey)).toMatchObject({ proof: 'verified' })
    expect(code(() => library.add(changed, proof, fixtureVerifierKey))).toBe('CONFLICT')
    expect(list()).toMatchObject([{ proof: 'verified', reason: 'Refund 88121 is stuck' }])
  })
  test.for([
    ['a recording that is none', 'hello\n', proof, fixtureVerifierKey, 'RECORDING_INVALID'],
    ['a line that is none', text.replace('"v":1,"seq":3', '"v":2,"seq":3'), proof, fixtureVerifierKey, 'RECORDING_INVALID'],
    ['a number twice', text.replace('"seq":3', '"seq":2'), proof, fixtureVerifierKey, 'RECORDING_INVALID'],
    ['no end', text.split('\n').slice(0, 5).join('\n') + '\n', proof, fixtureVerifierKey, 'RECORDING_INVALID'],
    ['an endless line', `${'x'.repeat(33 * 1024 * 1024)}\n`, proof, fixtureVerifierKey, 'RECORDING_INVALID'],
    ['a proof that is none', text, 'hello', fixtureVerifierKey, 'PROOF_FILE_INVALID'],
    ['a key that is none', text, proof, 'hello', 'KEY_INVALID'],
  ] as const)('refused, and nothing is kept: %s', ([, recording, itsProof, key, expected]) => {
    expect(code(() => library.add(recording, itsProof, key))).toBe(expected)
    expect(list()).toEqual([])
  })
  test('removing takes its words along, and leaves the others alone', () => {
    library.add(text, proof, fixtureVerifierKey)
    const more = sealed(other)
    library.add(more.text, more.proof, fixtureVerifierKey)
    library.remove(session)
    expect(list({ text: 'refunds' }).map((row) => row.session)).toEqual([other])
    expect(code(() => library.get(session))).toBe('NOT_FOUND')
    expect(code(() => library.remove(session))).toBe('NOT_FOUND')
    expect(code(() => library.verify(session))).toBe('NOT_FOUND')
    expect(library.verify(other)).toMatchObject({ verified: true })
  })
  test.for([-1, 10, 0.5, Number.NaN])('there is no record %d', (seq) => {
    library.add(text, proof, fixtureVerifierKey)
    expect(code(() => library.record(session, seq))).toBe('NOT_FOUND')
  })
})

describe('searching', () => {
  beforeEach(() => {
    const records = recordsFixture(4)
    const masks = [{ rule: 'detect-card', kind: 'card', path: '/result', count: 2 }]
    const body = '{"jsonrpc":"2.0","id":2,"result":{"city":"Zürich","note":"100% done_now"}}'
    const masked = messageRecordFixture(4, { tool: 'list_customers', masks, body })
    const own = recordingText(records.with(4, { ...masked }))
    library.add(own, proofFixture(own), fixtureVerifierKey)
    const more = sealed(other, { reason: 'Quarterly audit' })
    library.add(more.text, more.proof, fixtureVerifierKey)
  })
  test.for([
    ['a word of a body', 'zurich', [4]],
    ['the beginning of a word', 'refu', [0, 1, 3]],
    ['a tool', 'list_customers', [4]],
    ['a rule of masking', 'detect-card', [4]],
    ['a rule of policy', 'read-orders', [1, 3]],
    ['words together', 'select refunds 3', [3]],
    ['signs of the query language', '"zurich" OR NOT (NEAR*', []],
    ['no word at all', '***', []],
    ['a quotation mark', '"', []],
    ['nothing', '', []],
  ] as const)('%s', ([, words, expected]) => {
    expect(library.search(session, words)).toEqual(expected)
  })
  test.for([
    ['what only one of them holds', 'zürich', [session]],
    ['what both hold', 'refunds', [session, other]],
    ['a reason', 'quarterly AUD', [other]],
    ['a session id', 'ses_zzzz', [other]],
    ['signs of the database', '%', []],
    ['words that follow each other', '"quarterly audit"', [other]],
    ['words in another order', '"audit quarterly"', []],
    ['nobody', 'kraken', []],
  ] as const)('over the whole library: %s', ([, words, expected]) => {
    expect(list({ text: words }).map((row) => row.session)).toEqual(expected)
  })
})

describe('exporting', () => {
  test('recording, proof and key verify without the library', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'library-'))
    library.add(text, proof, fixtureVerifierKey)
    const paths = library.exportTo(join(folder, 'audit'), [session])
    expect(paths.map((path) => path.slice(folder.length))).toEqual([
      `/audit/${session}.jsonl`,
      `/audit/${session}.tlog-proof`,
      '/audit/gate.example_log.pub',
    ])
    const [recording, itsProof, key] = await Promise.all(paths.map((path) => readFile(path)))
    expect(recording?.toString()).toBe(text)
    expect(verifyRecording({ recording: recording ?? Buffer.alloc(0), proof: String(itsProof), key: String(key).trim() })).toMatchObject({
      verified: true,
    })
    await rm(folder, { recursive: true })
  })
  test('an origin cannot choose where its key is written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'library-'))
    const evil = sealed(other, { logOrigin: '../../evil' })
    library.add(evil.text, evil.proof, fixtureVerifierKey)
    expect(library.exportTo(folder, [other]).at(-1)).toBe(join(folder, '_.._evil.pub'))
    await rm(folder, { recursive: true })
  })
  test('all or nothing: a session that is not here', () => {
    expect(code(() => library.exportTo('/nowhere', [session]))).toBe('NOT_FOUND')
  })
})

describe('pinning', () => {
  const gateway = 'https://gate.example'
  const { leaves } = logLeavesFixture(text)
  const grown = [...leaves, leafHash(Buffer.from('later'))]
  const forked = grown.with(0, leafHash(Buffer.from('rewritten')))
  const note = (list: readonly Hash[], key = 1) =>
    signCheckpoint({ origin: fixtureOrigin, size: list.length, root: rootOf(list) }, fixtureKey(key))
  const asked: [number, number][] = []
  const fetchFrom = (list: readonly Hash[]) => (from: number, to: number) => {
    asked.push([from, to])
    if (to > list.length) return Promise.reject(new AppError('INVALID_REQUEST', { problem: 'the log is shorter' }))
    return Promise.resolve(consistencyProof(list.slice(0, to), from).map(base64Of))
  }
  const pin = (list: readonly Hash[], from = list) => library.pin(gateway, note(list), fixtureVerifierKey, fetchFrom(from))

  test('the first is taken on trust, the next has to extend it', async () => {
    expect(library.pinnedFor(gateway)).toBeUndefined()
    expect(await pin(leaves)).toMatchObject({ ok: true, pinned: { origin: fixtureOrigin, size: 13 } })
    expect(await pin(leaves)).toMatchObject({ ok: true })
    expect(await pin(grown)).toMatchObject({ ok: true, pinned: { size: 14, note: note(grown) } })
    expect(library.pinnedFor(gateway)).toMatchObject({ size: 14, seenAt: '2026-11-22T16:05:00.123Z' })
  })
  test('an older checkpoint of the same log is no alarm, and does not move the pin', async () => {
    await pin(grown)
    expect(await pin(leaves, grown)).toMatchObject({ ok: true, pinned: { size: 14 } })
  })
  test.for([
    ['a history that was rewritten', leaves, forked, forked, 'log-forked'],
    ['a rewritten one with the proof of the old one', leaves, forked, grown, 'log-forked'],
    ['two trees of one size', grown, forked, forked, 'log-forked'],
    ['entries taken back', grown, leaves, leaves, 'checkpoint-rolled-back'],
    ['entries taken back and others in their place', grown, forked.slice(0, 13), forked.slice(0, 13), 'checkpoint-rolled-back'],
  ] as const)('alarm: %s', async ([, first, second, proven, reason]) => {
    await pin(first)
    const before = library.pinnedFor(gateway)
    expect(await pin(second, proven)).toMatchObject({ ok: false, reason })
    expect(library.pinnedFor(gateway)).toEqual(before)
  })
  test('alarm: another key, or a checkpoint that the key did not sign', async () => {
    const second = formatVerifierKey(verifierKeyOf(fixtureOrigin, fixtureKey(2)))
    expect(await library.pin(gateway, note(leaves, 2), fixtureVerifierKey, fetchFrom(leaves))).toMatchObject({
      ok: false,
      reason: 'signature-invalid',
    })
    expect(library.pinnedFor(gateway)).toBeUndefined()
    await pin(leaves)
    expect(await library.pin(gateway, note(leaves, 2), second, fetchFrom(leaves))).toMatchObject({ ok: false, reason: 'key-mismatch' })
    expect(await library.pin(gateway, note(leaves), 'no key', fetchFrom(leaves))).toMatchObject({ ok: false, reason: 'key-mismatch' })
  })
  test('no answer is no alarm: the error goes to the caller, the pin stays', async () => {
    await pin(leaves)
    const unreachable = () => Promise.reject(new AppError('GATEWAY_UNREACHABLE', { gateway }))
    await expect(library.pin(gateway, note(grown), fixtureVerifierKey, unreachable)).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
    expect(library.pinnedFor(gateway)).toMatchObject({ size: 13 })
  })
  test('two checkpoints at once are compared one after the other', async () => {
    await Promise.all([pin(leaves), pin(grown)])
    expect(library.pinnedFor(gateway)).toMatchObject({ size: 14 })
  })
  test('recordings are linked to the pinned checkpoint, and verify in five steps from then on, offline', async () => {
    library.add(text, proof, fixtureVerifierKey)
    expect(library.verify(session).steps.at(-1)).toMatchObject({ outcome: 'skipped' })
    await pin(grown)
    asked.length = 0
    expect(library.verify(session)).toMatchObject({ verified: true, steps: [{}, {}, {}, {}, { outcome: 'passed' }] })
    await pin(grown)
    expect(asked).toEqual([])
  })
  test('a recording proven by a fork of the pinned log is an alarm', async () => {
    library.add(text, proof, fixtureVerifierKey)
    expect(await pin(forked)).toMatchObject({ ok: false, reason: 'log-forked' })
  })
  test('once a log is pinned, a recording that brings another key does not verify', async () => {
    await pin(leaves)
    const second = formatVerifierKey(verifierKeyOf(fixtureOrigin, fixtureKey(2)))
    const forged = proofFixture(text, { privateKey: fixtureKey(2) })
    expect(library.add(text, forged, second)).toMatchObject({ proof: 'failed' })
    expect(library.verify(session)).toMatchObject({ verified: false, reason: 'key-mismatch' })
  })
})
