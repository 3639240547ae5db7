import { AppError } from '../../../src-protocol/app-error.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { ReplayColumns, ReplayRow } from '../../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { RecordingSummary } from '../../../src-protocol/model.ts'
import { base64Of } from '../../../src-core/log/base64.ts'
import { openCheckpoint } from '../../../src-core/log/checkpoint.ts'
import { parseVerifierKey } from '../../../src-core/log/signed-note.ts'
import { parseTlogProof } from '../../../src-core/log/tlog-proof.ts'
import { replayColumnsOf } from '../../../src-core/recording/replay-columns.ts'
import { replayRowsOf } from '../../../src-core/recording/replay-rows.ts'
import { createFacetWords } from './facets.ts'
import { recordIdBase, rowidBetween, type LibraryDatabase } from './library-database.ts'
import type { ImportedRecording } from './parse-imported-recording.ts'
import { searchTextOf } from './search-text.ts'

export interface StoredRecording {
  session: SessionId
  summary: string
  origin: string
  proof: string
  verifier_key: string
  proof_state: LibraryRow['proof']
  first_record: number
  records: number
  tallies: string
}

/** How many records have a value: `[kind, value, count]`. */
type Tally = [kind: string, value: string, count: number]

/** Recordings as the database keeps them. */
export interface StoredRecordings {
  find(session: SessionId): StoredRecording | undefined
  /** @throws AppError NOT_FOUND */
  get(session: SessionId): StoredRecording
  /** in one transaction, in place of an earlier copy */
  put(imported: ImportedRecording, proof: string, verifierKey: string, state: LibraryRow['proof']): void
  remove(recording: StoredRecording): void
  setState(session: SessionId, state: LibraryRow['proof']): void
  /** the file, byte for byte */
  bytes(recording: StoredRecording): Buffer
  line(recording: StoredRecording, seq: number): Buffer | undefined
  /** rows of a replay, in the order in which they are asked for; what is not there is left out */
  rows(recording: StoredRecording, seqs: Iterable<number>): ReplayRow[]
  columns(session: SessionId): ReplayColumns
  /** those that began first, first */
  oldest(): Iterable<StoredRecording & { bytes: number }>
  totals(): { recordings: number; records: number; bytes: number }
}

interface StoredReplay extends Omit<ReplayColumns, 'startedAt' | 'tools' | 'toolCodes'> {
  started_at: number
  tools: string
  tool_codes: Uint8Array
}

