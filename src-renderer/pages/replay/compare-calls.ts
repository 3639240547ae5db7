import type { ReplayRow } from '../../../src-protocol/desktop-api.ts'
import type { Verdict } from '../../../src-protocol/model.ts'

/** One call of a session with what became of it in the end. */
export interface ComparedCall {
  row: ReplayRow
  verdict: Verdict
}

export interface ComparedPair {
  left: ComparedCall | undefined
  right: ComparedCall | undefined
  relation: Relation
}

/** `verdict`: the same call ended differently. */
export type Relation = 'same' | 'verdict' | 'left' | 'right'

const severity: Record<Verdict, number> = { allowed: 0, masked: 1, held: 2, failed: 3, denied: 4 }

/** The calls of a session in order; a call's verdict is the most serious of its exchange. */
export function callsOf(rows: readonly ReplayRow[]): ComparedCall[] {
  const calls: ComparedCall[] = []
  const byExchange = new Map<number, ComparedCall>()
  for (const row of rows) {
    const known = row.exchange === undefined ? undefined : byExchange.get(row.exchange)
    if (known && row.verdict && severity[row.verdict] > severity[known.verdict]) known.verdict = row.verdict
    if (row.kind !== 'request' || row.direction !== 'client') continue
    const call: ComparedCall = { row, verdict: row.verdict ?? 'allowed' }
    calls.push(call)
    if (row.exchange !== undefined) byExchange.set(row.exchange, call)
  }
  return calls
}

/**
 * Puts equal calls of two sessions side by side, in the order of both. The n-th occurrence of a call is matched with the n-th; of
 * these matches the longest run that is in order on both sides stays. O(n log n): sessions may have 100,000 calls.
 */
export function compareCalls(left: readonly ComparedCall[], right: readonly ComparedCall[], ignoreValues: boolean): ComparedPair[] {
  const matches = inOrderOnBothSides(matchOccurrences(left, right, ignoreValues))
  const pairs: ComparedPair[] = []
  let nextLeft = 0
  let nextRight = 0
  const addUnmatched = (untilLeft: number, untilRight: number): void => {
    for (; nextLeft < untilLeft; nextLeft += 1) pairs.push({ left: left[nextLeft], right: undefined, relation: 'left' })
    for (; nextRight < untilRight; nextRight += 1) pairs.push({ left: undefined, right: right[nextRight], relation: 'right' })
  }
  for (const [atLeft, atRight] of matches) {
    addUnmatched(atLeft, atRight)
    const pair = { left: left[atLeft], right: right[atRight] }
    pairs.push({ ...pair, relation: pair.left?.verdict === pair.right?.verdict ? 'same' : 'verdict' })
    nextLeft = atLeft + 1
    nextRight = atRight + 1
  }
  addUnmatched(left.length, right.length)
  return pairs
}

export function countRelations(pairs: readonly ComparedPair[]): Record<Relation, number> {
  const counts: Record<Relation, number> = { same: 0, verdict: 0, left: 0, right: 0 }
  for (const { relation } of pairs) counts[relation] += 1
  return counts
}

type Match = readonly [left: number, right: number]

/** Matches in the order of the left side. */
function matchOccurrences(left: readonly ComparedCall[], right: readonly ComparedCall[], ignoreValues: boolean): Match[] {
  const waiting = new Map<string, number[]>()
  for (const [at, call] of right.entries()) {
    const key = keyOf(call, ignoreValues)
    const places = waiting.get(key)
    if (places) places.push(at)
    else waiting.set(key, [at])
  }
  const taken = new Map<string, number>()
  const matches: Match[] = []
  for (const [at, call] of left.entries()) {
    const key = keyOf(call, ignoreValues)
    const occurrence = taken.get(key) ?? 0
    const place = waiting.get(key)?.[occurrence]
    if (place === undefined) continue
    taken.set(key, occurrence + 1)
    matches.push([at, place])
  }
  return matches
}

/** The longest increasing subsequence by the right side (patience sorting). */
function inOrderOnBothSides(matches: readonly Match[]): Match[] {
  const ends: number[] = []
  const before = new Int32Array(matches.length).fill(-1)
  for (const [at, [, right]] of matches.entries()) {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((matches[ends[middle] ?? 0]?.[1] ?? 0) < right) low = middle + 1
      else high = middle
    }
    before[at] = low > 0 ? (ends[low - 1] ?? -1) : -1
    ends[low] = at
  }
  const kept: Match[] = []
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) {
    const match = matches[at]
    if (match) kept.push(match)
  }
  return kept.reverse()
}

function keyOf({ row }: ComparedCall, ignoreValues: boolean): string {
  const summary = ignoreValues ? row.summary.replace(/'[^']*'|"[^"]*"/g, '?').replace(/\b\d+(?:\.\d+)?\b/g, '?') : row.summary
  return `${row.method ?? ''}\n${row.tool ?? ''}\n${summary}`
}
