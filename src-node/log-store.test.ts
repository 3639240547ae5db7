import { generateKeyPairSync } from 'node:crypto'
import { appendFile, cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../src-protocol/app-error.ts'
import type { SessionId } from '../src-protocol/ids.ts'
import { parseBase64 } from '../src-core/log/base64.ts'
import { openCheckpoint, signCheckpoint } from '../src-core/log/checkpoint.ts'
import { rootOf } from '../src-core/log/merkle-frontier.ts'
import { leafHash, type Hash } from '../src-core/log/merkle-hash.ts'
import { verifyConsistency, verifyInclusion } from '../src-core/log/merkle-proof.ts'
import { parseVerifierKey } from '../src-core/log/signed-note.ts'
import { parseEntries, parseTile } from '../src-core/log/tile.ts'
import { parseTlogProof } from '../src-core/log/tlog-proof.ts'
import { openLog, type LogEntryDraft, type TransparencyLog } from './log-store.ts'

let folder: string
const opened: TransparencyLog[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-'))
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((log) => log.close()))
  await rm(folder, { recursive: true, force: true })
})

const clock = { now: () => new Date('2026-11-22T16:05:00.123Z') }
const origin = 'gate.example/log'
const { privateKey } = generateKeyPairSync('ed25519')
const open = async (change: { privateKey?: typeof privateKey; folder?: string } = {}) => {
  const log = await openLog({ folder, origin, privateKey, clock, ...change })
  opened.push(log)
  return log
}
const draft = (number: number): LogEntryDraft => ({ kind: 'export', by: `auditor ${number}`, session: 'ses_abcdefghij012345' as SessionId })
const appendMany = (log: TransparencyLog, count: number) =>
  Promise.all(Array.from({ length: count }, (_, at) => log.append(draft(log.size + at))))
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : error),
  )
const hashesOf = (texts: readonly string[]) => texts.map((text) => parseBase64(text) ?? new Uint8Array())
const headOf = (log: TransparencyLog, note = log.checkpoint()) => {
  const key = parseVerifierKey(log.verifierKey)
  const head = key.ok ? openCheckpoint(note, key.key) : key
  if (!head.ok || !('checkpoint' in head)) throw new Error('the checkpoint does not open')
  return head.checkpoint
}

describe('appending', () => {
  test('a new log is empty, and signed', async () => {
    const log = await open()
    expect(headOf(log)).toMatchObject({ origin, size: 0, root: rootOf([]) })
    expect(await readFile(join(folder, 'checkpoint'), 'utf8')).toBe(log.checkpoint())
  })
  test('an appended entry is in the files, under the checkpoint', async () => {
    const log = await open()
    expect(await log.append(draft(0))).toEqual({ index: 0 })
    const entry = await log.entry(0)
    expect(JSON.parse(Buffer.from(entry).toString())).toEqual({ v: 1, at: '2026-11-22T16:05:00.123Z', ...draft(0) })
    expect(headOf(log)).toMatchObject({ size: 1, root: leafHash(entry) })
    expect(parseEntries(await readFile(join(folder, 'tile/entries/000.p/1')))).toEqual([Buffer.from(entry)])
    expect(parseTile(await readFile(join(folder, 'tile/0/000.p/1')))).toEqual([leafHash(entry)])
  })
  test('appends of one moment share one signature, and keep their order', async () => {
    const log = await open()
    const notes: string[] = []
    const stop = log.onCheckpoint((note) => notes.push(note))
    const places = await appendMany(log, 50)
    expect(places.map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, at) => at))
    expect(notes).toEqual([log.checkpoint()])
    stop()
    await log.append(draft(50))
    expect(notes).toHaveLength(1)
  })
  test('an entry that no bundle can hold is refused, and the log goes on', async () => {
    const log = await open()
    const big = { ...draft(0), by: 'x'.repeat(65_535) } as LogEntryDraft
    expect(await code(log.append(big))).toBe('BODY_TOO_LARGE')
    expect(await log.append(draft(0))).toEqual({ index: 0 })
  })
  test('the largest entry is not refused', async () => {
    const log = await open()
    const { index } = await log.append(draft(0))
    const room = 65_535 - (await log.entry(index)).length
    await log.append({ ...draft(0), by: `auditor 0${'x'.repeat(room)}` } as LogEntryDraft)
    expect((await log.entry(1)).length).toBe(65_535)
    expect(await code(log.append({ ...draft(0), by: `auditor 0${'x'.repeat(room + 1)}` } as LogEntryDraft))).toBe('BODY_TOO_LARGE')
  })
})

