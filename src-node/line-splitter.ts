import type { TopLevelScan } from './top-level-scan.ts'

export interface LineSplitter {
  push(chunk: Buffer): void
}

export interface LineSplitterOptions {
  /** bytes of one line */
  limit: number
  /** `scan`: of a line above `scanFrom` */
  onLine(line: Buffer, scan?: TopLevelScan): void
  /** The line was above the limit and is dropped. `endless`: it has not even ended, and nothing after it is read. */
  onOverlong(bytes: number, scan: TopLevelScan | undefined, endless: boolean): void
  /** lines above this (at most the limit) are scanned while they come in, so that nobody has to parse them at once */
  scanFrom?: number
  createScan?: () => TopLevelScan
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
/** whose line is so many times the limit does not end its lines */
const endlessFactor = 16

/**
 * Cuts a byte stream into lines (LF, or CRLF as some servers on Windows write). A line that lies within one chunk is a view on it:
 * no copy. Empty lines are skipped. A line above the limit is not kept and reported once, at its end; what follows it is read.
 */
export function createLineSplitter(options: LineSplitterOptions): LineSplitter {
  const { limit, scanFrom = Infinity } = options
  let pieces: Buffer[] = []
  let pending = 0
  let scan: TopLevelScan | undefined
  let stopped = false

  const emit = (line: Buffer) => {
    const end = line.length > 0 && line[line.length - 1] === carriageReturn ? line.length - 1 : line.length
    if (end > 0) options.onLine(end === line.length ? line : line.subarray(0, end), scan)
  }

  /** A piece of a line that does not lie within one chunk. */
  const keep = (piece: Buffer) => {
    pending += piece.length
    if (!scan && pending > scanFrom && options.createScan) {
      scan = options.createScan()
      for (const earlier of pieces) scan.push(earlier)
    }
    scan?.push(piece)
    if (pending > limit) pieces = []
    else pieces.push(piece)
  }

  const endLine = (last: Buffer) => {
    keep(last)
    const line = pending > limit ? undefined : Buffer.concat(pieces, pending)
    const bytes = pending
    const scanned = scan
    pieces = []
    pending = 0
    if (line) emit(line)
    else options.onOverlong(bytes, scanned, false)
    scan = undefined
  }

  return {
    push(chunk) {
      if (stopped) return
      let start = 0
      for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, start)) {
        const last = chunk.subarray(start, at)
        start = at + 1
        if (pending === 0 && last.length <= limit && last.length <= scanFrom) emit(last)
        else endLine(last)
      }
      if (start === chunk.length) return
      keep(chunk.subarray(start))
      if (pending <= limit * endlessFactor) return
      stopped = true
      pieces = []
      options.onOverlong(pending, scan, true)
    },
  }
}
