import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { base64Of } from '../../../../src-core/log/base64.ts'
import { signCheckpoint } from '../../../../src-core/log/checkpoint.ts'
import { rootOf } from '../../../../src-core/log/merkle-frontier.ts'
import { leafHash } from '../../../../src-core/log/merkle-hash.ts'
import { formatVerifierKey, verifierKeyOf } from '../../../../src-core/log/signed-note.ts'
import { fixtureKey, fixtureOrigin, fixtureSession, fixtureVerifierKey } from '../../../../src-core/recording/sealed-recording.fixture.ts'
import { AppError } from '../../../../src-protocol/app-error.ts'
import { openLibrary, type Library } from '../../library.ts'
import { importFile } from '../import-file.ts'
import { manifestProof, packFiles, packRecording, zipOf, type ZippedFile } from './pack.fixture.ts'

let folder: string
let library: Library
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-pack-'))
  library = openLibrary({ file: ':memory:', clock: { now: () => new Date('2026-11-22T16:05:00.123Z') } })
})
afterEach(() => {
  library.close()
  rmSync(folder, { recursive: true, force: true })
})

function opening(bytes: Buffer, onProgress: () => boolean = () => true) {
  const file = join(folder, 'pack.zip')
  writeFileSync(file, bytes)
  return importFile(library, file, onProgress)
}
/** Why it was not opened, and how many recordings were kept all the same. */
async function refusalOf(bytes: Buffer): Promise<{ code: unknown; message: unknown; kept: number }> {
  const error: unknown = await opening(bytes).catch((one: unknown) => one)
  const { code, message } = error instanceof AppError ? error : { code: undefined, message: error }
  return { code, message, kept: library.totals().recordings }
}

describe('a pack', () => {
  test('is verified, and its recordings can be replayed, searched and verified with no account', async () => {
    const told: number[] = []
    const { rows, pack } = await opening(zipOf(packFiles()), () => told.push(1) > 0)
    expect(rows).toMatchObject([{ session: fixtureSession, proof: 'verified', here: true }])
    expect(pack).toMatchObject({ gateway: 'gate.example', entries: 3, sessions: 1, sample: 1, key: 'pack' })
    expect(told.length).toBeGreaterThan(3)
    expect(library.find({ text: '"SELECT 3 FROM"' }).hits).toMatchObject([{ session: fixtureSession, row: { seq: 3 } }])
    expect(library.open(fixtureSession).columns.count).toBe(10)
    expect(library.verify(fixtureSession)).toMatchObject({ verified: true })
    // what a stranger wrote is text and stays text
    expect(library.record(fixtureSession, 0).line).toContain('<img src=x onerror=alert(1)>')
  })
  test('of a log that this computer knows is checked with the pinned key, and is of the history that was seen', async () => {
    const pin = async (first: string, gateway: string) => {
      const note = signCheckpoint({ origin: fixtureOrigin, size: 1, root: rootOf([leafHash(Buffer.from(first))]) }, fixtureKey(1))
      await library.pin(gateway, note, fixtureVerifierKey, async () => [])
    }
    await pin('{"kind":"gateway.start"}', 'https://gate.example')
    expect((await opening(zipOf(packFiles()))).pack).toMatchObject({ key: 'pinned' })
    library.close()
    library = openLibrary({ file: ':memory:', clock: { now: () => new Date('2026-11-22T16:05:00.123Z') } })
    await pin('another history', 'https://gate.example')
    expect(await refusalOf(zipOf(packFiles()))).toMatchObject({
      code: 'PACK_ALTERED',
      message: expect.stringMatching(/has seen a checkpoint/),
    })
  })
  test('whose export the log holds says so, and a proof of another manifest is none', async () => {
    const files = packFiles()
    const manifest = files.find(({ name }) => name === 'manifest.json')!
    const withProof = (data: Buffer) => zipOf([...files, { name: 'manifest.json.tlog-proof', data }])
    expect(await refusalOf(withProof(manifestProof(Buffer.from('another manifest'))))).toMatchObject({
      code: 'PACK_ALTERED',
      message: expect.stringMatching(/does not say that this manifest/),
      kept: 0,
    })
    expect(await refusalOf(withProof(manifestProof(manifest.data, 2)))).toMatchObject({
      code: 'PACK_ALTERED',
      message: expect.stringMatching(/does not say that this manifest/),
      kept: 0,
    })
    expect((await opening(withProof(manifestProof(manifest.data)))).rows).toHaveLength(1)
  })
  test('can be stopped; what was kept by then stays', async () => {
    let asked = 0
    await expect(opening(zipOf(packFiles()), () => (asked += 1) < 3)).rejects.toMatchObject({ code: 'IMPORT_CANCELLED' })
    expect(library.totals().recordings).toBe(0)
  })
})

