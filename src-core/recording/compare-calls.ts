import type { ReplayColumns } from '../../src-protocol/desktop-library.ts'
import type { ComparedCalls } from '../../src-protocol/library-comparison.ts'
import type { Verdict } from '../../src-protocol/model.ts'
import { fromServer, kindNames, verdictNames } from './replay-columns.ts'

/** The calls of a session in order, as columns. */
export interface SessionCalls {
  /** sequence numbers */
  seqs: Int32Array
  /** 1 + index into `verdictNames` */
  verdicts: Uint8Array
}

const severity: Record<Verdict, number> = { allowed: 0, masked: 1, held: 2, failed: 3, denied: 4 }
const severityOf = (code: number): number => severity[verdictNames[code - 1] ?? 'allowed']
const requestCode = kindNames.indexOf('request')
const allowedCode = verdictNames.indexOf('allowed') + 1

/** A call is a request of the client; its verdict is the most serious of its exchange. */
export function callsOf(columns: Pick<ReplayColumns, 'count' | 'kinds' | 'verdicts' | 'heads'>): SessionCalls {
  const { count, kinds, verdicts } = columns
  const heads = new Int32Array(new Uint8Array(columns.heads).buffer)
  const seqs = new Int32Array(count)
  const found = new Uint8Array(count)
  /** by the first row of an exchange: 1 + its latest call, or 0 */
  const latest = new Int32Array(count)
  let calls = 0
  for (let row = 0; row < count; row += 1) {
    const head = heads[row] ?? -1
    const verdict = verdicts[row] ?? 0
    const known = head >= 0 ? (latest[head] ?? 0) - 1 : -1
    if (known >= 0 && verdict > 0 && severityOf(verdict) > severityOf(found[known] ?? 0)) found[known] = verdict
    const kind = kinds[row] ?? 0
    if ((kind & fromServer) !== 0 || kind !== requestCode) continue
    seqs[calls] = row
    found[calls] = verdict === 0 ? allowedCode : verdict
    calls += 1
    if (head >= 0) latest[head] = calls
  }
  return { seqs: seqs.slice(0, calls), verdicts: found.slice(0, calls) }
}

/** Calls with what each of them asks for, as a number: equal numbers are equal calls, on both sides. */
export interface KeyedCalls extends SessionCalls {
  keys: Int32Array
}

/**
 * Puts equal calls of two sessions side by side, in the order of both. The n-th occurrence of a call is matched with the n-th; of these matches the longest
 * run that is in order on both sides stays. O(n log n), in columns of numbers: sessions may have 100,000 calls and more.
 */
export function compareCalls(left: KeyedCalls, right: KeyedCalls): ComparedCalls {
  const matches = inOrderOnBothSides(matchOccurrences(left.keys, right.keys))
  const most = left.seqs.length + right.seqs.length
  const pairs = {
    left: new Int32Array(most),
    right: new Int32Array(most),
    leftVerdicts: new Uint8Array(most),
    rightVerdicts: new Uint8Array(most),
  }
  let count = 0
  const add = (atLeft: number, atRight: number): void => {
    pairs.left[count] = left.seqs[atLeft] ?? -1
    pairs.right[count] = right.seqs[atRight] ?? -1
    pairs.leftVerdicts[count] = left.verdicts[atLeft] ?? 0
    pairs.rightVerdicts[count] = right.verdicts[atRight] ?? 0
    count += 1
  }
  let nextLeft = 0
  let nextRight = 0
  const addUnmatched = (untilLeft: number, untilRight: number): void => {
    for (; nextLeft < untilLeft; nextLeft += 1) add(nextLeft, -1)
    for (; nextRight < untilRight; nextRight += 1) add(-1, nextRight)
  }
  for (let at = 0; at < left.seqs.length; at += 1) {
    const place = matches[at] ?? -1
    if (place < 0) continue
    addUnmatched(at, place)
    add(at, place)
    nextLeft = at + 1
    nextRight = place + 1
  }
  addUnmatched(left.seqs.length, right.seqs.length)
  return {
    count,
    left: bytesOf(pairs.left.slice(0, count)),
    right: bytesOf(pairs.right.slice(0, count)),
    leftVerdicts: pairs.leftVerdicts.slice(0, count),
    rightVerdicts: pairs.rightVerdicts.slice(0, count),
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** For each call on the left the place on the right that it is matched with, or -1. */
function matchOccurrences(left: Int32Array, right: Int32Array): Int32Array {
  /** by key: the first place on the right that nobody has taken; from there on, `after` leads to the next of the same key */
  const waiting = new Map<number, number>()
  const after = new Int32Array(right.length)
  for (let at = right.length - 1; at >= 0; at -= 1) {
    const key = right[at] ?? 0
    after[at] = waiting.get(key) ?? -1
    waiting.set(key, at)
  }
  return left.map((key) => {
    const place = waiting.get(key) ?? -1
    if (place >= 0) waiting.set(key, after[place] ?? -1)
    return place
  })
}

/** Of the matches the longest increasing subsequence (patience sorting); the others become -1. */
function inOrderOnBothSides(places: Int32Array): Int32Array {
  /** by length: the match in which the best run of that length ends */
  const ends = new Int32Array(places.length)
  const before = new Int32Array(places.length)
  let longest = 0
  for (const [at, place] of places.entries()) {
    if (place < 0) continue
    let low = 0
    let high = longest
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((places[ends[middle] ?? 0] ?? 0) < place) low = middle + 1
      else high = middle
    }
    before[at] = low > 0 ? (ends[low - 1] ?? -1) : -1
    ends[low] = at
    longest = Math.max(longest, low + 1)
  }
  const kept = new Int32Array(places.length).fill(-1)
  for (let at = longest > 0 ? (ends[longest - 1] ?? -1) : -1; at >= 0; at = before[at] ?? -1) kept[at] = places[at] ?? -1
  return kept
}
