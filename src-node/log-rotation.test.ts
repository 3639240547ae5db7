import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openCheckpoint, signCheckpoint } from '../src-core/log/checkpoint.ts'
import { followKeyProofs, openCheckpointBy } from '../src-core/log/key-history.ts'
import { openRotation, signRotation } from '../src-core/log/key-rotation.ts'
import { rootOf } from '../src-core/log/merkle-frontier.ts'
import { leafHash } from '../src-core/log/merkle-hash.ts'
import { formatVerifierKey, verifierKeyOf } from '../src-core/log/signed-note.ts'
import { AppError } from '../src-protocol/app-error.ts'
import type { SessionId } from '../src-protocol/ids.ts'
import { checkStore } from './check-store.ts'
import { systemClock } from './clock.ts'
import { openLogReader } from './log-reader.ts'
import { openLog, type LogOptions } from './log-store.ts'

const origin = 'gate.example/log'
const newKey = () => generateKeyPairSync('ed25519').privateKey
const vkey = (key: KeyObject) => verifierKeyOf(origin, key)
const [first, second, third, stranger] = [newKey(), newKey(), newKey(), newKey()]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotation-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const open = (options: Partial<LogOptions> = {}) => openLog({ folder, origin, privateKey: first, clock: systemClock, ...options })
const draft = { kind: 'export', by: 'auditor', session: 'ses_abcdefghij012345' as SessionId } as const
const problem = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof AppError ? `${error.code}: ${error.message}` : String(error)),
  )

/** 3 entries, the second key from entry 3 on, 2 entries, the third key from entry 6 on, 1 entry */
async function rotatedTwice() {
  const log = await open()
  for (let at = 0; at < 3; at += 1) await log.append(draft)
  expect(await log.rotate(second)).toEqual({ index: 3 })
  const handover = log.checkpoint()
  for (let at = 0; at < 2; at += 1) await log.append(draft)
  const between = log.checkpoint()
  await log.rotate(third)
  await log.append(draft)
  const proofs = await log.rotations()
  const last = log.checkpoint()
  await log.close()
  return { handover, between, last, proofs }
}

describe('a log whose key is replaced', () => {
  test('goes on under the new key, and the checkpoint between them carries both signatures', async () => {
    const { handover, between, last } = await rotatedTwice()
    expect(openCheckpoint(handover, vkey(first))).toMatchObject({ ok: true, signatures: 2, checkpoint: { size: 4 } })
    expect(openCheckpoint(handover, vkey(second))).toMatchObject({ ok: true })
    expect(openCheckpoint(between, vkey(first))).toMatchObject({ ok: false, reason: 'unknown-key' })
    expect(openCheckpoint(between, vkey(second))).toMatchObject({ ok: true, signatures: 1 })
    expect(openCheckpoint(last, vkey(third))).toMatchObject({ ok: true, signatures: 1 })
  })

  test('opens with its new key, or with the next one beside the old one, and with no other', async () => {
    await rotatedTwice()
    for (const options of [{ privateKey: third }, { privateKey: first, nextKey: third }, { privateKey: second, nextKey: third }]) {
      const log = await open(options)
      expect(log.verifierKey).toBe(formatVerifierKey(vkey(third)))
      await log.close()
    }
    expect(await problem(open({ privateKey: first }))).toContain('another key signs it by now')
    expect(await problem(open({ privateKey: second, nextKey: stranger }))).toContain('another key signs it by now')
    expect(await problem(open({ privateKey: stranger }))).toContain('no entry leads from the key that is trusted')
  })

  test('is read under any of its keys, and its proofs lead from each to the newest', async () => {
    const { proofs, between, last } = await rotatedTwice()
    for (const key of [first, second, third]) {
      expect((await openLogReader(folder, vkey(key))).verifierKey).toBe(formatVerifierKey(vkey(third)))
      const followed = followKeyProofs(vkey(key), proofs)
      if (!followed.ok) throw new Error(followed.problem)
      expect(openCheckpointBy(last, followed.history)).toMatchObject({ ok: true })
      expect(openCheckpointBy(between, followed.history)).toMatchObject({ ok: true })
      const { findings } = await checkStore({ log: folder }, vkey(key))
      expect(findings.map(({ code, place, severity }) => [severity, code, place])).toEqual([
        ['note', 'key-replaced', 'entry 3'],
        ['note', 'key-replaced', 'entry 6'],
      ])
    }
    expect(await problem(openLogReader(folder, vkey(stranger)))).toContain('LOG_CORRUPT')
    const { findings } = await checkStore({ log: folder }, vkey(stranger))
    expect(findings[0]).toMatchObject({ severity: 'error', code: 'key-unvouched', place: 'entry 3' })
  })

  test('hands over at its turn while others write', async () => {
    const log = await open()
    const before = [log.append(draft), log.append(draft)]
    const rotation = log.rotate(second)
    const after = [log.append(draft)]
    await Promise.all([...before, ...after])
    const { index } = await rotation
    await log.append(draft)
    await log.close()
    expect((await openLogReader(folder, vkey(first))).verifierKey).toBe(formatVerifierKey(vkey(second)))
    expect(index).toBeGreaterThanOrEqual(2)
  })
})

