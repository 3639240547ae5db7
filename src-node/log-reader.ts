import { join } from 'node:path'
import { base64Of } from '../src-core/log/base64.ts'
import { formatVerifierKey, type VerifierKey } from '../src-core/log/signed-note.ts'
import { inclusionRanges } from '../src-core/log/merkle-range.ts'
import { tileWidth } from '../src-core/log/tile.ts'
import { formatTlogProof } from '../src-core/log/tlog-proof.ts'
import { AppError } from '../src-protocol/app-error.ts'
import { readBundle, readIfThere, readTileFile } from './log-files.ts'
import { rangeHash, treeRoot, type LogTree, type ReadTile } from './log-tree.ts'
import { rebuildLog } from './rebuild-log.ts'
import { readClaimedCheckpoint } from '../src-core/log/checkpoint.ts'
import { openCheckpointBy } from '../src-core/log/key-history.ts'
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
  /**
   * hashes of complete parts, left to right, which with the leaves from `start` to `end` give the root; and the root of the first `alsoAt` entries too
   */
  around(start: number, end: number, alsoAt?: number): Promise<LogNode[]>
  /** the entry with its inclusion in the checkpoint (`c2sp.org/tlog-proof@v1`). @throws AppError NOT_FOUND, LOG_CORRUPT */
  tlogProof(index: number): Promise<string>
  /** the newest checkpoint that witnesses cosigned, as far as it is not newer than this one */
  cosigned(): Promise<string | undefined>
  /** the entries that handed over to another key, each with its inclusion */
  rotations(): Promise<string[]>
}

/**
 * Reads and checks a log up to its checkpoint, under the key that its entries lead to from the trusted one.
 * @throws AppError LOG_CORRUPT
 */
export async function openLogReader(folder: string, trusted: VerifierKey): Promise<LogReader & { verifierKey: string }> {
  const checkpoint = (await readIfThere(join(folder, 'checkpoint')))?.toString('utf8')
  if (checkpoint === undefined) throw new AppError('LOG_CORRUPT', { problem: 'it has no checkpoint' })
  const { tree, keys } = await rebuildLog(folder, checkpoint, trusted)
  const opened = openCheckpointBy(checkpoint, keys)
  // entries behind the checkpoint are on their way into the log: whoever reads a copy has to take it again
  if (!opened.ok || opened.checkpoint.size !== tree.size || !equalBytes(opened.checkpoint.root, treeRoot(tree))) {
    throw new AppError('LOG_CORRUPT', { problem: 'entries stand behind its checkpoint: it was copied while the gateway wrote' })
  }
  const readTile = async (level: number, index: number) => {
    const hashes = await readTileFile(folder, level, index)
    if (!hashes) throw new AppError('LOG_CORRUPT', { problem: `tile ${level}/${index} is missing or torn` })
    return hashes
  }
  const rotated = keys.rotations.map(({ index }) => index)
  return { ...createLogReader({ folder, tree, checkpoint, rotated, readTile }), verifierKey: formatVerifierKey(keys.current) }
}

/** A log as it stood at a checkpoint; what is appended meanwhile is not part of it. */
export function createLogReader(options: {
  folder: string
  tree: LogTree
  checkpoint: string
  /** indexes of the entries that handed over to another key */
  rotated: readonly number[]
  readTile: ReadTile
}): LogReader {
  const { folder, tree, checkpoint, rotated, readTile } = options

  async function bundleOf(bundle: number): Promise<readonly Uint8Array[]> {
    const found = bundle === Math.floor(tree.size / tileWidth) ? tree.entries : await readBundle(folder, bundle)
    if (found === undefined || found === 'torn') throw new AppError('LOG_CORRUPT', { problem: `entry bundle ${bundle} is missing or torn` })
    return found
  }

  async function tlogProof(index: number): Promise<string> {
    const entry = index < tree.size ? (await bundleOf(Math.floor(index / tileWidth)))[index % tileWidth] : undefined
    if (!entry) throw new AppError('NOT_FOUND', { what: `Log entry ${index}` })
    const hashes = await Promise.all(inclusionRanges(index, tree.size).map((range) => rangeHash(tree, range, readTile)))
    return formatTlogProof({ entry, index, hashes, checkpoint })
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
    around: (start, end, alsoAt = end) =>
      Promise.all(
        [...cutAt(alsoAt, 0, start), ...cutAt(alsoAt, end, tree.size)].map(async (range) => ({
          ...range,
          hash: base64Of(await rangeHash(tree, range, readTile)),
        })),
      ),
    tlogProof,
    async cosigned() {
      const note = (await readIfThere(join(folder, cosignedFile)))?.toString('utf8')
      return (readClaimedCheckpoint(note ?? '')?.size ?? Infinity) <= tree.size ? note : undefined
    },
    rotations: () => Promise.all(rotated.map(tlogProof)),
  }
}

/** Where the newest checkpoint that witnesses cosigned lies, beside the log's own. */
export const cosignedFile = 'checkpoint.cosigned'

const cutAt = (at: number, start: number, end: number): { start: number; end: number }[] =>
  at > start && at < end ? [...alignedRanges(start, at), ...alignedRanges(at, end)] : alignedRanges(start, end)

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
