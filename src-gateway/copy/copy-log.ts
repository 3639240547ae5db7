import { readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { equalBytes, leafHash, type Hash } from '../../src-core/log/merkle-hash.ts'
import { join } from 'node:path'
import { entriesPath, formatEntries, formatTile, parseEntries, parseTile, tilePath, tileWidth } from '../../src-core/log/tile.ts'
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
 *
 * @param since entries that the copy has; 0: all of it is written again
 */
export async function copyLog(source: string, target: CopyTarget, checkpoint: string, since?: number): Promise<void> {
  const head = readClaimedCheckpoint(checkpoint)
  if (!head) throw new Error('the checkpoint of the log cannot be read')
  const from = since ?? (await copiedHead(target))?.size ?? 0
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

const copiedHead = async (target: CopyTarget) =>
  readClaimedCheckpoint(Buffer.from((await target.read(`${copiedLog}/checkpoint`)) ?? '').toString())

/** Whether all files of a copied log that no longer change are those of the log, and its last, partial ones give the root of its checkpoint. */
export async function isLogCopied(source: string, target: CopyTarget): Promise<boolean> {
  const head = await copiedHead(target)
  if (!head) return false
  const edge: (readonly Hash[])[] = []
  let last: readonly Uint8Array[] = []
  for (let [level, size] = [0, head.size]; size > 0; level += 1, size = Math.floor(size / tileWidth)) {
    const full = Math.floor(size / tileWidth)
    for (let index = 0; index < full; index += 1) {
      const paths = level === 0 ? [tilePath(0, index), entriesPath(index)] : [tilePath(level, index)]
      for (const path of paths) if (!(await target.isSame(`${copiedLog}/${path}`, join(source, path)))) return false
    }
    const width = size % tileWidth
    edge[level] = []
    if (width === 0) continue
    const hashes = parseTile((await target.read(`${copiedLog}/${tilePath(level, full, width)}`)) ?? Buffer.of())
    if (hashes?.length !== width) return false
    edge[level] = hashes
    if (level > 0) continue
    last = parseEntries((await target.read(`${copiedLog}/${entriesPath(full, width)}`)) ?? Buffer.of()) ?? []
    if (last.length !== width || last.some((entry, at) => !equalBytes(leafHash(entry), hashes[at] ?? Buffer.of()))) return false
  }
  return equalBytes(treeRoot({ size: head.size, entries: last, tiles: edge }), head.root)
}
