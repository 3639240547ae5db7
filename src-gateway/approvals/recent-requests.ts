import type { TransparencyLog } from '../../src-node/log-store.ts'
import { logEntry } from '../../src-protocol/log-entry.ts'

/**
 * Who asked for approval since a moment, as the log tells it from its end: what the limits forgot when the gateway was stopped. Nothing older is read.
 */
export async function recentRequests(
  log: Pick<TransparencyLog, 'entry' | 'size'>,
  since: Date,
): Promise<{ requester: string; at: number }[]> {
  const found: { requester: string; at: number }[] = []
  for (let index = log.size - 1; index >= 0; index -= 1) {
    const bytes = Buffer.from(await log.entry(index)).toString()
    const { at } = JSON.parse(bytes) as { at: string }
    if (!(Date.parse(at) >= since.getTime())) break
    if (!bytes.includes('"kind":"approval.requested"')) continue
    const entry = logEntry.parse(JSON.parse(bytes))
    if (entry.kind === 'approval.requested') found.push({ requester: entry.input.requester, at: Date.parse(entry.at) })
  }
  return found.reverse()
}
