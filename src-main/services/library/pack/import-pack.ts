import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../../../../src-protocol/app-error.ts'
import type { LibraryRow } from '../../../../src-protocol/library-row.ts'
import { packManifest, type OpenedPack, type PackManifest } from '../../../../src-protocol/evidence.ts'
import { sessionId } from '../../../../src-protocol/ids.ts'
import { logEntry } from '../../../../src-protocol/log-entry.ts'
import { openRecord } from '../../../../src-protocol/recording.ts'
import { problemOfPeriod, readPackLog } from '../../../../src-core/evidence/check-pack-log.ts'
import { parseBase64 } from '../../../../src-core/log/base64.ts'
import { openCheckpoint, readClaimedCheckpoint, type Checkpoint } from '../../../../src-core/log/checkpoint.ts'
import { followKeyProofs, type KeyHistory } from '../../../../src-core/log/key-history.ts'
import { equalBytes, leafHash } from '../../../../src-core/log/merkle-hash.ts'
import { verifyInclusion, type TreeHead } from '../../../../src-core/log/merkle-proof.ts'
import { parseVerifierKey } from '../../../../src-core/log/signed-note.ts'
import { parseTlogProof } from '../../../../src-core/log/tlog-proof.ts'
import { maximumRecordingBytes } from '../../../../src-core/recording/record-lines.ts'
import type { Library } from '../../library.ts'
import type { OnProgress } from '../import-file.ts'
import type { PackZip } from './pack-zip.ts'

const mostManifestBytes = 16 * 1024 ** 2
const mostEntriesBytes = 512 * 1024 ** 2
const mostProofBytes = 1024 ** 2

const altered = (problem: string): AppError => new AppError('PACK_ALTERED', { problem })
const invalid = (problem: string): AppError => new AppError('PACK_INVALID', { problem })

/**
 * Opens an evidence pack: its files are those of its manifest, its log entries give the root that the log's key signed, and each recording of its sample is
 * checked as any other recording is. Nothing is kept before manifest, files and log have been checked. A recording that does not verify is kept and shown as
 * failed, as it is when it comes by itself.
 * @throws AppError PACK_REFUSED, PACK_INVALID, PACK_ALTERED, KEY_INVALID, IMPORT_CANCELLED
 */
export async function importPack(
  library: Library,
  zip: PackZip,
  onProgress: OnProgress,
): Promise<{ rows: LibraryRow[]; pack: OpenedPack }> {
  try {
    const manifest = await readManifest(zip)
    checkNames(zip, manifest)
    const samples = samplesOf(zip)
    let done = 0
    const total = samples.length + 1
    const tell = async (part: number): Promise<void> => {
      if (!(await onProgress({ done: done + part, total }))) throw new AppError('IMPORT_CANCELLED', { done, total: samples.length })
    }
    await checkFiles(zip, manifest, tell)
    const trust = await readTrust(zip, library)
    await checkLog(zip, manifest, trust)
    await checkManifestProof(zip, trust)
    done = 0
    const rows: LibraryRow[] = []
    for (const session of samples) {
      await tell(0)
      const recording = await zip.read(`sample/${session}/recording.jsonl`, maximumRecordingBytes)
      const proof = (await zip.read(`sample/${session}/recording.tlog-proof`, mostProofBytes)).toString('utf8')
      if (sessionOf(recording) !== session) throw altered(`the recording in sample/${session} is of another session`)
      rows.push(library.add(recording, proof, trust.given))
      done += 1
    }
    const { gateway, made, query, counts } = manifest
    const { entries, sessions, sample } = counts
    return {
      rows,
      pack: { gateway, made, from: query.from, to: query.to, entries, sessions, sample, key: trust.pinned ? 'pinned' : 'pack' },
    }
  } finally {
    zip.close()
  }
}

async function readManifest(zip: PackZip): Promise<PackManifest> {
  if (!zip.paths.has('manifest.json')) throw new AppError('PACK_REFUSED', { problem: 'it has no manifest.json' })
  const text = (await zip.read('manifest.json', mostManifestBytes)).toString('utf8')
  const parsed = packManifest.safeParse(parseJson(text))
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.') ?? ''
    throw invalid(place === '' ? 'manifest.json is not JSON' : `${place.slice(0, 100)} of manifest.json is missing or not as expected`)
  }
  return parsed.data
}

/** Every file is named by the manifest, and every named one is there. */
function checkNames(zip: PackZip, { files }: PackManifest): void {
  const named = new Set(files.map(({ path }) => path))
  if (named.size !== files.length) throw invalid('manifest.json names a file twice')
  const apart = new Set(['manifest.json', 'manifest.json.tlog-proof'])
  for (const path of zip.paths) if (!named.has(path) && !apart.has(path)) throw altered(`the manifest does not name ${path}`)
  for (const path of named) if (!zip.paths.has(path)) throw altered('a file that the manifest names is missing')
}

async function checkFiles(zip: PackZip, { files }: PackManifest, tell: (part: number) => Promise<void>): Promise<void> {
  let read = 0
  for (const file of files) {
    const { sha256, bytes } = await zip.hash(file.path, (count) => (read += count))
    if (sha256 !== file.sha256 || bytes !== file.bytes) throw altered(`${file.path} is not the file that the manifest names`)
    await tell(Math.min(1, read / Math.max(1, zip.bytes)))
  }
}

interface Trust {
  /** as the pack brings it */
  given: string
  /** whether this computer knew the log before */
  pinned: boolean
  history: KeyHistory
  /** what this computer has seen of the log */
  seen: TreeHead | undefined
}

