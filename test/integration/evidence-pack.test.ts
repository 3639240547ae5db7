import { generateKeyPairSync } from 'node:crypto'
import { appendFile, cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EvidenceExportOptions } from '../../src-cli/commands/export-evidence.ts'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import type { PackManifest } from '../../src-node/evidence/build-pack.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import { openRecordingStore } from '../../src-node/recording-store.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import { unzip } from '../fixtures/unzip.ts'
import { exportAugust, verifyPack } from './export-august.ts'

/** Runs on Node alone: no gateway, no desktop. */
const { privateKey } = generateKeyPairSync('ed25519')
const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }
const idOf = (counter: number) => sessionId.parse(`ses_${String(counter).padStart(16, 'x')}`)
const sessions = 40

let folder: string
let key: string
let now = Date.parse('2026-07-01T00:00:00Z')
const clock = { now: () => new Date((now += 1000)) }

async function addSession(log: TransparencyLog, counter: number): Promise<void> {
  const recordings = await openRecordingStore({ folder: join(folder, 'recordings'), clock })
  const person = {
    sub: `u-${counter % 5}`,
    name: counter === 7 ? '=HYPERLINK("https://evil.example")' : `Person ${counter % 5}`,
    groups: ['support'],
    roles: ['operator' as const],
  }
  const open = openRecordFixture({
    session: idOf(counter),
    counter,
    person,
    reason: 'a "quoted" reason,\nover two lines <script>alert(1)</script>',
  })
  const { session, connection, policyVersion, maskingVersion } = open
  await log.append({ kind: 'session.open', session, counter, person: person.sub, connection, policyVersion, maskingVersion })
  const writer = await recordings.create(open)
  for (let seq = 1; seq <= 6; seq += 1) {
    const {
      v: _v,
      seq: _seq,
      at: _at,
      ...draft
    } = messageRecordFixture(seq, seq === 4 ? { masks: [{ rule: 'pii', kind: 'email', path: '/result', count: 2 }] } : {})
    await writer.append(draft)
  }
  const { count, root, endReason } = await writer.close({ endReason: 'ended-by-operator', counts })
  await log.append({ kind: 'session.close', session, count, root, endReason })
  await recordings.close()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-pack-'))
  const log = await openLog({ folder: join(folder, 'log'), origin: 'gate.example/log', privateKey, clock })
  key = log.verifierKey
  await log.append({ kind: 'gateway.start', gateway: 'gate.example', version: '0' })
  for (let counter = 1; counter <= sessions; counter += 1) {
    // ten sessions lie before the period, five after it
    if (counter === 11) now = Date.parse('2026-08-01T00:00:00Z')
    if (counter === 36) now = Date.parse('2026-09-01T00:00:00Z')
    await addSession(log, counter)
  }
  await log.close()
  await run({ out: join(folder, 'pack.zip') })
  await unzip(join(folder, 'pack.zip'), join(folder, 'unpacked'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (change: Partial<EvidenceExportOptions> = {}) => exportAugust(folder, key, change)

const unpacked = () => join(folder, 'unpacked')
const manifestOf = async (pack = unpacked()) => JSON.parse(await readFile(join(pack, 'manifest.json'), 'utf8')) as PackManifest
const verify = (pack = unpacked(), ...options: string[]) => verifyPack(pack, ...options)

test('the pack proves itself with Node alone, by its own key and by one from elsewhere', () => {
  expect(verify()).toMatchObject({ status: 0, stdout: expect.stringMatching(/verified\n$/) })
  expect(verify(unpacked(), '--key', key).stdout).toContain('the key is the one that was given')
})

test('an option with a mistake in it checks nothing: what it asked for would be left out, and nobody would see it', () => {
  for (const [options, problem] of [
    [['--kye', key], 'there is no option --kye'],
    [['--key'], '--key needs a value'],
    [['--checkpoint'], '--checkpoint needs a value'],
    [[tmpdir()], `manifest.json cannot be read (ENOENT): ${tmpdir()} is not an unpacked pack`],
  ] as const) {
    const { status, stdout, stderr } = verify(unpacked(), ...options)
    expect({ status, stdout, first: stderr.split('\n')[0] }).toEqual({
      status: 2,
      stdout: '',
      first: `nothing could be checked: ${problem}`,
    })
  }
  expect(verify(unpacked(), '--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^node verify\/verify.mjs --key KEY/) })
})

test('it holds the period and nothing else: all entries, all sessions in the tables, and as many samples as were asked for', async () => {
  const { counts: counted, query } = await manifestOf()
  expect(counted).toMatchObject({ entries: 50, sessions: 25, sample: 4 })
  expect(counted.rows).toMatchObject({
    'population/sessions.csv': 25,
    'population/calls.csv': 75,
    'population/masks.csv': 25,
    'population/people.csv': 5,
  })
  expect(query).toMatchObject({ seed: 'the auditor’s own words', from: '2026-08-01T00:00:00.000Z' })
  expect(await readdir(join(unpacked(), 'sample'))).toHaveLength(5)
})

test('the same store and question give the same pack, byte for byte but for the zip', async () => {
  await run({ out: join(folder, 'again.zip') })
  await unzip(join(folder, 'again.zip'), join(folder, 'again'))
  expect(await manifestOf(join(folder, 'again'))).toEqual(await manifestOf())
})

test('another seed draws another sample', async () => {
  await run({ out: join(folder, 'seed.zip'), seed: 'another seed' })
  await unzip(join(folder, 'seed.zip'), join(folder, 'seed'))
  const selected = async (pack: string) =>
    (JSON.parse(await readFile(join(pack, 'sample/selection.json'), 'utf8')) as { selected: string[] }).selected
  expect(await selected(join(folder, 'seed'))).not.toEqual(await selected(unpacked()))
})

test('a cell that a spreadsheet would run is none any more', async () => {
  await run({ out: join(folder, 'early.zip'), from: '2026-07-01T00:00:00.000Z', to: '2026-08-01T00:00:00.000Z' })
  await unzip(join(folder, 'early.zip'), join(folder, 'early'))
  expect(await readFile(join(folder, 'early/population/sessions.csv'), 'utf8')).toContain(`"'=HYPERLINK(""https://evil.example"")"`)
  expect(verify(join(folder, 'early')).status).toBe(0)
})

describe('whatever is altered is found, with its place', () => {
  let pack: string
  let sample: string
  beforeEach(async () => {
    pack = await mkdtemp(join(folder, 'tampered-'))
    await cp(unpacked(), pack, { recursive: true })
    sample = (await readdir(join(pack, 'sample'))).find((name) => name.startsWith('ses_')) ?? ''
  })
  const edit = async (path: string, change: (text: string) => string) =>
    writeFile(join(pack, path), change(await readFile(join(pack, path), 'utf8')))
  /** What a careful forger does: the manifest names the altered file too. */
  async function forge(path: string, change: (text: string) => string) {
    await edit(path, change)
    const content = await readFile(join(pack, path))
    const { createHash } = await import('node:crypto')
    const sha256 = createHash('sha256').update(content).digest('hex')
    await edit('manifest.json', (text) => {
      const manifest = JSON.parse(text) as PackManifest
      const file = manifest.files.find((known) => known.path === path)
      Object.assign(file ?? {}, { bytes: content.length, sha256 })
      return JSON.stringify(manifest)
    })
  }
  const found = () => {
    const { status, stdout } = verify(pack)
    expect(status).toBe(1)
    return stdout
  }

  test('a file that is changed, one that is missing, one that is new', async () => {
    await appendFile(join(pack, 'population/calls.csv'), 'x')
    expect(found()).toContain('FAILED  population/calls.csv: it is not the file that the manifest names')
    await rm(join(pack, 'controls.csv'))
    expect(found()).toContain('FAILED  controls.csv: it is missing')
    await writeFile(join(pack, 'population/more.csv'), '')
    expect(found()).toContain('FAILED  population/more.csv: the manifest does not name this file')
    // a table that is needed further on
    await rm(join(pack, 'population/sessions.csv'))
    expect(found()).toContain('FAILED  population/sessions.csv: it is missing')
    expect(found()).toContain('FAILED  the rest: it could not be checked: population/sessions.csv cannot be read (ENOENT)')
  })

  const recording = () => `sample/${sample}/recording.jsonl`
  const lines = (change: (all: string[]) => string[]) => (text: string) => change(text.split('\n')).join('\n')
  test.for<[string, (all: string[]) => string[], string]>([
    ['a byte is flipped', (all) => all.with(3, all[3]!.replace('SELECT', 'SELECt')), 'records 0 to 7: they do not give the root'],
    ['a record is removed', (all) => all.toSpliced(3, 1), 'record 3: it is not the record that belongs there'],
    ['a record is added', (all) => all.toSpliced(3, 0, all[3]!), 'record 4: it is not the record that belongs there'],
    ['records change places', (all) => all.with(3, all[4]!).with(4, all[3]!), 'record 3: it is not the record that belongs there'],
    ['the end is cut off', (all) => [...all.slice(0, -2), ''], 'it has 7 records, the log says 8'],
  ])('in a recording %s, and the manifest fits it', async ([, change, finding]) => {
    await forge(recording(), lines(change))
    expect(found()).toContain(finding)
  })

  test('two recordings change places', async () => {
    const other = (await readdir(join(pack, 'sample'))).filter((name) => name.startsWith('ses_'))[1] ?? ''
    const text = await readFile(join(pack, `sample/${other}/recording.jsonl`), 'utf8')
    await forge(recording(), () => text)
    expect(found()).toContain(`FAILED  ${recording()} records 0 to 7: they do not give the root`)
  })

  test.for<[string, (all: string[]) => string[], string]>([
    ['an entry is removed', (all) => all.toSpliced(2, 1), 'line 3 is entry'],
    ['the last entry is cut off', (all) => all.toSpliced(-2, 1), '50 entries were expected'],
    ['entries change places', (all) => all.with(2, all[3]!).with(3, all[2]!), 'line 3 is entry'],
    [
      'an entry is another one',
      (all) =>
        all.with(
          2,
          all[2]!.replace(/"entry":".*"/, (entry) => entry.replace('A', 'B')),
        ),
      'the entries do not give the root',
    ],
  ])('in the log %s, and the manifest fits it', async ([, change, finding]) => {
    await forge('log/entries.jsonl', lines(change))
    expect(found()).toContain(finding)
  })

  test('the checkpoint is another one, or the key', async () => {
    await forge('log/end.checkpoint', (text) => text.replace(/^\d+$/m, '999'))
    expect(found()).toContain('FAILED  log/end.checkpoint: it is not signed by the key of the log')
    const other = await openLog({
      folder: join(pack, '..', `key-${sample}`),
      origin: 'gate.example/log',
      privateKey: generateKeyPairSync('ed25519').privateKey,
      clock,
    })
    const { verifierKey } = other
    await other.close()
    const { status, stdout } = verify(unpacked(), '--key', verifierKey)
    expect([status, stdout]).toEqual([1, expect.stringContaining('it is not signed by the key of the log')])
  })

  test('the sample was picked', async () => {
    await forge('sample/selection.json', (text) => {
      const selection = JSON.parse(text) as { selected: string[]; population: string[] }
      return JSON.stringify({ ...selection, selected: selection.population.slice(0, 4) })
    })
    expect(found()).toContain('FAILED  sample/selection.json: it is not the sample that the seed gives')
  })

  test('a session is left out of the population', async () => {
    await forge('sample/selection.json', (text) => {
      const selection = JSON.parse(text) as { population: string[]; selected: string[] }
      return JSON.stringify({ ...selection, population: selection.population.filter((id) => selection.selected.includes(id)) })
    })
    expect(found()).toContain('it was not drawn from all sessions that the log closed in the period')
  })

  test('a row of the sessions is another one, and the counts fit', async () => {
    await forge('population/sessions.csv', (text) => text.replace(sample, idOf(99)))
    expect(found()).toContain(`FAILED  population/sessions.csv: the session ${sample} is missing`)
  })

  test('a row is removed from a table', async () => {
    await forge('population/sessions.csv', (text) => text.split('\r\n').toSpliced(3, 1).join('\r\n'))
    expect(found()).toMatch(/FAILED {2}population\/sessions\.csv: it has \d+ rows, the manifest says 25/)
  })
})

describe('what cannot be exported is told, and leaves no half of a pack', () => {
  test('a file that is there already is not overwritten', async () => {
    const out = join(folder, 'mine.zip')
    await writeFile(out, 'mine')
    await expect(run({ out })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
    expect(await readFile(out, 'utf8')).toBe('mine')
  })
  test('a period without entries, one that ends before it begins, and a key that is not the log’s', async () => {
    await expect(run({ from: '2027-01-01T00:00:00.000Z', to: '2027-02-01T00:00:00.000Z' })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
    await expect(run({ from: '2026-09-01T00:00:00.000Z', to: '2026-08-01T00:00:00.000Z' })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
    await expect(run({ key: 'nonsense+00000000+AAAA' })).rejects.toMatchObject({ code: 'KEY_INVALID' })
    expect(await readdir(folder)).not.toContain('other.zip')
  })
})
