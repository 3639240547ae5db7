import { readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { equalBytes, leafHash, type Hash } from '../../src-core/log/merkle-hash.ts'
import { entriesPath, formatEntries, formatTile, tilePath, tileWidth } from '../../src-core/log/tile.ts'
import { readBundle, readTileAtLeast } from '../../src-node/log-files.ts'
import { treeRoot } from '../../src-node/log-tree.ts'
import type { CopyTarget } from './copy-target.ts'

/** Where the log lies in the copy. */
export const copiedLog = 'log'

/**
 * Brings the copy of a log from the checkpoint that it has to a newer one:
 *
 * 1. Bundles of entries and tiles of the new size are written, beginning with the ones that were not full. Each entry must have the hash that its tile says.
 *    Crash: entries beyond the checkpoint; the next attempt writes them again.
 * 2. What the tiles give must be the root of the new checkpoint.
 * 3. The checkpoint is written. Crash: the copy is complete.
 * 4. Partial tiles that are of no more use are removed. Crash: some stay, and do no harm.
 */
export async function copyLog(source: string, target: CopyTarget, checkpoint: string): Promise<void> {
  const head = readClaimedCheckpoint(checkpoint)
  if (!head) throw new Error('the checkpoint of the log cannot be read')
  const from = readClaimedCheckpoint(Buffer.from((await target.read(`${copiedLog}/checkpoint`)) ?? '').toString())?.size ?? 0
  const partials: string[] = []
  const edge: (readonly Hash[])[] = []

  async function write(path: string, width: number, bytes: Uint8Array): Promise<void> {
    await target.write(`${copiedLog}/${path}`, bytes)
    partials.push(path.replace(/\.p\/\d+$/, ''))
    widths.set(path.replace(/\.p\/\d+$/, ''), width)
  }
  const widths = new Map<string, number>()

  let last: readonly Uint8Array[] = []
  let [size, before] = [head.size, from]
  for (let level = 0; size > 0; level += 1, size = Math.floor(size / tileWidth), before = Math.floor(before / tileWidth)) {
    for (let index = Math.floor(before / tileWidth); index * tileWidth < size; index += 1) {
      const width = Math.min(tileWidth, size - index * tileWidth)
      const hashes = (await readTileAtLeast(source, level, index))?.slice(0, width)
      if (hashes?.length !== width) throw new Error(`tile ${level}/${index} of the log is missing or torn`)
      if (level === 0) last = await copyEntries(index, width, hashes)
      await write(tilePath(level, index, width), width, formatTile(hashes))
      if (width < tileWidth) edge[level] = hashes
    }
    edge[level] ??= []
  }

  async function copyEntries(index: number, width: number, hashes: readonly Hash[]): Promise<readonly Uint8Array[]> {
    const bundle = await readBundle(source, index)
    if (bundle === undefined || bundle === 'torn' || bundle.length < width) throw new Error(`bundle ${index} of the log is missing or torn`)
    const entries = bundle.slice(0, width)
    const wrong = entries.findIndex((entry, at) => !equalBytes(leafHash(entry), hashes[at] ?? leafHash(Buffer.of())))
    if (wrong >= 0) throw new Error(`entry ${index * tileWidth + wrong} of the log is not the one whose hash its tile has`)
    await write(entriesPath(index, width), width, formatEntries(entries))
    return entries
  }

  if (!equalBytes(treeRoot({ size: head.size, entries: last, tiles: edge }), head.root)) {
    throw new Error('the tiles of the log do not give the root of its checkpoint')
  }
  await target.write(`${copiedLog}/checkpoint`, Buffer.from(checkpoint))
  for (const path of new Set(partials)) {
    const width = widths.get(path)
    await target.keepOnly(`${copiedLog}/${path}.p`, width === tileWidth ? undefined : String(width))
  }
}
