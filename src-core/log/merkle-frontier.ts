import { emptyRoot, nodeText, type Hash } from './merkle-hash.ts'

/** The right edge of a growing tree: enough to append and to know the root, at most one hash a level. */
export interface MerkleFrontier {
  readonly size: number
  append(leaf: Hash): void
  /** RFC 9162 root over all leaves so far. */
  root(): Hash
  /** what another one can go on from: of each level the complete subtree of 2^level leaves that still waits for its sibling */
  edge(): (Hash | undefined)[]
}

/** @param from the edge of a tree that goes on */
export const createFrontier = (from: readonly (Hash | undefined)[] = []): MerkleFrontier => new Frontier(from)

/** A class and no closures, and hashes as strings of one character a byte: each running session has one, and a typed array takes five times its bytes. */
class Frontier implements MerkleFrontier {
  readonly #edge: (string | undefined)[] = []
  #size = 0

  constructor(from: readonly (Hash | undefined)[]) {
    for (const [level, subtree] of from.entries()) {
      this.#edge[level] = subtree && textOf(subtree)
      if (subtree) this.#size += 2 ** level
    }
  }

  get size(): number {
    return this.#size
  }

  append(leaf: Hash): void {
    const edge = this.#edge
    this.#size += 1
    const first = edge[0]
    if (first === undefined) {
      edge[0] = textOf(leaf)
      return
    }
    edge[0] = undefined
    let carried = nodeText(first, leaf)
    let level = 1
    for (let waiting = edge[1]; waiting !== undefined; waiting = edge[level]) {
      carried = nodeText(waiting, carried)
      edge[level] = undefined
      level += 1
    }
    edge[level] = carried
  }

  root(): Hash {
    let root: string | undefined
    for (const subtree of this.#edge) {
      if (subtree !== undefined) root = root === undefined ? subtree : nodeText(subtree, root)
    }
    return root === undefined ? emptyRoot : bytesOf(root)
  }

  edge(): (Hash | undefined)[] {
    return this.#edge.map((subtree) => (subtree === undefined ? undefined : bytesOf(subtree)))
  }
}

const textOf = (hash: Hash): string =>
  (hash instanceof Buffer ? hash : Buffer.from(hash.buffer, hash.byteOffset, hash.length)).toString('latin1')
const bytesOf = (text: string): Hash => Buffer.from(text, 'latin1')

/** Root over leaf hashes that are all at hand. */
export function rootOf(leaves: Iterable<Hash>): Hash {
  const frontier = createFrontier()
  for (const leaf of leaves) frontier.append(leaf)
  return frontier.root()
}
