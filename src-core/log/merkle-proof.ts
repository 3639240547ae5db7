/** Proofs: compute the root, compare. A proof that is too short, too long or holds anything but 32-byte hashes proves nothing. */
import { emptyRoot, equalBytes, isHash, nodeHash, type Hash } from './merkle-hash.ts'
import { consistencyRanges, inclusionRanges, type LeafRange } from './merkle-range.ts'
import { rootOf } from './merkle-frontier.ts'

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
const isOdd = (value: number): boolean => value % 2 === 1
const half = (value: number): number => Math.floor(value / 2)

/** The root to which an inclusion path leads (RFC 9162, 2.1.3.2), or undefined if the path does not fit index and size. */
export function rootFromInclusion(leaf: Hash, index: number, size: number, path: readonly Hash[]): Hash | undefined {
  if (!isCount(index) || !isCount(size) || index >= size || !isHash(leaf) || !path.every(isHash)) return undefined
  let node = index
  let last = size - 1
  let root = leaf
  for (const sibling of path) {
    if (last === 0) return undefined
    if (isOdd(node) || node === last) {
      root = nodeHash(sibling, root)
      while (!isOdd(node) && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      root = nodeHash(root, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 ? root : undefined
}

export function verifyInclusion(claim: { leaf: Hash; index: number; size: number; root: Hash; path: readonly Hash[] }): boolean {
  const root = rootFromInclusion(claim.leaf, claim.index, claim.size, claim.path)
  return root !== undefined && isHash(claim.root) && equalBytes(root, claim.root)
}

export interface TreeHead {
  size: number
  root: Hash
}

/** Whether the tree `to` begins with the whole tree `from` (RFC 9162, 2.1.4.2). From or to the empty tree, the empty root itself is checked. */
export function verifyConsistency(from: TreeHead, to: TreeHead, path: readonly Hash[]): boolean {
  if (!isCount(from.size) || !isCount(to.size) || from.size > to.size) return false
  if (!isHash(from.root) || !isHash(to.root) || !path.every(isHash)) return false
  if (from.size === 0 && !equalBytes(from.root, emptyRoot)) return false
  if (to.size === 0) return path.length === 0 && equalBytes(to.root, emptyRoot)
  if (from.size === 0) return path.length === 0
  if (from.size === to.size) return path.length === 0 && equalBytes(from.root, to.root)
  if (path.length === 0) return false

  let node = from.size - 1
  let last = to.size - 1
  while (isOdd(node)) {
    node = half(node)
    last = half(last)
  }
  // A power of two: the old root is a node of the new tree, and the path leaves it out.
  const complete = node === 0
  const first = complete ? from.root : path[0]
  if (!first) return false
  let fromRoot = first
  let toRoot = first
  for (const sibling of complete ? path : path.slice(1)) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      fromRoot = nodeHash(sibling, fromRoot)
      toRoot = nodeHash(sibling, toRoot)
      while (!isOdd(node) && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      toRoot = nodeHash(toRoot, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && equalBytes(fromRoot, from.root) && equalBytes(toRoot, to.root)
}

const rootsOf = (leaves: readonly Hash[], ranges: readonly LeafRange[]): Hash[] =>
  ranges.map(({ start, end }) => rootOf(leaves.slice(start, end)))

/** Inclusion path of a leaf in a tree whose leaf hashes are all at hand. */
export const inclusionProof = (leaves: readonly Hash[], index: number): Hash[] => rootsOf(leaves, inclusionRanges(index, leaves.length))

/** Consistency path from the first `from` leaves to all of them. */
export const consistencyProof = (leaves: readonly Hash[], from: number): Hash[] => rootsOf(leaves, consistencyRanges(from, leaves.length))
