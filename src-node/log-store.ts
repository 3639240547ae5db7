/**
 * The transparency log as files in the C2SP tlog-tiles layout: `checkpoint`, `tile/<level>/…`, `tile/entries/…`.
 *
 * Life of an entry, and what a crash after each step leaves behind:
 *
 * 1. `append` puts the entry among those that wait. While one commit runs, the next one gathers.
 * 2. Bundle and tiles of the new size are written under temporary names, synchronized, renamed, and their folders synchronized. Crash: entries beyond the
 *    checkpoint, possibly without all their tiles. The next `openLog` keeps them and signs: what is durable stays, though nobody was told of it.
 * 3. The checkpoint of the new size is signed, and replaces the old one the same way. Crash: the log is complete.
 * 4. Memory takes the new size, listeners hear of it, every `append` of the commit resolves.
 * 5. Partial tiles that have become full are removed. Crash: some stay, and do no harm.
 */
import type { KeyObject } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../src-protocol/app-error.ts'
import type { LogEntry } from '../src-protocol/log-entry.ts'
import { base64Of } from '../src-core/log/base64.ts'
import { readClaimedCheckpoint, signCheckpoint } from '../src-core/log/checkpoint.ts'
import { signRotation } from '../src-core/log/key-rotation.ts'
import { equalBytes, type Hash } from '../src-core/log/merkle-hash.ts'
import { consistencyRanges, inclusionRanges, type LeafRange } from '../src-core/log/merkle-range.ts'
import { formatVerifierKey, verifierKeyOf, type VerifierKey } from '../src-core/log/signed-note.ts'
import { maximumEntryBytes, tileWidth } from '../src-core/log/tile.ts'
import { formatTlogProof } from '../src-core/log/tlog-proof.ts'
import { timestampOf, type Clock } from './clock.ts'
import { problemOf, replaceFile, syncFolder } from './durable-file.ts'
import { readBundle, readIfThere, readTileFile, removePartials, writeTreeFiles } from './log-files.ts'
import { createLogReader, type LogReader } from './log-reader.ts'
import { growTree, rangeHash, treeRoot, type LogTree, type TreeFile } from './log-tree.ts'
import { rebuildLog } from './rebuild-log.ts'

/** An entry as its author gives it: version and time are the log's to set. */
export type LogEntryDraft = LogEntry extends infer E ? (E extends LogEntry ? Omit<E, 'v' | 'at'> : never) : never

export interface TransparencyLog {
  readonly origin: string
  /** C2SP verifier key that signs now, for everyone who checks proofs */
  readonly verifierKey: string
  readonly size: number
  /** the signed note of the current size */
  checkpoint(): string
  /**
   * Durable, and under a signed checkpoint, when it resolves.
   * @throws AppError LOG_UNAVAILABLE (from the first failure on, for good), LOG_CORRUPT, BODY_TOO_LARGE
   */
  append(draft: LogEntryDraft): Promise<{ index: number }>
  /**
   * Hands over to another key: the entry that says so, signed by both, is durable when it resolves, and its checkpoint is the last one that both sign.
   * @throws AppError LOG_UNAVAILABLE, LOG_CORRUPT
   */
  rotate(nextKey: KeyObject): Promise<{ index: number }>
  /** the entries that handed over, each with its inclusion in the current checkpoint */
  rotations(): Promise<string[]>
  /** @throws AppError NOT_FOUND, LOG_CORRUPT */
  entry(index: number): Promise<Uint8Array>
  /** The entry with its inclusion in the current checkpoint (`c2sp.org/tlog-proof@v1`). @throws AppError NOT_FOUND, LOG_CORRUPT */
  tlogProof(index: number): Promise<string>
  /** Hashes in base64. @throws AppError INVALID_REQUEST, LOG_CORRUPT */
  consistencyProof(from: number, to: number): Promise<string[]>
  /**
   * Witnesses cosigned this checkpoint: proofs of entries that it covers end in it from now on, and carry what they signed.
   * @throws AppError LOG_CORRUPT if it is not of this log: the log was rolled back, or forked
   */
  cosigned(checkpoint: string): Promise<void>
  onCheckpoint(listener: (note: string) => void): () => void
  /** the log as it stands now, for whoever reads much of it */
  snapshot(): LogReader
  /** Waits for what was appended. */
  close(): Promise<void>
}

