import type { ComparedCalls } from '../../../src-protocol/library-comparison.ts'
import type { Verdict } from '../../../src-protocol/model.ts'
import { verdictNames } from '../../../src-core/recording/replay-columns.ts'

/** `verdict`: the same call ended differently. */
export type Relation = 'same' | 'verdict' | 'left' | 'right'

const relations = ['same', 'verdict', 'left', 'right'] as const satisfies readonly Relation[]

/** The calls of two sessions side by side. A pair is known by its place. */
export interface ComparedPairs {
  count: number
  /** sequence numbers; -1 where the session has no such call */
  left: Int32Array
  right: Int32Array
  leftVerdicts: Uint8Array
  rightVerdicts: Uint8Array
  /** index into `relations` */
  relationCodes: Uint8Array
  counts: Record<Relation, number>
}

export function readPairs({ count, leftVerdicts, rightVerdicts, ...bytes }: ComparedCalls): ComparedPairs {
  const [left, right] = [new Int32Array(bufferOf(bytes.left)), new Int32Array(bufferOf(bytes.right))]
  const relationCodes = new Uint8Array(count)
  const counts: Record<Relation, number> = { same: 0, verdict: 0, left: 0, right: 0 }
  for (let pair = 0; pair < count; pair += 1) {
    const relation: Relation =
      (right[pair] ?? -1) < 0 ? 'left' : (left[pair] ?? -1) < 0 ? 'right' : leftVerdicts[pair] === rightVerdicts[pair] ? 'same' : 'verdict'
    relationCodes[pair] = relations.indexOf(relation)
    counts[relation] += 1
  }
  return { count, left, right, leftVerdicts, rightVerdicts, relationCodes, counts }
}

/** A copy that begins where numbers of any width may begin. */
const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

export const relationOf = ({ relationCodes }: ComparedPairs, pair: number): Relation => relations[relationCodes[pair] ?? 0] ?? 'same'

export const verdictOfCode = (code: number | undefined): Verdict | undefined => verdictNames[(code ?? 0) - 1]

/** The calls of both sides in pairs that have one of these relations (any, if none is wanted), in their order. */
export function choosePairs(pairs: ComparedPairs, wanted: ReadonlySet<Relation>): ComparedPairs {
  if (wanted.size === 0) return pairs
  const keep = relations.map((relation) => wanted.has(relation))
  const isKept = (_: number, pair: number): boolean => keep[pairs.relationCodes[pair] ?? 0] ?? false
  const relationCodes = pairs.relationCodes.filter(isKept)
  return {
    count: relationCodes.length,
    left: pairs.left.filter(isKept),
    right: pairs.right.filter(isKept),
    leftVerdicts: pairs.leftVerdicts.filter(isKept),
    rightVerdicts: pairs.rightVerdicts.filter(isKept),
    relationCodes,
    counts: pairs.counts,
  }
}
