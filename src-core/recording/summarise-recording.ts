import { AppError } from '../../src-protocol/app-error.ts'
import type { RecordingSummary } from '../../src-protocol/model.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { parseRecordLine, splitRecordingLines } from './record-lines.ts'
import { createVerdictCounter } from './verdict-counter.ts'

/**
 * A finished recording as lists show it. Counts are counted here, from the records, not taken from the close record. A line in between that is no
 * record is counted as one and otherwise passed over: damage has to be listed before anyone can look at its proof.
 * @throws AppError RECORDING_INVALID if it cannot be cut into lines, or its first or last line is not an open or close record
 */
export function summariseRecording(text: string | Uint8Array): RecordingSummary {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const split = splitRecordingLines(bytes)
  if (!split.ok) throw new AppError('RECORDING_INVALID', { problem: `line ${split.line}: ${split.problem}` })
  const records = split.lines.map((line) => {
    const parsed = parseRecordLine(line)
    return parsed.ok ? parsed.record : undefined
  })
  return summariseRecords(records, bytes.length)
}

/** The same over records that are parsed already. */
export function summariseRecords(records: readonly (SessionRecord | undefined)[], bytes: number): RecordingSummary {
  const open = records[0]
  const close = records.at(-1)
  if (open?.kind !== 'open') throw new AppError('RECORDING_INVALID', { problem: 'its first record does not open a session' })
  if (close?.kind !== 'close') throw new AppError('RECORDING_INVALID', { problem: 'its last record does not close the session' })
  const counter = createVerdictCounter()
  for (const record of records) if (record) counter.add(record)
  const { sub, name, email } = open.person
  return {
    session: open.session,
    connection: open.connection,
    person: { sub, name, ...(email === undefined ? {} : { email }) },
    reason: open.reason,
    startedAt: open.at,
    endedAt: close.at,
    endReason: close.endReason,
    records: records.length,
    bytes,
    counts: counter.counts(),
    policyVersion: open.policyVersion,
    maskingVersion: open.maskingVersion,
  }
}
