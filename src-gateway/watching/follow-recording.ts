import type { Logger } from '../../src-node/logger.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { watchEvent, type MissedRecords } from '../../src-protocol/watch.ts'
import type { ClientStream } from '../exchange/client-stream.ts'

/** Sends a growing recording to one reader, as fast as that one reads. */
export interface RecordingFollower {
  /** records up to this number are durable, and may be seen */
  upTo(seq: number): void
  /** the recording is closed: resolves once all of it is sent, or the reader is gone */
  toTheEnd(): Promise<void>
  stop(): void
}

export interface FollowPorts {
  session: SessionId
  stream: ClientStream
  recordings: Pick<RecordingStore, 'readFrom'>
  scheduler: Scheduler
  logger: Logger
  onFailed(error: AppError): void
}

/** one message to the reader, and the longest record that is sent */
const sentAtOnce = 256 * 1024
/** whoever is further behind goes on near the end */
const mostBehind = 1024 * 1024
/** records come in bursts: they are read together */
const everyMs = 100
const lineFeed = 10

/**
 * Reads what is new from the file, so that the session itself neither waits for a watcher nor keeps anything for one. A reader who is more than
 * `mostBehind` behind is moved forward; so is one that comes late to a long session. Records carry dense numbers, so each gap is told exactly.
 */
export function followRecording(ports: FollowPorts): RecordingFollower {
  const { session, stream, recordings, scheduler } = ports
  let offset = 0
  let next = 0
  let durable = -1
  let stopped = false
  /** why records were passed over since the last that was sent */
  let passedOver: MissedRecords['why'] | undefined
  let reading: Promise<void> | undefined
  let cancelTimer: (() => void) | undefined

  const gone = () => stopped || stream.gone

  function schedule(): void {
    if (cancelTimer || reading || gone()) return
    cancelTimer = scheduler.after(everyMs, () => {
      cancelTimer = undefined
      void read()
    })
  }

  function read(): Promise<void> {
    reading ??= readOn()
      .catch((error: unknown) => {
        ports.logger.error({ err: error, session }, 'a recording could not be read for who watches it')
        ports.onFailed(error instanceof AppError ? error : new AppError('RECORDING_UNAVAILABLE', { problem: 'it could not be read' }))
      })
      .finally(() => {
        reading = undefined
        if (next <= durable && Number.isFinite(durable)) schedule()
      })
    return reading
  }

  async function readOn(): Promise<void> {
    while (!gone()) {
      // first wait, then read: what comes meanwhile costs nothing but its place in the file
      await stream.back()
      await stream.room()
      if (gone()) return
      const part = await recordings.readFrom(session, offset, sentAtOnce)
      if (part.size - offset > mostBehind) {
        await moveTo(part.size - sentAtOnce, 'behind')
        continue
      }
      const whole = part.bytes.lastIndexOf(lineFeed) + 1
      if (whole > 0) {
        if (!send(part.bytes.subarray(0, whole))) return
      } else if (part.bytes.length === sentAtOnce) await moveTo(offset + sentAtOnce, 'large')
      else return
    }
  }

  /** To the first line that begins at or after `place`. */
  async function moveTo(place: number, why: MissedRecords['why']): Promise<void> {
    passedOver ??= why
    for (let at = place - 1; !gone(); at += sentAtOnce) {
      const { bytes } = await recordings.readFrom(session, at, sentAtOnce)
      const end = bytes.indexOf(lineFeed)
      if (end >= 0) {
        offset = at + end + 1
        return
      }
      // the line is still being written
      if (bytes.length < sentAtOnce) {
        offset = Math.max(offset, at + bytes.length)
        return
      }
    }
  }

  /** Sends those of the lines that are durable. @returns whether there may be more */
  function send(lines: Buffer): boolean {
    let from = 0
    let end = 0
    for (let start = 0; start < lines.length; start = end) {
      const seq = sequenceOf(lines, start)
      if (seq === undefined || seq > durable) break
      if (seq > next) {
        message(watchEvent.records, lines.subarray(from, start))
        from = start
        message(
          watchEvent.missed,
          Buffer.from(JSON.stringify({ from: next, to: seq - 1, why: passedOver ?? 'behind' } satisfies MissedRecords)),
        )
      }
      passedOver = undefined
      next = seq + 1
      end = lines.indexOf(lineFeed, start) + 1
    }
    message(watchEvent.records, lines.subarray(from, end))
    offset += end
    return end === lines.length
  }

  function message(event: string, body: Uint8Array): void {
    // the file's memory is used again
    if (body.length > 0) stream.message({ event }, Uint8Array.from(body))
  }

  return {
    upTo(seq) {
      durable = Math.max(durable, seq)
      schedule()
    },
    async toTheEnd() {
      durable = Infinity
      cancelTimer?.()
      await reading
      await read()
    },
    stop() {
      stopped = true
      cancelTimer?.()
    },
  }
}

/** The writer begins each line with its version and its number. */
const lineStart = /^\{"v":1,"seq":(\d{1,15}),/

function sequenceOf(bytes: Buffer, start: number): number | undefined {
  const found = lineStart.exec(bytes.toString('latin1', start, start + 40))
  return found ? Number(found[1]) : undefined
}
