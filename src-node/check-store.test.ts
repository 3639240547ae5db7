import { generateKeyPairSync } from 'node:crypto'
import { appendFile, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseVerifierKey, type VerifierKey } from '../src-core/log/signed-note.ts'
import { messageRecordFixture, openRecordFixture } from '../src-core/recording/sealed-recording.fixture.ts'
import { sessionId } from '../src-protocol/ids.ts'
import { checkStore } from './check-store.ts'
import { systemClock } from './clock.ts'
import { openLog } from './log-store.ts'
import { openRecordingStore } from './recording-store.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }
const idOf = (counter: number) => sessionId.parse(`ses_${String.fromCodePoint(96 + counter).repeat(16)}`)

let folder: string
let key: VerifierKey
const logFolder = () => join(folder, 'log')
const recordingsFolder = () => join(folder, 'recordings')

/** Three sessions: two that are finished, with a checkpoint in between, and one that runs. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-store-'))
  const log = await openLog({ folder: logFolder(), origin: 'gate.example/log', privateKey, clock: systemClock })
  const recordings = await openRecordingStore({ folder: recordingsFolder(), clock: systemClock })
  const parsed = parseVerifierKey(log.verifierKey)
  if (!parsed.ok) throw new Error(parsed.problem)
  key = parsed.key
  for (const counter of [1, 2, 3]) {
    const open = openRecordFixture({ session: idOf(counter), counter })
    const { session, connection, policyVersion, maskingVersion } = open
    await log.append({ kind: 'session.open', session, counter, person: open.person.sub, connection, policyVersion, maskingVersion })
    const writer = await recordings.create(open)
    for (let seq = 1; seq <= 6; seq += 1) {
      const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(seq)
      await writer.append(draft)
      if (seq === 3) await log.append({ kind: 'session.checkpoint', session, ...(await writer.durable()) })
    }
    if (counter === 3) continue
    const { count, root, endReason } = await writer.close({ endReason: 'ended-by-operator', counts })
    await log.append({ kind: 'session.close', session, count, root, endReason })
  }
  await recordings.close()
  await log.close()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const check = () => checkStore({ log: logFolder(), recordings: recordingsFolder() }, key)
const errors = async () =>
  (await check()).findings.filter(({ severity }) => severity === 'error').map(({ code, place }) => `${code} ${place}`)

const fileOf = (counter: number) =>
  counter === 3
    ? join(recordingsFolder(), 'open', `${idOf(3)}.jsonl`)
    : join(recordingsFolder(), idOf(counter).slice(4, 6), `${idOf(counter)}.jsonl`)

async function change(counter: number, edit: (lines: string[]) => string[]): Promise<void> {
  const lines = (await readFile(fileOf(counter), 'utf8')).split('\n').slice(0, -1)
  await writeFile(
    fileOf(counter),
    edit(lines)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

test('a store as the gateway left it has no errors; the session that runs is a note', async () => {
  expect(await check()).toEqual({
    entries: 8,
    sessions: 3,
    recordings: 3,
    records: 23,
    removed: 0,
    findings: [{ code: 'session-open', severity: 'note', place: idOf(3), sentence: expect.any(String) }],
  })
})

describe('each way to alter a recording is found, with its place', () => {
  test.for<[string, (lines: string[]) => string[], string]>([
    [
      'a byte is changed before the checkpoint',
      (lines) => lines.with(1, lines[1]!.replace('SELECT', 'SELECT ')),
      'recording-differs SES records 0 to 3',
    ],
    [
      'a byte is changed after the checkpoint',
      (lines) => lines.with(5, lines[5]!.replace('SELECT', 'SELECT ')),
      'recording-differs SES records 4 to 7',
    ],
    ['a record is removed', (lines) => lines.toSpliced(4, 1), 'recording-differs SES record 4'],
    ['a record is added', (lines) => lines.toSpliced(4, 0, lines[4]!), 'recording-differs SES record 5'],
    ['an empty line is added', (lines) => lines.toSpliced(4, 0, ''), 'recording-unreadable SES record 4'],
    ['two records change places', (lines) => lines.with(4, lines[5]!).with(5, lines[4]!), 'recording-differs SES record 4'],
    ['the end is cut off', (lines) => lines.slice(0, -1), 'recording-differs SES record 7'],
    ['something is added at the end', (lines) => [...lines, lines[1]!], 'recording-differs SES record 8'],
    ['a line is no record', (lines) => lines.with(4, 'nonsense'), 'recording-unreadable SES record 4'],
  ])('%s', async ([, edit, finding]) => {
    await change(1, edit)
    const [first] = await errors()
    expect(first).toBe(finding.replace('SES', idOf(1)))
  })

  test('compressed recordings are checked by the bytes that they were recorded with', async () => {
    const before = await check()
    const path = `${fileOf(1)}.zst`
    const text = await readFile(fileOf(1))
    await writeFile(path, zstdCompressSync(text))
    // both are there after a crash: the plain one is read
    expect(await check()).toEqual(before)
    await rm(fileOf(1))
    expect(await check()).toEqual(before)
    await writeFile(path, zstdCompressSync(Buffer.from(text.toString().replace('SELECT', 'SELECT '))))
    expect(await errors()).toEqual([`recording-differs ${idOf(1)} records 0 to 3`])
    await writeFile(path, zstdCompressSync(text).subarray(0, -20))
    expect(await errors()).toEqual([`recording-unreadable ${idOf(1)}`])
  })

  test('the recording of a session that runs is held against its checkpoint', async () => {
    await change(3, (lines) => lines.slice(0, 2))
    expect(await errors()).toEqual([`recording-differs ${idOf(3)} record 2`])
  })

  test('two recordings change places', async () => {
    const [one, other] = [await readFile(fileOf(1)), await readFile(fileOf(2))]
    await writeFile(fileOf(1), other)
    await writeFile(fileOf(2), one)
    expect(await errors()).toEqual([`recording-differs ${idOf(1)} records 0 to 3`, `recording-differs ${idOf(2)} records 0 to 3`])
  })

  test('one is removed, and one that the log does not know is there', async () => {
    await rename(fileOf(2), join(recordingsFolder(), `${idOf(9)}.jsonl`))
    expect(await errors()).toEqual([`recording-unlogged ${idOf(9)}`, `recording-missing ${idOf(2)}`])
  })

  test('a torn end', async () => {
    await appendFile(fileOf(1), '{"v":1')
    expect(await errors()).toEqual([`recording-differs ${idOf(1)} record 8`])
  })
})

describe('the log', () => {
  test('a byte that is changed in an entry', async () => {
    const file = (await readdir(logFolder(), { recursive: true })).find((name) => /entries.*\.p.8$/.test(name))
    const path = join(logFolder(), file!)
    await writeFile(path, (await readFile(path, 'latin1')).replace('ended-by-operator', 'ended-by-reviewer'), 'latin1')
    expect(await errors()).toEqual(['log-corrupt entry 2'])
  })

  test('another key', async () => {
    const other = await openLog({
      folder: join(folder, 'other'),
      origin: 'gate.example/log',
      privateKey: generateKeyPairSync('ed25519').privateKey,
      clock: systemClock,
    })
    const parsed = parseVerifierKey(other.verifierKey)
    await other.close()
    if (!parsed.ok) throw new Error(parsed.problem)
    const { findings } = await checkStore({ log: logFolder() }, parsed.key)
    expect(findings.filter(({ severity }) => severity === 'error').map(({ code, place }) => `${code} ${place}`)).toEqual([
      'key-unvouched checkpoint',
    ])
  })

  test('a log that was rolled back to an earlier copy does not know the newer recordings', async () => {
    const early = join(folder, 'early')
    const log = await openLog({ folder: early, origin: 'gate.example/log', privateKey, clock: systemClock })
    await log.close()
    await rm(logFolder(), { recursive: true })
    await cp(early, logFolder(), { recursive: true })
    expect(await errors()).toEqual([1, 2, 3].map((counter) => `recording-unlogged ${idOf(counter)}`))
  })

  test('a folder that is not there is told as such', async () => {
    await expect(checkStore({ log: logFolder(), recordings: join(folder, 'none') }, key)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await expect(checkStore({ log: join(folder, 'none') }, key)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  test('a folder without a log is none in which nothing is wrong', async () => {
    await rm(logFolder(), { recursive: true })
    await mkdir(logFolder())
    const { findings } = await checkStore({ log: logFolder() }, key)
    expect(findings).toEqual([expect.objectContaining({ code: 'log-corrupt', severity: 'error', place: 'checkpoint' })])
  })
})