/** The key that this computer has pinned for the log, if it knows the log; otherwise the one in the pack, and the person is told. */
async function readTrust(zip: PackZip, library: Library): Promise<Trust> {
  const given = (await zip.read('trust/log.vkey', 1024)).toString('utf8').trim()
  const parsed = parseVerifierKey(given)
  if (!parsed.ok) throw new AppError('KEY_INVALID', { problem: parsed.problem })
  const known = library.trustOf(parsed.key.name)
  const pinned = known === undefined ? undefined : parseVerifierKey(known.key)
  const trusted = pinned?.ok ? pinned.key : parsed.key
  const brought = zip.paths.has('trust/rotations.json') ? await zip.read('trust/rotations.json', mostProofBytes) : undefined
  const rotations = z.array(z.string()).safeParse(parseJson(brought?.toString('utf8') ?? '[]'))
  if (!rotations.success) throw invalid('trust/rotations.json is not a list of proofs')
  const proofs = rotations.data.length > 0 ? rotations.data : (known?.rotations ?? [])
  const followed = followKeyProofs(trusted, proofs)
  if (!followed.ok) throw altered('the keys of its log are not vouched for by the key that is trusted')
  const root = known && parseBase64(known.root)
  return { given, pinned: known !== undefined, history: followed.history, seen: known && root && { size: known.size, root } }
}

/** A checkpoint, if the key that the log had at its size signed it. */
function openSigned(note: string, { history }: Trust): Checkpoint | undefined {
  const claimed = readClaimedCheckpoint(note)
  const opened = claimed && openCheckpoint(note, history.keyAt(claimed.size))
  return opened?.ok ? opened.checkpoint : undefined
}

async function checkLog(zip: PackZip, { counts, query }: PackManifest, trust: Trust): Promise<void> {
  const checkpoint = openSigned((await zip.read('log/end.checkpoint', mostProofBytes)).toString('utf8'), trust)
  if (!checkpoint) throw altered('the checkpoint of its log is not signed by the key that is trusted for the log')
  const range = (await zip.read('log/range.json', mostProofBytes)).toString('utf8')
  const entries = (await zip.read('log/entries.jsonl', mostEntriesBytes)).toString('utf8')
  const read = readPackLog(range, linesOf(entries))
  if (!read.ok) throw altered(read.problem)
  const { log } = read
  if (log.size !== checkpoint.size || !equalBytes(log.root, checkpoint.root)) {
    throw altered('its log entries do not give the root that the log’s key signed')
  }
  const seen = trust.seen && trust.seen.size <= log.size ? log.rootAt(trust.seen.size) : undefined
  if (seen && trust.seen && !equalBytes(seen, trust.seen.root))
    throw altered('its log is not the one of which this computer has seen a checkpoint')
  const found = log.end - log.start
  if (found !== counts.entries) throw altered(`it has ${found} log entries, and the manifest names ${counts.entries}`)
  if (log.closed !== counts.sessions) throw altered(`its log closes ${log.closed} sessions, and the manifest names ${counts.sessions}`)
  const neighbour = async (path: string) => (zip.paths.has(path) ? (await zip.read(path, mostProofBytes)).toString('utf8') : undefined)
  const beside = { before: await neighbour('log/before.tlog-proof'), after: await neighbour('log/after.tlog-proof') }
  const problem = problemOfPeriod(log, query, beside)
  if (problem !== undefined) throw altered(problem)
}

/** A gateway puts the hash of each manifest into its log. A pack that was made of a copy of a store has no such proof. */
async function checkManifestProof(zip: PackZip, trust: Trust): Promise<void> {
  if (!zip.paths.has('manifest.json.tlog-proof')) return
  const hash = createHash('sha256')
    .update(await zip.read('manifest.json', mostManifestBytes))
    .digest('hex')
  const parsed = parseTlogProof((await zip.read('manifest.json.tlog-proof', mostProofBytes)).toString('utf8'))
  if (!parsed.ok) throw altered('the proof of its manifest is not well formed')
  const { entry, index, hashes, checkpoint: note } = parsed.proof
  const checkpoint = openSigned(note, trust)
  const logged = logEntry.safeParse(parseJson(Buffer.from(entry).toString('utf8')))
  const isLogged =
    checkpoint !== undefined &&
    verifyInclusion({ leaf: leafHash(entry), index, size: checkpoint.size, root: checkpoint.root, path: hashes }) &&
    logged.success &&
    logged.data.kind === 'export.pack' &&
    logged.data.manifest === hash
  if (!isLogged) throw altered('the log does not say that this manifest was exported')
}

/** Sessions of the sample: only what has the name of a session is one. */
function samplesOf(zip: PackZip): string[] {
  const sessions = [...zip.paths].flatMap((path) => /^sample\/([^/]+)\/recording\.jsonl$/.exec(path)?.[1] ?? [])
  const foreign = sessions.find(
    (session) => !sessionId.safeParse(session).success || !zip.paths.has(`sample/${session}/recording.tlog-proof`),
  )
  if (foreign !== undefined) throw invalid(`sample/${foreign.slice(0, 60)} is not a session with its proof`)
  return sessions.toSorted()
}

/** As its first line names it; a recording that has no such line is refused when it is added. */
function sessionOf(recording: Buffer): string | undefined {
  const end = recording.indexOf(0x0a)
  if (end < 0 || end > 64 * 1024) throw new AppError('RECORDING_INVALID', { problem: 'its first line does not open a session' })
  const first = openRecord.safeParse(parseJson(recording.subarray(0, end).toString('utf8')))
  if (!first.success) throw new AppError('RECORDING_INVALID', { problem: 'its first line does not open a session' })
  return first.data.session
}

function* linesOf(text: string): Generator<string> {
  let start = 0
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    yield text.slice(start, end)
    start = end + 1
  }
  if (start < text.length) yield text.slice(start)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
