import { hash } from 'node:crypto'
import { appendFile, mkdtemp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../src-protocol/app-error.ts'
import type { SessionId } from '../src-protocol/ids.ts'
import type { MessageRecord } from '../src-protocol/recording.ts'
import {
  fixtureVerifierKey,
  messageRecordFixture,
  openRecordFixture,
  proofFixture,
  sessionRootOf,
} from '../src-core/recording/sealed-recording.fixture.ts'
import { verifyRecording } from '../src-core/recording/verify-recording.ts'
import { openDurableFile, type DurableFile, type OpenDurableFile } from './durable-file.ts'
import { recordingPaths } from './recording-paths.ts'
import * as recordingStore from './recording-store.ts'
import type { OpenDraft, RecordingStore } from './recording-store.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordings-'))
})
const opened: RecordingStore[] = []
const openRecordingStore: typeof recordingStore.openRecordingStore = async (options) => {
  const store = await recordingStore.openRecordingStore(options)
  opened.push(store)
  return store
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()))
  await rm(folder, { recursive: true, force: true })
})

const clock = { now: () => new Date('2026-11-22T16:05:00.123Z') }
const session = openRecordFixture().session
const counts = { allowed: 1, masked: 0, held: 0, denied: 0 }
const draftOf = (change: Partial<OpenDraft> = {}): OpenDraft => {
  const { v: _v, seq: _seq, at: _at, ...draft } = openRecordFixture()
  return { ...draft, ...change }
}
const message = (number: number): Omit<MessageRecord, 'v' | 'seq' | 'at'> => {
  const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(number)
  return draft
}
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : error),
  )
const openPath = () => join(folder, 'open', `${session}.jsonl`)
const closed = { endReason: 'ended-by-operator' as const, counts }

