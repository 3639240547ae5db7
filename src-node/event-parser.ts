import type { MessageHead } from '../src-protocol/tunnel.ts'

export interface EventParser {
  push(chunk: Buffer): void
}

export interface EventParserOptions {
  /** bytes of one event, its head included */
  limit: number
  /** `data` is a view on a read buffer, or the lines of the event joined by LF; empty if the event has none */
  onEvent(head: MessageHead, data: Buffer): void
  onComment(): void
  onOverlong(): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const colon = 0x3a
const space = 0x20
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
const lineBreak = Buffer.from('\n')
const nothing = Buffer.alloc(0)
/** of `id` and `event` together: more could not come back in a Last-Event-ID header, and as JSON it is up to six times as long */
const headLimit = 16 * 1024

/**
 * Reads server-sent events (WHATWG HTML, 9.2.6) without decoding their data: the bytes are the server's own, whatever they are. Two
 * differences to a browser, for a relay has to hand on what a browser would only remember: `id` and `retry` are those of the event
 * itself, and an event that has them and no data is an event with empty data.
 */
export function createEventParser(options: EventParserOptions): EventParser {
  /** pieces of the line that has not ended yet */
  let pieces: Buffer[] = []
  let pending = 0
  let data: Buffer[] = []
  let dataBytes = 0
  let head: MessageHead = {}
  let headBytes = 0
  let first = true
  let afterCarriageReturn = false
  let stopped = false

  function overlong(): boolean {
    if (pending + dataBytes + headBytes <= options.limit && headBytes <= headLimit) return false
    stopped = true
    pieces = []
    data = []
    options.onOverlong()
    return true
  }

  function dispatch() {
    const [only] = data
    const whole = data.length === 1 && only ? only : joinLines(data)
    const event = head
    const there = data.length > 0 || event.id !== undefined || event.retry !== undefined
    data = []
    dataBytes = 0
    head = {}
    headBytes = 0
    if (there) options.onEvent(event, whole)
  }

  function field(name: string, value: Buffer) {
    if (name === 'data') {
      data.push(value)
      dataBytes += value.length + 1
    } else if (name === 'event') {
      headBytes += value.length
      const text = value.toString('utf8')
      if (text === '') delete head.event
      else head.event = text
    } else if (name === 'id') {
      headBytes += value.length
      const text = value.toString('utf8')
      if (!text.includes('\0')) head.id = text
    } else if (name === 'retry') {
      const text = value.toString('utf8')
      if (/^\d{1,15}$/.test(text)) head.retry = Number(text)
    }
  }

  function line(whole: Buffer) {
    const bytes = first && whole.subarray(0, 3).equals(byteOrderMark) ? whole.subarray(3) : whole
    first = false
    if (bytes.length === 0) return dispatch()
    const at = bytes.indexOf(colon)
    if (at === 0) return options.onComment()
    if (at < 0) return field(bytes.toString('utf8'), nothing)
    return field(bytes.toString('utf8', 0, at), bytes.subarray(bytes[at + 1] === space ? at + 2 : at + 1))
  }

  /** A line that lies within one chunk is a view on it; what is kept over chunks is a view on each of them. */
  function endLine(last: Buffer) {
    if (pieces.length === 0) return line(last)
    const whole = Buffer.concat([...pieces, last], pending + last.length)
    pieces = []
    pending = 0
    return line(whole)
  }

  return {
    push(chunk) {
      let start = 0
      if (afterCarriageReturn && chunk.length > 0) {
        afterCarriageReturn = false
        if (chunk[0] === lineFeed) start = 1
      }
      let nextLineFeed = chunk.indexOf(lineFeed, start)
      let nextCarriageReturn = chunk.indexOf(carriageReturn, start)
      while (!stopped) {
        if (nextLineFeed >= 0 && nextLineFeed < start) nextLineFeed = chunk.indexOf(lineFeed, start)
        if (nextCarriageReturn >= 0 && nextCarriageReturn < start) nextCarriageReturn = chunk.indexOf(carriageReturn, start)
        const at =
          nextLineFeed < 0 ? nextCarriageReturn : nextCarriageReturn < 0 ? nextLineFeed : Math.min(nextLineFeed, nextCarriageReturn)
        if (at < 0) break
        const last = chunk.subarray(start, at)
        start = at + 1
        if (chunk[at] === carriageReturn) {
          if (start === chunk.length) afterCarriageReturn = true
          else if (chunk[start] === lineFeed) start += 1
        }
        pending += last.length
        if (overlong()) return
        pending -= last.length
        endLine(last)
        if (overlong()) return
      }
      if (stopped || start === chunk.length) return
      pieces.push(chunk.subarray(start))
      pending += chunk.length - start
      overlong()
    },
  }
}

function joinLines(lines: Buffer[]): Buffer {
  if (lines.length === 0) return nothing
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [lineBreak, line])))
}
