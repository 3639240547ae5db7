import type { RecordHit, RecordQuery, ReplayRow } from '../../../src-protocol/desktop-library.ts'
import type { RecordingSummary } from '../../../src-protocol/model.ts'
import { parseRecordLine } from '../../../src-core/recording/record-lines.ts'
import { excerptOf } from './excerpt.ts'
import { facetQuery } from './facets.ts'
import { recordIdsBetween, rowidBetween, type LibraryDatabase } from './library-database.ts'
import { parsePageCursor, formatPageCursor } from './recording-pages.ts'
import type { SearchTerms } from './search-query.ts'
import { searchTextOf } from './search-text.ts'

export interface RecordSearch {
  /** Records of all sessions: the newest session first, and its records in their order. */
  find(query: RecordQuery, terms: SearchTerms | undefined): { hits: RecordHit[]; next?: string }
  /** sequence numbers within one recording */
  within(first: number, records: number, terms: SearchTerms | undefined): number[]
}

const defaultLimit = 50

export function createRecordSearch(database: LibraryDatabase): RecordSearch {
  const newest = database
    .prepare<[string, number, number, number], number>(
      `SELECT rowid FROM record_text WHERE record_text MATCH ? AND ${rowidBetween} ORDER BY rowid LIMIT ?`,
    )
    .pluck()
  // one text instead of as many rows: half of a long recording may fit, and the first search has no compiled code to go through them
  const inOrder = database
    .prepare<[number, string, number, number], string | null>(
      `SELECT group_concat(rowid - CAST(? AS INTEGER)) FROM (SELECT rowid FROM record_text WHERE record_text MATCH ? AND ${rowidBetween} ORDER BY rowid)`,
    )
    .pluck()
  const holder = database.prepare<[number], { summary: string; first_record: number; records: number }>(
    'SELECT summary, first_record, records FROM recording WHERE first_record <= ? ORDER BY first_record DESC LIMIT 1',
  )
  const record = database.prepare<[number], { row: string; line: Buffer }>('SELECT row, line FROM record WHERE id = ?')

  /** Hits that follow each other are mostly of one session. */
  function createSummaries(): (id: number) => RecordingSummary | undefined {
    let last: { first: number; end: number; summary: RecordingSummary } | undefined
    return (id) => {
      if (last && id >= last.first && id < last.end) return last.summary
      const found = holder.get(id)
      if (!found || id >= found.first_record + found.records) return undefined
      last = {
        first: found.first_record,
        end: found.first_record + found.records,
        summary: JSON.parse(found.summary) as RecordingSummary,
      }
      return last.summary
    }
  }

  return {
    find(query, terms) {
      const { text, from, until, cursor, limit = defaultLimit, connection, person, tool, rule, verdict } = query
      const facets = facetQuery({ connection, person, tool, rule, verdict })
      if (text.trim() !== '' && !terms) return { hits: [] }
      const match = [terms && `(${terms.match})`, facets].filter((part) => part !== undefined).join(' AND ')
      if (match === '') return { hits: [] }
      const [first, end] = recordIdsBetween(from, until)
      const ids = newest.all(match, cursor === undefined ? first : Math.max(first, parsePageCursor(cursor)[1] + 1), end, limit + 1)
      const summaryOf = createSummaries()
      const hits = ids.slice(0, limit).flatMap((id): RecordHit[] => {
        const summary = summaryOf(id)
        const found = record.get(id)
        if (!summary || !found) return []
        const parsed = parseRecordLine(found.line)
        return [
          {
            session: summary.session,
            connection: summary.connection,
            person: summary.person.name,
            startedAt: summary.startedAt,
            row: JSON.parse(found.row) as ReplayRow,
            ...excerptOf(parsed.ok ? searchTextOf(parsed.record).body : '', terms?.words ?? []),
          },
        ]
      })
      const last = ids.length > limit ? ids[limit - 1] : undefined
      return { hits, ...(last !== undefined && { next: formatPageCursor(0, last) }) }
    },
    within(first, records, terms) {
      const found = terms && inOrder.get(first, terms.match, first, first + records)
      return JSON.parse(`[${found ?? ''}]`) as number[]
    },
  }
}
