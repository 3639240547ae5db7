import { join } from 'node:path'
import { base64Of } from '../src-core/log/base64.ts'
import type { VerifierKey } from '../src-core/log/signed-note.ts'
import { inclusionRanges } from '../src-core/log/merkle-range.ts'
import { tileWidth } from '../src-core/log/tile.ts'
import { formatTlogProof } from '../src-core/log/tlog-proof.ts'
import { AppError } from '../src-protocol/app-error.ts'
import { readBundle, readIfThere, readTileFile } from './log-files.ts'
import { rangeHash, treeRoot, type LogTree, type ReadTile } from './log-tree.ts'
import { rebuildLog } from './rebuild-log.ts'
import { openCheckpoint } from '../src-core/log/checkpoint.ts'
import { equalBytes } from '../src-core/log/merkle-hash.ts'

/** The hash over a complete part of the tree. */
export interface LogNode {
  start: number
  /** leaf after the last */
  end: number
  /** base64 */
  hash: string
}

/** A log as it lies in its folder, for those who do not write it. */
export interface LogReader {
  readonly size: number
  /** the signed note over all `size` entries */
  readonly checkpoint: string
  entries(start: number, end: number): AsyncIterable<{ index: number; bytes: Uint8Array }>
  /** hashes of complete parts, left to right, which with the leaves from `start` to `end` give the root */
  around(start: number, end: number): Promise<LogNode[]>
  /** the entry with its inclusion in the checkpoint (`c2sp.org/tlog-proof@v1`). @throws AppError NOT_FOUND, LOG_CORRUPT */
  tlogProof(index: number): Promise<string>
}

/**
 * Reads and checks a log up to its checkpoint.
 * @throws AppError LOG_CORRUPT
 */
export async function openLogReader(folder: string, key: VerifierKey): Promise<LogReader> {
  const checkpoint = (await readIfThere(join(folder, 'checkpoint')))?.toString('utf8')
  if (checkpoint === undefined) throw new AppError('LOG_CORRUPT', { problem: 'it has no checkpoint' })
  const { tree } = await rebuildLog(folder, checkpoint, key)
  const opened = openCheckpoint(checkpoint, key)
  // entries behind the checkpoint are on their way into the log: whoever reads a copy has to take it again
  if (!opened.ok || opened.checkpoint.size !== tree.size || !equalBytes(opened.checkpoint.root, treeRoot(tree))) {
    throw new AppError('LOG_CORRUPT', { problem: 'entries stand behind its checkpoint: it was copied while the gateway wrote' })
  }
  const readTile = async (level: number, index: number) => {
    const hashes = await readTileFile(folder, level, index)
    if (!hashes) throw new AppError('LOG_CORRUPT', { problem: `tile ${level}/${index} is missing or torn` })
    return hashes
  }
  return createLogReader({ folder, tree, checkpoint, readTile })
}

/** A log as it stood at a checkpoint; what is appended meanwhile is not part of it. */
export function createLogReader(options: { folder: string; tree: LogTree; checkpoint: string; readTile: ReadTile }): LogReader {
  const { folder, tree, checkpoint, readTile } = options

  async function bundleOf(bundle: number): Promise<readonly Uint8Array[]> {
    const found = bundle === Math.floor(tree.size / tileWidth) ? tree.entries : await readBundle(folder, bundle)
    if (found === undefined || found === 'torn') throw new AppError('LOG_CORRUPT', { problem: `entry bundle ${bundle} is missing or torn` })
    return found
  }

  return {
    size: tree.size,
    checkpoint,
    async *entries(start, end) {
      for (let bundle = Math.floor(start / tileWidth); bundle * tileWidth < end; bundle += 1) {
        for (const [at, bytes] of (await bundleOf(bundle)).entries()) {
          const index = bundle * tileWidth + at
          if (index >= start && index < end) yield { index, bytes }
        }
      }
    },
    around: (start, end) =>
      Promise.all(
        [...alignedRanges(0, start), ...alignedRanges(end, tree.size)].map(async (range) => ({
          ...range,
          hash: base64Of(await rangeHash(tree, range, readTile)),
        })),
      ),
    async tlogProof(index) {
      const entry = index < tree.size ? (await bundleOf(Math.floor(index / tileWidth)))[index % tileWidth] : undefined
      if (!entry) throw new AppError('NOT_FOUND', { what: `Log entry ${index}` })
      const hashes = await Promise.all(inclusionRanges(index, tree.size).map((range) => rangeHash(tree, range, readTile)))
      return formatTlogProof({ entry, index, hashes, checkpoint })
    },
  }
}

/** Cuts a range into complete subtrees: each as wide as a power of two, and beginning at a multiple of its width. */
export function alignedRanges(start: number, end: number): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = []
  let at = start
  while (at < end) {
    let width = 1
    while (at % (width * 2) === 0 && at + width * 2 <= end) width *= 2
    ranges.push({ start: at, end: at + width })
    at += width
  }
  return ranges
}
