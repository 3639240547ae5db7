import type { Verdict } from '../../../src-protocol/model.ts'
import type { ReplayRow } from '../../../src-protocol/desktop-api.ts'

export type RowKind = ReplayRow['kind']

/** The codes that stand in the typed arrays; 0 is “none”. */
export const verdictNames = ['allowed', 'masked', 'held', 'denied', 'failed'] as const satisfies readonly Verdict[]
export const kindNames = [
  'open',
  'request',
  'response',
  'notification',
  'approval',
  'error',
  'resume',
  'close',
] as const satisfies readonly RowKind[]

/** A stretch of session time in which nothing was recorded, in ms since the first record. */
export interface IdleGap {
  from: number
  to: number
}

/**
 * One recording as columns, built once: everything that plays, bins, filters or maps time to rows reads these arrays, so that
 * 100,000 rows cost no work per frame. Times are ms since the first record and never run backwards, even where the recorded
 * clock did.
 */
export interface Timeline {
  rows: readonly ReplayRow[]
  /** epoch ms of the first record */
  startedAt: number
  /** ms from the first record to the last */
  duration: number
  offsets: Float64Array
  /** 1 + index into `verdictNames`, or 0 */
  verdicts: Uint8Array
  /** index into `kindNames` */
  kinds: Uint8Array
  /** 1 + index into `tools`, or 0 */
  toolCodes: Uint16Array
  tools: readonly string[]
  /** row of the exchange's request (or of its first record), or -1 */
  exchangeHeads: Int32Array
  /** next row of the same exchange, or -1 */
  exchangeNext: Int32Array
  gaps: readonly IdleGap[]
  /** row by sequence number */
  bySeq: ReadonlyMap<number, number>
}

/** Nothing recorded for this long counts as idle. */
const idleAfterMs = 5_000
const mostTools = 65_534

export function buildTimeline(rows: readonly ReplayRow[]): Timeline {
  const length = rows.length
  const offsets = new Float64Array(length)
  const verdicts = new Uint8Array(length)
  const kinds = new Uint8Array(length)
  const toolCodes = new Uint16Array(length)
  const exchangeHeads = new Int32Array(length).fill(-1)
  const exchangeNext = new Int32Array(length).fill(-1)
  const toolCodeOf = new Map<string, number>()
  const exchanges = new Map<number, { head: number; tail: number }>()
  const bySeq = new Map<number, number>()
  const gaps: IdleGap[] = []
  const startedAt = firstTime(rows)
  let latest = 0

  for (const [row, { at, kind, verdict, tool, exchange, seq }] of rows.entries()) {
    const offset = Date.parse(at) - startedAt
    const next = Number.isFinite(offset) ? Math.max(latest, offset) : latest
    if (next - latest >= idleAfterMs) gaps.push({ from: latest, to: next })
    latest = next
    offsets[row] = next
    kinds[row] = kindNames.indexOf(kind)
    verdicts[row] = verdict ? verdictNames.indexOf(verdict) + 1 : 0
    if (tool !== undefined) toolCodes[row] = codeOf(tool, toolCodeOf)
    if (!bySeq.has(seq)) bySeq.set(seq, row)
    if (exchange === undefined) continue
    const known = exchanges.get(exchange)
    if (known) {
      exchangeNext[known.tail] = row
      known.tail = row
      exchangeHeads[row] = known.head
    } else {
      exchanges.set(exchange, { head: row, tail: row })
      exchangeHeads[row] = row
    }
  }

  return {
    rows,
    startedAt,
    duration: latest,
    offsets,
    verdicts,
    kinds,
    toolCodes,
    tools: [...toolCodeOf.keys()],
    exchangeHeads,
    exchangeNext,
    gaps,
    bySeq,
  }
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

function firstTime(rows: readonly ReplayRow[]): number {
  for (const row of rows) {
    const time = Date.parse(row.at)
    if (Number.isFinite(time)) return time
  }
  return 0
}

function codeOf(tool: string, codes: Map<string, number>): number {
  const known = codes.get(tool)
  if (known !== undefined) return known
  if (codes.size >= mostTools) return 0
  const code = codes.size + 1
  codes.set(tool, code)
  return code
}
