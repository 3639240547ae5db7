/** The offline library: recordings with their proofs on this computer. It needs no network and nobody signed in. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../src-protocol/app-error.ts'
import type { LibraryRow, ReplayRow } from '../../src-protocol/desktop-api.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { RecordingSummary } from '../../src-protocol/model.ts'
import type { Verification } from '../../src-protocol/verification.ts'
import { base64Of } from '../../src-core/log/base64.ts'
import { openCheckpoint } from '../../src-core/log/checkpoint.ts'
import { hexOf } from '../../src-core/log/merkle-hash.ts'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { parseTlogProof } from '../../src-core/log/tlog-proof.ts'
import { recordLeaf } from '../../src-core/recording/record-leaf.ts'
import { replayRowsOf } from '../../src-core/recording/replay-rows.ts'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import type { Clock } from '../../src-node/clock.ts'
import { openLibraryDatabase, searchQuery } from './library/library-database.ts'
import { parseImportedRecording, type ImportedRecording } from './library/parse-imported-recording.ts'
import { createPinnedCheckpoints, type PinnedCheckpoints } from './library/pinned-checkpoints.ts'

export { toReplayRows } from '../../src-core/recording/replay-rows.ts'

export interface Library extends Pick<PinnedCheckpoints, 'pin' | 'pinnedFor'> {
  /**
   * Checks a recording and keeps it, also if it does not verify: a changed copy is evidence too, and is shown as failed. It never takes the place of a copy
   * that verifies.
   * @throws AppError RECORDING_INVALID, PROOF_FILE_INVALID, KEY_INVALID, CONFLICT
   */
  add(recording: string | Uint8Array, proof: string, verifierKey: string): LibraryRow
  /** newest first; `onGateway` is for the caller to fill in */
  list(filter?: { text?: string }): LibraryRow[]
  /** @throws AppError NOT_FOUND */
  get(session: SessionId): { row: LibraryRow; rows: ReplayRow[] }
  /** The stored line and its leaf hash (hex). @throws AppError NOT_FOUND */
  record(session: SessionId, seq: number): { line: string; leaf: string }
  /** sequence numbers of the records in which all the words occur */
  search(session: SessionId, text: string): number[]
  /** Under the key that is pinned for this log, if one is; otherwise under the key that came with the recording. @throws AppError NOT_FOUND */
  verify(session: SessionId, seq?: number): Verification
  /** Writes `<session>.jsonl`, `<session>.tlog-proof` and the log's `.pub`; gives the paths. @throws AppError NOT_FOUND */
  exportTo(folder: string, sessions: readonly SessionId[]): string[]
  /** @throws AppError NOT_FOUND */
  remove(session: SessionId): void
  close(): void
}

interface StoredRecording {
  session: string
  summary: string
  origin: string
  proof: string
  verifier_key: string
  proof_state: LibraryRow['proof']
  first_record: number
  records: number
}

