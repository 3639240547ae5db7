import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { messageRecordFixture, openRecordFixture } from '../src-core/recording/sealed-recording.fixture.ts'
import { compressRecording } from './compress-recording.ts'
import { recordingPaths } from './recording-paths.ts'
import { openRecordingStore, type RecordingStore } from './recording-store.ts'
import { isRecordingOf } from './recording-tree.ts'
import type { Seal } from './recording-writer.ts'

const clock = { now: () => new Date('2026-11-22T16:05:00.123Z') }
const { session } = openRecordFixture()

let folder: string
let store: RecordingStore
let seal: Seal
let text: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compress-'))
  store = await openRecordingStore({ folder, clock })
  const writer = await store.create(openRecordFixture())
  for (let seq = 1; seq <= 40; seq += 1) {
    const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(seq)
    await writer.append(draft)
  }
  seal = await writer.close({ endReason: 'ended-by-operator', counts: { allowed: 0, masked: 0, held: 0, denied: 0 } })
  text = await store.readText(session)
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const paths = () => recordingPaths(folder, session)
const files = async () => (await readdir(paths().folder)).toSorted()

test('a compressed recording is smaller, reads as the same bytes, and gives the same seal', async () => {
  const { bytes, state } = (await compressRecording(folder, session, seal)) as { state: string; bytes: number }
  expect(state).toBe('compressed')
  expect(bytes).toBeLessThan(text.length / 4)
  expect(await files()).toEqual([`${session}.jsonl.zst`])
  expect(await store.readText(session)).toBe(text)
  expect(await store.sizeOf(session)).toBe(Buffer.byteLength(text))
  expect(await store.sealOf(session)).toEqual(seal)
  expect(await isRecordingOf(paths().compressed, seal)).toBe(true)
  expect(await compressRecording(folder, session, seal)).toEqual({ state: 'compressed', bytes })
})

describe('a crash', () => {
  test.for([1, 2, 3, 4] as const)('before step %i loses nothing, and the next attempt finishes it', async (last) => {
    const crash = (step: number) => {
      if (step === last) throw new Error('the process ends here')
    }
    await expect(compressRecording(folder, session, seal, crash)).rejects.toThrow('ends here')
    expect(await store.readText(session)).toBe(text)
    expect(await compressRecording(folder, session, seal)).toMatchObject({ state: 'compressed' })
    expect(await files()).toEqual([`${session}.jsonl.zst`])
    expect(await store.readText(session)).toBe(text)
  })

  test.for([
    ['a part of the compressed file', `new-${session}.jsonl.zst`],
    // as a power cut can leave a file whose name was durable before its content
    ['a compressed file that is not whole', `${session}.jsonl.zst`],
  ] as const)('that left %s is got over', async ([, name]) => {
    const whole = await promisify(zstdCompress)(Buffer.from(text))
    await writeFile(join(paths().folder, name), whole.subarray(0, whole.length / 2))
    expect(await compressRecording(folder, session, seal)).toMatchObject({ state: 'compressed' })
    expect(await files()).toEqual([`${session}.jsonl.zst`])
    expect(await store.readText(session)).toBe(text)
  })
})

describe('what does not fit', () => {
  test('a recording that is not the one of which the log knows stays as it is', async () => {
    await writeFile(paths().finished, text.replace('SELECT 3', 'SELECT 4'))
    expect(await compressRecording(folder, session, seal)).toEqual({ state: 'altered' })
    expect(await files()).toEqual([`${session}.jsonl`])
  })

  test('another recording that was put there compressed does not take the place of the plain one', async () => {
    await writeFile(paths().compressed, await promisify(zstdCompress)(Buffer.from(text.replace('SELECT 3', 'SELECT 4'))))
    await compressRecording(folder, session, seal)
    expect(await store.readText(session)).toBe(text)
  })

  test('a recording that is not there is missing', async () => {
    await rm(paths().finished)
    expect(await compressRecording(folder, session, seal)).toEqual({ state: 'missing' })
  })

  test.for([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, -5)],
    ['changed', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 40), Buffer.from([bytes[40]! ^ 1]), bytes.subarray(41)])],
  ] as const)('a compressed file that was %s is not handed out', async ([, damage]) => {
    await compressRecording(folder, session, seal)
    await writeFile(paths().compressed, damage(await readFile(paths().compressed)))
    await expect(store.readText(session)).rejects.toMatchObject({ code: 'RECORDING_UNAVAILABLE' })
    expect(await isRecordingOf(paths().compressed, seal)).toBe(false)
  })
})
