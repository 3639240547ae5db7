export interface LineSplitter {
  push(chunk: Buffer): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Cuts a byte stream into lines (LF, or CRLF as some servers on Windows write). A line that lies within one chunk is a view on it:
 * no copy. Empty lines are skipped. A line above the limit is reported once, and nothing after it is read.
 */
export function createLineSplitter(options: { limit: number; onLine: (line: Buffer) => void; onOverlong: () => void }): LineSplitter {
  let pieces: Buffer[] = []
  let pending = 0
  let stopped = false

  const emit = (line: Buffer) => {
    const end = line.length > 0 && line[line.length - 1] === carriageReturn ? line.length - 1 : line.length
    if (end > 0) options.onLine(end === line.length ? line : line.subarray(0, end))
  }
  const overlong = (length: number) => {
    if (length <= options.limit) return false
    stopped = true
    pieces = []
    options.onOverlong()
    return true
  }

  return {
    push(chunk) {
      if (stopped) return
      let start = 0
      for (;;) {
        const at = chunk.indexOf(lineFeed, start)
        if (at < 0) break
        const last = chunk.subarray(start, at)
        if (overlong(pending + last.length)) return
        start = at + 1
        if (pieces.length === 0) {
          emit(last)
          continue
        }
        const line = Buffer.concat([...pieces, last], pending + last.length)
        pieces = []
        pending = 0
        emit(line)
      }
      if (start === chunk.length) return
      pieces.push(chunk.subarray(start))
      pending += chunk.length - start
      overlong(pending)
    },
  }
}
