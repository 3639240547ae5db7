import { AppError } from '../src-protocol/app-error.ts'
import type { SessionId } from '../src-protocol/ids.ts'
import type { EndReason } from '../src-protocol/model.ts'
import type { CloseRecord, RecordDraft } from '../src-protocol/recording.ts'
import type { MerkleFrontier } from '../src-core/log/merkle-frontier.ts'
import { hexOf } from '../src-core/log/merkle-hash.ts'
import { recordLeaf } from '../src-core/recording/record-leaf.ts'
import { maximumLineBytes } from '../src-core/recording/record-lines.ts'
import { timestampOf, type Clock } from './clock.ts'
import { atEndOfTurn } from './cork-for-turn.ts'
import { problemOf, type DurableFile } from './durable-file.ts'
import { largeLine, leafOfLargeLine, slicesOf, type LargeLine } from './large-line.ts'

/** What a finished recording amounts to, as the log's session.close entry says it. */
export interface Seal {
  count: number
  /** RFC 9162 root over the leaves of all records, the close record included; hex */
  root: string
  endReason: EndReason
}

export interface RecordedSoFar {
  count: number
  /** hex */
  root: string
}

type CloseDraft = Omit<CloseRecord, 'v' | 'seq' | 'at' | 'kind' | 'session'>

/** Appends to one session's recording. */
export interface RecordingWriter {
  readonly session: SessionId
  /** records so far, those included that are still on their way to the disk */
  readonly count: number
  /**
   * The sequence number is taken at the call, in call order; the promise resolves with it when the record is on the disk. Records that come while
   * the disk is busy share the next write. After one failure every append is refused, for what is on the disk is no longer known.
   * @param body of a large message, as a JSON string in UTF-8: it is written in place of the draft's own `body`, which must be empty
   */
  append(draft: RecordDraft, body?: Uint8Array): Promise<number>
  /** Number of the records so far and the root over them, once all of them are on the disk. */
  durable(): Promise<RecordedSoFar>
  /** Writes the close record and puts the recording among the finished ones. Once only. */
  close(draft: CloseDraft): Promise<Seal>
}

/** One write takes at most this much, so that a burst of large messages does not hold up the first of them. */
const batchBytes = 4 * 1024 * 1024

const nothing = Buffer.alloc(0)
/** A recording is handed out as one text, which must not be longer than Node's longest string; a session that needs more goes on in another one. */
const mostRecordingBytes = 480 * 1024 * 1024
const writtenAtOnce = 8 * 1024 * 1024

interface Waiting {
  /** a whole line, with its LF; empty if it is a large one, or only a place in the row */
  line: Buffer
  /** of a large line, which is hashed and written by itself, in slices */
  large?: LargeLine
  resolve: () => void
  reject: (error: AppError) => void
}

export function createRecordingWriter(options: {
  session: SessionId
  file: DurableFile
  frontier: MerkleFrontier
  clock: Clock
  /** of the file so far */
  bytes?: number
  mostBytes?: number | undefined
  /** called when the close record is durable */
  finish: () => Promise<void>
}): RecordingWriter {
  const { session, file, frontier, clock, finish, mostBytes = mostRecordingBytes } = options
  let size = options.bytes ?? 0
  let waiting: Waiting[] = []
  let writing = false
  let failure: AppError | undefined
  let ended: EndReason | undefined
  /** the frontier knows only what was taken to be written */
  let count = frontier.size

  function enqueue(draft: RecordDraft, body?: Uint8Array): Promise<number> {
    if (failure) return Promise.reject(failure)
    const seq = count
    const text = JSON.stringify({ v: 1, seq, at: timestampOf(clock.now()), ...draft })
    const large = body && largeLine(text, body)
    const line = large ? nothing : Buffer.from(`${text}\n`)
    const bytes = large?.bytes ?? line.length
    if (bytes > maximumLineBytes) {
      return Promise.reject(new AppError('BODY_TOO_LARGE', { bytes, limit: maximumLineBytes }))
    }
    // what could not be read again must not be written; how the session ended always is
    if (size + bytes > mostBytes && draft.kind !== 'close') {
      return Promise.reject(new AppError('RECORDING_UNAVAILABLE', { problem: 'the recording of this session is full' }))
    }
    size += bytes
    count += 1
    return new Promise((resolve, reject) => {
      const done = () => resolve(seq)
      waiting.push(large ? { line, large, resolve: done, reject } : { line, resolve: done, reject })
      if (writing) return
      writing = true
      writeNext()
    })
  }

  /** Not at once: what all sockets bring in this turn of the event loop goes into one write, which costs far more than its bytes. */
  function writeNext(): void {
    atEndOfTurn(() => void writeWaiting())
  }

  async function writeWaiting(): Promise<void> {
    const batch = takeBatch()
    try {
      const [first] = batch
      if (first?.large) {
        frontier.append(await leafOfLargeLine(first.large))
        for (const slice of slicesOf(first.large, writtenAtOnce)) await file.append(slice)
      } else {
        const written = file.append(batch.length === 1 && first ? first.line : Buffer.concat(batch.map(({ line }) => line)))
        // the disk takes longer than this, so that nobody waits for it
        for (const { line } of batch) if (line.length > 0) frontier.append(recordLeaf(line.subarray(0, -1)))
        await written
      }
    } catch (cause) {
      fail(cause, batch)
    }
    if (waiting.length > 0) writeNext()
    else writing = false
    if (failure) return
    for (const { resolve } of batch) resolve()
  }

  function takeBatch(): Waiting[] {
    let bytes = 0
    let length = 0
    for (const { line, large } of waiting) {
      if (length > 0 && (large || bytes + line.length > batchBytes)) break
      bytes += line.length
      length += 1
      if (large) break
    }
    return waiting.splice(0, length)
  }

  function fail(cause: unknown, batch: Waiting[]): void {
    failure = new AppError('RECORDING_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
    for (const { reject } of [...batch, ...waiting]) reject(failure)
    waiting = []
    file.close().catch(() => undefined)
  }

  return {
    session,
    get count() {
      return count
    },
    append(draft, body) {
      return ended === undefined ? enqueue(draft, body) : Promise.reject(new AppError('SESSION_ENDED', { reason: ended }))
    },
    async durable() {
      if (failure) throw failure
      const recorded = () => ({ count: frontier.size, root: hexOf(frontier.root()) })
      if (!writing) return recorded()
      // in line behind them
      return new Promise((resolve, reject) => waiting.push({ line: nothing, resolve: () => resolve(recorded()), reject }))
    },
    async close(draft) {
      if (ended !== undefined) throw new AppError('SESSION_ENDED', { reason: ended })
      ended = draft.endReason
      const durable = enqueue({ kind: 'close', session, ...draft })
      await durable
      const seal = { count: frontier.size, root: hexOf(frontier.root()), endReason: draft.endReason }
      try {
        await file.close()
        await finish()
      } catch (cause) {
        failure = new AppError('RECORDING_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
        throw failure
      }
      return seal
    },
  }
}

/** Stands in for the writer of a recording whose close record is durable already: nothing is written, the seal is given again. */
export function createClosedWriter(session: SessionId, seal: Seal): RecordingWriter {
  return {
    session,
    count: seal.count,
    append: () => Promise.reject(new AppError('SESSION_ENDED', { reason: seal.endReason })),
    durable: () => Promise.resolve({ count: seal.count, root: seal.root }),
    close: () => Promise.resolve(seal),
  }
}
