import { foldNodes, nodesOf, type LeafRange, type TreeNode } from '../src-core/log/merkle-range.ts'
import { emptyRoot, leafHash, type Hash } from '../src-core/log/merkle-hash.ts'
import { rootOf } from '../src-core/log/merkle-frontier.ts'
import { entriesPath, formatEntries, formatTile, tileHeight, tilePath, tileWidth } from '../src-core/log/tile.ts'

/**
 * What of a log is held in memory: the entries of the last, partial bundle and the hashes of the partial tile of each level. At most 255 of each, whatever the
 * size of the log. Never changed in place: who reads one keeps it while the log grows.
 */
export interface LogTree {
  size: number
  entries: readonly Uint8Array[]
  /** `tiles[level]`: hashes of that level's partial tile, possibly none */
  tiles: readonly (readonly Hash[])[]
}

export const emptyTree: LogTree = { size: 0, entries: [], tiles: [] }

export interface TreeFile {
  path: string
  bytes: Uint8Array
}

/** A piece of a larger buffer would keep all of it in memory, 64 KB for a hash of 32 bytes. */
function ownCopy(bytes: Uint8Array): Uint8Array {
  const own = Buffer.alloc(bytes.length)
  own.set(bytes)
  return own
}

/** The tree with more entries, and the files that it needs: full tiles and bundles once, the partial ones of the new size. */
export function growTree(tree: LogTree, added: readonly Uint8Array[]): { tree: LogTree; files: TreeFile[] } {
  const files: TreeFile[] = []
  const tiles = tree.tiles.map((hashes) => [...hashes])
  let entries = [...tree.entries]
  let size = tree.size

  const addHash = (level: number, hash: Hash, position: number): void => {
    const tile = (tiles[level] ??= [])
    tile.push(hash)
    if (tile.length < tileWidth) return
    const index = Math.floor(position / tileWidth)
    files.push({ path: tilePath(level, index), bytes: formatTile(tile) })
    tiles[level] = []
    addHash(level + 1, rootOf(tile), index)
  }

  for (const entry of added) {
    entries.push(ownCopy(entry))
    addHash(0, ownCopy(leafHash(entry)), size)
    size += 1
    if (entries.length === tileWidth) {
      files.push({ path: entriesPath(size / tileWidth - 1), bytes: formatEntries(entries) })
      entries = []
    }
  }
  const grown = { size, entries, tiles }
  return { tree: grown, files: [...files, ...partialFiles(grown, tree)] }
}

/** Bundle and tiles at the right edge, except those that stand as they stood `before`. */
export function partialFiles(tree: LogTree, before: LogTree): TreeFile[] {
  const files: TreeFile[] = []
  if (tree.entries.length > 0) {
    files.push({ path: entriesPath(Math.floor(tree.size / tileWidth), tree.entries.length), bytes: formatEntries(tree.entries) })
  }
  for (const [level, hashes] of tree.tiles.entries()) {
    const index = tileIndex(tree, level)
    const unchanged = index === tileIndex(before, level) && hashes.length === before.tiles[level]?.length
    if (hashes.length > 0 && !unchanged) files.push({ path: tilePath(level, index, hashes.length), bytes: formatTile(hashes) })
  }
  return files
}

/** Which tile of a level is the partial one. */
const tileIndex = ({ size }: LogTree, level: number): number => Math.floor(size / tileWidth ** (level + 1))

/** Reads the hashes of a full tile from where they are stored. */
export type ReadTile = (level: number, index: number) => Promise<readonly Hash[]>

/** Hash over a range of leaves as proofs name it: a few tiles are read, whatever the size of the log. */
export async function rangeHash(tree: LogTree, range: LeafRange, readTile: ReadTile): Promise<Hash> {
  const nodes = await Promise.all(nodesOf(range).map((node) => nodeHashOf(tree, node, readTile)))
  return foldNodes(nodes) ?? emptyRoot
}

async function nodeHashOf(tree: LogTree, node: TreeNode, readTile: ReadTile): Promise<Hash> {
  const level = Math.floor(node.level / tileHeight)
  const width = 2 ** (node.level % tileHeight)
  const first = node.index * width
  const index = Math.floor(first / tileWidth)
  const tile = index === tileIndex(tree, level) ? (tree.tiles[level] ?? []) : await readTile(level, index)
  const start = first % tileWidth
  return rootOf(tile.slice(start, start + width))
}

/** The root: what each level's partial tile holds lies right of everything in the levels above it. */
export function treeRoot(tree: LogTree): Hash {
  const edge = tree.tiles
    .toReversed()
    .flatMap((hashes) =>
      nodesOf({ start: 0, end: hashes.length }).map(({ level, index }) =>
        rootOf(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
      ),
    )
  return foldNodes(edge) ?? emptyRoot
}
