import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { RecordHit, RecordQuery } from '../../../src-protocol/desktop-library.ts'
import { replayRowsOf } from '../../../src-core/recording/replay-rows.ts'
import type { SessionRecord } from '../../../src-protocol/recording.ts'

const pageLength = 50

/** Records of one recording, told of every session that is here: enough to look at a list of hits. */
export function findFakeRecords(
  records: readonly SessionRecord[],
  rows: readonly LibraryRow[],
  query: RecordQuery,
): DesktopOutput<'library:find'> {
  const words = query.text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const replay = replayRowsOf(records)
  const found = records.flatMap((record) => {
    const body = 'body' in record ? record.body : JSON.stringify(record)
    const row = replay[record.seq]
    const lower = body.toLowerCase()
    const isWanted =
      row !== undefined &&
      words.every((word) => lower.includes(word)) &&
      (query.tool === undefined || row.tool === query.tool) &&
      (query.rule === undefined || row.rule === query.rule) &&
      (query.verdict === undefined || row.verdict === query.verdict)
    return isWanted ? [{ row, ...excerpt(body, words) }] : []
  })
  const sessions = rows.filter(
    (row) =>
      row.here &&
      (query.connection === undefined || row.connection === query.connection) &&
      (query.person === undefined || row.person.sub === query.person),
  )
  const hits = sessions.flatMap(({ session, connection, person, startedAt }) =>
    found.toReversed().map((hit): RecordHit => ({ session, connection, person: person.name, startedAt, ...hit })),
  )
  const from = Number(query.cursor ?? 0)
  return { hits: hits.slice(from, from + pageLength), ...(hits.length > from + pageLength && { next: String(from + pageLength) }) }
}

function excerpt(body: string, words: readonly string[]): Pick<RecordHit, 'excerpt' | 'marks'> {
  const lower = body.toLowerCase()
  const first = Math.max(0, lower.indexOf(words[0] ?? '') - 48)
  const piece = body.slice(first, first + 220)
  const marks = words.flatMap((word): [number, number][] => {
    const at = piece.toLowerCase().indexOf(word)
    return at < 0 ? [] : [[at, at + word.length]]
  })
  return { excerpt: piece, marks: marks.sort(([one], [other]) => one - other) }
}
