import type { Verdict } from '../../../src-protocol/model.ts'
import type { ReplayColumns, ReplayRow } from '../../../src-protocol/desktop-library.ts'
import { fromServer, kindNames, verdictNames } from '../../../src-core/recording/replay-columns.ts'

export type RowKind = ReplayRow['kind']

/** A stretch of session time in which nothing was recorded, in ms since the first record. */
export interface IdleGap {
  from: number
  to: number
}

/**
 * One recording as columns: everything that plays, bins, filters or maps time to rows reads these arrays, so that 100,000 rows cost no work per frame.
 * A row is known by its sequence number. Times are ms since the first record and never run backwards, even where the recorded clock did.
 */
export interface Timeline {
  /** rows; each is its sequence number */
  count: number
  /** epoch ms of the first record */
  startedAt: number
  /** ms from the first record to the last */
  duration: number
  offsets: Uint32Array
  /** 1 + index into `verdictNames`, or 0 */
  verdicts: Uint8Array
  /** index into `kindNames` */
  kinds: Uint8Array
  /** 1 where the server sent it */
  served: Uint8Array
  /** 1 + index into `tools`, or 0 */
  toolCodes: Uint16Array
  tools: readonly string[]
  /** row of the exchange's request (or of its first record), or -1 */
  exchangeHeads: Int32Array
  /** next row of the same exchange, or -1 */
  exchangeNext: Int32Array
  gaps: readonly IdleGap[]
}

/** Nothing recorded for this long counts as idle. */
const idleAfterMs = 5_000

export function buildTimeline(columns: ReplayColumns): Timeline {
  const { count, startedAt, tools } = columns
  const offsets = new Uint32Array(bufferOf(columns.offsets))
  const exchangeHeads = new Int32Array(bufferOf(columns.heads))
  const kinds = new Uint8Array(count)
  const served = new Uint8Array(count)
  const exchangeNext = new Int32Array(count).fill(-1)
  const tails = new Int32Array(count)
  const gaps: IdleGap[] = []
  let latest = 0
  for (let row = 0; row < count; row += 1) {
    const kind = columns.kinds[row] ?? 0
    kinds[row] = kind & ~fromServer
    served[row] = kind & fromServer ? 1 : 0
    const offset = offsets[row] ?? 0
    if (offset - latest >= idleAfterMs) gaps.push({ from: latest, to: offset })
    latest = offset
    const head = exchangeHeads[row] ?? -1
    if (head < 0) continue
    if (head !== row) exchangeNext[tails[head] ?? row] = row
    tails[head] = row
  }
  return {
    count,
    startedAt,
    duration: latest,
    offsets,
    verdicts: columns.verdicts,
    kinds,
    served,
    toolCodes: new Uint16Array(bufferOf(columns.toolCodes)),
    tools,
    exchangeHeads,
    exchangeNext,
    gaps,
  }
}

/** A copy that begins where numbers of any width may begin. */
const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

export function kindOf(timeline: Timeline, row: number): RowKind | undefined {
  return row >= 0 && row < timeline.count ? kindNames[timeline.kinds[row] ?? 0] : undefined
}

export function toolOf(timeline: Timeline, row: number): string | undefined {
  const code = timeline.toolCodes[row] ?? 0
  return code === 0 ? undefined : timeline.tools[code - 1]
}

/** RFC 3339 */
export function timeOf(timeline: Timeline, row: number): string {
  return new Date(timeline.startedAt + (timeline.offsets[row] ?? 0)).toISOString()
}

/** The last row written at or before a position; 0 before the first. */
export function rowAt(timeline: Timeline, position: number): number {
  let low = 0
  let high = timeline.offsets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((timeline.offsets[middle] ?? 0) <= position) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

/** All rows of the exchange that a row belongs to, in order; the row alone if it belongs to none. */
export function exchangeRows(timeline: Timeline, row: number): number[] {
  const head = timeline.exchangeHeads[row] ?? -1
  if (head < 0) return [row]
  const found: number[] = []
  for (let at = head; at >= 0; at = timeline.exchangeNext[at] ?? -1) found.push(at)
  return found
}

export function verdictOf(timeline: Timeline, row: number): Verdict | undefined {
  const code = timeline.verdicts[row] ?? 0
  return code === 0 ? undefined : verdictNames[code - 1]
}
