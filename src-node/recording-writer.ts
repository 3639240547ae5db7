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

interface RecordingWriterOptions {
  session: SessionId
  file: DurableFile
  frontier: MerkleFrontier
  clock: Clock
  /** of the file so far */
  bytes?: number
  mostBytes?: number | undefined
  /** called when the close record is durable */
  finish: (session: SessionId) => Promise<void>
}

export const createRecordingWriter = (options: RecordingWriterOptions): RecordingWriter => new Writer(options)

/** A class and no closures: each running session has one. */
class Writer implements RecordingWriter {
  readonly session: SessionId
  readonly #file: DurableFile
  readonly #frontier: MerkleFrontier
  readonly #clock: Clock
  readonly #mostBytes: number
  readonly #finish: (session: SessionId) => Promise<void>
  #size: number
  #waiting: Waiting[] = []
  #writing = false
  #failure: AppError | undefined
  #ended: EndReason | undefined
  /** the frontier knows only what was taken to be written */
  #count: number

  constructor(options: RecordingWriterOptions) {
    this.session = options.session
    this.#file = options.file
    this.#frontier = options.frontier
    this.#clock = options.clock
    this.#mostBytes = options.mostBytes ?? mostRecordingBytes
    this.#finish = options.finish
    this.#size = options.bytes ?? 0
    this.#count = options.frontier.size
  }

  get count(): number {
    return this.#count
  }

  append(draft: RecordDraft, body?: Uint8Array): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(new AppError('SESSION_ENDED', { reason: this.#ended }))
    return this.#enqueue(draft, body)
  }

  async durable(): Promise<RecordedSoFar> {
    if (this.#failure) throw this.#failure
    if (!this.#writing) return this.#recorded()
    // in line behind them
    return new Promise((resolve, reject) => this.#waiting.push({ line: nothing, resolve: () => resolve(this.#recorded()), reject }))
  }

  async close(draft: CloseDraft): Promise<Seal> {
    if (this.#ended !== undefined) throw new AppError('SESSION_ENDED', { reason: this.#ended })
    this.#ended = draft.endReason
    const { session } = this
    await this.#enqueue({ kind: 'close', session, ...draft })
    const seal = { ...this.#recorded(), endReason: draft.endReason }
    try {
      await this.#file.close()
      await this.#finish(session)
    } catch (cause) {
      this.#failure = new AppError('RECORDING_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
      throw this.#failure
    }
    return seal
  }

  #recorded(): RecordedSoFar {
    return { count: this.#frontier.size, root: hexOf(this.#frontier.root()) }
  }

  #enqueue(draft: RecordDraft, body?: Uint8Array): Promise<number> {
    if (this.#failure) return Promise.reject(this.#failure)
    const seq = this.#count
    const text = JSON.stringify({ v: 1, seq, at: timestampOf(this.#clock.now()), ...draft })
    const large = body && largeLine(text, body)
    const line = large ? nothing : Buffer.from(`${text}\n`)
    const bytes = large?.bytes ?? line.length
    if (bytes > maximumLineBytes) {
      return Promise.reject(new AppError('BODY_TOO_LARGE', { bytes, limit: maximumLineBytes }))
    }
    // what could not be read again must not be written; how the session ended always is
    if (this.#size + bytes > this.#mostBytes && draft.kind !== 'close') {
      return Promise.reject(new AppError('RECORDING_UNAVAILABLE', { problem: 'the recording of this session is full' }))
    }
    this.#size += bytes
    this.#count += 1
    return new Promise((resolve, reject) => {
      const done = () => resolve(seq)
      this.#waiting.push(large ? { line, large, resolve: done, reject } : { line, resolve: done, reject })
      if (this.#writing) return
      this.#writing = true
      this.#writeNext()
    })
  }

  /** Not at once: what all sockets bring in this turn of the event loop goes into one write, which costs far more than its bytes. */
  #writeNext(): void {
    atEndOfTurn(() => void this.#writeWaiting())
  }

  async #writeWaiting(): Promise<void> {
    const batch = this.#takeBatch()
    const frontier = this.#frontier
    try {
      const [first] = batch
      if (first?.large) {
        frontier.append(await leafOfLargeLine(first.large))
        for (const slice of slicesOf(first.large, writtenAtOnce)) await this.#file.append(slice)
      } else {
        const written = this.#file.append(batch.length === 1 && first ? first.line : Buffer.concat(batch.map(({ line }) => line)))
        // the disk takes longer than this, so that nobody waits for it
        for (const { line } of batch) if (line.length > 0) frontier.append(recordLeaf(line.subarray(0, -1)))
        await written
      }
    } catch (cause) {
      this.#fail(cause, batch)
    }
    if (this.#waiting.length > 0) this.#writeNext()
    else this.#writing = false
    if (this.#failure) return
    for (const { resolve } of batch) resolve()
  }

  /** Usually all that waits: the list itself, and the next one is as short as it is made. */
  #takeBatch(): Waiting[] {
    let bytes = 0
    let length = 0
    for (const { line, large } of this.#waiting) {
      if (length > 0 && (large || bytes + line.length > batchBytes)) break
      bytes += line.length
      length += 1
      if (large) break
    }
    if (length < this.#waiting.length) return this.#waiting.splice(0, length)
    const all = this.#waiting
    this.#waiting = []
    return all
  }

  #fail(cause: unknown, batch: Waiting[]): void {
    this.#failure = new AppError('RECORDING_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
    for (const { reject } of [...batch, ...this.#waiting]) reject(this.#failure)
    this.#waiting = []
    this.#file.close().catch(() => undefined)
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
