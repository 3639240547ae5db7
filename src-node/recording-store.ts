/**
 * Recordings as files, one for each session:
 *
 *     open/ses_….jsonl      sessions that run
 *     Ab/ses_Ab….jsonl      finished ones, by the first two letters of the session id: any of them is found without a search
 *
 * Life of a record, and what a crash after each step leaves behind:
 *
 * 1. `create` makes `open/ses_….jsonl` and writes the open record. Crash: an empty file or half a line; `recover` removes it, nobody was told of it.
 * 2. The folder `open` is synchronized, then `create` resolves. From here on the file survives a power cut.
 * 3. `append` writes one or more whole lines with one synchronous write, then resolves. Crash: durable lines, maybe half a line after them, which nobody
 *    was told of, and zeros, which were reserved for lines to come; `recover` cuts both off.
 *    The next process may go on with the file through the writer that `recover` gives.
 * 4. `close` writes the close record the same way. Crash: as in 3, or a closed file in `open`; `recover` finishes it with step 5.
 * 5. The file moves to its place among the finished ones; both folders are synchronized; `close` resolves with the seal. Crash: a finished recording
 *    whose root may not be in the log yet; `sealOf` gives the seal again.
 *
 * Later it is compressed in its place: see compress-recording.ts.
 */
import { mkdir, open, readFile, readdir, rename, stat, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../src-protocol/app-error.ts'
import { sessionId, type SessionId } from '../src-protocol/ids.ts'
import type { VerdictCounts } from '../src-protocol/model.ts'
import type { CloseRecord, OpenRecord } from '../src-protocol/recording.ts'
import { createFrontier } from '../src-core/log/merkle-frontier.ts'
import { hexOf } from '../src-core/log/merkle-hash.ts'
import type { VerdictCounter } from '../src-core/recording/verdict-counter.ts'
import type { Clock } from './clock.ts'
import { moveFile, openDurableFile, problemOf, syncFolder, type DurableFile, type OpenDurableFile } from './durable-file.ts'
import { readIfThere } from './log-files.ts'
import { recordingPaths } from './recording-paths.ts'
import { readCompressedPart } from './read-recording-part.ts'
import { readStoredRecording, type StoredRecording, type StoredRecordingExpected } from './read-stored-recording.ts'
import { unpackRecording } from './unpack-recording.ts'
import { createClosedWriter, createRecordingWriter, type RecordedSoFar, type RecordingWriter, type Seal } from './recording-writer.ts'

export type OpenDraft = Omit<OpenRecord, 'v' | 'seq' | 'at' | 'kind'> & { kind?: 'open' }

/** A session that a crash left unfinished. */
export interface UnsealedRecording {
  session: SessionId
  open: OpenRecord
  /** records that are kept */
  count: number
  /** what became of its calls, for the close record */
  counts: VerdictCounts
  /** where the counts come from, to go on with */
  verdicts: VerdictCounter
  /** it is not the recording of which the log knows */
  altered?: NonNullable<CloseRecord['altered']>
  /** time of the last record */
  lastAt: string
  /** bytes of a record that was being written, cut off */
  tornBytes: number
  /** there if only the last steps were missing: the recording is closed, its root may not be in the log yet. Log it with this end reason. */
  seal?: Seal
  /** to close it with; if `seal` is there, `close` writes nothing and returns that seal */
  writer: RecordingWriter
}

export interface RecordingStore {
  /** @throws AppError RECORDING_UNAVAILABLE, CONFLICT (the session has a recording already) */
  create(draft: OpenDraft): Promise<RecordingWriter>
  /** Sessions whose recordings are not finished. @throws AppError RECORDING_UNAVAILABLE */
  unsealed(): Promise<SessionId[]>
  /**
   * To be called once, before any `create`. `expected` says what is known of a session's recording besides its file.
   * @throws AppError RECORDING_UNAVAILABLE
   */
  recover(expected?: (session: SessionId) => StoredRecordingExpected): Promise<UnsealedRecording[]>
  /** The file's text; of a running session what is durable so far. @throws AppError NOT_FOUND, RECORDING_UNAVAILABLE */
  readText(session: SessionId): Promise<string>
  /**
   * Bytes of the file from `offset` on, at most so many, and how long the file is now: also of a running session, whose last lines may not
   * be durable yet. @throws AppError NOT_FOUND, RECORDING_UNAVAILABLE
   */
  readFrom(session: SessionId, offset: number, bytes: number): Promise<{ bytes: Buffer; size: number }>
  /** Bytes from `offset` on of a finished recording, at most so many; a compressed one is not held in memory. @throws as `readFrom` */
  readPart(session: SessionId, offset: number, bytes: number): Promise<Buffer>
  /** Bytes of a finished recording as it was recorded; it is not read for that, unless it is compressed. @throws AppError NOT_FOUND, RECORDING_UNAVAILABLE */
  sizeOf(session: SessionId): Promise<number>
  /** Seal of a finished recording, computed from the file; undefined if there is none. For what a crash kept from being logged. */
  sealOf(session: SessionId, checkpoints?: readonly RecordedSoFar[]): Promise<Seal | undefined>
  /** Gives the files of running sessions back to the system; their writers refuse from then on. */
  close(): Promise<void>
}

/** Files that are read at the same time during recovery. */
const recoveryWidth = 8

/**
 * @param options.openFile stands for the disk in tests
 * @throws AppError RECORDING_UNAVAILABLE if the folder cannot be made or written
 */
export async function openRecordingStore(options: {
  folder: string
  clock: Clock
  openFile?: OpenDurableFile
  mostBytes?: number
}): Promise<RecordingStore> {
  const { folder, clock, mostBytes } = options
  /** by their paths: those that are written */
  const files = new Map<string, DurableFile>()
  const openFolder = join(folder, 'open')
  await orUnavailable(() => mkdir(openFolder, { recursive: true, mode: 0o700 }))

  const openPath = (session: SessionId) => recordingPaths(folder, session).open
  const finishedFolder = (session: SessionId) => recordingPaths(folder, session).folder
  const finishedPath = (session: SessionId) => recordingPaths(folder, session).finished

  const openFile: OpenDurableFile = async (path, mode) =>
    new WrittenFile(files, path, await (options.openFile ?? openDurableFile)(path, mode))

  async function finish(session: SessionId): Promise<void> {
    if ((await mkdir(finishedFolder(session), { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(folder)
    await moveFile(openPath(session), finishedPath(session))
  }

  async function read(session: SessionId): Promise<Buffer> {
    try {
      return await readWhereItIs(session, (path) => readFile(path))
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
      // compressed in the meantime, or long ago
      const packed = await readIfThere(recordingPaths(folder, session).compressed)
      if (!packed) throw error
      return unpackRecording(packed)
    }
  }

  async function readWhereItIs<T>(session: SessionId, readAt: (path: string) => Promise<T>): Promise<T> {
    // Finished, open, and once more finished: it may move from one to the other in between.
    for (const path of [finishedPath(session), openPath(session), finishedPath(session)]) {
      try {
        return await readAt(path)
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
          throw new AppError('RECORDING_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
        }
      }
    }
    throw new AppError('NOT_FOUND', { what: `The recording of session ${session}` })
  }

  async function recoverOne(session: SessionId, expected: StoredRecordingExpected): Promise<UnsealedRecording | undefined> {
    const path = openPath(session)
    const stored = readStoredRecording(await readFile(path), expected)
    if (!stored.open) {
      // Nothing whole in it: nobody was told of this session. Lines without their open record are damage, and are kept for a person to look at.
      await (stored.keptBytes === 0 ? unlink(path) : rename(path, `${path}.damaged`))
      return undefined
    }
    const { open, frontier, counts, verdicts, lastAt, keptBytes, tornBytes, reservedBytes, close, altered } = stored
    const common = { session, open, count: frontier.size, counts, verdicts, lastAt, tornBytes, ...(altered && { altered }) }
    if (tornBytes + reservedBytes > 0) await truncate(path, keptBytes)
    if (close) {
      await finish(session)
      const seal = sealOf(stored, close)
      return { ...common, seal, writer: createClosedWriter(session, seal) }
    }
    const file = await openFile(path, 'extend')
    return {
      ...common,
      writer: createRecordingWriter({ session, file, frontier, clock, bytes: keptBytes, mostBytes, finish }),
    }
  }

  async function unsealed(): Promise<SessionId[]> {
    const names = await orUnavailable(() => readdir(openFolder))
    const sessions = names.filter((name) => name.endsWith('.jsonl')).map((name) => sessionId.safeParse(name.slice(0, -'.jsonl'.length)))
    return sessions.flatMap(({ data }) => (data ? [data] : []))
  }

  return {
    async create(draft) {
      const { session } = draft
      const file = await orUnavailable(() => openFile(openPath(session), 'create'), session)
      const writer = createRecordingWriter({ session, file, frontier: createFrontier(), clock, mostBytes, finish })
      try {
        await writer.append({ ...draft, kind: 'open' })
        await orUnavailable(() => syncFolder(openFolder))
      } catch (error) {
        // there is no session, and nobody else would close it
        await file.close().catch(() => undefined)
        throw error
      }
      return writer
    },
    unsealed,
    async recover(expected = () => ({})) {
      const queue = await unsealed()
      const recovered: UnsealedRecording[] = []
      const worker = async () => {
        for (let session = queue.shift(); session; session = queue.shift()) {
          const next = session
          const found = await orUnavailable(() => recoverOne(next, expected(next)))
          if (found) recovered.push(found)
        }
      }
      await Promise.all(Array.from({ length: recoveryWidth }, worker))
      await orUnavailable(() => syncFolder(openFolder))
      return recovered.toSorted((one, other) => one.open.counter - other.open.counter)
    },
    async readText(session) {
      const bytes = await read(session)
      return bytes.toString('utf8', 0, bytes.lastIndexOf(10) + 1)
    },
    async readFrom(session, offset, bytes) {
      try {
        return await readWhereItIs(session, (path) => readPart(path, offset, bytes, files.get(path)?.length))
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
        const whole = await read(session)
        return { bytes: whole.subarray(offset, offset + bytes), size: whole.length }
      }
    },
    async readPart(session, offset, bytes) {
      const { finished, compressed } = recordingPaths(folder, session)
      // plain, compressed, and once more plain: it may be compressed in between, or put back
      const ways = [
        async () => (await readPart(finished, offset, bytes)).bytes,
        () => readCompressedPart(compressed, offset, bytes),
        async () => (await readPart(finished, offset, bytes)).bytes,
      ]
      for (const read of ways) {
        try {
          return await read()
        } catch (cause) {
          if (cause instanceof AppError) throw cause
          if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
            throw new AppError('RECORDING_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
          }
        }
      }
      throw new AppError('NOT_FOUND', { what: `The recording of session ${session}` })
    },
    async sizeOf(session) {
      try {
        return (await stat(finishedPath(session))).size
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return (await read(session)).length
        throw new AppError('RECORDING_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
      }
    },
    async sealOf(session, checkpoints = []) {
      const stored = readStoredRecording(await read(session), { checkpoints })
      return stored.close && stored.tornBytes === 0 ? sealOf(stored, stored.close) : undefined
    },
    async close() {
      await Promise.all([...files.values()].map((file) => file.close()))
    },
  }
}

/** Among the files that are written until it is closed. */
class WrittenFile implements DurableFile {
  readonly #files: Map<string, DurableFile>
  readonly #path: string
  readonly #file: DurableFile
  #closed: Promise<void> | undefined

  constructor(files: Map<string, DurableFile>, path: string, file: DurableFile) {
    this.#files = files
    this.#path = path
    this.#file = file
    files.set(path, this)
  }

  get length(): number {
    return this.#file.length
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#file.append(bytes)
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#file.close().finally(() => this.#files.delete(this.#path)))
  }
}

/** @param length of what is written, if more may be reserved */
async function readPart(path: string, offset: number, bytes: number, length = Infinity): Promise<{ bytes: Buffer; size: number }> {
  const file = await open(path)
  try {
    const size = Math.min((await file.stat()).size, length)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(bytes, Math.max(0, size - offset))), { position: offset })
    return { bytes: buffer.subarray(0, bytesRead), size }
  } finally {
    await file.close()
  }
}

/** What a closed file amounts to; why it ended is the log's to say if the file is not the one of which the log knows. */
const sealOf = ({ frontier, altered }: StoredRecording, close: CloseRecord): Seal => ({
  count: frontier.size,
  root: hexOf(frontier.root()),
  endReason: altered ? 'recording-altered' : close.endReason,
})

async function orUnavailable<T>(work: () => Promise<T>, session?: SessionId): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    if (session && (cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new AppError('CONFLICT', { problem: `session ${session} has a recording already` }, { cause })
    }
    throw new AppError('RECORDING_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
  }
}
