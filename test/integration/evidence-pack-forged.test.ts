import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runEvidenceExport } from '../../src-cli/commands/export-evidence.ts'
import { base64Of } from '../../src-core/log/base64.ts'
import { signCheckpoint } from '../../src-core/log/checkpoint.ts'
import { parseEntries } from '../../src-core/log/tile.ts'
import { selectSample, type SampleSelection } from '../../src-core/evidence/select-sample.ts'
import { rootOf } from '../../src-core/log/merkle-frontier.ts'
import { leafHash } from '../../src-core/log/merkle-hash.ts'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import type { PackManifest } from '../../src-node/evidence/build-pack.ts'
import { openLog } from '../../src-node/log-store.ts'
import { openRecordingStore } from '../../src-node/recording-store.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import { importFile } from '../../src-main/services/library/import-file.ts'
import { openLibrary } from '../../src-main/services/library.ts'
import { unzip } from '../fixtures/unzip.ts'

/** Packs that somebody made who knows how they are checked: the manifest fits, and what is forged is forged everywhere. */
const { privateKey } = generateKeyPairSync('ed25519')
const origin = 'gate.example/log'
const idOf = (counter: number) => sessionId.parse(`ses_${String(counter).padStart(16, 'x')}`)

let folder: string
let pack: string
let key: string
/** of the log when it had few entries: an auditor kept it */
let kept: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-forged-'))
  let now = Date.parse('2026-07-01T00:00:00Z')
  const clock = { now: () => new Date((now += 1000)) }
  const log = await openLog({ folder: join(folder, 'log'), origin, privateKey, clock })
  key = log.verifierKey
  const recordings = await openRecordingStore({ folder: join(folder, 'recordings'), clock })
  for (let counter = 1; counter <= 9; counter += 1) {
    if (counter === 4) {
      kept = log.checkpoint()
      now = Date.parse('2026-08-01T00:00:00Z')
    }
    if (counter === 8) now = Date.parse('2026-09-01T00:00:00Z')
    // line breaks of one letter: a table must not take what follows for a row
    const reason = counter === 6 ? "look\n=cmd|' /C calc'!A0\rand more" : 'A refund'
    const open = openRecordFixture({ session: idOf(counter), counter, reason })
    const { session, connection, policyVersion, maskingVersion } = open
    await log.append({ kind: 'session.open', session, counter, person: open.person.sub, connection, policyVersion, maskingVersion })
    const writer = await recordings.create(open)
    const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(1)
    await writer.append(draft)
    const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }
    const { count, root, endReason } = await writer.close({ endReason: 'ended-by-operator', counts })
    await log.append({ kind: 'session.close', session, count, root, endReason })
    if (counter === 5) {
      const version = createHash('sha256').update('a policy').digest('hex')
      await log.append({ kind: 'policy.version', document: 'policy', version, author: 'u-admin', message: '=nobody may read' })
    }
  }
  await recordings.close()
  await log.close()
  await runEvidenceExport({
    log: join(folder, 'log'),
    recordings: join(folder, 'recordings'),
    key,
    from: '2026-08-01T00:00:00.000Z',
    to: '2026-09-01T00:00:00.000Z',
    seed: 'my own words',
    sample: 9,
    out: join(folder, 'pack.zip'),
    now: new Date('2026-10-02T08:00:00Z'),
    stdout: new Writable({ write: (_chunk, _encoding, done) => done() }),
  })
  await unzip(join(folder, 'pack.zip'), join(folder, 'unpacked'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(async () => {
  pack = await mkdtemp(join(folder, 'forged-'))
  await cp(join(folder, 'unpacked'), pack, { recursive: true })
})

interface Range {
  start: number
  end: number
  size: number
  nodes: { start: number; end: number; hash: string }[]
}
const textOf = (path: string) => readFile(join(pack, path), 'utf8')
const change = async (path: string, edit: (text: string) => string) => writeFile(join(pack, path), edit(await textOf(path)))
const changeJson = <Value>(path: string, edit: (value: Value) => Value) =>
  change(path, (text) => JSON.stringify(edit(JSON.parse(text) as Value)))
const changeLines = (path: string, edit: (lines: string[]) => string[]) =>
  change(path, (text) =>
    edit(text.split('\n').slice(0, -1))
      .map((line) => `${line}\n`)
      .join(''),
  )
const entryOf = (line: string) => JSON.parse(Buffer.from((JSON.parse(line) as { entry: string }).entry, 'base64').toString()) as never
const lineOf = (index: number, entry: unknown) => `{"index":${index},"entry":"${base64Of(Buffer.from(JSON.stringify(entry)))}"}`

/** The manifest names what lies there now. */
async function fit(also: (manifest: PackManifest) => void = () => undefined): Promise<void> {
  const names = await readdir(pack, { recursive: true, withFileTypes: true })
  const paths = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name).slice(pack.length + 1))
  const files: PackManifest['files'] = []
  for (const path of paths.filter((one) => one !== 'manifest.json')) {
    const content = await readFile(join(pack, path))
    files.push({ path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') })
  }
  await changeJson<PackManifest>('manifest.json', (manifest) => {
    also(manifest)
    return { ...manifest, files }
  })
}

/** Node, the verifier of this version, and the key that the auditor has. */
function verifier(...options: string[]) {
  const script = join(import.meta.dirname, '../../src-node/evidence/verify.mjs')
  const { status, stdout } = spawnSync(process.execPath, [script, '--key', key, ...options, pack], { env: {}, encoding: 'utf8' })
  return { status, stdout }
}
/** What the application says of the unpacked pack. */
async function application(): Promise<string> {
  const library = openLibrary({ file: ':memory:', clock: { now: () => new Date() } })
  try {
    await importFile(library, pack, () => true)
    return 'opened'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    library.close()
  }
}

test('what is forged below is a pack that verifies', async () => {
  await fit()
  expect(verifier('--checkpoint', await keptFile())).toMatchObject({ status: 0, stdout: expect.stringMatching(/verified\n$/) })
  expect(await application()).toBe('opened')
})
const keptFile = async () => {
  const file = join(folder, 'kept.checkpoint')
  await writeFile(file, kept)
  return file
}

test('a reason over several lines is one cell, and no formula', async () => {
  const table = await textOf('population/sessions.csv')
  expect(table).toContain(`,"look\n=cmd|' /C calc'!A0\rand more",`)
})

describe('a log that was forged', () => {
  test('entries that a hash over all of them answers for', async () => {
    const { root } = await endOf()
    await changeLines('log/entries.jsonl', (lines) => lines.with(2, lineOf(8, { ...(entryOf(lines[2]!) as object), person: 'u-nobody' })))
    await changeJson<Range>('log/range.json', (range) => ({ ...range, nodes: [...range.nodes, { start: 0, end: range.size, hash: root }] }))
    await fit()
    expect(verifier()).toMatchObject({ status: 1, stdout: expect.stringContaining('FAILED  log/range.json: it has a hash over entries') })
    expect(await application()).toMatch(/has a hash over entries/)
  })

  test('a history that was written anew, with the root of the checkpoint that was kept beside it', async () => {
    const [, size = '', root = ''] = kept.split('\n')
    const old = await entries()
    const anew = old.map((bytes, at) => (at === 1 ? Buffer.from(bytes.toString().replace('session.', 'session_')) : bytes))
    const range = JSON.parse(await textOf('log/range.json')) as Range
    const hash = (start: number, end: number) => base64Of(rootOf(anew.slice(start, end).map((bytes) => leafHash(bytes))))
    const nodes = range.nodes.map(({ start, end }) => ({ start, end, hash: hash(start, end) }))
    await changeJson<Range>('log/range.json', () => ({ ...range, nodes: [...nodes, { start: 0, end: Number(size), hash: root }] }))
    const checkpoint = { origin, size: anew.length, root: rootOf(anew.map((bytes) => leafHash(bytes))) }
    await change('log/end.checkpoint', () => signCheckpoint(checkpoint, privateKey))
    await fit()
    expect(verifier('--checkpoint', await keptFile())).toMatchObject({ status: 1 })
    expect(await application()).toMatch(/has a hash over entries/)
  })

  test.for<[string, (range: Range) => Range, (lines: string[]) => string[]]>([
    ['first', (range) => ({ ...range, start: range.start + 2 }), (lines) => lines.slice(2)],
    ['last', (range) => ({ ...range, end: range.end - 2 }), (lines) => lines.slice(0, -2)],
  ])('the %s session of the period is left to the hashes around it', async ([which, cut, keep]) => {
    const gone = which === 'first' ? idOf(4) : idOf(7)
    const bytes = await entries()
    await changeLines('log/entries.jsonl', keep)
    await changeJson<Range>('log/range.json', (range) => {
      const shorter = cut(range)
      const missing = bytes
        .map((one, at) => [at, one] as const)
        .slice(...(which === 'first' ? [range.start, shorter.start] : [shorter.end, range.end]))
      return {
        ...shorter,
        nodes: [...range.nodes, ...missing.map(([at, one]) => ({ start: at, end: at + 1, hash: base64Of(leafHash(one)) }))],
      }
    })
    await forgetSession(gone)
    expect(verifier()).toMatchObject({ status: 1, stdout: expect.stringMatching(/FAILED {2}log\/(?:before|after)\.tlog-proof/) })
    expect(await application()).toMatch(/(?:before|behind) the period/)
  })
})

describe('what the manifest fits to', () => {
  test.for<[string, string, (text: string) => string, string]>([
    [
      'who used the connection',
      'sessions',
      (text) => text.replace(`${idOf(5)},5,u-1,`, `${idOf(5)},5,u-2,`),
      `the session ${idOf(5)} is not as the log says`,
    ],
    ['a session behind a cell that is none', 'sessions', (text) => `${text}"x"y,\r\n${idOf(99)},99,u-1\r\n`, 'it is not a table'],
    ['who wrote the policy', 'policies', (text) => text.replace(',u-admin,', ',u-other,'), 'row 1 is not what the log says'],
    ['an approval that nobody gave', 'approvals', (text) => `${text}${'x,'.repeat(15)}9,Nobody\r\n`, 'row 1 is not what the log says'],
  ])('%s, in a table', async ([, table, edit, finding]) => {
    await change(`population/${table}.csv`, edit)
    const rows = (await textOf(`population/${table}.csv`)).split('\r\n').length - 2
    await fit((manifest) => (manifest.counts.rows[`population/${table}.csv`] = rows))
    const { stdout } = verifier()
    expect(stdout).toContain(`FAILED  population/${table}.csv: ${finding}`)
  })

  test('a sample that calls itself filtered, so that it need not be drawn from all', async () => {
    await changeJson<SampleSelection>('sample/selection.json', (selection) => ({
      ...selection,
      population: [idOf(5)],
      selected: [idOf(5)],
    }))
    for (const counter of [4, 6, 7]) await rm(join(pack, 'sample', idOf(counter)), { recursive: true })
    await fit((manifest) => Object.assign(manifest.query, { filtered: true }))
    expect(verifier().stdout).toContain('FAILED  sample/selection.json: it was not drawn from all sessions')
  })

  test('a seed that is not the one that was asked with', async () => {
    await changeJson<SampleSelection>('sample/selection.json', ({ population, size }) => selectSample(population, 'a better one', size))
    await fit()
    expect(verifier()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('FAILED  sample/selection.json: its seed or its size is not the one of the manifest'),
    })
  })

  test('the proof of another session beside a recording', async () => {
    const other = await textOf(`sample/${idOf(6)}/recording.tlog-proof`)
    await change(`sample/${idOf(5)}/recording.tlog-proof`, () => other)
    await fit()
    const finding = `FAILED  sample/${idOf(5)}/recording.tlog-proof: it does not show that the recording is in the log`
    const { status, stdout } = verifier()
    expect([status, stdout]).toEqual([1, expect.stringContaining(finding)])
    expect(stdout).not.toContain('recordings have the root that is in the log')
  })

  test('the OSCAL document is one of its files', async () => {
    await change('oscal/assessment-results.json', (text) => text.replace('for the auditor to say', 'satisfied'))
    expect(verifier().stdout).toContain('FAILED  oscal/assessment-results.json: it is not the file that the manifest names')
    expect(await application()).toMatch(/oscal.* is not the file/)
  })

  test('a file twice, and a name that says it is verified', async () => {
    await writeFile(join(pack, 'x\nverified\u001b[2K'), '')
    await changeJson<PackManifest>('manifest.json', (manifest) => ({
      ...manifest,
      files: [{ ...manifest.files[0]!, bytes: 1 }, ...manifest.files],
    }))
    const { status, stdout } = verifier()
    expect(status).toBe(1)
    expect(stdout).toContain('FAILED  manifest.json: it names a file twice')
    expect(stdout).toContain('FAILED  x?verified?[2K: the manifest does not name this file')
    expect(stdout).not.toMatch(/^verified/m)
  })

  test('a link is not followed', async () => {
    await rm(join(pack, 'controls.csv'))
    await symlink('/dev/zero', join(pack, 'controls.csv'))
    expect(verifier()).toMatchObject({ status: 2 })
    expect(await application()).toMatch(/link or a device/)
  })

  test('a recording whose last line has no end is refused by each verifier', async () => {
    await change(`sample/${idOf(5)}/recording.jsonl`, (text) => text.slice(0, -1))
    await fit()
    expect(verifier()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`FAILED  sample/${idOf(5)}/recording.jsonl: its last line has no line feed`),
    })
    expect(await application()).toMatch(/last line has no line feed/)
  })
})