describe('a zip from a stranger is refused', () => {
  const text = (name: string, data = 'x', more: Partial<ZippedFile> = {}): ZippedFile => ({ name, data: Buffer.from(data), ...more })
  const withOne = (file: ZippedFile) => zipOf([...packFiles(), file])
  test.for<[string, () => Buffer]>([
    ['nothing but two letters', () => Buffer.from('PK')],
    ['a zip that was cut', () => zipOf(packFiles()).subarray(0, -30)],
    ['an empty zip', () => zipOf([])],
    ['a zip without a manifest', () => zipOf([text('README.md')])],
    ['a path that leads out', () => withOne(text('../../.bashrc'))],
    ['a path that leads out further on', () => withOne(text('sample/../../x'))],
    ['a path from the root', () => withOne(text('/etc/passwd'))],
    ['a path of another system', () => withOne(text('C:/x'))],
    ['a backslash', () => withOne(text('sample\\..\\x'))],
    ['a control character', () => withOne(text('sample/\u0007x'))],
    ['a direction character', () => withOne(text('sample/\u202ex'))],
    ['markup in a name', () => withOne(text('<img src=x>.txt'))],
    ['a name that begins with a dot', () => withOne(text('.hidden'))],
    ['an endless name', () => withOne(text('x'.repeat(400)))],
    ['a symbolic link', () => withOne(text('link', '/etc/passwd', { attributes: 0o120777 * 65_536 }))],
    ['a device', () => withOne(text('device', '', { attributes: 0o060644 * 65_536 }))],
    ['a name twice', () => withOne(text('README.md'))],
    ['a name twice but for its case', () => withOne(text('readme.MD'))],
    ['an encrypted file', () => withOne(text('secret', 'x', { flags: 1 }))],
    ['a way of packing that is not known', () => withOne(text('odd', 'x', { method: 12 }))],
    ['more files than a pack has', () => zipOf(Array.from({ length: 5001 }, (_, at) => text(`f${at}`, '')))],
    ['a bomb', () => withOne({ name: 'bomb', data: Buffer.alloc(20 * 1024 * 1024) })],
    ['files that are larger than any', () => withOne(text('large', 'x', { size: 3 * 1024 ** 3, packedSize: 1024 ** 3 }))],
    ['files that lie over each other', () => withOne(text('over', 'x', { size: 5_000_000, packedSize: 5_000_000, deflated: false }))],
  ])('%s', async ([, bytes]) => {
    expect(await refusalOf(bytes())).toMatchObject({ code: 'PACK_REFUSED', kept: 0 })
  })
})

describe('a pack that is not well formed is refused', () => {
  test.for<[string, () => ZippedFile[], string]>([
    [
      'a manifest of another format',
      () => packFiles({ manifest: (manifest) => (manifest['format'] = 'gatehouse-evidence-pack/9') }),
      'PACK_INVALID',
    ],
    [
      'a manifest that is a list',
      () => packFiles().map((file) => (file.name === 'manifest.json' ? { ...file, data: Buffer.from('[]') } : file)),
      'PACK_INVALID',
    ],
    [
      'a manifest that is no JSON',
      () => packFiles().map((file) => (file.name === 'manifest.json' ? { ...file, data: Buffer.from('{') } : file)),
      'PACK_INVALID',
    ],
    ['a length that is no length', () => packFiles({ manifest: (manifest) => (manifest['counts'] = { entries: 'many' }) }), 'PACK_INVALID'],
    ['a session that is none', () => packFiles({ change: (files) => files.set('sample/..x/recording.jsonl', '') }), 'PACK_REFUSED'],
    ['a session of another name', () => packFiles({ change: (files) => files.set('sample/somebody/recording.jsonl', '') }), 'PACK_INVALID'],
    [
      'a length that is not the file’s',
      () => packFiles().map((file) => (file.name === 'README.md' ? { ...file, size: 3 } : file)),
      'PACK_INVALID',
    ],
    ['a key that is none', () => packFiles({ change: (files) => files.set('trust/log.vkey', 'hello') }), 'KEY_INVALID'],
    [
      'a line that never ends',
      () => packFiles({ change: (files) => files.set(`sample/${fixtureSession}/recording.jsonl`, `${'x'.repeat(5_000_000)}\n`) }),
      'RECORDING_INVALID',
    ],
  ])('%s', async ([, files, code]) => {
    expect(await refusalOf(zipOf(files()))).toMatchObject({ code, kept: 0 })
  })
})

