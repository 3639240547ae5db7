import { join } from 'node:path'
import { readBundle } from '../../src-node/log-files.ts'
import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'

/** What the log holds about an approval, read from its files as anybody could. */
export async function loggedApproval(gateway: { root: string }, id: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for (let index = 0; ; index += 1) {
    const bundle = await readBundle(join(gateway.root, 'log'), index)
    if (!Array.isArray(bundle)) return entries
    for (const bytes of bundle) {
      const entry = logEntry.parse(JSON.parse(Buffer.from(bytes).toString()))
      if ('approval' in entry && entry.approval === id) entries.push(entry)
    }
  }
}
