import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { runLogCheck } from '../../src-cli/commands/check-log.ts'
import { runEvidenceExport } from '../../src-cli/commands/export-evidence.ts'
import { base64Of } from '../../src-core/log/base64.ts'
import { signCheckpoint } from '../../src-core/log/checkpoint.ts'
import { rootOf } from '../../src-core/log/merkle-frontier.ts'
import { leafHash } from '../../src-core/log/merkle-hash.ts'
import { consistencyProof } from '../../src-core/log/merkle-proof.ts'
import { formatVerifierKey, parseVerifierKey, verifierKeyOf } from '../../src-core/log/signed-note.ts'
import { parseEntries } from '../../src-core/log/tile.ts'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { openLibraryDatabase } from '../../src-main/services/library/library-database.ts'
import { createPinnedCheckpoints } from '../../src-main/services/library/pinned-checkpoints.ts'
import type { PackManifest } from '../../src-node/evidence/build-pack.ts'
import { writeTreeFiles } from '../../src-node/log-files.ts'
import { openLogReader } from '../../src-node/log-reader.ts'
import { openLog, type LogEntryDraft } from '../../src-node/log-store.ts'
import { emptyTree, growTree } from '../../src-node/log-tree.ts'
import { openRecordingStore } from '../../src-node/recording-store.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import { unzip } from '../fixtures/unzip.ts'

const origin = 'gate.example/log'
const idOf = (number: number) => sessionId.parse(`ses_${String.fromCodePoint(96 + number).repeat(16)}`)
const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }

/** A store of two finished sessions, and what those who read it keep: the key, a checkpoint, a recording with its proof, a pack. */
export interface TamperWorld {
  readonly folder: string
  readonly one: string
  readonly other: string
  /** bytes of the log's entries */
  readonly entries: readonly Buffer[]
  readonly privateKey: KeyObject
  readonly strangeKey: KeyObject
  recordingLines(session: string): Promise<string[]>
  close(): Promise<void>
}

