import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  fixtureSession,
  fixtureVerifierKey,
  proofFixture,
  recordingText,
  recordsFixture,
} from '../../../src-core/recording/sealed-recording.fixture.ts'
import type { ImportState } from '../../../src-protocol/desktop-library.ts'
import { createLibraryImports } from '../desktop/library-imports.ts'
import { openInlineLibrary } from './inline-library.fixture.ts'
import { packFiles, zipOf } from './pack/pack.fixture.ts'

const text = recordingText(recordsFixture(4))
let folder: string
let opened: ReturnType<typeof openInlineLibrary>
const go = () => true
const open = (path: string) => opened.library.importFile(join(folder, path), go)
const write = (path: string, data: string | Buffer): string => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), data)
  return path
}
const unpacked = (name: string, files = packFiles()): string => {
  for (const { name: path, data } of files) write(`${name}/${path}`, data)
  return name
}
const kept = async () => (await opened.library.page({})).rows

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'))
  opened = openInlineLibrary()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('an unpacked evidence pack', () => {
  test('is opened as a packed one is; what a system left in its folders is passed over', async () => {
    write('pack/.DS_Store', 'x')
    const outcome = await open(unpacked('pack'))
    expect(outcome).toMatchObject({ rows: [{ session: fixtureSession, proof: 'verified' }], pack: { key: 'pack', sessions: 1 } })
  })

  test.for<[string, (pack: string) => void, string]>([
    ['a folder that is none', (pack) => rmSync(join(pack, 'manifest.json')), 'PACK_REFUSED'],
    ['a link to a file outside', (pack) => symlinkSync('/etc/hostname', join(pack, 'log/more')), 'PACK_REFUSED'],
    [
      'a link in the place of a file',
      (pack) => {
        rmSync(join(pack, 'README.md'))
        symlinkSync('/etc/hostname', join(pack, 'README.md'))
      },
      'PACK_REFUSED',
    ],
    ['a link to a folder', (pack) => symlinkSync('/etc', join(pack, 'etc')), 'PACK_REFUSED'],
    ['a name that no pack has', (pack) => writeFileSync(join(pack, '-rf'), ''), 'PACK_REFUSED'],
    ['folders without end', (pack) => mkdirSync(join(pack, 'a/b/c/d/e/f/g'), { recursive: true }), 'PACK_REFUSED'],
    ['a file that the manifest does not name', (pack) => writeFileSync(join(pack, 'more.csv'), ''), 'PACK_ALTERED'],
    ['a file that is missing', (pack) => rmSync(join(pack, 'README.md')), 'PACK_ALTERED'],
    ['a file that was changed', (pack) => writeFileSync(join(pack, 'README.md'), 'other'), 'PACK_ALTERED'],
    ['a recording that was changed', (pack) => writeFileSync(join(pack, `sample/${fixtureSession}/recording.jsonl`), text), 'PACK_ALTERED'],
  ])('with %s: nothing is kept', async ([, spoil, code]) => {
    spoil(join(folder, unpacked('pack')))
    await expect(open('pack')).rejects.toMatchObject({ code })
    expect(await kept()).toEqual([])
  })

  test('with a pipe in it is refused, and nobody waits for the pipe', async () => {
    execFileSync('/usr/bin/env', ['mkfifo', join(folder, unpacked('pack'), 'pipe')])
    await expect(open('pack')).rejects.toMatchObject({ code: 'PACK_REFUSED' })
    await expect(open('pack/pipe')).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
  })
})

describe('a proof', () => {
  test('opens the recording that lies beside it', async () => {
    write('ses.jsonl', text)
    write('log.pub', fixtureVerifierKey)
    expect(await open(write('ses.tlog-proof', proofFixture(text)))).toMatchObject({ rows: [{ proof: 'verified' }] })
  })

  test('is taken for the recording of its session that is here: a newer one in the place of an older', async () => {
    await opened.library.add(text, proofFixture(text, { index: 4 }).replace('index 4', 'index 3'), fixtureVerifierKey)
    expect(await kept()).toMatchObject([{ proof: 'failed' }])
    expect(await open(write('newer.tlog-proof', proofFixture(text)))).toMatchObject({ rows: [{ proof: 'verified' }] })
  })

  test('that does not prove it takes the place of none that does', async () => {
    await opened.library.add(text, proofFixture(text), fixtureVerifierKey)
    const other = proofFixture(recordingText(recordsFixture(6)))
    await expect(open(write('other.tlog-proof', other))).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await kept()).toMatchObject([{ proof: 'verified' }])
  })

  test.for<[string, () => string, string]>([
    ['of a session that is not here', () => proofFixture(text), 'PROOF_ALONE'],
    ['that is none', () => 'hello', 'PROOF_FILE_INVALID'],
    ['of another entry of the log', () => proofFixture(text, { entry: { kind: 'heartbeat' } as never }), 'PROOF_FILE_INVALID'],
    ['larger than any', () => 'x'.repeat(1024 ** 2 + 1), 'FILE_UNKNOWN'],
  ])('%s is told why not', async ([, proof, code]) => {
    await expect(open(write('some.tlog-proof', proof()))).rejects.toMatchObject({ code })
  })
})

test.for([
  ['a picture', 'photo.png', '\u0089PNG'],
  ['nothing at all', 'empty', ''],
  ['a recording as a gateway stores it', 'ses_1.jsonl.zst', '(\u00b5/\u00fd'],
  ['a key', 'gate.pub', fixtureVerifierKey],
  ['a program', 'setup.exe', 'MZ'],
] as const)('%s is not opened, and the error says what can be', async ([, name, data]) => {
  const error = { code: 'FILE_UNKNOWN', message: expect.stringContaining(name), remedy: expect.stringContaining('.tlog-proof') }
  await expect(open(write(name, data))).rejects.toMatchObject(error)
})

test('of several files each is opened, the good ones too if others are rubbish; and the note tells of all', async () => {
  const told: ImportState[] = []
  const imports = createLibraryImports({ library: opened.library, tell: (state) => void told.push(state) })
  const paths = [write('photo.png', 'x'), unpacked('pack'), write('again.zip', zipOf(packFiles()))]
  imports.open(paths.map((path) => join(folder, path)))
  await expect.poll(() => told.at(-1), { timeout: 10_000 }).toMatchObject({ state: 'finished', file: 'again.zip' })
  expect(told.at(-1)).toMatchObject({
    recordings: 1,
    others: [
      { file: 'photo.png', problem: { code: 'FILE_UNKNOWN' } },
      { file: 'pack', recordings: 1, failed: 0 },
    ],
  })
})
