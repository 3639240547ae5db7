import type { LoggedRecording, PopulationTables } from '../../src-core/evidence/population-tables.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'
import type { LogReader } from '../log-reader.ts'
import type { StagedFile } from './staged-file.ts'

export interface Period {
  /** first log entry */
  start: number
  /** entry after the last */
  end: number
  closed: LoggedRecording[]
}

/**
 * The log is in the order of time, so that a period is a range of it. What it says of recordings that were removed since is looked for up to its end: it
 * stands there when the rule was carried out, which may be years later.
 * @throws AppError INVALID_REQUEST, LOG_CORRUPT
 */
export async function readPeriod(
  log: LogReader,
  { from, to }: { from: string; to: string },
  { tables, entries }: { tables: PopulationTables; entries: StagedFile },
): Promise<Period> {
  const [first, last] = [Date.parse(from), Date.parse(to)]
  if (!(first < last)) throw new AppError('INVALID_REQUEST', { problem: 'the period ends before it begins' })
  const open = new Map<string, NonNullable<LoggedRecording['open']>>()
  const closed = new Map<string, LoggedRecording>()
  let start: number | undefined
  let end: number | undefined
  let seen = 0
  for await (const { index, bytes } of log.entries(0, log.size)) {
    if (end !== undefined && !Buffer.from(bytes).includes('"kind":"recording.removed"')) continue
    const entry = readEntry(bytes, index)
    if (end === undefined && Date.parse(entry.at) >= last) end = seen
    if (entry.kind === 'recording.removed') {
      const known = closed.get(entry.session)
      if (known) known.removed ??= { at: entry.at, index, days: entry.days, rule: entry.rule }
    }
    if (end !== undefined) continue
    if (entry.kind === 'session.open' && !open.has(entry.session)) open.set(entry.session, entry)
    if (start === undefined && Date.parse(entry.at) < first) {
      if (entry.kind === 'session.close') open.delete(entry.session)
      continue
    }
    start ??= index
    seen = index + 1
    tables.addEntry(entry, index)
    entries.write(`${JSON.stringify({ index, entry: Buffer.from(bytes).toString('base64') })}\n`)
    if (entry.kind === 'session.close' && !closed.has(entry.session)) {
      const { session, root, count, at, endReason } = entry
      const opened = open.get(session)
      closed.set(session, { session, index, root, count, at, endReason, ...(opened && { open: opened }) })
    }
  }
  if (start === undefined) throw new AppError('INVALID_REQUEST', { problem: 'the log has no entry in this period' })
  return { start, end: end ?? seen, closed: [...closed.values()] }
}

function readEntry(bytes: Uint8Array, index: number): LogEntry {
  const parsed = logEntry.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  if (!parsed.success) throw new AppError('LOG_CORRUPT', { problem: `entry ${index} is none of the kinds that are known` })
  return parsed.data
}
