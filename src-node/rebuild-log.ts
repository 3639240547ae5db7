import { join } from 'node:path'
import { AppError } from '../src-protocol/app-error.ts'
import { readClaimedCheckpoint } from '../src-core/log/checkpoint.ts'
import { followKeys, openCheckpointBy, rotationNoteOf, type KeyHistory, type RotationEntry } from '../src-core/log/key-history.ts'
import { equalBytes } from '../src-core/log/merkle-hash.ts'
import type { VerifierKey } from '../src-core/log/signed-note.ts'
import { tileWidth } from '../src-core/log/tile.ts'
import { readBundle, readIfThere } from './log-files.ts'
import { emptyTree, growTree, partialFiles, treeRoot, type LogTree, type TreeFile } from './log-tree.ts'

export interface RebuiltLog {
  tree: LogTree
  /** size of the stored checkpoint */
  signedSize: number
  /** files that a crash kept from being written */
  missing: TreeFile[]
  /** the keys that its entries lead to, from the trusted one */
  keys: KeyHistory
}

/**
 * Computes the log anew from its entries and holds it against its checkpoint and its tiles. Entries are the truth; tiles follow from them. Entries
 * beyond the checkpoint, which a crash left, are kept. The checkpoint must be signed by the key that the entries lead to from the trusted one.
 * @throws AppError LOG_CORRUPT
 */
export async function rebuildLog(folder: string, note: string | undefined, trusted: VerifierKey): Promise<RebuiltLog> {
  // whose key has to be under it is known when the entries were read
  const signed = note === undefined ? undefined : readClaimedCheckpoint(note)
  if (note !== undefined && !signed) throw corrupt("its checkpoint is not one of this log's key (malformed)")
  const signedSize = signed?.size ?? 0
  const rotations: RotationEntry[] = []

  let tree = emptyTree
  const missing: TreeFile[] = []
  let isChecked = signedSize === 0

  async function add(entries: readonly Uint8Array[]): Promise<void> {
    if (entries.length === 0) return
    for (const [at, bytes] of entries.entries()) {
      const statement = rotationNoteOf(bytes)
      if (statement !== undefined) rotations.push({ index: tree.size + at, note: statement })
    }
    const grown = growTree(tree, entries)
    tree = grown.tree
    // Partial files of sizes in between come and go: those of the last size are looked at in the end.
    for (const file of grown.files) if (!isPartial(file) && !isBundle(file)) await expectFile(file)
    if (tree.size === signedSize && signed) {
      if (!equalBytes(treeRoot(tree), signed.root)) throw corrupt('its entries do not give the root of its checkpoint')
      isChecked = true
    }
  }

  async function expectFile(file: TreeFile): Promise<void> {
    const stored = await readIfThere(join(folder, file.path))
    if (!stored) missing.push(file)
    else if (!equalBytes(stored, file.bytes)) throw corrupt(`${file.path} does not follow from the entries`)
  }

  for (let index = 0; ; index += 1) {
    const entries = await readBundle(folder, index)
    if (entries === undefined) break
    if (entries === 'torn') throw corrupt(`entry bundle ${index} is torn`)
    if (note === undefined) throw corrupt('it has entries, but no checkpoint')
    // Two parts if the checkpoint lies within the bundle, so that its root can be compared.
    const split = Math.min(Math.max(signedSize - tree.size, 0), entries.length)
    await add(entries.slice(0, split))
    await add(entries.slice(split))
    if (entries.length < tileWidth) break
  }
  if (!isChecked) throw corrupt(`its checkpoint says ${signedSize} entries, but only ${tree.size} are there`)
  for (const file of partialFiles(tree, emptyTree)) if (!isBundle(file)) await expectFile(file)
  const followed = followKeys(trusted, rotations)
  if (!followed.ok) throw corrupt(`entry ${followed.index} replaces its key, and is not to be believed: ${followed.problem}`)
  const opened = note === undefined ? undefined : openCheckpointBy(note, followed.history)
  if (opened && !opened.ok) throw corrupt(`its checkpoint is not one of this log's key (${opened.reason})`)
  return { tree, signedSize, missing, keys: followed.history }
}

const isPartial = ({ path }: TreeFile): boolean => path.includes('.p/')

/** Bundles were just read: they are what everything else is held against. */
const isBundle = ({ path }: TreeFile): boolean => path.startsWith('tile/entries/')

const corrupt = (problem: string): AppError => new AppError('LOG_CORRUPT', { problem })
