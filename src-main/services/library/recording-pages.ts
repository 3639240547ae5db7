import { z } from 'zod'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { LibraryFacets, LibraryQuery } from '../../../src-protocol/desktop-library.ts'
import { facetQuery } from './facets.ts'
import { recordIdsBetween, rowidBetween, type LibraryDatabase } from './library-database.ts'
import type { SearchTerms } from './search-query.ts'
import { readRow, type StoredRecording } from './stored-recordings.ts'

export interface RecordingPage {
  rows: LibraryRow[]
  next?: string
}

export interface RecordingPages {
  /** Newest first unless it is asked otherwise. `terms`: of the text in the query, if there is a word in it. @throws AppError INVALID_REQUEST */
  page(query: LibraryQuery, terms: SearchTerms | undefined): RecordingPage
  facets(): LibraryFacets
}

type SortKey = NonNullable<LibraryQuery['sort']>

/** `started` is the order of ids, turned round. */
const sortColumns: Record<SortKey, string> = {
  started: 'first_record',
  connection: 'connection',
  person: 'person_name',
  reason: 'reason',
  allowed: 'allowed',
  masked: 'masked',
  held: 'held',
  denied: 'denied',
  length: 'length',
}

const defaultLimit = 100
const mostChoices = 200
/** hits in one session after which it is cheaper to ask again behind it than to walk over the rest */
const walkedHits = 40

const pageCursor = z.tuple([z.union([z.string(), z.number()]), z.number().int()])

/** The value that a row is sorted by, and its id: the next page begins behind them. */
export function formatPageCursor(value: string | number, id: number): string {
  return JSON.stringify([value, id])
}

/** @throws AppError INVALID_REQUEST */
export function parsePageCursor(text: string): [value: string | number, id: number] {
  try {
    return pageCursor.parse(JSON.parse(text))
  } catch {
    throw new AppError('INVALID_REQUEST', { problem: 'the page to go on from is not one that was given' })
  }
}

type Row = StoredRecording & { value: string | number }

export function createRecordingPages(database: LibraryDatabase): RecordingPages {
  const hits = database
    .prepare<[string, number, number], number>(`SELECT rowid FROM record_text WHERE record_text MATCH ? AND ${rowidBetween} ORDER BY rowid`)
    .pluck()
  const holder = database.prepare<[number], Row>(
    'SELECT *, first_record AS value FROM recording WHERE first_record <= ? ORDER BY first_record DESC LIMIT 1',
  )
  const tally = (column: string, label?: string) =>
    database.prepare<[], { value: string; label: string | null; count: number }>(
      `SELECT ${column} AS value, ${label ?? 'NULL'} AS label, count(*) AS count FROM recording GROUP BY ${column} ORDER BY count DESC LIMIT ${mostChoices}`,
    )
  const connections = tally('connection')
  const people = tally('person', 'max(person_name)')
  const proofs = tally('proof_state')
  const records = database.prepare<[string], { value: string; label: null; count: number }>(
    `SELECT value, NULL AS label, count FROM facet WHERE kind = ? ORDER BY count DESC LIMIT ${mostChoices}`,
  )

  /** Sessions in which the words occur, in the order of ids: one step into the index for each, however often they occur in it. */
  function* sessionsWith(match: string, first: number, end: number): Generator<Row> {
    let from = first
    for (;;) {
      let walked = 0
      for (const id of hits.iterate(match, from, end)) {
        if (id < from) {
          walked += 1
          if (walked < walkedHits) continue
          break
        }
        const found = holder.get(id)
        if (!found || id >= found.first_record + found.records) continue
        from = found.first_record + found.records
        walked = 0
        yield found
      }
      if (walked < walkedHits) return
    }
  }

  const wanted = (query: LibraryQuery) => (row: StoredRecording & { connection?: string; person?: string }) =>
    (query.connection === undefined || row.connection === query.connection) &&
    (query.person === undefined || row.person === query.person) &&
    (query.proof === undefined || row.proof_state === query.proof) &&
    (query.verdict === undefined || (row as unknown as Record<string, number>)[query.verdict]! > 0)

  /** By time, driven by the words: as many sessions are looked at as the page has rows, and those that the other filters leave out. */
  function newestWith(query: LibraryQuery, match: string, limit: number): Row[] {
    const [first, end] = recordIdsBetween(query.from, query.until)
    const last = query.cursor === undefined ? undefined : parsePageCursor(query.cursor)[1]
    // behind the whole session that the page before ended with
    const from = last === undefined ? first : Math.max(first, last + (holder.get(last)?.records ?? 1))
    const passes = wanted(query)
    const rows: Row[] = []
    for (const row of sessionsWith(match, from, end)) {
      if (passes(row)) rows.push(row)
      if (rows.length === limit) break
    }
    return rows
  }

  function sorted(query: LibraryQuery, match: string | undefined, limit: number): Row[] {
    const [first, end] = recordIdsBetween(query.from, query.until)
    const column = sortColumns[query.sort ?? 'started']
    const byTime = column === 'first_record'
    // the newest have the smallest ids
    const upwards = byTime !== (query.ascending ?? false)
    const conditions = ['first_record >= ?', 'first_record < ?']
    const values: (string | number)[] = [first, end]
    const add = (condition: string, ...own: (string | number)[]) => {
      conditions.push(condition)
      values.push(...own)
    }
    if (query.connection !== undefined) add('connection = ?', query.connection)
    if (query.person !== undefined) add('person = ?', query.person)
    if (query.proof !== undefined) add('proof_state = ?', query.proof)
    if (query.verdict !== undefined) add(`${sortColumns[query.verdict]} > 0`)
    if (match !== undefined) {
      const ids = [...sessionsWith(match, first, end)].map(({ first_record }) => first_record)
      add('first_record IN (SELECT value FROM json_each(?))', JSON.stringify(ids))
    }
    if (query.cursor !== undefined) {
      const [value, id] = parsePageCursor(query.cursor)
      const past = upwards ? '>' : '<'
      // equal values keep the newest first, whichever way the column is sorted
      if (byTime) add(`first_record ${past} ?`, id)
      else add(`(${column} ${past} ? OR (${column} = ? AND first_record > ?))`, value, value, id)
    }
    const order = `${column} ${upwards ? 'ASC' : 'DESC'}${byTime ? '' : ', first_record'}`
    return database
      .prepare<unknown[], Row>(`SELECT *, ${column} AS value FROM recording WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`)
      .all(...values, limit)
  }

  return {
    page(query, terms) {
      const { limit = defaultLimit, text = '' } = query
      // asked for what is only on the gateway, or for signs that are no words
      if (query.proof === 'on-gateway' || (text.trim() !== '' && !terms)) return { rows: [] }
      const facets = facetQuery({ connection: query.connection, person: query.person })
      const match = terms && (facets === undefined ? terms.match : `(${terms.match}) AND ${facets}`)
      const byTime = (query.sort ?? 'started') === 'started' && !query.ascending
      // one more tells whether there is a next page
      const rows = match !== undefined && byTime ? newestWith(query, match, limit + 1) : sorted(query, match, limit + 1)
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return { rows: rows.slice(0, limit).map(readRow), ...(last && { next: formatPageCursor(last.value, last.first_record) }) }
    },
    facets() {
      const choices = (rows: { value: string; label: string | null; count: number }[]) =>
        rows.map(({ value, label, count }) => ({ value, count, ...(label !== null && { label }) }))
      return {
        connections: choices(connections.all()),
        people: choices(people.all()),
        proofs: choices(proofs.all()),
        tools: choices(records.all('tool')),
        rules: choices(records.all('rule')),
      }
    },
  }
}
