import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runEvidenceExport } from '../../src-cli/commands/export-evidence.ts'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { checkStore } from '../../src-node/check-store.ts'
import type { PackManifest } from '../../src-node/evidence/build-pack.ts'
import { openLog } from '../../src-node/log-store.ts'
import { openRecordingStore } from '../../src-node/recording-store.ts'
import { holdId, sessionId } from '../../src-protocol/ids.ts'
import { holdSelection, retentionTerms } from '../../src-protocol/retention.ts'
import { unzip } from '../fixtures/unzip.ts'

/** Runs on Node alone: a store of which recordings were removed by a rule, years of the log's time later. */
const { privateKey } = generateKeyPairSync('ed25519')
const day = 24 * 60 * 60 * 1000
const idOf = (counter: number) => sessionId.parse(`ses_${String(counter).padStart(16, 'x')}`)
const fileOf = (counter: number) => join(folder, 'recordings', idOf(counter).slice(4, 6), `${idOf(counter)}.jsonl`)
const hold = holdId.parse('hld_0000000000000001')

let folder: string
let key: string
let now = Date.parse('2026-01-01T00:00:00Z')
const clock = { now: () => new Date((now += 1000)) }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-removed-'))
  const log = await openLog({ folder: join(folder, 'log'), origin: 'gate.example/log', privateKey, clock })
  key = log.verifierKey
  const beat = (moment: 'start' | 'interval', days: number) =>
    log.append({ kind: 'heartbeat', moment, everySeconds: 86_400, upMs: days * day })
  await beat('start', 0)
  const { index: rule } = await log.append({ kind: 'recording.retention', terms: retentionTerms.parse({ days: 40 }) })
  await beat('interval', 0)
  const recordings = await openRecordingStore({ folder: join(folder, 'recordings'), clock })
  const closed = new Map<number, { closed: number; count: number; root: string }>()
  for (let counter = 1; counter <= 8; counter += 1) {
    const person = counter === 3 ? 'otto' : 'olivia'
    const open = openRecordFixture({
      session: idOf(counter),
      counter,
      person: { sub: person, name: person, groups: [], roles: ['operator'] },
    })
    const { session, connection, policyVersion, maskingVersion } = open
    await log.append({ kind: 'session.open', session, counter, person, connection, policyVersion, maskingVersion })
    const writer = await recordings.create(open)
    const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(1)
    await writer.append(draft)
    const { count, root, endReason } = await writer.close({
      endReason: 'ended-by-operator',
      counts: { allowed: 0, masked: 0, held: 0, denied: 0 },
    })
    closed.set(counter, { closed: (await log.append({ kind: 'session.close', session, count, root, endReason })).index, count, root })
  }
  await recordings.close()
  await log.append({
    kind: 'recording.hold',
    hold,
    selection: holdSelection.parse({ person: 'otto' }),
    reason: 'a lawsuit',
    by: 'ada',
    approvals: 1,
  })
  await beat('interval', 0)
  now += 60 * day
  await beat('interval', 60)
  // 1 and 2 as the rule says, 3 though a hold is on it, 4 without a word in the log
  for (const counter of [1, 2, 3]) {
    await log.append({
      kind: 'recording.removed',
      session: idOf(counter),
      rule,
      days: 40,
      ...(closed.get(counter) ?? { closed: 0, count: 0, root: '' }),
    })
  }
  for (const counter of [1, 2, 3, 4]) await rm(fileOf(counter))
  await log.close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function pack(name: string, to: string): Promise<string> {
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done() })
  const [out, unpacked] = [join(folder, `${name}.zip`), join(folder, name)]
  const stores = { log: join(folder, 'log'), recordings: join(folder, 'recordings'), key }
  await runEvidenceExport({ ...stores, from: '2026-01-01T00:00:00.000Z', to, seed: 'a seed', sample: 8, out, stdout })
  await unzip(out, unpacked)
  return unpacked
}

/** As an auditor would: Node, the verifier, and nothing of this project. */
function verify(unpacked: string): { problems: string[]; notes: string[] } {
  const { stdout } = spawnSync(process.execPath, [join(unpacked, 'verify/verify.mjs'), '--json'], {
    env: {},
    encoding: 'utf8',
    cwd: tmpdir(),
  })
  const { problems, notes } = JSON.parse(stdout) as Record<'problems' | 'notes', { place: string; sentence: string }[]>
  const told = ({ place, sentence }: { place: string; sentence: string }) => `${place}: ${sentence}`
  return { problems: problems.map(told), notes: notes.map(told).filter((note) => note.includes('removed')) }
}