const endOf = async () => {
  const [, size = '', root = ''] = (await textOf('log/end.checkpoint')).split('\n')
  return { size: Number(size), root }
}
/** Bytes of all entries of the log. */
async function entries(): Promise<Buffer[]> {
  const { size } = await endOf()
  const bundle = parseEntries(await readFile(join(folder, 'log', `tile/entries/000.p/${size}`))) ?? []
  return bundle.map((entry) => Buffer.from(entry))
}
/** Nothing in the pack tells of a session any more. */
async function forgetSession(session: string): Promise<void> {
  const without = (text: string) =>
    text
      .split('\r\n')
      .filter((line) => !line.includes(session))
      .join('\r\n')
  for (const table of ['sessions', 'calls', 'decisions']) await change(`population/${table}.csv`, without)
  const lines = (await textOf('log/entries.jsonl')).split('\n').length - 1
  const selection = JSON.parse(await textOf('sample/selection.json')) as SampleSelection
  const anew = selectSample(
    selection.population.filter((one) => one !== session),
    selection.seed,
    selection.size,
  )
  await changeJson<SampleSelection>('sample/selection.json', () => anew)
  await rm(join(pack, 'sample', session), { recursive: true })
  const rows = async (table: string) => (await textOf(`population/${table}.csv`)).split('\r\n').length - 2
  const counted: Record<string, number> = {}
  for (const table of ['sessions', 'calls', 'decisions']) counted[`population/${table}.csv`] = await rows(table)
  await fit((manifest) =>
    Object.assign(manifest.counts, {
      entries: lines,
      sessions: counted['population/sessions.csv'],
      rows: { ...manifest.counts.rows, ...counted },
    }),
  )
}
