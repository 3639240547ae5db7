import { callsOf, compareCalls, type KeyedCalls } from '../../../src-core/recording/compare-calls.ts'
import { replayColumnsOf } from '../../../src-core/recording/replay-columns.ts'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import type { ComparedCalls } from '../../../src-protocol/library-comparison.ts'

/** Two replays call by call, by what their rows say: the fake has no texts of every row. */
export function compareRows(left: readonly ReplayRow[], right: readonly ReplayRow[]): ComparedCalls {
  const known = new Map<string, number>()
  const keyed = (rows: readonly ReplayRow[]): KeyedCalls => {
    const calls = callsOf(replayColumnsOf(rows))
    const keys = calls.seqs.map((seq) => {
      const row = rows[seq]
      const said = `${row?.method} ${row?.tool} ${row?.summary}`
      const key = known.get(said) ?? known.size
      known.set(said, key)
      return key
    })
    return { ...calls, keys }
  }
  return compareCalls(keyed(left), keyed(right))
}
