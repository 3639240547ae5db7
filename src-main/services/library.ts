/** The offline library: recordings with their proofs on this computer. It needs no network and nobody signed in. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopOutput } from '../../src-protocol/desktop-api.ts'
import type { LibraryRow } from '../../src-protocol/library-row.ts'
import type { LibraryFacets, LibraryQuery, RecordQuery, ReplayColumns, ReplayRow } from '../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { ComparisonRequest } from '../../src-protocol/library-comparison.ts'
import type { Verification } from '../../src-protocol/verification.ts'
import { hexOf } from '../../src-core/log/merkle-hash.ts'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { parseTlogProof } from '../../src-core/log/tlog-proof.ts'
import { recordLeaf } from '../../src-core/recording/record-leaf.ts'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import type { Clock } from '../../src-node/clock.ts'
import { compareRecordings } from './library/compare-recordings.ts'
import { createKnownWitnesses, type KnownWitnesses } from './library/known-witnesses.ts'
import { openLibraryDatabase } from './library/library-database.ts'
import { parseImportedRecording } from './library/parse-imported-recording.ts'
import { createPinnedCheckpoints, type PinnedCheckpoints } from './library/pinned-checkpoints.ts'
import { createRecordingPages, type RecordingPage } from './library/recording-pages.ts'
import { createRecordSearch } from './library/record-search.ts'
import { createSearchQuery } from './library/search-query.ts'
import { createStoredRecordings, readRow, rowOf, type StoredRecording } from './library/stored-recordings.ts'

export { toReplayRows } from '../../src-core/recording/replay-rows.ts'

export interface Library extends Pick<PinnedCheckpoints, 'pin' | 'pinnedFor'>, KnownWitnesses {
  /**
   * Checks a recording and keeps it, also if it does not verify: a changed copy is evidence too, and is shown as failed. It never takes the place of a copy
   * that verifies, and neither does another recording of the same session.
   * @param refuseFailed keep only what verifies
   * @throws AppError RECORDING_INVALID, PROOF_FILE_INVALID, KEY_INVALID, CONFLICT, DOWNLOAD_UNVERIFIED
   */
  add(recording: string | Uint8Array, proof: string, verifierKey: string, refuseFailed?: boolean): LibraryRow
  /** Another proof for a recording that is here, such as one of a newer checkpoint. @throws AppError PROOF_ALONE, CONFLICT, PROOF_FILE_INVALID */
  addProof(session: SessionId, proof: string): LibraryRow
  /** newest first; `onGateway` is for the caller to fill in. @throws AppError INVALID_REQUEST */
  page(query?: LibraryQuery): RecordingPage
  facets(): LibraryFacets
  totals(): { recordings: number; records: number; bytes: number }
  /** what is believed about a log that this computer knows: the key that is pinned, and the proofs of the entries that led to it */
  trustOf(origin: string): { key: string; rotations: string[]; size: number; root: string } | undefined
  /** which of these are here */
  among(sessions: readonly SessionId[]): SessionId[]
  /** the same, and how it stands with the proof of each */
  proofStates(sessions: readonly SessionId[]): Partial<Record<SessionId, LibraryRow['proof']>>
  /** what the library takes of the disk: without what was removed, whose room is used again */
  space(): { recordings: number; usedBytes: number; recordedBytes: number }
  /** the recordings that began first, until they have so many bytes, at most 500 */
  oldest(bytes: number): LibraryRow[]
  /** @throws AppError NOT_FOUND */
  get(session: SessionId): { row: LibraryRow; rows: ReplayRow[] }
  /** A replay without its texts. @throws AppError NOT_FOUND */
  open(session: SessionId): { row: LibraryRow; columns: ReplayColumns }
  /** Two of them call by call. @throws AppError NOT_FOUND */
  compare(request: ComparisonRequest): DesktopOutput<'library:compare'>
  /** @throws AppError NOT_FOUND */
  rows(session: SessionId, seqs: readonly number[]): ReplayRow[]
  /** The stored line and its leaf hash (hex). @throws AppError NOT_FOUND */
  record(session: SessionId, seq: number): { line: string; leaf: string }
  /** sequence numbers of the records in which all the words occur */
  search(session: SessionId, text: string): number[]
  /** the same, a bit for each record */
  searchBits(session: SessionId, text: string): DesktopOutput<'library:search'>
  /** Records of all sessions, with a piece of each around what was found. @throws AppError INVALID_REQUEST */
  find(query: RecordQuery): DesktopOutput<'library:find'>
  /** Under the key that is pinned for this log, if one is; otherwise under the key that came with the recording. @throws AppError NOT_FOUND */
  verify(session: SessionId, seq?: number): Verification
  /** Writes `<session>.jsonl`, `<session>.tlog-proof` and the log's `.pub`; gives the paths. @throws AppError NOT_FOUND */
  exportTo(folder: string, sessions: readonly SessionId[]): string[]
  /** @throws AppError NOT_FOUND */
  remove(session: SessionId): void
  /** those that are here; what they took is given back to the disk where the library's file can shrink */
  removeMany(sessions: readonly SessionId[]): void
  close(): void
}

