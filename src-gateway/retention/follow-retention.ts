import { createRetentionBook, type RetentionBook } from '../../src-core/retention/retention-book.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'
import type { LogListener } from '../state/replay-log.ts'

/** The book of rules, holds and removals, kept up with the log: what is in it stands there, durable. */
export interface RetentionFollower {
  listeners: readonly LogListener[]
  /** everything that is in the log now */
  upToDate(): Promise<RetentionBook>
}

/** Only such entries are parsed: rules, holds and removals, and what tells how much time has passed. */
const marks = ['"kind":"recording.', '"kind":"heartbeat"']

export function followRetention(log: Pick<TransparencyLog, 'snapshot' | 'size'>): RetentionFollower {
  const book = createRetentionBook()
  let next = 0
  let reading = Promise.resolve()

  function note(entry: LogEntry, index: number): void {
    if (index < next) return
    book.apply(entry, index)
    next = index + 1
  }

  async function readOn(): Promise<void> {
    if (next >= log.size) return
    const reader = log.snapshot()
    for await (const { index, bytes } of reader.entries(next, reader.size)) {
      const text = Buffer.from(bytes)
      if (marks.some((mark) => text.includes(mark))) note(logEntry.parse(JSON.parse(text.toString())), index)
    }
    next = Math.max(next, reader.size)
  }

  return {
    listeners: marks.map((mark) => ({ mark, note })),
    async upToDate() {
      const before = reading
      const read = before.catch(() => undefined).then(readOn)
      reading = read
      await read
      return book
    },
  }
}
