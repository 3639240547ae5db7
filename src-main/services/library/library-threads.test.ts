import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  fixtureKey,
  fixtureOrigin,
  fixtureSession,
  fixtureVerifierKey,
  logLeavesFixture,
  proofFixture,
  recordingText,
  recordsFixture,
} from '../../../src-core/recording/sealed-recording.fixture.ts'
import { base64Of } from '../../../src-core/log/base64.ts'
import { signCheckpoint } from '../../../src-core/log/checkpoint.ts'
import { rootOf } from '../../../src-core/log/merkle-frontier.ts'
import { leafHash } from '../../../src-core/log/merkle-hash.ts'
import { consistencyProof } from '../../../src-core/log/merkle-proof.ts'
import { AppError } from '../../../src-protocol/app-error.ts'
import { openLibraryThreads, type RemoteLibrary } from './library-threads.ts'

let folder: string
let library: RemoteLibrary
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-library-'))
  library = openLibraryThreads({ file: join(folder, 'library.sqlite'), log: pino({ level: 'silent' }) })
})
afterEach(async () => {
  await library.close()
  rmSync(folder, { recursive: true, force: true })
})

const text = recordingText(recordsFixture(2000))
const proof = proofFixture(text)

test('what one thread writes the other finds, and this one is never held up', async () => {
  let turns = 0
  const beat = setInterval(() => (turns += 1), 1)
  expect(await library.add(text, proof, fixtureVerifierKey)).toMatchObject({ proof: 'verified', records: 2002 })
  clearInterval(beat)
  // done on this thread, it would have been one turn
  expect(turns).toBeGreaterThan(5)
  expect((await library.page({ text: 'refunds' })).rows).toMatchObject([{ session: fixtureSession }])
  expect((await library.find({ text: 'refunds 1999' })).hits).toMatchObject([{ row: { seq: 1999 } }])
  const { columns } = await library.open(fixtureSession)
  expect([columns.count, columns.kinds.length, columns.offsets.length]).toEqual([2002, 2002, 4 * 2002])
})

test('an error keeps its code on the way', async () => {
  await expect(library.open(fixtureSession)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(library.add('hello\n', proof, fixtureVerifierKey)).rejects.toBeInstanceOf(AppError)
})

test('pinning asks this thread for the proof of consistency, and an answer that cannot be had is the caller’s error', async () => {
  const { leaves } = logLeavesFixture(text)
  const grown = [...leaves, leafHash(Buffer.from('later'))]
  const note = (list: readonly Uint8Array[]) =>
    signCheckpoint({ origin: fixtureOrigin, size: list.length, root: rootOf(list) }, fixtureKey(1))
  const asked: [number, number][] = []
  const fetchConsistency = async (from: number, to: number) => {
    asked.push([from, to])
    return consistencyProof(grown.slice(0, to), from).map(base64Of)
  }
  expect(await library.pin('https://gate.example', note(leaves), fixtureVerifierKey, fetchConsistency)).toMatchObject({ ok: true })
  expect(await library.pin('https://gate.example', note(grown), fixtureVerifierKey, fetchConsistency)).toMatchObject({ ok: true })
  expect(asked).toEqual([[13, 14]])
  const away = () => Promise.reject(new AppError('GATEWAY_UNREACHABLE', { gateway: 'g' }))
  await expect(
    library.pin('https://gate.example', note([...grown, leafHash(Buffer.from('x'))]), fixtureVerifierKey, away),
  ).rejects.toMatchObject({
    code: 'GATEWAY_UNREACHABLE',
  })
  expect((await library.pinnedFor('https://gate.example'))?.size).toBe(14)
})
