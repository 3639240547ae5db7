import { AppError } from '../../src-protocol/app-error.ts'
import type { RecordingSummary } from '../../src-protocol/model.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { parseRecords } from './record-lines.ts'
import { createVerdictCounter } from './verdict-counter.ts'

/**
 * A finished recording as lists show it. Counts are counted here, from the records, not taken from the close record.
 * @throws AppError RECORDING_INVALID
 */
export function summariseRecording(text: string | Uint8Array): RecordingSummary {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const parsed = parseRecords(bytes)
  if (!parsed.ok) throw new AppError('RECORDING_INVALID', { problem: parsed.problem })
  return summariseRecords(parsed.records, bytes.length)
}

/** The same over records that are parsed already. */
export function summariseRecords(records: readonly SessionRecord[], bytes: number): RecordingSummary {
  const open = records[0]
  const close = records.at(-1)
  if (open?.kind !== 'open') throw new AppError('RECORDING_INVALID', { problem: 'its first record does not open a session' })
  if (close?.kind !== 'close') throw new AppError('RECORDING_INVALID', { problem: 'its last record does not close the session' })
  const counter = createVerdictCounter()
  for (const record of records) counter.add(record)
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