describe('proofs, across tiles', () => {
  test.for([1, 2, 255, 256, 257, 512, 700])('every proof of a log of %i entries holds', async (size) => {
    const log = await open()
    const leaves: Hash[] = []
    // In uneven commits, so that bundles fill up in the middle of one.
    for (let step = 1; log.size < size; step = step * 2 + 1) await appendMany(log, Math.min(step, size - log.size))
    for (let index = 0; index < size; index += 1) leaves.push(leafHash(await log.entry(index)))
    const head = headOf(log)
    expect(head).toMatchObject({ size, root: rootOf(leaves) })
    for (let index = 0; index < size; index += 1 + Math.floor(size / 40)) {
      const parsed = parseTlogProof(await log.tlogProof(index))
      if (!parsed.ok) throw new Error(parsed.problem)
      const { proof } = parsed
      expect(proof).toMatchObject({ index, checkpoint: log.checkpoint() })
      expect(verifyInclusion({ leaf: leafHash(proof.entry), index, size, root: head.root, path: proof.hashes })).toBe(true)
    }
    for (let from = 0; from <= size; from += 1 + Math.floor(size / 20)) {
      for (const to of [from, Math.floor((from + size) / 2), size]) {
        const path = hashesOf(await log.consistencyProof(from, to))
        const heads = [from, to].map((count) => ({ size: count, root: rootOf(leaves.slice(0, count)) })) as [typeof head, typeof head]
        expect(verifyConsistency(heads[0], heads[1], path)).toBe(true)
      }
    }
    await log.close()
    expect(headOf(await open())).toEqual(head)
  })
  test('what is not in the log has no proof', async () => {
    const log = await open()
    await appendMany(log, 3)
    for (const index of [3, -1, 0.5, Number.NaN]) {
      expect(await code(log.tlogProof(index))).toBe('NOT_FOUND')
      expect(await code(log.entry(index))).toBe('NOT_FOUND')
    }
    expect(await code(log.consistencyProof(2, 4))).toBe('INVALID_REQUEST')
    expect(await code(log.consistencyProof(2, 1))).toBe('INVALID_REQUEST')
    expect(await code(log.consistencyProof(-1, 1))).toBe('INVALID_REQUEST')
  })
  test('partial tiles go when the full one is there', async () => {
    const log = await open()
    for (let at = 0; at < 5; at += 1) await appendMany(log, 60)
    await log.close()
    expect(await readdir(join(folder, 'tile/0'))).toEqual(['000', '001.p'])
    expect(await readdir(join(folder, 'tile/entries'))).toEqual(['000', '001.p'])
    expect(await readdir(join(folder, 'tile/1'))).toEqual(['000.p'])
  })
})

describe('a crash between two steps', () => {
  /** The log of `before` entries, and in `after` its files once `added` more were appended. */
  const twoStates = async (before: number, added: number) => {
    const log = await open()
    await appendMany(log, before)
    await log.close()
    const after = `${folder}-after`
    await cp(folder, after, { recursive: true })
    const grown = await open({ folder: after })
    await appendMany(grown, added)
    await grown.close()
    return { after, oldNote: await readFile(join(folder, 'checkpoint'), 'utf8'), newNote: grown.checkpoint() }
  }
  test.for([
    [3, 4],
    [250, 10],
    [250, 600],
    [0, 1],
  ] as const)('%i entries and %i more: entries and tiles are there, the checkpoint is not', async ([before, added]) => {
    const { after, oldNote, newNote } = await twoStates(before, added)
    await writeFile(join(after, 'checkpoint'), oldNote)
    const log = await open({ folder: after })
    expect(log.size).toBe(before + added)
    expect(log.checkpoint()).toBe(newNote)
    await rm(after, { recursive: true })
  })
  test.for([
    [3, 4],
    [250, 10],
    [250, 600],
  ] as const)('%i entries and %i more: the entries are there, no tile and no checkpoint', async ([before, added]) => {
    const { after, oldNote, newNote } = await twoStates(before, added)
    for (const level of ['0', '1']) {
      await rm(join(after, 'tile', level), { recursive: true, force: true })
      await cp(join(folder, 'tile', level), join(after, 'tile', level), { recursive: true }).catch(() => undefined)
    }
    await writeFile(join(after, 'checkpoint'), oldNote)
    const log = await open({ folder: after })
    expect(log.checkpoint()).toBe(newNote)
    expect(parseTlogProof(await log.tlogProof(before))).toMatchObject({ ok: true })
    await log.append(draft(0))
    await rm(after, { recursive: true })
  })
  test('half-written files have other names, and are passed over', async () => {
    const log = await open()
    await appendMany(log, 3)
    await log.close()
    await writeFile(join(folder, 'tile/entries/000.p/4.tmp'), 'half')
    await writeFile(join(folder, 'checkpoint.tmp'), 'half')
    expect((await open()).size).toBe(3)
  })
})