describe('a crash while the key is replaced', () => {
  test('before the entry: the old key stays', async () => {
    const log = await open({ nextKey: second })
    await log.append(draft)
    expect(log.verifierKey).toBe(formatVerifierKey(vkey(first)))
    await log.close()
  })
  test('after the entry, before its checkpoint: the new key signs what is there', async () => {
    const log = await open()
    await log.append(draft)
    const before = await readFile(join(folder, 'checkpoint'))
    await log.rotate(second)
    await log.close()
    await writeFile(join(folder, 'checkpoint'), before)
    const again = await open({ nextKey: second })
    expect(again.size).toBe(2)
    expect(openCheckpoint(again.checkpoint(), vkey(second))).toMatchObject({ ok: true, checkpoint: { size: 2 } })
    await again.close()
  })
})

describe('refused: a key that no entry vouches for', () => {
  /** rewrites the whole log as one that somebody made, with these statements as entries */
  async function forged(notes: readonly string[], signer: KeyObject): Promise<string> {
    const forgery = join(folder, 'forgery')
    const log = await openLog({ folder: forgery, origin, privateKey: signer, clock: systemClock })
    await log.append(draft)
    await log.close()
    // openLog itself would refuse to go on after such an entry: its files are made by hand
    const [entries, tiles] = [join(forgery, 'tile/entries/000.p'), join(forgery, 'tile/0/000.p')]
    const old = await readFile(join(entries, '1'))
    const all = [
      old.subarray(2),
      ...notes.map((note) => Buffer.from(JSON.stringify({ v: 1, at: '2026-01-01T00:00:00.000Z', kind: 'key.rotate', note }))),
    ]
    const bundle = Buffer.concat(all.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]))
    const leaves = all.map(leafHash)
    await writeFile(join(entries, String(all.length)), bundle)
    await writeFile(join(tiles, String(all.length)), Buffer.concat(leaves))
    await writeFile(join(forgery, 'checkpoint'), signCheckpoint({ origin, size: all.length, root: rootOf(leaves) }, signer))
    return forgery
  }
  const statement = (index: number, from: KeyObject, to: KeyObject, of = origin) => signRotation({ origin: of, index, from, to })
  const errorsOf = async (log: string) =>
    (await checkStore({ log }, vkey(first))).findings
      .filter(({ severity }) => severity === 'error')
      .map(({ code, place }) => `${code} ${place}`)

  test('the checkpoint of a stranger', async () => {
    expect(await errorsOf(await forged([], stranger))).toEqual(['key-unvouched checkpoint'])
  })
  test('a stranger replaces a key that it never had', async () => {
    expect(await errorsOf(await forged([statement(1, stranger, second)], second))).toEqual(['key-unvouched entry 1'])
  })
  test('the old key signs on after it was replaced', async () => {
    expect(await errorsOf(await forged([statement(1, first, second)], first))).toEqual(['key-unvouched checkpoint'])
  })
  test('the new key signs before it takes over', async () => {
    const good = await forged([statement(1, first, second)], second)
    expect(await errorsOf(good)).toEqual([])
    const head = { origin, size: 1, root: rootOf([leafHash(await readFirst(good))]) }
    const early = { name: 'early.checkpoint', note: signCheckpoint(head, second) }
    const { findings } = await checkStore({ log: good, checkpoints: [early] }, vkey(first))
    expect(findings.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'key-unvouched', place: 'early.checkpoint' }])
  })
  const readFirst = async (log: string) => (await readFile(join(log, 'tile/entries/000.p/1'))).subarray(2)

  test.for<[string, () => string[]]>([
    ['a statement that stands at another place', () => [statement(7, first, second)]],
    ['a statement of another log', () => [statement(1, first, second, 'gate.example/other')]],
    ['a key that was replaced comes back', () => [statement(1, first, second), statement(2, second, first)]],
    ['a key that is not in force is replaced', () => [statement(1, first, second), statement(2, first, third)]],
    ['a statement that only the old key signed', () => [withoutLine(statement(1, first, second), 1)]],
    ['a statement that only the new key signed', () => [withoutLine(statement(1, first, second), 0)]],
    [
      'a statement whose new key was changed',
      () => [statement(1, first, second).replace(formatVerifierKey(vkey(second)), formatVerifierKey(vkey(third)))],
    ],
    ['no statement at all', () => ['nonsense']],
  ])('%s', async ([, notes]) => {
    const [found] = await errorsOf(await forged(notes(), second))
    expect(found).toMatch(/^key-unvouched entry [12]$/)
  })
  const withoutLine = (note: string, line: 0 | 1) => {
    const [text = '', signatures = ''] = note.split(/(?<=\n)\n/)
    return `${text}\n${signatures.split('\n').toSpliced(line, 1).join('\n')}`
  }

  test('proofs that do not show that their entries are in the log', async () => {
    const { proofs } = await rotatedTwice()
    const [one = '', other = ''] = proofs
    const reason = (...given: string[]) => {
      const followed = followKeyProofs(vkey(first), given)
      return followed.ok ? 'none' : followed.problem
    }
    expect(reason(one, other)).toBe('none')
    expect(reason(other)).toContain('no entry leads from the key')
    expect(reason(one)).toContain('does not show that it is in the log')
    expect(reason(one.replace(/^(index \d+\n)[^\n]+/m, '$1' + 'A'.repeat(43) + '='), other)).toContain('does not show')
    expect(reason(one.replace('index 3', 'index 4'), other)).toContain('it says that it is entry 3')
    expect(reason('nonsense')).toContain('not well formed')
    const anchored = await cpOf('x')
    expect(reason(anchored, other)).toContain('does not replace a key')
  })
  async function cpOf(name: string): Promise<string> {
    const copy = join(folder, name)
    await cp(join(folder, 'tile'), join(copy, 'tile'), { recursive: true })
    await cp(join(folder, 'checkpoint'), join(copy, 'checkpoint'))
    return (await openLogReader(copy, vkey(third))).tlogProof(0)
  }
})

test('a statement says exactly two keys', () => {
  const note = signRotation({ origin, index: 3, from: first, to: second })
  expect(openRotation(note)).toMatchObject({ ok: true, rotation: { origin, index: 3 } })
  expect(openRotation(signRotation({ origin, index: 3, from: first, to: first })).ok).toBe(false)
  for (const broken of [
    note.replace('v1', 'v2'),
    note.replace('\n3\n', '\n4\n'),
    note.replace('\n3\n', '\n03\n'),
    note.replace('\n\n', '\nmore\n\n'),
    '',
  ]) {
    expect(openRotation(broken).ok).toBe(false)
  }
})
