import type { TransparencyLog } from '../../src-node/log-store.ts'
import { logEntry } from '../../src-protocol/log-entry.ts'
import type { RecordingRow } from '../state/schema.ts'
import type { SealedRecording } from './archive-tasks.ts'

/** What the log says of a recording, and when it was sealed; the row is only where to look. */
export async function sealedAs(
  log: Pick<TransparencyLog, 'entry'>,
  { session, log_index }: Pick<RecordingRow, 'session' | 'log_index'>,
): Promise<SealedRecording & { at: string }> {
  const entry = logEntry.parse(JSON.parse(Buffer.from(await log.entry(log_index)).toString()))
  if (entry.kind !== 'session.close' || entry.session !== session) throw new Error('the index of recordings points beside the log')
  return { session, count: entry.count, root: entry.root, at: entry.at }
}