export function openLibrary(options: { file: string; clock: Clock; elapsed?: () => number }): Library {
  const { file, clock, elapsed = () => performance.now() } = options
  const database = openLibraryDatabase(file, (fresh, { lines, proof, verifierKey }) => {
    const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
    createStoredRecordings(fresh).put(parseImportedRecording(bytes), proof, verifierKey, 'unchecked')
  })
  const pins = createPinnedCheckpoints(database, clock)
  const recordings = createStoredRecordings(database)
  const pages = createRecordingPages(database)
  const records = createRecordSearch(database)
  const searchQuery = createSearchQuery(database)
  const linked = database.prepare<[string], { size: number; root: string; seen_at: string; hashes: string }>(
    'SELECT * FROM link WHERE session = ?',
  )

  /** The key to believe for a log: once one is pinned, a recording that brings another does not verify. */
  const trustedKey = (origin: string, given: string): string => pins.ofOrigin(origin)[0]?.verifier_key ?? given

  function check(
    recording: Uint8Array,
    { origin, proof, key, stored }: { origin: string; proof: string; key: string; stored?: { session: SessionId; seq?: number } },
  ): Verification {
    const [pin] = pins.ofOrigin(origin)
    const link = stored && linked.get(stored.session)
    const known = link ?? pin
    return verifyRecording({
      recording,
      proof,
      key: trustedKey(origin, key),
      rotations: pins.rotationsOf(origin),
      elapsed,
      ...(stored?.seq === undefined ? {} : { seq: stored.seq }),
      ...(known ? { pinned: { size: known.size, root: known.root, seenAt: known.seen_at } } : {}),
      ...(link ? { consistency: JSON.parse(link.hashes) as string[] } : {}),
    })
  }

  function search(session: SessionId, text: string): { recording: StoredRecording; seqs: number[] } {
    const recording = recordings.get(session)
    return { recording, seqs: records.within(recording.first_record, recording.records, searchQuery(text)) }
  }

  /** One that verifies is what it is: whoever makes a log of their own can prove anything with it, and call it by the id of any session. */
  const mayReplace = (before: StoredRecording, bytes: Uint8Array): boolean => Buffer.from(bytes).equals(recordings.bytes(before))

  const library: Library = {
    pin: (...given) => pins.pin(...given),
    pinnedFor: (gateway) => pins.pinnedFor(gateway),
    ...createKnownWitnesses(database, pins, clock),
    add(recording, proof, verifierKey, refuseFailed = false) {
      const key = parseVerifierKey(verifierKey)
      if (!key.ok) throw new AppError('KEY_INVALID', { problem: key.problem })
      const parsed = parseTlogProof(proof)
      if (!parsed.ok) throw new AppError('PROOF_FILE_INVALID', { problem: parsed.problem })
      const imported = parseImportedRecording(recording)
      const { summary, open } = imported
      const before = recordings.find(summary.session)
      const verification = check(imported.bytes, { origin: open.logOrigin, proof, key: verifierKey })
      if (refuseFailed && !verification.verified) {
        const failed = verification.steps.find(({ outcome }) => outcome === 'failed')
        throw new AppError('DOWNLOAD_UNVERIFIED', { problem: `${verification.reason ?? 'unknown'}: ${failed?.sentence ?? ''}` })
      }
      if (before?.proof_state === 'verified' && !verification.verified) {
        throw new AppError('CONFLICT', {
          problem: `a verified recording of session ${summary.session} is here already, and this copy does not verify`,
        })
      }
      if (before?.proof_state === 'verified' && !mayReplace(before, imported.bytes)) {
        throw new AppError('CONFLICT', { problem: `another recording of session ${summary.session} is here already, and it verifies` })
      }
      // the same recording, proven by a log of which nobody here knows that it is the same: what was believed first stays
      if (before?.proof_state === 'verified' && before.verifier_key !== verifierKey && !pins.ofOrigin(open.logOrigin)[0])
        return readRow(before)
      const state = verification.verified ? 'verified' : 'failed'
      recordings.put(imported, proof, verifierKey, state)
      return rowOf(summary, state)
    },
    addProof(session, proof) {
      const found = recordings.find(session)
      if (!found) throw new AppError('PROOF_ALONE', { session })
      return library.add(recordings.bytes(found), proof, found.verifier_key)
    },
    page: (query = {}) => pages.page(query, searchQuery(query.text ?? '')),
    facets: () => pages.facets(),
    totals: () => recordings.totals(),
    trustOf(origin) {
      const [pin] = pins.ofOrigin(origin)
      return pin && { key: pin.verifier_key, rotations: pins.rotationsOf(origin), size: pin.size, root: pin.root }
    },
    among: (sessions) => sessions.filter((session) => recordings.find(session) !== undefined),
    get(session) {
      const recording = recordings.get(session)
      return { row: readRow(recording), rows: recordings.rows(recording, Array(recording.records).keys()) }
    },
    open(session) {
      const recording = recordings.get(session)
      return { row: readRow(recording), columns: recordings.columns(session) }
    },
    compare: (request) => compareRecordings(recordings, request),
    rows: (session, seqs) => recordings.rows(recordings.get(session), seqs),
    record(session, seq) {
      const line = recordings.line(recordings.get(session), seq)
      if (!line) throw new AppError('NOT_FOUND', { what: `Record ${seq} of session ${session}` })
      return { line: line.toString(), leaf: hexOf(recordLeaf(line)) }
    },
    search: (session, text) => search(session, text).seqs,
    searchBits(session, text) {
      const { recording, seqs } = search(session, text)
      const bits = new Uint8Array(Math.ceil(recording.records / 8))
      for (const seq of seqs) bits[seq >> 3]! |= 1 << (seq & 7)
      return { count: seqs.length, bits }
    },
    find: (query) => records.find(query, searchQuery(query.text)),
    verify(session, seq) {
      const recording = recordings.get(session)
      const { origin, proof, verifier_key: key } = recording
      const stored = { session, ...(seq === undefined ? {} : { seq }) }
      const verification = check(recordings.bytes(recording), { origin, proof, key, stored })
      // A question about a record that is not there says nothing about the recording.
      if (seq === undefined || verification.verified) recordings.setState(session, verification.verified ? 'verified' : 'failed')
      return verification
    },
    exportTo(folder, sessions) {
      const wanted = sessions.map((session) => recordings.get(session))
      mkdirSync(folder, { recursive: true })
      const files = new Map<string, Uint8Array>()
      for (const recording of wanted) {
        files.set(`${recording.session}.jsonl`, recordings.bytes(recording))
        files.set(`${recording.session}.tlog-proof`, Buffer.from(recording.proof))
        const rotations = pins.rotationsOf(recording.origin)
        if (rotations.length > 0) files.set(keyFileName(recording.origin, 'rotations.json'), Buffer.from(JSON.stringify(rotations)))
        files.set(keyFileName(recording.origin), Buffer.from(`${trustedKey(recording.origin, recording.verifier_key)}\n`))
      }
      return [...files].map(([name, bytes]) => {
        const path = join(folder, name)
        writeFileSync(path, bytes)
        return path
      })
    },
    proofStates: (sessions) =>
      Object.fromEntries(
        sessions.flatMap((session) => {
          const found = recordings.find(session)
          return found ? [[session, found.proof_state]] : []
        }),
      ),
    space() {
      const pragma = (name: string) => database.pragma(name, { simple: true }) as number
      const { recordings: count, bytes } = recordings.totals()
      return {
        recordings: count,
        usedBytes: (pragma('page_count') - pragma('freelist_count')) * pragma('page_size'),
        recordedBytes: bytes,
      }
    },
    oldest(bytes) {
      const found: LibraryRow[] = []
      let sum = 0
      for (const row of recordings.oldest()) {
        if (sum >= bytes || found.length === mostProposed) break
        found.push(readRow(row))
        sum += row.bytes
      }
      return found
    },
    remove: (session) => recordings.remove(recordings.get(session)),
    removeMany(sessions) {
      for (const session of sessions) {
        const found = recordings.find(session)
        if (found) recordings.remove(found)
      }
      database.pragma('incremental_vacuum')
    },
    close: () => database.close(),
  }
  return library
}

const mostProposed = 500

/** `gate.example/log` → `gate.example_log.pub`: an origin is hostile input, and a file name is not the place for it. */
const keyFileName = (origin: string, ending = 'pub'): string =>
  `${
    origin
      .replace(/[^A-Za-z0-9.-]/g, '_')
      .replace(/^\.+/, '')
      .slice(0, 100) || 'log'
  }.${ending}`