describe('writing', () => {
  test('a session from open to close gives a recording that verifies', async () => {
    const store = await openRecordingStore({ folder, clock })
    const writer = await store.create(draftOf())
    expect(await writer.append(message(1))).toBe(1)
    expect(await writer.append(message(2))).toBe(2)
    const seal = await writer.close(closed)
    const text = await store.readText(session)
    expect(seal).toEqual({ count: 4, root: sessionRootOf(text), endReason: 'ended-by-operator' })
    expect(await store.sealOf(session)).toEqual(seal)
    expect(verifyRecording({ recording: Buffer.from(text), proof: proofFixture(text), key: fixtureVerifierKey })).toMatchObject({
      verified: true,
    })
    expect(await readdir(join(folder, 'open'))).toEqual([])
    expect((await stat(join(folder, 'ab', `${session}.jsonl`))).mode & 0o077).toBe(0)
  })
  test('sequence numbers follow the order of the calls, and concurrent appends share writes', async () => {
    const writes: number[] = []
    const counting: OpenDurableFile = async (path, mode) => {
      const file = await openDurableFile(path, mode)
      return {
        ...closing(file),
        append: (bytes) => {
          writes.push(Buffer.from(bytes).filter((byte) => byte === 10).length)
          return file.append(bytes)
        },
      }
    }
    const store = await openRecordingStore({ folder, clock, openFile: counting })
    const writer = await store.create(draftOf())
    const first = writer.append(message(1))
    expect(writer.count).toBe(2)
    const seqs = await Promise.all([first, ...Array.from({ length: 99 }, (_, at) => writer.append(message(at + 2)))])
    expect(seqs).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
    expect(writes).toEqual([1, 100])
    const lines = (await store.readText(session)).trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(Array.from({ length: 101 }, (_, at) => at))
  })
  test('a body that was serialised elsewhere gives the same lines and the same root', async () => {
    const store = await openRecordingStore({ folder, clock })
    const writer = await store.create(draftOf())
    const body = JSON.stringify({ text: '"body":"" and é '.repeat(200_000) })
    const before = writer.append(message(1))
    const large = writer.append(
      { ...message(2), body: '', bytes: Buffer.byteLength(body), sha256: hash('sha256', body) },
      Buffer.from(JSON.stringify(body)),
    )
    const after = writer.append(message(3))
    const soFar = writer.durable()
    expect(await Promise.all([before, large, after])).toEqual([1, 2, 3])
    expect(await soFar).toEqual({ count: 4, root: sessionRootOf(await store.readText(session)) })
    const seal = await writer.close(closed)
    const text = await store.readText(session)
    expect(seal.root).toBe(sessionRootOf(text))
    expect(text.split('\n').map((line) => (line === '' ? undefined : (JSON.parse(line) as { body?: string }).body))[2]).toBe(body)
    expect(verifyRecording({ recording: Buffer.from(text), proof: proofFixture(text), key: fixtureVerifierKey })).toMatchObject({
      verified: true,
    })
  })
  test('how far it has come is told once that is on the disk, and fails with it', async () => {
    let write = (): void => {}
    const held: OpenDurableFile = async (path, mode) => {
      const file = await openDurableFile(path, mode)
      let writes = 0
      const later = () => new Promise<void>((resolve, reject) => (write = () => (writes === 2 ? resolve() : reject(new Error('EIO')))))
      return { ...closing(file), append: async (bytes) => ((writes += 1) === 1 ? file.append(bytes) : (await later(), file.append(bytes))) }
    }
    const store = await openRecordingStore({ folder, clock, openFile: held })
    const writer = await store.create(draftOf())
    expect(await writer.durable()).toEqual({ count: 1, root: sessionRootOf(await store.readText(session)) })
    void writer.append(message(1))
    let told = false
    const soFar = writer.durable().finally(() => (told = true))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(told).toBe(false)
    write()
    expect(await soFar).toEqual({ count: 2, root: sessionRootOf(await store.readText(session)) })
    const failing = code(writer.append(message(2)))
    const unknown = code(writer.durable())
    await new Promise((resolve) => setTimeout(resolve, 20))
    write()
    expect([await failing, await unknown]).toEqual(['RECORDING_UNAVAILABLE', 'RECORDING_UNAVAILABLE'])
  })
  test('after the close nothing is appended', async () => {
    const store = await openRecordingStore({ folder, clock })
    const writer = await store.create(draftOf())
    const closing = writer.close(closed)
    expect(await code(writer.append(message(1)))).toBe('SESSION_ENDED')
    await closing
    expect(await code(writer.append(message(1)))).toBe('SESSION_ENDED')
    expect(await code(writer.close(closed))).toBe('SESSION_ENDED')
    expect((await store.readText(session)).split('\n')).toHaveLength(3)
  })
  test('a session has one recording', async () => {
    const store = await openRecordingStore({ folder, clock })
    await store.create(draftOf())
    expect(await code(store.create(draftOf()))).toBe('CONFLICT')
  })
  test('a record that no verifier would read is refused, and the next one is not', async () => {
    const store = await openRecordingStore({ folder, clock })
    const writer = await store.create(draftOf())
    expect(await code(writer.append({ ...message(1), body: '"'.repeat(69 * 1024 * 1024) }))).toBe('BODY_TOO_LARGE')
    expect(await writer.append(message(1))).toBe(1)
  })
  test('a part of a running recording is read without the room that is reserved for more', async () => {
    const store = await openRecordingStore({ folder, clock })
    const writer = await store.create(draftOf())
    for (let number = 1; number <= 60; number += 1) await writer.append({ ...message(number), body: 'x'.repeat(1000) })
    const text = await store.readText(session)
    expect((await stat(openPath())).size).toBeGreaterThan(text.length)
    expect(await store.readFrom(session, text.length - 10, 100_000)).toEqual({ bytes: Buffer.from(text.slice(-10)), size: text.length })
    await writer.close(closed)
    const finished = await store.readText(session)
    expect((await stat(recordingPaths(folder, session).finished)).size).toBe(finished.length)
    expect(finished.startsWith(text)).toBe(true)
  })
  test('what is not there', async () => {
    const store = await openRecordingStore({ folder, clock })
    expect(await code(store.readText(session))).toBe('NOT_FOUND')
    expect(await code(store.sealOf(session))).toBe('NOT_FOUND')
  })
})

