import type { TransparencyLog } from '../../src-node/log-store.ts'
import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'

/** Who learns from the log at start what rules now. */
export interface LogListener {
  /** bytes that every entry has which concerns it: only such entries are parsed */
  mark: string
  note(entry: LogEntry, index: number): void
}

/** Reads the log once, from its first entry to its last, for all who learn from it. */
export async function replayLog(log: Pick<TransparencyLog, 'entry' | 'size'>, listeners: readonly LogListener[]): Promise<void> {
  const { size } = log
  for (let index = 0; index < size; index += 1) {
    const bytes = Buffer.from(await log.entry(index))
    const concerned = listeners.filter(({ mark }) => bytes.includes(mark))
    if (concerned.length === 0) continue
    const entry = logEntry.parse(JSON.parse(bytes.toString()))
    for (const listener of concerned) listener.note(entry, index)
  }
}