test('whoever checks the store is told what a rule removed, what is missing, and what a hold should have kept', async () => {
  const parsed = parseVerifierKey(key)
  if (!parsed.ok) throw new Error(parsed.problem)
  const { removed, recordings, findings } = await checkStore(
    { log: join(folder, 'log'), recordings: join(folder, 'recordings') },
    parsed.key,
  )
  expect([removed, recordings]).toEqual([3, 4])
  const errors = findings.filter(({ severity }) => severity === 'error')
  expect(errors.map(({ code, sentence }) => `${code}: ${sentence}`)).toEqual([
    `removed-while-held: ${idOf(3)} was removed while the hold ${hold} kept it.`,
    'recording-missing: Its recording is not there, and the log does not say that it was removed.',
  ])
})

test('the pack of a period whose recordings were removed later proves each removal, and names what is missing', async () => {
  const unpacked = await pack('period', '2026-02-01T00:00:00.000Z')
  const { problems, notes } = verify(unpacked)
  expect(notes).toEqual([
    'population/removed.csv: 3 recordings were removed by a rule of retention, each by an entry of the log that names its root',
  ])
  expect(problems).toEqual([
    `sample/${idOf(4)}/recording.jsonl: it is missing`,
    `population/sessions.csv: the recording of ${idOf(4)} is missing: it is not there, and the log does not say that a rule of retention removed it`,
  ])
  const sessions = await readFile(join(unpacked, 'population/sessions.csv'), 'utf8')
  expect(sessions.split('\r\n').filter((line) => line.includes('removed: log entry'))).toHaveLength(3)
  const manifest = JSON.parse(await readFile(join(unpacked, 'manifest.json'), 'utf8')) as PackManifest
  expect(manifest.counts).toMatchObject({ sessions: 8, sample: 5, rows: { 'population/sessions.csv': 8, 'population/removed.csv': 3 } })
})

test('a pack that reaches to the removals shows that a hold was in force', async () => {
  const { problems } = verify(await pack('whole', '2026-06-01T00:00:00.000Z'))
  expect(problems).toContain(
    `population/removed.csv: that the recording of ${idOf(3)} was removed is not shown: the hold ${hold} was in force`,
  )
})

test('a forger who calls a missing recording removed has no entry for it', async () => {
  const unpacked = join(folder, 'forged')
  await cp(join(folder, 'period'), unpacked, { recursive: true })
  const manifest = JSON.parse(await readFile(join(unpacked, 'manifest.json'), 'utf8')) as PackManifest
  const write = async (path: string, content: string) => {
    await writeFile(join(unpacked, path), content)
    const file = manifest.files.find((known) => known.path === path) ?? { path, bytes: 0, sha256: '' }
    if (!manifest.files.includes(file)) manifest.files.push(file)
    Object.assign(file, { bytes: Buffer.byteLength(content), sha256: createHash('sha256').update(content).digest('hex') })
  }
  const change = async (path: string, edit: (text: string) => string) => write(path, edit(await readFile(join(unpacked, path), 'utf8')))
  // the row of another one, under its name, with the proof of the other one
  await change('population/removed.csv', (text) => `${text}${(text.split('\r\n')[1] ?? '').replaceAll(idOf(1), idOf(4))}\r\n`)
  await change('population/sessions.csv', (text) => text.replace(/,missing\r\n/, ',removed: log entry 21\r\n'))
  await write(`removed/${idOf(4)}.tlog-proof`, await readFile(join(unpacked, `removed/${idOf(1)}.tlog-proof`), 'utf8'))
  Object.assign(manifest.counts.rows, { 'population/removed.csv': 4 })
  await writeFile(join(unpacked, 'manifest.json'), JSON.stringify(manifest))
  const { problems } = verify(unpacked)
  expect(problems).toEqual(
    expect.arrayContaining([
      `population/removed.csv: that the recording of ${idOf(4)} was removed is not shown: its proof is about something else`,
      expect.stringContaining(`the recording of ${idOf(4)} is missing`),
    ]),
  )
})