export function openLibrary(options: { file: string; clock: Clock; elapsed?: () => number }): Library {
  const { file, clock, elapsed = () => performance.now() } = options
  const database = openLibraryDatabase(file)
  const pins = createPinnedCheckpoints(database, clock)

  const stored = database.prepare<[string], StoredRecording>('SELECT * FROM recording WHERE session = ?')
  const lines = database.prepare<[number, number], { line: Buffer }>('SELECT line FROM record WHERE id >= ? AND id < ? ORDER BY id')
  const oneLine = database.prepare<[number], { line: Buffer }>('SELECT line FROM record WHERE id = ?')
  const nextRecord = database.prepare<[], { id: number }>('SELECT coalesce(max(id), 0) + 1 AS id FROM record')
  const addLine = database.prepare('INSERT INTO record (id, line) VALUES (?, ?)')
  const addText = database.prepare('INSERT INTO record_text (rowid, body, tool, rule) VALUES (?, ?, ?, ?)')
  const removeLines = database.prepare('DELETE FROM record WHERE id >= ? AND id < ?')
  const removeText = database.prepare('DELETE FROM record_text WHERE rowid >= ? AND rowid < ?')
  const removeRecording = database.prepare('DELETE FROM recording WHERE session = ?')
  const addRecording = database.prepare(`
    INSERT INTO recording (session, started_at, summary, heading, origin, proof, verifier_key, checkpoint_size, checkpoint_root, proof_state, first_record, records)
    VALUES (@session, @startedAt, @summary, @heading, @origin, @proof, @verifierKey, @size, @root, @state, @first, @records)`)
  const addReplay = database.prepare('INSERT INTO replay (session, rows) VALUES (?, ?)')
  const replayOf = database.prepare<[string], string>('SELECT rows FROM replay WHERE session = ?').pluck()
  const setState = database.prepare('UPDATE recording SET proof_state = ? WHERE session = ?')
  const all = database.prepare<[], Pick<StoredRecording, 'session' | 'summary' | 'proof_state'>>(
    'SELECT session, summary, proof_state FROM recording ORDER BY started_at DESC, session',
  )
  const matchingHeading = database.prepare<[string], { session: string }>(`SELECT session FROM recording WHERE heading LIKE ? ESCAPE '\\'`)
  const hits = database
    .prepare<[string, number, number], number>(
      'SELECT rowid FROM record_text WHERE record_text MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid',
    )
    .pluck()
  const places = database.prepare<[], { session: string; first: number; records: number }>(
    'SELECT session, first_record AS first, records FROM recording ORDER BY first_record',
  )
  const linked = database.prepare<[string], { size: number; root: string; seen_at: string; hashes: string }>(
    'SELECT * FROM link WHERE session = ?',
  )

  function find(session: SessionId): StoredRecording {
    const recording = stored.get(session)
    if (!recording) throw new AppError('NOT_FOUND', { what: `The recording of session ${session} on this computer` })
    return recording
  }

  const linesOf = ({ first_record: first, records }: StoredRecording) => lines.all(first, first + records).map(({ line }) => line)

  const bytesOf = (recording: StoredRecording): Buffer => Buffer.concat(linesOf(recording).flatMap((line) => [line, lineFeed]))

  const removeStored = ({ session, first_record: first, records }: StoredRecording): void => {
    removeText.run(first, first + records)
    removeLines.run(first, first + records)
    removeRecording.run(session)
  }

  const insert = database.transaction((imported: ImportedRecording, proof: string, verifierKey: string, state: LibraryRow['proof']) => {
    const { summary, open, records } = imported
    const before = stored.get(summary.session)
    if (before) removeStored(before)
    const first = nextRecord.get()?.id ?? 1
    for (const [place, line] of imported.lines.entries()) {
      const record = records[place]
      addLine.run(first + place, line)
      if (!record) continue
      const { body, tool, rule } = searchText(record)
      addText.run(first + place, body, tool, rule)
    }
    const { size, root } = headOf(proof, verifierKey)
    addRecording.run({
      session: summary.session,
      startedAt: summary.startedAt,
      summary: JSON.stringify(summary),
      heading: [
        summary.session,
        summary.connection,
        summary.person.name,
        summary.person.email ?? '',
        summary.reason,
        summary.endReason,
      ].join('\n'),
      origin: open.logOrigin,
      proof,
      verifierKey,
      size,
      root,
      state,
      first,
      records: records.length,
    })
    addReplay.run(summary.session, JSON.stringify(replayRowsOf(records)))
  })

  /** One pass over the hits, in the order in which recordings lie: a common word in a large library costs no more than its hits. */
  function sessionsWith(words: string): Set<string> {
    const sessions = new Set<string>()
    const query = searchQuery(words)
    if (query === undefined) return sessions
    const recordings = places.all()
    let at = 0
    for (const id of hits.iterate(query, 0, Number.MAX_SAFE_INTEGER)) {
      for (let one = recordings[at]; one && one.first + one.records <= id; one = recordings[at]) at += 1
      const holder = recordings[at]
      if (holder) sessions.add(holder.session)
    }
    return sessions
  }

  /** The key to believe for a log: once one is pinned, a recording that brings another does not verify. */
  const trustedKey = (origin: string, given: string): string => pins.ofOrigin(origin)[0]?.verifier_key ?? given

  function check(
    recording: Uint8Array,
    origin: string,
    proof: string,
    given: string,
    stored?: { session: SessionId; seq?: number },
  ): Verification {
    const [pin] = pins.ofOrigin(origin)
    const link = stored && linked.get(stored.session)
    const known = link ?? pin
    return verifyRecording({
      recording,
      proof,
      key: trustedKey(origin, given),
      elapsed,
      ...(stored?.seq === undefined ? {} : { seq: stored.seq }),
      ...(known ? { pinned: { size: known.size, root: known.root, seenAt: known.seen_at } } : {}),
      ...(link ? { consistency: JSON.parse(link.hashes) as string[] } : {}),
    })
  }

  return {
    pin: (...given) => pins.pin(...given),
    pinnedFor: (gateway) => pins.pinnedFor(gateway),
    add(recording, proof, verifierKey) {
      const key = parseVerifierKey(verifierKey)
      if (!key.ok) throw new AppError('KEY_INVALID', { problem: key.problem })
      const parsed = parseTlogProof(proof)
      if (!parsed.ok) throw new AppError('PROOF_FILE_INVALID', { problem: parsed.problem })
      const imported = parseImportedRecording(recording)
      const { summary, open } = imported
      const before = stored.get(summary.session)
      const verification = check(imported.bytes, open.logOrigin, proof, verifierKey)
      if (before?.proof_state === 'verified' && !verification.verified) {
        throw new AppError('CONFLICT', {
          problem: `a verified recording of session ${summary.session} is here already, and this copy does not verify`,
        })
      }
      const state = verification.verified ? 'verified' : 'failed'
      insert(imported, proof, verifierKey, state)
      return rowOf(summary, state)
    },
    list({ text = '' } = {}) {
      const words = text.trim()
      if (words === '') return all.all().map(readRow)
      const like = `%${words.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`
      const found = sessionsWith(words)
      const headings = new Set(matchingHeading.all(like).map(({ session }) => session))
      return all.all().flatMap((recording) => (found.has(recording.session) || headings.has(recording.session) ? [readRow(recording)] : []))
    },
    get(session) {
      const recording = find(session)
      return { row: readRow(recording), rows: JSON.parse(replayOf.get(session) ?? '[]') as ReplayRow[] }
    },
    record(session, seq) {
      const { first_record: first, records } = find(session)
      const found = Number.isInteger(seq) && seq >= 0 && seq < records ? oneLine.get(first + seq) : undefined
      if (!found) throw new AppError('NOT_FOUND', { what: `Record ${seq} of session ${session}` })
      return { line: found.line.toString(), leaf: hexOf(recordLeaf(found.line)) }
    },
    search(session, text) {
      const { first_record: first, records } = find(session)
      const query = searchQuery(text)
      return query === undefined ? [] : hits.all(query, first, first + records).map((id) => id - first)
    },
    verify(session, seq) {
      const recording = find(session)
      const { origin, proof, verifier_key: key } = recording
      const verification = check(bytesOf(recording), origin, proof, key, { session, seq })
      // A question about a record that is not there says nothing about the recording.
      if (seq === undefined || verification.verified) setState.run(verification.verified ? 'verified' : 'failed', session)
      return verification
    },
    exportTo(folder, sessions) {
      const recordings = sessions.map(find)
      mkdirSync(folder, { recursive: true })
      const files = new Map<string, Uint8Array>()
      for (const recording of recordings) {
        files.set(`${recording.session}.jsonl`, bytesOf(recording))
        files.set(`${recording.session}.tlog-proof`, Buffer.from(recording.proof))
        files.set(keyFileName(recording.origin), Buffer.from(`${trustedKey(recording.origin, recording.verifier_key)}\n`))
      }
      return [...files].map(([name, bytes]) => {
        const path = join(folder, name)
        writeFileSync(path, bytes)
        return path
      })
    },
    remove(session) {
      const recording = find(session)
      database.transaction(() => removeStored(recording))()
    },
    close: () => database.close(),
  }
}