interface Waiting {
  bytes: Buffer
  resolve: (at: { index: number }) => void
  reject: (error: AppError) => void
}

/** Tiles that stay in memory between proofs: 8 KiB each. */
const cachedTiles = 64

export interface LogOptions {
  folder: string
  origin: string
  privateKey: KeyObject
  /** made for a rotation that a crash may have cut short: it signs if the log has come to it */
  nextKey?: KeyObject
  clock: Clock
}

/** @throws AppError LOG_UNAVAILABLE, LOG_CORRUPT (files and checkpoint do not fit each other, or the key is another one) */
export async function openLog(options: LogOptions): Promise<TransparencyLog> {
  const { folder, origin, privateKey, nextKey, clock } = options
  /** one key, but for the checkpoint over the entry that hands over: it carries both signatures */
  let signers: readonly [KeyObject, ...KeyObject[]] = [privateKey]
  const checkpointPath = join(folder, 'checkpoint')

  /** @throws AppError LOG_CORRUPT if neither key is the one that the log has come to */
  function signerOf(current: VerifierKey): KeyObject {
    const mine = [privateKey, nextKey].find((key) => key && formatVerifierKey(verifierKeyOf(origin, key)) === formatVerifierKey(current))
    if (!mine) throw new AppError('LOG_CORRUPT', { problem: `another key signs it by now: ${formatVerifierKey(current)}` })
    return mine
  }

  async function writeCheckpoint(tree: LogTree): Promise<string> {
    const signed = signCheckpoint({ origin, size: tree.size, root: treeRoot(tree) }, signers)
    await replaceFile(checkpointPath, Buffer.from(signed))
    await syncFolder(folder)
    return signed
  }

  const rotated: number[] = []
  let { tree, note } = await orUnavailable(async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const stored = (await readIfThere(checkpointPath))?.toString()
    const rebuilt = await rebuildLog(folder, stored, verifierKeyOf(origin, privateKey))
    signers = [signerOf(rebuilt.keys.current)]
    rotated.push(...rebuilt.keys.rotations.map(({ index }) => index))
    await writeTreeFiles(folder, rebuilt.missing)
    const current = stored !== undefined && rebuilt.signedSize === rebuilt.tree.size ? stored : await writeCheckpoint(rebuilt.tree)
    return { tree: rebuilt.tree, note: current }
  })

  let waiting: Waiting[] = []
  let committing: Promise<void> | undefined
  let failure: AppError | undefined
  let witnessed: { size: number; note: string } | undefined
  const listeners = new Set<(note: string) => void>()
  const tiles = new Map<string, readonly Hash[]>()
  let latestBundle: { index: number; entries: Uint8Array[] } | undefined

  async function commitWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await commit(batch)
      } catch (cause) {
        failure = cause instanceof AppError ? cause : new AppError('LOG_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
        for (const { reject } of [...batch, ...waiting]) reject(failure)
        waiting = []
      }
    }
    committing = undefined
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    // Somebody else's checkpoint in this folder means two writers, and soon two histories.
    if ((await readIfThere(checkpointPath))?.toString() !== note) {
      throw new AppError('LOG_CORRUPT', { problem: 'its checkpoint was changed by another program' })
    }
    const first = tree.size
    const grown = growTree(
      tree,
      batch.map(({ bytes }) => bytes),
    )
    await writeTreeFiles(folder, grown.files)
    note = await writeCheckpoint(grown.tree)
    tree = grown.tree
    for (const listener of listeners) queueMicrotask(() => listener(note))
    for (const [at, { resolve }] of batch.entries()) resolve({ index: first + at })
    await tidy(grown.files)
  }

  /** Not worth a failed log: the next commit of the same kind, or nobody, removes what stays. */
  const tidy = (files: readonly TreeFile[]): Promise<void> => removePartials(folder, files).catch(() => undefined)

  async function readTile(level: number, index: number): Promise<readonly Hash[]> {
    const name = `${level}/${index}`
    const known = tiles.get(name)
    if (known) return known
    const hashes = await orUnavailable(() => readTileFile(folder, level, index))
    if (!hashes) throw new AppError('LOG_CORRUPT', { problem: `tile ${name} is missing or torn` })
    const [oldest] = tiles.keys()
    if (tiles.size >= cachedTiles && oldest !== undefined) tiles.delete(oldest)
    tiles.set(name, hashes)
    return hashes
  }

  const hashesOf = (of: LogTree, ranges: readonly LeafRange[]): Promise<Hash[]> =>
    Promise.all(ranges.map((range) => rangeHash(of, range, readTile)))

  /** The last one is kept: who reads entries one after the other reads each file once. A full bundle never changes. */
  async function fullBundle(index: number): Promise<Uint8Array[] | 'torn' | undefined> {
    if (latestBundle?.index === index) return latestBundle.entries
    const entries = await orUnavailable(() => readBundle(folder, index))
    if (Array.isArray(entries)) latestBundle = { index, entries }
    return entries
  }

  async function entryOf(of: LogTree, index: number): Promise<Uint8Array> {
    if (!Number.isInteger(index) || index < 0 || index >= of.size) throw new AppError('NOT_FOUND', { what: `Log entry ${index}` })
    const bundle = Math.floor(index / tileWidth)
    const entries = bundle === Math.floor(of.size / tileWidth) ? of.entries : await fullBundle(bundle)
    const entry = Array.isArray(entries) ? (entries[index % tileWidth] as Uint8Array | undefined) : undefined
    if (!entry) throw new AppError('LOG_CORRUPT', { problem: `entry ${index} is missing` })
    return entry
  }

  function append(entry: LogEntryDraft): Promise<{ index: number }> {
    if (failure) return Promise.reject(failure)
    const bytes = Buffer.from(JSON.stringify({ v: 1, at: timestampOf(clock.now()), ...entry }))
    if (bytes.length > maximumEntryBytes) {
      return Promise.reject(new AppError('BODY_TOO_LARGE', { bytes: bytes.length, limit: maximumEntryBytes }))
    }
    return new Promise((resolve, reject) => {
      waiting.push({ bytes, resolve, reject })
      // In a microtask: appends of the same turn of the event loop share a commit.
      committing ??= Promise.resolve().then(commitWaiting)
    })
  }

  async function tlogProof(index: number): Promise<string> {
    const of = tree
    const { size, note: checkpoint } = witnessed && witnessed.size > index ? witnessed : { size: of.size, note }
    const entry = await entryOf(of, index)
    return formatTlogProof({ entry, index, hashes: await hashesOf(of, inclusionRanges(index, size)), checkpoint })
  }

  return {
    origin,
    get verifierKey() {
      return formatVerifierKey(verifierKeyOf(origin, signers[0]))
    },
    get size() {
      return tree.size
    },
    checkpoint: () => note,
    append,
    async rotate(to) {
      // the statement names its own place: it is the first entry of the commit that follows
      for (let running = committing; running; running = committing) await running
      const [from] = signers
      const statement = signRotation({ origin, index: tree.size, from, to })
      signers = [to, from]
      const { index } = await append({ kind: 'key.rotate', note: statement })
      rotated.push(index)
      signers = [to]
      return { index }
    },
    rotations: () => Promise.all(rotated.map(tlogProof)),
    entry: (index) => entryOf(tree, index),
    tlogProof,
    async consistencyProof(from, to) {
      if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from > to || to > tree.size) {
        throw new AppError('INVALID_REQUEST', { problem: `the log has ${tree.size} entries: from ${from} to ${to} is no part of it` })
      }
      return (await hashesOf(tree, consistencyRanges(from, to))).map(base64Of)
    },
    async cosigned(checkpoint) {
      const claimed = readClaimedCheckpoint(checkpoint)
      const size = claimed?.size ?? Infinity
      const root = size <= tree.size ? await rangeHash(tree, { start: 0, end: size }, readTile) : undefined
      if (!claimed || !root || !equalBytes(root, claimed.root)) {
        throw new AppError('LOG_CORRUPT', { problem: `it does not continue the checkpoint of ${size} entries that witnesses cosigned` })
      }
      witnessed = { size, note: checkpoint }
    },
    onCheckpoint(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => createLogReader({ folder, tree, checkpoint: note, rotated: [...rotated], readTile }),
    async close() {
      await committing
      failure ??= new AppError('LOG_UNAVAILABLE', { problem: 'it is closed' })
      listeners.clear()
    },
  }
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('LOG_UNAVAILABLE', { problem: problemOf(cause) }, { cause })
  }
}
