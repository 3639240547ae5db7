import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import { seededRandom } from './random.ts'

/** Rows of a session far larger than any person reads: eight hours, bursts and pauses, all verdicts. */
export function manyReplayRows(count: number): ReplayRow[] {
  const random = seededRandom(7)
  const tools = ['execute_sql', 'describe_table', 'list_tables', 'explain_query', 'search_objects']
  const start = Date.UTC(2026, 10, 17, 7, 14)
  let at = start
  return Array.from({ length: count }, (_, seq): ReplayRow => {
    at += random() < 0.0004 ? 200_000 + random() * 400_000 : random() * random() * (28_800_000 / count) * 2.4
    const base = { seq, at: new Date(at).toISOString(), bytes: 200 + Math.floor(random() * 9000) }
    if (seq === 0) return { ...base, kind: 'open', summary: 'Noor Haddad: nightly reconciliation', masks: 0 }
    const tool = tools[Math.floor(random() * random() * tools.length)]
    const chance = random()
    const verdict = chance < 0.0004 ? 'denied' : chance < 0.0006 ? 'held' : chance < 0.22 ? 'masked' : 'allowed'
    const request = seq % 2 === 1
    return {
      ...base,
      kind: request ? 'request' : 'response',
      direction: request ? 'client' : 'server',
      exchange: (seq + 1) >> 1,
      method: 'tools/call',
      tool,
      verdict: request && verdict === 'masked' ? 'allowed' : verdict,
      summary: request ? `SELECT * FROM refunds WHERE batch = ${seq} AND state = 'stuck'` : `${seq % 40} rows`,
      masks: verdict === 'masked' && !request ? 12 : 0,
    }
  })
}
