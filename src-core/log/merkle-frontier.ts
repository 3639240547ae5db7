import { emptyRoot, hashBytes, nodeHash, type Hash } from './merkle-hash.ts'

/** The right edge of a growing tree: enough to append and to know the root, at most one hash a level. */
export interface MerkleFrontier {
  readonly size: number
  append(leaf: Hash): void
  /** RFC 9162 root over all leaves so far. */
  root(): Hash
}

export function createFrontier(): MerkleFrontier {
  /** `edge[level]` is the complete subtree of 2^level leaves that still waits for its sibling */
  const edge: (Hash | undefined)[] = []
  /** Memory of its own for each level: a hash that is a piece of a larger buffer would keep all of that buffer, in every running session. */
  const kept: Hash[] = []
  let size = 0
  return {
    get size() {
      return size
    },
    append(leaf) {
      let carried = leaf
      let level = 0
      for (let waiting = edge[0]; waiting; waiting = edge[level]) {
        carried = nodeHash(waiting, carried)
        edge[level] = undefined
        level += 1
      }
      edge[level] = copyTo((kept[level] ??= new Uint8Array(hashBytes)), carried)
      size += 1
    },
    root() {
      let root: Hash | undefined
      for (const subtree of edge) {
        if (subtree) root = root ? nodeHash(subtree, root) : subtree
      }
      // what is kept changes with the next leaf
      return root ? copyTo(Buffer.alloc(hashBytes), root) : emptyRoot
    },
  }
}

function copyTo(own: Hash, hash: Hash): Hash {
  own.set(hash)
  return own
}

/** Root over leaf hashes that are all at hand. */
export function rootOf(leaves: Iterable<Hash>): Hash {
  const frontier = createFrontier()
  for (const leaf of leaves) frontier.append(leaf)
  return frontier.root()
}
