import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import { replayColumnsOf } from '../../../src-core/recording/replay-columns.ts'
import { buildTimeline, type Timeline } from './timeline.ts'

/** What the library and the window make of rows. */
export const timelineOf = (rows: readonly ReplayRow[]): Timeline => buildTimeline(replayColumnsOf(rows))

/** Rows at these ms after a fixed start: requests and responses in turn, one exchange each pair. */
export function rowsAt(offsets: readonly number[]): ReplayRow[] {
  return offsets.map((offset, seq) => ({
    seq,
    at: new Date(Date.UTC(2026, 10, 19, 13, 2) + offset).toISOString(),
    kind: seq % 2 === 0 ? 'request' : 'response',
    direction: seq % 2 === 0 ? 'client' : 'server',
    exchange: seq >> 1,
    method: 'tools/call',
    summary: '',
    bytes: 0,
    masks: 0,
    verdict: 'allowed',
  }))
}