describe('when the disk refuses', () => {
  test('a full disk: the append fails, those behind it too, and the writer stays failed', async () => {
    const store = await openRecordingStore({ folder, clock, openFile: failingAfter(2) })
    const writer = await store.create(draftOf())
    expect(await writer.append(message(1))).toBe(1)
    const [second, third] = [writer.append(message(2)), Promise.resolve().then(() => writer.append(message(3)))]
    expect(await Promise.all([code(second), code(third)])).toEqual(['RECORDING_UNAVAILABLE', 'RECORDING_UNAVAILABLE'])
    await expect(writer.append(message(4))).rejects.toThrow('the disk is full')
    expect(await code(writer.close(closed))).toBe('RECORDING_UNAVAILABLE')
    // Half a line is on the disk; what was acknowledged is still whole.
    const [unsealed] = await (await openRecordingStore({ folder, clock })).recover()
    expect(unsealed).toMatchObject({ count: 2, tornBytes: 10 })
  })
  test.runIf(process.platform === 'linux')('the kernel’s own full disk', async () => {
    const store = await openRecordingStore({ folder, clock, openFile: () => openDurableFile('/dev/full', 'extend') })
    await expect(store.create(draftOf())).rejects.toThrow('the disk is full')
  })
  test('a folder that cannot be made or written', async () => {
    await writeFile(join(folder, 'file'), '')
    expect(await code(openRecordingStore({ folder: join(folder, 'file', 'below'), clock }))).toBe('RECORDING_UNAVAILABLE')
    const store = await openRecordingStore({ folder, clock })
    await rm(join(folder, 'open'), { recursive: true })
    expect(await code(store.create(draftOf()))).toBe('RECORDING_UNAVAILABLE')
  })
  test('the place of the finished recordings is taken: close fails, and recovery gives the seal', async () => {
    const store = await openRecordingStore({ folder, clock })
    const writer = await store.create(draftOf())
    await writeFile(join(folder, 'ab'), '')
    expect(await code(writer.close(closed))).toBe('RECORDING_UNAVAILABLE')
    await rm(join(folder, 'ab'))
    const [unsealed] = await (await openRecordingStore({ folder, clock })).recover()
    expect(unsealed?.seal).toMatchObject({ count: 2, endReason: 'ended-by-operator' })
  })
})

