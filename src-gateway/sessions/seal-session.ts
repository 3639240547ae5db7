import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Seal } from '../../src-node/recording-writer.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { summariseRecording } from '../../src-core/recording/summarise-recording.ts'
import type { RecordingIndex } from '../recordings/recording-index.ts'

export interface SealPorts {
  log: TransparencyLog
  recordings: RecordingStore
  index: RecordingIndex
}

/** A closed recording goes into the log by its root, and then into the index: what the index shows can be proved. */
export async function sealRecording({ log, recordings, index }: SealPorts, session: SessionId, seal: Seal): Promise<void> {
  const entry = { kind: 'session.close' as const, session, count: seal.count, root: seal.root, endReason: seal.endReason }
  const { index: logIndex } = await log.append(entry)
  await index.add(summariseRecording(await recordings.readText(session)), logIndex)
}
