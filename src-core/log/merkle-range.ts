import { nodeHash, type Hash } from './merkle-hash.ts'

/**
 * Which parts of a tree a proof consists of, as ranges of leaves, with no hash in sight: whoever stores the tree decides where the hashes come
 * from. Sizes are plain numbers up to 2^53, so there are no bit operations here (they would cut at 32 bits).
 */
export interface LeafRange {
  /** first leaf */
  start: number
  /** leaf after the last */
  end: number
}

/** A complete subtree: the leaves `index · 2^level` up to `(index + 1) · 2^level`. */
export interface TreeNode {
  level: number
  index: number
}

/** The largest power of two smaller than `size`: where RFC 9162 splits a tree of two or more leaves. */
function splitPoint(size: number): number {
  let point = 1
  while (point * 2 < size) point *= 2
  return point
}

/** Siblings on the way from leaf `index` to the root, the leaf's own sibling first (RFC 9162, 2.1.3.1). */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + splitPoint(end - start)
    if (index < middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  return ranges.reverse()
}

/** What shows that the tree of `to` leaves begins with the tree of `from` leaves (RFC 9162, 2.1.4.1). */
export function consistencyRanges(from: number, to: number): LeafRange[] {
  if (from === 0 || from === to) return []
  const ranges: LeafRange[] = []
  let start = 0
  let end = to
  while (from < end) {
    const middle = start + splitPoint(end - start)
    if (from <= middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  // The old tree is itself a subtree of the new one: its root is known and needs no telling.
  if (start > 0) ranges.push({ start, end })
  return ranges.reverse()
}

/** The complete subtrees that make up a range, left to right; they are of falling size, as at the right edge of a tree. */
export function nodesOf({ start, end }: LeafRange): TreeNode[] {
  const nodes: TreeNode[] = []
  while (start < end) {
    let level = 0
    let width = 1
    while (width * 2 <= end - start) {
      width *= 2
      level += 1
    }
    nodes.push({ level, index: start / width })
    start += width
  }
  return nodes
}

/** Joins the hashes of `nodesOf` to the hash of the whole range. */
export function foldNodes(hashes: readonly Hash[]): Hash | undefined {
  let folded: Hash | undefined
  for (let at = hashes.length - 1; at >= 0; at -= 1) {
    const left = hashes[at]
    if (left) folded = folded ? nodeHash(left, folded) : left
  }
  return folded
}