describe('recovery', () => {
  const begin = async () => {
    const store = await openRecordingStore({ folder, clock })
    const writer = await store.create(draftOf())
    await writer.append(message(1))
    await writer.append(message(2))
    await store.close()
  }
  const recover = async () => {
    const store = await openRecordingStore({ folder, clock })
    return { store, unsealed: await store.recover() }
  }
  const crash = { endReason: 'gateway-crash' as const, counts }

  test.for([
    ['nothing torn', '', 0],
    ['half a line', '{"v":1,"seq":3,"at":', 20],
    ['a whole record without its line feed', JSON.stringify({ ...messageRecordFixture(3) }), undefined],
    ['room that was reserved', '\0'.repeat(512), 0],
    ['half a line, and room that was reserved', `{"v":1,"seq":3,"at":${'\0'.repeat(512)}`, 20],
    ['blocks that were never filled, with line feeds', `${'\0'.repeat(20)}\n${'\0'.repeat(20)}\n`, 42],
    ['a record with the wrong number', `${JSON.stringify(messageRecordFixture(7))}\n`, undefined],
  ] as const)('%s: everything before is kept', async ([, torn, tornBytes]) => {
    await begin()
    const before = await readFile(openPath(), 'utf8')
    await appendFile(openPath(), torn)
    const { store, unsealed } = await recover()
    expect(unsealed).toHaveLength(1)
    expect(unsealed[0]).toMatchObject({
      session,
      count: 3,
      tornBytes: tornBytes ?? torn.length,
      counts: { allowed: 1 },
      open: { counter: 7 },
    })
    expect(await store.readText(session)).toBe(before)
    const seal = await unsealed[0]?.writer.close(crash)
    const text = await store.readText(session)
    expect(text.startsWith(before)).toBe(true)
    expect(seal).toEqual({ count: 4, root: sessionRootOf(text), endReason: 'gateway-crash' })
    const proof = proofFixture(text, { entry: { endReason: 'gateway-crash' } })
    expect(verifyRecording({ recording: Buffer.from(text), proof, key: fixtureVerifierKey })).toMatchObject({ verified: true })
    expect((await recover()).unsealed).toEqual([])
  })
  test.for([
    ['an empty file', ''],
    ['half an open record', '{"v":1,"seq":0'],
  ] as const)('%s: nobody was told of it, and it goes', async ([, content]) => {
    await mkdir(join(folder, 'open'), { recursive: true })
    await writeFile(openPath(), content)
    expect((await recover()).unsealed).toEqual([])
    expect(await readdir(join(folder, 'open'))).toEqual([])
  })
  test('the close record is durable, the rest is missing: the same seal comes back, and nothing is written', async () => {
    await begin()
    const record = { v: 1, seq: 3, at: clock.now().toISOString(), kind: 'close', session, endReason: 'expired', counts }
    await appendFile(openPath(), `${JSON.stringify(record)}\n`)
    const { store, unsealed } = await recover()
    const text = await store.readText(session)
    const seal = { count: 4, root: sessionRootOf(text), endReason: 'expired' }
    expect(unsealed[0]?.seal).toEqual(seal)
    expect(await unsealed[0]?.writer.close(crash)).toEqual(seal)
    expect(await store.readText(session)).toBe(text)
  })
  test('a bad line with good ones after it is damage, not a torn write: it stays for verification to find', async () => {
    await begin()
    const text = (await readFile(openPath(), 'utf8')).replace('"kind":"request"', '"kind":"reqXest"')
    await writeFile(openPath(), text)
    const { store, unsealed } = await recover()
    expect(unsealed[0]).toMatchObject({ count: 3, tornBytes: 0 })
    await unsealed[0]?.writer.close(crash)
    const sealed = await store.readText(session)
    const proof = proofFixture(sealed, { entry: { endReason: 'gateway-crash' } })
    expect(verifyRecording({ recording: Buffer.from(sealed), proof, key: fixtureVerifierKey })).toMatchObject({
      reason: 'record-malformed',
      seq: 1,
    })
  })
  test('records without their open record are set aside, never removed', async () => {
    await begin()
    const lines = (await readFile(openPath(), 'utf8')).split('\n')
    await writeFile(openPath(), ['x', ...lines.slice(1)].join('\n'))
    expect((await recover()).unsealed).toEqual([])
    expect(await readdir(join(folder, 'open'))).toEqual([`${session}.jsonl.damaged`])
  })
  test('many sessions come back in the order in which they were opened', async () => {
    const store = await openRecordingStore({ folder, clock })
    const ids = Array.from({ length: 30 }, (_, at) => `ses_${String(at).padStart(16, 'x')}` as SessionId)
    await Promise.all(ids.map((id, at) => store.create(draftOf({ session: id, counter: at }))))
    await store.close()
    expect((await recover()).unsealed.map((one) => one.session)).toEqual(ids)
  })
})

/** what of a file stays as it is when its writes are watched */
const closing = (file: DurableFile): Pick<DurableFile, 'length' | 'close'> => ({ length: file.length, close: () => file.close() })

/** A disk that is full after some writes, in the middle of a line. */
function failingAfter(writes: number): OpenDurableFile {
  return async (path, mode) => {
    const file = await openDurableFile(path, mode)
    let left = writes
    return {
      ...closing(file),
      append: async (bytes) => {
        left -= 1
        if (left >= 0) return file.append(bytes)
        await file.append(bytes.subarray(0, 10))
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      },
    }
  }
}
