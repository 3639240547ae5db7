/** Recordings are hostile input: they are cut into lines, and lines into records, within limits and without a throw. */
import { sessionRecord, type SessionRecord } from '../../src-protocol/recording.ts'

/** a message of 64 MiB, each character escaped, and what stands beside it */
export const maximumLineBytes = 136 * 1024 * 1024
export const maximumRecordingBytes = 1024 * 1024 * 1024

const lineFeed = 10

export type RecordingLines = { ok: true; lines: Uint8Array[] } | { ok: false; problem: string; line: number }

/** The lines of a recording, without their LF. Every line ends with LF, the last one too: what follows the last LF is a torn write. */
export function splitRecordingLines(recording: Uint8Array): RecordingLines {
  if (recording.length === 0) return { ok: false, problem: 'it is empty', line: 1 }
  if (recording.length > maximumRecordingBytes) return { ok: false, problem: `it has more than ${maximumRecordingBytes} bytes`, line: 1 }
  const lines: Uint8Array[] = []
  let start = 0
  while (start < recording.length) {
    const end = recording.indexOf(lineFeed, start)
    if (end < 0) return { ok: false, problem: 'its last line has no line feed', line: lines.length + 1 }
    if (end - start > maximumLineBytes)
      return { ok: false, problem: `a line has more than ${maximumLineBytes} bytes`, line: lines.length + 1 }
    lines.push(recording.subarray(start, end))
    start = end + 1
  }
  return { ok: true, lines }
}

export type ParsedRecord = { ok: true; record: SessionRecord } | { ok: false; problem: string }

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One line as a record. A problem names the place, never what stood there. */
export function parseRecordLine(line: Uint8Array): ParsedRecord {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(line))
  } catch {
    return { ok: false, problem: 'it is not JSON in UTF-8' }
  }
  const checked = sessionRecord.safeParse(value)
  if (checked.success) return { ok: true, record: checked.data }
  const place = checked.error.issues[0]?.path.join('.')
  return { ok: false, problem: place ? `its ${place} is missing or not as expected` : 'it is not an object' }
}

export type ParsedRecords = { ok: true; records: SessionRecord[]; lines: Uint8Array[] } | { ok: false; problem: string }

/** All records of a recording's text, or the first line that is none. */
export function parseRecords(recording: Uint8Array): ParsedRecords {
  const split = splitRecordingLines(recording)
  if (!split.ok) return { ok: false, problem: `line ${split.line}: ${split.problem}` }
  const records: SessionRecord[] = []
  for (const line of split.lines) {
    const parsed = parseRecordLine(line)
    if (!parsed.ok) return { ok: false, problem: `line ${records.length + 1}: ${parsed.problem}` }
    records.push(parsed.record)
  }
  return { ok: true, records, lines: split.lines }
}