export function createStoredRecordings(database: LibraryDatabase): StoredRecordings {
  const stored = database.prepare<[string], StoredRecording>('SELECT * FROM recording WHERE session = ?')
  const lines = database.prepare<[number, number], Buffer>('SELECT line FROM record WHERE id >= ? AND id < ? ORDER BY id').pluck()
  const oneLine = database.prepare<[number], Buffer>('SELECT line FROM record WHERE id = ?').pluck()
  const oneRow = database.prepare<[number], string>('SELECT row FROM record WHERE id = ?').pluck()
  const oldest = database.prepare<[], StoredRecording & { bytes: number }>('SELECT * FROM recording ORDER BY first_record DESC')
  const endBefore = database
    .prepare<[number], number>('SELECT first_record + records FROM recording WHERE first_record < ? ORDER BY first_record DESC LIMIT 1')
    .pluck()
  const addRecord = database.prepare('INSERT INTO record (id, row, line) VALUES (?, ?, ?)')
  const addText = database.prepare('INSERT INTO record_text (rowid, body, tool, rule, facet) VALUES (?, ?, ?, ?, ?)')
  const removeLines = database.prepare('DELETE FROM record WHERE id >= ? AND id < ?')
  const removeText = database.prepare(`DELETE FROM record_text WHERE ${rowidBetween}`)
  const removeRecording = database.prepare('DELETE FROM recording WHERE session = ?')
  const addRecording = database.prepare(`
    INSERT INTO recording (session, summary, connection, person, person_name, reason, allowed, masked, held, denied, length, bytes, origin, proof,
      verifier_key, checkpoint_size, checkpoint_root, proof_state, first_record, records, tallies)
    VALUES (@session, @summary, @connection, @person, @personName, @reason, @allowed, @masked, @held, @denied, @length, @bytes, @origin, @proof,
      @verifierKey, @size, @root, @state, @first, @records, @tallies)`)
  const addReplay = database.prepare(`
    INSERT INTO replay (session, count, started_at, offsets, kinds, verdicts, tools, tool_codes, heads)
    VALUES (@session, @count, @startedAt, @offsets, @kinds, @verdicts, @tools, @toolCodes, @heads)`)
  const replay = database.prepare<[string], StoredReplay>('SELECT * FROM replay WHERE session = ?')
  const changeState = database.prepare('UPDATE recording SET proof_state = ? WHERE session = ?')
  const totals = database.prepare<[], { recordings: number; records: number; bytes: number }>(
    'SELECT recordings, records, bytes FROM total',
  )
  const addFacet = database.prepare(
    'INSERT INTO facet (kind, value, count) VALUES (?, ?, ?) ON CONFLICT (kind, value) DO UPDATE SET count = count + excluded.count',
  )

  /** The first free ids at or behind the place that the time gives. */
  function freePlace(startedAt: string, records: number): number {
    let first = recordIdBase(startedAt)
    for (;;) {
      const end = endBefore.get(first + records) ?? 0
      if (end <= first) return first
      first = end
    }
  }

  const removeEmptyFacets = database.prepare('DELETE FROM facet WHERE count <= 0')

  const remove = ({ session, first_record: first, records, tallies }: StoredRecording): void => {
    for (const [kind, value, times] of JSON.parse(tallies) as Tally[]) addFacet.run(kind, value, -times)
    removeEmptyFacets.run()
    removeText.run(first, first + records)
    removeLines.run(first, first + records)
    removeRecording.run(session)
  }

  const put = database.transaction((imported: ImportedRecording, proof: string, verifierKey: string, state: LibraryRow['proof']) => {
    const { summary, open, records } = imported
    const before = stored.get(summary.session)
    if (before) remove(before)
    const first = freePlace(summary.startedAt, records.length)
    const rows = replayRowsOf(records)
    const facetWords = createFacetWords({ connection: summary.connection, person: summary.person.sub })
    const counts = new Map<string, Tally>()
    const count = (kind: string, value: string): void => {
      const tally = counts.get(`${kind} ${value}`)
      if (tally) tally[2] += 1
      else counts.set(`${kind} ${value}`, [kind, value, 1])
    }
    for (const [place, record] of records.entries()) {
      const row = rows[place]
      const line = imported.lines[place]
      if (!row || !line) continue
      const { body, tool, rules } = searchTextOf(record)
      addRecord.run(first + place, JSON.stringify(row), line)
      addText.run(first + place, body, tool, rules.join(' '), facetWords(row, rules))
      if (row.tool !== undefined) count('tool', row.tool)
      for (const rule of rules) count('rule', rule)
    }
    const tallies = [...counts.values()]
    for (const tally of tallies) addFacet.run(...tally)
    const { size, root } = headOf(proof, verifierKey)
    const { allowed, masked, held, denied } = summary.counts
    addRecording.run({
      session: summary.session,
      summary: JSON.stringify(summary),
      connection: summary.connection,
      person: summary.person.sub,
      personName: summary.person.name,
      reason: summary.reason,
      allowed,
      masked,
      held,
      denied,
      length: Math.max(0, Date.parse(summary.endedAt) - Date.parse(summary.startedAt)),
      bytes: summary.bytes,
      origin: open.logOrigin,
      proof,
      verifierKey,
      size,
      root,
      state,
      first,
      records: records.length,
      tallies: JSON.stringify(tallies),
    })
    const columns = replayColumnsOf(rows)
    addReplay.run({ ...columns, session: summary.session, tools: JSON.stringify(columns.tools) })
  })

  return {
    find: (session) => stored.get(session),
    get(session) {
      const recording = stored.get(session)
      if (!recording) throw new AppError('NOT_FOUND', { what: `The recording of session ${session} on this computer` })
      return recording
    },
    put,
    remove: database.transaction(remove),
    setState: (session, state) => void changeState.run(state, session),
    bytes: ({ first_record: first, records }) => Buffer.concat(lines.all(first, first + records).flatMap((line) => [line, lineFeed])),
    line: ({ first_record: first, records }, seq) =>
      Number.isInteger(seq) && seq >= 0 && seq < records ? oneLine.get(first + seq) : undefined,
    rows({ first_record: first, records }, seqs) {
      const found: ReplayRow[] = []
      for (const seq of seqs) {
        const row = Number.isInteger(seq) && seq >= 0 && seq < records ? oneRow.get(first + seq) : undefined
        if (row !== undefined) found.push(JSON.parse(row) as ReplayRow)
      }
      return found
    },
    columns(session) {
      const found = replay.get(session)
      if (!found) throw new AppError('NOT_FOUND', { what: `The recording of session ${session} on this computer` })
      const { count, started_at: startedAt, offsets, kinds, verdicts, tools, tool_codes: toolCodes, heads } = found
      return { count, startedAt, offsets, kinds, verdicts, tools: JSON.parse(tools) as string[], toolCodes, heads }
    },
    oldest: () => oldest.iterate(),
    totals: () => totals.get() ?? { recordings: 0, records: 0, bytes: 0 },
  }
}

const lineFeed = Buffer.from('\n')

/** Size and root of a proof's checkpoint, if the key signed it; there is nothing to link otherwise. */
function headOf(proof: string, verifierKey: string): { size: number | null; root: string | null } {
  const parsed = parseTlogProof(proof)
  const key = parseVerifierKey(verifierKey)
  const opened = parsed.ok && key.ok ? openCheckpoint(parsed.proof.checkpoint, key.key) : undefined
  return opened?.ok ? { size: opened.checkpoint.size, root: base64Of(opened.checkpoint.root) } : { size: null, root: null }
}

export const rowOf = (summary: RecordingSummary, proof: LibraryRow['proof']): LibraryRow => ({
  ...summary,
  here: true,
  onGateway: false,
  proof,
})

export const readRow = ({ summary, proof_state }: Pick<StoredRecording, 'summary' | 'proof_state'>): LibraryRow =>
  rowOf(JSON.parse(summary) as RecordingSummary, proof_state)