describe('a pack that was changed is refused', () => {
  const replaced = (name: string, data: string) =>
    packFiles().map((file) => (file.name === name ? { ...file, data: Buffer.from(data) } : file))
  const recording = `sample/${fixtureSession}/recording.jsonl`
  const otherKey = formatVerifierKey(verifierKeyOf(fixtureOrigin, fixtureKey(2)))
  const entry = (index: number, text: string) => `${JSON.stringify({ index, entry: base64Of(Buffer.from(text)) })}\n`
  test.for<[string, () => ZippedFile[], RegExp]>([
    ['a file beside its manifest', () => [...packFiles(), { name: 'notes.txt', data: Buffer.from('x') }], /does not name notes\.txt/],
    ['a file that is missing', () => packFiles().filter(({ name }) => name !== 'README.md'), /is missing/],
    ['another file in its place', () => replaced('README.md', '# Another\n'), /README\.md is not the file/],
    ['a changed recording', () => replaced(recording, packRecording.replace('SELECT 3', 'SELECT 4')), /recording\.jsonl is not the file/],
    [
      'a log with an entry changed',
      () =>
        packFiles({
          change: (files) =>
            files.set(
              'log/entries.jsonl',
              files.get('log/entries.jsonl')!.replace(/"entry":"[^"]*"/, `"entry":"${base64Of(Buffer.from('{}'))}"`),
            ),
        }),
      /do not give the root/,
    ],
    [
      'a log with an entry left out',
      () => packFiles({ change: (files) => files.set('log/entries.jsonl', entry(0, '{}')) }),
      /3 were expected/,
    ],
    [
      'entries with another number',
      () => packFiles({ change: (files) => files.set('log/entries.jsonl', entry(7, '{}')) }),
      /is not entry 0/,
    ],
    [
      'a range that claims more',
      () => packFiles({ change: (files) => files.set('log/range.json', '{"start":0,"end":3,"size":9,"nodes":[]}') }),
      /lacks hashes/,
    ],
    [
      'a checkpoint that the key did not sign',
      () => packFiles({ change: (files) => files.set('trust/log.vkey', otherKey) }),
      /not signed by the key/,
    ],
    [
      'a recording of another session',
      () => packFiles({ change: (files) => files.set(recording, packRecording.replaceAll(fixtureSession, 'ses_zzzzzzzzzzzzzzzz')) }),
      /is of another session/,
    ],
    [
      'another number of entries',
      () => packFiles({ manifest: (manifest) => (manifest['counts'] = { entries: 4, sessions: 1, sample: 1 }) }),
      /names 4/,
    ],
  ])('%s', async ([, files, problem]) => {
    expect(await refusalOf(zipOf(files()))).toMatchObject({ code: 'PACK_ALTERED', message: expect.stringMatching(problem), kept: 0 })
  })
  test('signed with another key than the one that is pinned', async () => {
    const note = signCheckpoint({ origin: fixtureOrigin, size: 1, root: rootOf([leafHash(Buffer.from('first'))]) }, fixtureKey(2))
    await library.pin('https://gate.example', note, otherKey, async () => [])
    await expect(opening(zipOf(packFiles()))).rejects.toMatchObject({
      code: 'PACK_ALTERED',
      message: expect.stringMatching(/not signed by the key that is trusted/),
    })
  })
  test('a recording that fits the manifest and not the log is kept, and shown as failed', async () => {
    const changed = packRecording.replace('SELECT 3', 'SELECT 4')
    const { rows } = await opening(zipOf(packFiles({ change: (files) => files.set(recording, changed) })))
    expect(rows).toMatchObject([{ proof: 'failed' }])
  })
})