describe('a log that does not add up is not opened', () => {
  const fill = async (count: number) => {
    const log = await open()
    await appendMany(log, count)
    await log.close()
  }
  const change = async (path: string, edit: (bytes: Buffer) => Buffer) => {
    await writeFile(join(folder, path), edit(await readFile(join(folder, path))))
  }
  test.for([
    [
      'an entry was changed',
      () => change('tile/entries/000', (bytes) => Buffer.from(bytes.toString('latin1').replace('auditor 7', 'auditor 8'), 'latin1')),
    ],
    ['an entry was cut off', () => change('tile/entries/000', (bytes) => bytes.subarray(0, -1))],
    ['a bundle is missing', () => rm(join(folder, 'tile/entries/000'))],
    ['the last entries are missing', () => rm(join(folder, 'tile/entries/001.p'), { recursive: true })],
    ['a tile was changed', () => change('tile/0/000', (bytes) => Buffer.from(bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte))))],
    [
      'a partial tile was changed',
      () => change('tile/1/000.p/1', (bytes) => Buffer.from(bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)))),
    ],
    [
      'the checkpoint is of another root',
      () => writeFile(join(folder, 'checkpoint'), signCheckpoint({ origin, size: 300, root: rootOf([]) }, privateKey)),
    ],
    [
      'the checkpoint is of more entries',
      () => writeFile(join(folder, 'checkpoint'), signCheckpoint({ origin, size: 301, root: rootOf([]) }, privateKey)),
    ],
    ['the checkpoint is torn', () => change('checkpoint', (bytes) => bytes.subarray(0, 40))],
    ['the checkpoint is missing', () => rm(join(folder, 'checkpoint'))],
  ] as const)('%s', async ([, damage]) => {
    await fill(300)
    await damage()
    expect(await code(open())).toBe('LOG_CORRUPT')
  })
  test('with the key of another log', async () => {
    await fill(3)
    expect(await code(open({ privateKey: generateKeyPairSync('ed25519').privateKey }))).toBe('LOG_CORRUPT')
  })
  test('a tile that vanishes under a running log', async () => {
    const log = await open()
    await appendMany(log, 300)
    await rename(join(folder, 'tile/0/000'), join(folder, 'away'))
    expect(await code(log.tlogProof(3))).toBe('LOG_CORRUPT')
  })
  test('a second writer is noticed before it can fork the history', async () => {
    const [one, other] = [await open(), await open()]
    await one.append(draft(1))
    expect(await code(other.append(draft(2)))).toBe('LOG_CORRUPT')
    expect(await code(other.append(draft(2)))).toBe('LOG_CORRUPT')
    expect(await one.append(draft(3))).toEqual({ index: 1 })
  })
})

describe('when the disk refuses', () => {
  test('the append fails, and every one after it', async () => {
    const log = await open()
    await log.append(draft(0))
    await rm(join(folder, 'tile'), { recursive: true })
    await appendFile(join(folder, 'tile'), 'in the way')
    expect(await code(log.append(draft(1)))).toBe('LOG_UNAVAILABLE')
    await rm(join(folder, 'tile'))
    expect(await code(log.append(draft(1)))).toBe('LOG_UNAVAILABLE')
    expect(log.size).toBe(1)
  })
  test('a folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '')
    expect(await code(open({ folder: join(folder, 'file', 'below') }))).toBe('LOG_UNAVAILABLE')
  })
  test('a closed log takes nothing', async () => {
    const log = await open()
    const pending = log.append(draft(0))
    await log.close()
    expect(await pending).toEqual({ index: 0 })
    expect(await code(log.append(draft(1)))).toBe('LOG_UNAVAILABLE')
  })
})
