import type { TransparencyLog } from '../../src-node/log-store.ts'
import { logEntry } from '../../src-protocol/log-entry.ts'
import type { RecordingRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'

/** Whether a rule of retention removed a recording, by the log: whoever writes to the state can make no recording look removed. */
export interface Removals {
  /** what a row says of it, held against the entry that it names; undefined: the log does not say so there */
  logged(row: Pick<RecordingRow, 'session' | 'removed_at' | 'removed_index'>): Promise<{ at: string; logIndex: number } | undefined>
  /**
   * Of a recording that is not there and of which the state knows no removal, as after a state that was restored: the log is read from its end on. The state
   * remembers what was found.
   */
  search(row: Pick<RecordingRow, 'session' | 'log_index'>): Promise<{ at: string; logIndex: number } | undefined>
}

export function createRemovals(ports: { database: StateDatabase; log: Pick<TransparencyLog, 'entry' | 'size' | 'snapshot'> }): Removals {
  const { database, log } = ports

  function removalIn(bytes: Uint8Array, session: string): { at: string } | undefined {
    const text = Buffer.from(bytes).toString()
    if (!text.includes('"kind":"recording.removed"') || !text.includes(session)) return undefined
    const entry = logEntry.safeParse(JSON.parse(text))
    return entry.success && entry.data.kind === 'recording.removed' && entry.data.session === session ? entry.data : undefined
  }

  return {
    async logged({ session, removed_at, removed_index }) {
      if (removed_at === null || removed_index === null || !(removed_index < log.size)) return undefined
      const removal = removalIn(await log.entry(removed_index), session)
      return removal && { at: removal.at, logIndex: removed_index }
    },
    async search({ session, log_index }) {
      const reader = log.snapshot()
      for await (const { index, bytes } of reader.entries(log_index, reader.size)) {
        const removal = removalIn(bytes, session)
        if (!removal) continue
        await database
          .updateTable('recordings')
          .set({ removed_at: removal.at, removed_index: index })
          .where('session', '=', session)
          .execute()
        return { at: removal.at, logIndex: index }
      }
      return undefined
    },
  }
}
