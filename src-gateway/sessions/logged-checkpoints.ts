import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordedSoFar } from '../../src-node/recording-writer.ts'
import { logEntry } from '../../src-protocol/log-entry.ts'

/**
 * What the log says about the recordings of sessions that are not sealed: the roots of their first records, from the oldest to the newest.
 * Read from the log itself, backwards to where the first of the sessions was opened: the state next to it is not evidence.
 */
export async function readLoggedCheckpoints(log: TransparencyLog, sessions: Iterable<string>): Promise<Map<string, RecordedSoFar[]>> {
  const found = new Map<string, RecordedSoFar[]>()
  const wanted = new Set(sessions)
  for (const session of wanted) found.set(session, [])
  for (let index = log.size - 1; index >= 0 && wanted.size > 0; index -= 1) {
    const text = Buffer.from(await log.entry(index)).toString()
    if (!text.includes('"session.')) continue
    const entry = logEntry.parse(JSON.parse(text))
    if (entry.kind === 'session.checkpoint') found.get(entry.session)?.unshift({ count: entry.count, root: entry.root })
    if (entry.kind === 'session.open') wanted.delete(entry.session)
  }
  return found
}
