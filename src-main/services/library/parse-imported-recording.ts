import { AppError } from '../../../src-protocol/app-error.ts'
import type { RecordingSummary } from '../../../src-protocol/model.ts'
import type { OpenRecord, SessionRecord } from '../../../src-protocol/recording.ts'
import { maximumRecordingBytes, parseRecords } from '../../../src-core/recording/record-lines.ts'
import { summariseRecords } from '../../../src-core/recording/summarise-recording.ts'

export interface ImportedRecording {
  bytes: Buffer
  lines: Uint8Array[]
  records: SessionRecord[]
  open: OpenRecord
  summary: RecordingSummary
}

/**
 * A recording from wherever: size, lines and every record are checked before anything of it is stored.
 * @throws AppError RECORDING_INVALID
 */
export function parseImportedRecording(recording: string | Uint8Array): ImportedRecording {
  const size = typeof recording === 'string' ? Buffer.byteLength(recording) : recording.length
  if (size > maximumRecordingBytes) throw new AppError('RECORDING_INVALID', { problem: `it has more than ${maximumRecordingBytes} bytes` })
  const bytes = Buffer.from(recording)
  const parsed = parseRecords(bytes)
  if (!parsed.ok) throw new AppError('RECORDING_INVALID', { problem: parsed.problem })
  const { records, lines } = parsed
  const [open] = records
  const summary = summariseRecords(records, bytes.length)
  if (open?.kind !== 'open') throw new AppError('RECORDING_INVALID', { problem: 'its first record does not open a session' })
  const misplaced = records.findIndex((record, place) => record.seq !== place)
  if (misplaced >= 0) throw new AppError('RECORDING_INVALID', { problem: `line ${misplaced + 1} has the number of another record` })
  return { bytes, lines, records, open, summary }
}
