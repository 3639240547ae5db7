import { summariseRecording } from '../../src-core/recording/summarise-recording.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Seal } from '../../src-node/recording-writer.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { RecordingSummary } from '../../src-protocol/model.ts'
import type { RecordingIndex } from '../recordings/recording-index.ts'

export interface SealPorts {
  log: TransparencyLog
  recordings: RecordingStore
  index: RecordingIndex
}

/** What is known of a session that ended in this process: a long recording need not be read again for its row in the index. */
export type KnownSummary = Omit<RecordingSummary, 'session' | 'endReason' | 'records' | 'bytes'>

/** A closed recording goes into the log by its root, and then into the index: what the index shows can be proved. */
export async function sealRecording(ports: SealPorts, session: SessionId, seal: Seal, known?: KnownSummary): Promise<void> {
  const { log, recordings, index } = ports
  const { count, root, endReason } = seal
  const { index: logIndex } = await log.append({ kind: 'session.close', session, count, root, endReason })
  // why it ended is what the log says, also where the file says something else
  const summary = known
    ? { ...known, session, endReason, records: count, bytes: await recordings.sizeOf(session) }
    : { ...summariseRecording(await recordings.readText(session)), endReason }
  await index.add(summary, logIndex)
}