const lineFeed = Buffer.from('\n')

/** `gate.example/log` → `gate.example_log.pub`: an origin is hostile input, and a file name is not the place for it. */
const keyFileName = (origin: string): string =>
  `${
    origin
      .replace(/[^A-Za-z0-9.-]/g, '_')
      .replace(/^\.+/, '')
      .slice(0, 100) || 'log'
  }.pub`

/** of a message longer than this, the beginning can be searched */
const searchedLength = 4 * 1024 * 1024

function searchText(record: ImportedRecording['records'][number]): { body: string; tool: string; rule: string } {
  switch (record.kind) {
    case 'open':
      return { body: `${record.reason} ${record.person.name}`, tool: '', rule: '' }
    case 'request':
    case 'response':
    case 'notification': {
      const rules = [record.decision?.rule ?? '', ...record.masks.map(({ rule }) => rule)]
      return { body: record.body.slice(0, searchedLength), tool: `${record.tool ?? ''} ${record.method}`, rule: rules.join(' ') }
    }
    case 'approval':
      return { body: [record.approval, record.event, record.by, record.reason].join(' '), tool: '', rule: '' }
    case 'error':
      return { body: `${record.code} ${record.message}`, tool: record.tool ?? '', rule: '' }
    case 'resume':
      return { body: record.cause, tool: '', rule: '' }
    case 'close':
      return { body: record.endReason, tool: '', rule: '' }
    default:
      return record satisfies never
  }
}

/** Size and root of a proof's checkpoint, if the key signed it; there is nothing to link otherwise. */
function headOf(proof: string, verifierKey: string): { size: number | null; root: string | null } {
  const parsed = parseTlogProof(proof)
  const key = parseVerifierKey(verifierKey)
  const opened = parsed.ok && key.ok ? openCheckpoint(parsed.proof.checkpoint, key.key) : undefined
  return opened?.ok ? { size: opened.checkpoint.size, root: base64Of(opened.checkpoint.root) } : { size: null, root: null }
}

const rowOf = (summary: RecordingSummary, proof: LibraryRow['proof']): LibraryRow => ({ ...summary, here: true, onGateway: false, proof })

const readRow = ({ summary, proof_state }: Pick<StoredRecording, 'summary' | 'proof_state'>): LibraryRow =>
  rowOf(JSON.parse(summary) as RecordingSummary, proof_state)