export async function createTamperWorld(): Promise<TamperWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'tamper-'))
  const [privateKey, strangeKey] = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey]
  let now = Date.parse('2026-08-01T00:00:00Z')
  const clock = { now: () => new Date((now += 1000)) }
  const log = await openLog({ folder: join(folder, 'log'), origin, privateKey, clock })
  const recordings = await openRecordingStore({ folder: join(folder, 'recordings'), clock })
  for (const counter of [1, 2]) {
    const open = openRecordFixture({ session: idOf(counter), counter })
    const { session, connection, policyVersion, maskingVersion } = open
    await log.append({ kind: 'session.open', session, counter, person: open.person.sub, connection, policyVersion, maskingVersion })
    const writer = await recordings.create(open)
    for (let seq = 1; seq <= 6; seq += 1) {
      const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(seq)
      await writer.append(draft)
      if (seq === 3) await log.append({ kind: 'session.checkpoint', session, ...(await writer.durable()) })
    }
    const { count, root, endReason } = await writer.close({ endReason: 'ended-by-operator', counts })
    await log.append({ kind: 'session.close', session, count, root, endReason })
  }
  await log.append({ kind: 'identity', act: 'signed-out', person: 'u-1' })
  await recordings.close()
  await log.close()
  await writeFile(join(folder, 'kept.checkpoint'), log.checkpoint())
  const bundle = parseEntries(await readFile(join(folder, 'log', `tile/entries/000.p/${log.size}`))) ?? []
  const entries = bundle.map((entry) => Buffer.from(entry))
  await exportPack(folder, join(folder, 'log'), log.verifierKey)
  return {
    folder,
    one: idOf(1),
    other: idOf(2),
    entries,
    privateKey,
    strangeKey,
    recordingLines: async (session) => linesOf(await readFile(recordingFile(folder, session), 'utf8')),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

const silent = () => new Writable({ write: (_chunk, _encoding, done) => done() })
const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
const recordingFile = (folder: string, session: string): string => join(folder, 'recordings', session.slice(4, 6), `${session}.jsonl`)
const keyOf = (key: KeyObject): string => formatVerifierKey(verifierKeyOf(origin, key))

async function exportPack(folder: string, log: string, key: string): Promise<void> {
  const out = join(log, '..', 'pack.zip')
  const period = { from: '2026-08-01T00:00:00.000Z', to: '2026-09-01T00:00:00.000Z', seed: 'seed', sample: 2 }
  await runEvidenceExport({
    log,
    recordings: join(folder, 'recordings'),
    key,
    ...period,
    out,
    now: new Date('2026-10-02T08:00:00Z'),
    stdout: silent(),
  })
  await unzip(out, join(log, '..', 'pack'))
}

/** What a verifier says first, and where. */
export type Verdict = string

type ChangeLines = (lines: string[]) => string[] | Promise<string[]>
type ChangeEntries = (entries: Buffer[]) => Buffer[]

/** A copy of the store for one attack. */
async function copyOf(world: TamperWorld): Promise<string> {
  const copy = await mkdtemp(join(world.folder, 'copy-'))
  for (const part of ['log', 'recordings', 'pack']) await cp(join(world.folder, part), join(copy, part), { recursive: true })
  return copy
}

/** `gatehouse log check`, with the key and the checkpoint that somebody kept. */
async function checkLog(world: TamperWorld, copy: string): Promise<Verdict> {
  let printed = ''
  const stdout = new Writable({ write: (chunk: Buffer, _encoding, done) => ((printed += chunk.toString()), done()) })
  const kept = join(world.folder, 'kept.checkpoint')
  const options = { log: join(copy, 'log'), recordings: join(copy, 'recordings'), key: keyOf(world.privateKey), checkpoint: [kept] }
  const exitCode = await runLogCheck({ ...options, json: true, stdout })
  const { findings } = JSON.parse(printed) as { findings: { code: string; severity: string; place: string }[] }
  const first = findings.find(({ severity }) => severity === 'error')
  if (exitCode === 0 || !first) return 'nothing'
  return `\`${first.code}\` ${first.place}`.replaceAll(copy, '').replace(kept, 'kept checkpoint')
}

/** `verify.mjs` on a pack, with the key and the checkpoint that somebody kept. */
function checkPack(world: TamperWorld, pack: string): Verdict {
  const given = ['--key', keyOf(world.privateKey), '--checkpoint', join(world.folder, 'kept.checkpoint')]
  const { status, stdout } = spawnSync(process.execPath, [join(pack, 'verify/verify.mjs'), ...given], { env: {}, encoding: 'utf8' })
  const [, place, sentence] = /^FAILED {2}(.+?): (.*)$/m.exec(stdout) ?? []
  return status === 1 && place !== undefined ? `${place}: ${sentence}` : `nothing (exit code ${status})`
}

/** The manifest names the altered file as a careful forger would have it. */
async function forgeManifest(pack: string, path: string): Promise<void> {
  const content = await readFile(join(pack, path))
  const manifest = JSON.parse(await readFile(join(pack, 'manifest.json'), 'utf8')) as PackManifest
  const file = manifest.files.find((known) => known.path === path)
  Object.assign(file ?? {}, { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') })
  await writeFile(join(pack, 'manifest.json'), JSON.stringify(manifest))
}

const tidy = (world: TamperWorld, verdict: Verdict): Verdict =>
  verdict.replaceAll(world.one, 'session').replaceAll(world.other, 'other session')

/** Somebody changes a recording, wherever a copy of it lies. */
export async function tamperRecording(world: TamperWorld, change: ChangeLines): Promise<Record<'check' | 'application' | 'pack', Verdict>> {
  const copy = await copyOf(world)
  const altered = textOf(await change(await world.recordingLines(world.one)))
  await writeFile(recordingFile(copy, world.one), altered)
  const sample = `sample/${world.one}/recording.jsonl`
  await writeFile(join(copy, 'pack', sample), altered)
  await forgeManifest(join(copy, 'pack'), sample)
  const proof = await readFile(join(world.folder, 'pack', `sample/${world.one}/recording.tlog-proof`), 'utf8')
  const { steps, reason, seq } = verifyRecording({ recording: Buffer.from(altered), proof, key: keyOf(world.privateKey) })
  const failed = steps.find(({ outcome }) => outcome === 'failed')
  return {
    check: tidy(world, await checkLog(world, copy)),
    application: failed ? `\`${reason}\` step ${failed.id}${seq === undefined ? '' : `, record ${seq}`}` : 'nothing',
    pack: tidy(world, checkPack(world, join(copy, 'pack'))),
  }
}

/**
 * Somebody changes entries of the log. `tiles`: who can write the files, and has no key: hashes and checkpoint stay. `key`: who has a key of
 * the log and makes all of it anew, so that everything fits everything but what others remember.
 */
export async function tamperLog(
  world: TamperWorld,
  change: ChangeEntries,
  attacker: { signs?: KeyObject },
): Promise<Record<'check' | 'application' | 'pack', Verdict>> {
  const copy = await copyOf(world)
  const entries = change([...world.entries])
  const { signs } = attacker
  if (signs) await makeAnew(copy, entries, signs)
  else await writeOver(copy, entries)
  return {
    check: tidy(world, await checkLog(world, copy)),
    application: await pinned(world, entries, signs ?? world.privateKey),
    pack: tidy(world, checkPack(world, join(copy, 'pack'))),
  }
}

interface Removal {
  /** who has the key lets the log say so; who can only write its files adds the entry to them; without either nothing is said */
  says?: LogEntryDraft
  by?: 'key' | 'files'
  /** the table of removed recordings names it, as if an entry said so */
  claimed?: true
}

/** Somebody takes the first recording away, and has it look removed by a rule of retention. The application judges what it has, not what is gone. */
export async function tamperRemoval(world: TamperWorld, { says, by, claimed }: Removal): Promise<Record<'check' | 'pack', Verdict>> {
  const copy = await copyOf(world)
  const [log, pack] = [join(copy, 'log'), join(copy, 'pack')]
  await rm(recordingFile(copy, world.one))
  if (says && by === 'files') {
    const entry = Buffer.from(JSON.stringify({ v: 1, at: '2026-08-02T00:00:00.000Z', ...says }))
    await writeOver(copy, [...world.entries, entry])
  } else {
    if (says) await appendTo(log, world.privateKey, says)
    await rm(pack, { recursive: true })
    await exportPack(copy, log, keyOf(world.privateKey))
  }
  if (claimed) await claimRemoved(pack, world.one)
  return { check: tidy(world, await checkLog(world, copy)), pack: tidy(world, checkPack(world, pack)) }
}

async function appendTo(folder: string, privateKey: KeyObject, says: LogEntryDraft): Promise<void> {
  const log = await openLog({ folder, origin, privateKey, clock: { now: () => new Date('2026-08-02T00:00:00Z') } })
  await log.append(says)
  await log.close()
}

async function claimRemoved(pack: string, session: string): Promise<void> {
  const change = async (path: string, edit: (text: string) => string) => {
    await writeFile(join(pack, path), edit(await readFile(join(pack, path), 'utf8')))
    await forgeManifest(pack, path)
  }
  await change('population/sessions.csv', (text) => text.replace(/,missing\r\n/, ',removed: log entry 6\r\n'))
  await change('population/removed.csv', (text) => `${text}${session},1,u-1,orders-db,,,,,,,,,,6\r\n`)
  const manifest = JSON.parse(await readFile(join(pack, 'manifest.json'), 'utf8')) as PackManifest
  Object.assign(manifest.counts.rows, { 'population/removed.csv': 1 })
  await writeFile(join(pack, 'manifest.json'), JSON.stringify(manifest))
}

async function writeOver(copy: string, entries: readonly Buffer[]): Promise<void> {
  const folder = join(copy, 'log/tile/entries/000.p')
  for (const name of await readdir(folder)) await rm(join(folder, name))
  const bundle = Buffer.concat(entries.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]))
  await writeFile(join(folder, String(entries.length)), bundle)
  const lines = entries.map((entry, index) => JSON.stringify({ index, entry: entry.toString('base64') }))
  await writeFile(join(copy, 'pack/log/entries.jsonl'), textOf(lines))
  await forgeManifest(join(copy, 'pack'), 'log/entries.jsonl')
}

async function makeAnew(copy: string, entries: readonly Buffer[], signs: KeyObject): Promise<void> {
  const log = join(copy, 'log')
  await rm(log, { recursive: true })
  await rm(join(copy, 'pack'), { recursive: true })
  await mkdir(log)
  await writeTreeFiles(log, growTree(emptyTree, entries).files)
  await writeFile(join(log, 'checkpoint'), headOf(entries, signs))
  await exportPack(copy, log, keyOf(signs))
  await openLogReader(log, verifierKeyOf(origin, signs))
}

function headOf(entries: readonly Buffer[], signs: KeyObject): string {
  return signCheckpoint({ origin, size: entries.length, root: rootOf(entries.map(leafHash)) }, signs)
}

/** The application pinned the true log, and is shown another one. Without the key nobody can sign it, so the true signature stands under it. */
async function pinned(world: TamperWorld, entries: readonly Buffer[], signs: KeyObject): Promise<Verdict> {
  const database = openLibraryDatabase(':memory:')
  const pins = createPinnedCheckpoints(database, { now: () => new Date('2026-09-01T00:00:00Z') })
  const leaves = entries.map(leafHash)
  const consistency = async (from: number, to: number) => consistencyProof(leaves.slice(0, to), Math.min(from, leaves.length)).map(base64Of)
  const show = (note: string, key: KeyObject) => pins.pin('https://gate.example', note, keyOf(key), consistency)
  const first = await show(headOf(world.entries, world.privateKey), world.privateKey)
  if (!first.ok || !parseVerifierKey(keyOf(signs)).ok) throw new Error('the true log is not believed')
  const second = await show(headOf(entries, signs), signs)
  database.close()
  return second.ok ? 'nothing' : `\`${second.reason}\` ${second.alarm}`
}
