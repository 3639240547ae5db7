import { SqliteError, type Statement } from 'better-sqlite3'
import { readRecordingLines } from '../../src-node/read-recording-lines.ts'
import { parseRecordLine } from '../../src-core/recording/record-lines.ts'
import { searchWords } from '../../src-core/recording/plain-text.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { mostCountedCalls, type RecordingQuery } from '../../src-protocol/recording-search.ts'
import { documentTable, documentsEach, mergePart, type SearchDatabase } from './search-database.ts'
import { createDocuments, facetWord, sessionWord } from './search-documents.ts'
import { createSearchParts, type SearchPart } from './search-parts.ts'

/** A sealed recording as the index is told of it. */
export interface IndexedSession {
  logIndex: number
  session: string
  connection: string
  /** `sub` */
  person: string
  startedAt: string
  endedAt: string
  bytes: number
}

export interface FoundSession {
  logIndex: number
  session: string
  bytes: number
  calls: number
}

export interface SearchIndex {
  /** Reads the recording and replaces what is known of it; in slices, so that searches get their turn. */
  add(session: IndexedSession, file: string): Promise<void>
  remove(session: string): void
  find(query: RecordingQuery): { found: FoundSession[]; next?: number }
}

const defaultLimit = 20
/** what is written at once: a search waits for one slice at most */
const sliceBytes = 2 * 1024 * 1024
/** after so long a page is handed out as it is */
const budgetMs = 60
/** sessions run for a day at most, and a moment longer until they are sealed */
const longestMs = 26 * 60 * 60 * 1000

/** To walk through so many documents takes as long as a page may. */
export const documentsOfFull = 2 ** 20

export function createSearchIndex(
  database: SearchDatabase,
  { now = () => performance.now(), full = documentsOfFull }: { now?: () => number; full?: number } = {},
): SearchIndex {
  const known = database.prepare<[string], { log_index: number }>('SELECT log_index FROM session WHERE session = ?')
  const addSession = database.prepare(`INSERT OR REPLACE INTO session (log_index, session, started_at, ended_at, bytes)
    VALUES (@logIndex, @session, @startedAt, @endedAt, @bytes)`)
  const removeSession = database.prepare('DELETE FROM session WHERE log_index = ?')
  const sessionAt = database.prepare<[number], { session: string; started_at: string; ended_at: string; bytes: number }>(
    'SELECT session, started_at, ended_at, bytes FROM session WHERE log_index = ?',
  )
  const newest = database.prepare<[], number | null>('SELECT max(log_index) FROM session').pluck()
  const firstAfter = database
    .prepare<[string], number>('SELECT log_index FROM session WHERE ended_at >= ? ORDER BY ended_at LIMIT 1')
    .pluck()
  const lastBefore = database
    .prepare<[string], number>('SELECT log_index FROM session WHERE ended_at <= ? ORDER BY ended_at DESC LIMIT 1')
    .pluck()
  const parts = createSearchParts(database, full)
  const opened = new Map<number, Part>()

  function open({ number }: SearchPart): Part {
    const known = opened.get(number)
    if (known) return known
    const made = openPart(database, number)
    opened.set(number, made)
    return made
  }

  function forget(logIndex: number): void {
    const part = parts.at(logIndex)
    if (part) open(part).remove.run(logIndex * documentsEach, (logIndex + 1) * documentsEach)
    removeSession.run(logIndex)
  }

  /** Log indexes between which sessions of the time can be; a moment more, for what was sealed at the same time. */
  function bounds({ from, to, cursor }: RecordingQuery): Bounds {
    const last = newest.get() ?? -1
    const before = cursor === undefined ? last : Math.min(last, cursorOf(cursor) - 1)
    const lowest = from === undefined ? 0 : firstAfter.get(shifted(from, -60_000))
    const highest = to === undefined ? last : lastBefore.get(shifted(to, longestMs))
    return { lowest: lowest ?? last + 1, highest: Math.min(before, highest ?? -1) }
  }

  /** Sessions with documents that match, in a part of the log, newest first. Of a session with very many, the others are passed over. */
  function* matchesWithin({ matching }: Part, match: string, { lowest, highest }: Bounds): Generator<{ logIndex: number; calls: number }> {
    for (let top = highest; top >= lowest;) {
      let current: { logIndex: number; calls: number } | undefined
      for (const rowid of matching.iterate(match, lowest * documentsEach, (top + 1) * documentsEach - 1)) {
        const logIndex = Math.floor(rowid / documentsEach)
        if (current && current.logIndex !== logIndex) {
          yield current
          current = undefined
        }
        current ??= { logIndex, calls: 0 }
        if (rowid % documentsEach > 0) current.calls += 1
        if (current.calls >= mostCountedCalls) break
      }
      if (!current) return
      yield current
      top = current.logIndex - 1
    }
  }

  function find(query: RecordingQuery): { found: FoundSession[]; next?: number } {
    const match = matchOf(query)
    const { limit = defaultLimit, from, to } = query
    const { lowest, highest } = bounds(query)
    const started = now()
    const found: FoundSession[] = []
    for (const part of parts.all()) {
      const own = { lowest: Math.max(lowest, part.lowest), highest: Math.min(highest, part.highest) }
      if (own.lowest > own.highest) continue
      for (const { logIndex, calls } of matchesWithin(open(part), match, own)) {
        const row = sessionAt.get(logIndex)
        if (!row || (to !== undefined && row.started_at >= to) || (from !== undefined && row.ended_at < from)) continue
        const last = found.at(-1)
        if (last && found.length === limit) return { found, next: last.logIndex }
        found.push({ logIndex, session: row.session, bytes: row.bytes, calls })
      }
      if (own.lowest > lowest && now() - started > budgetMs) return { found, next: own.lowest }
    }
    return { found }
  }

  /** One look at the database for a page: it asks many parts, and each would begin a look of its own. */
  const findAtOnce = database.transaction(find)

  return {
    async add(session, file) {
      const before = known.get(session.session)
      const { part, full } = parts.place(session.logIndex)
      const pending: [number, string, string][] = []
      let bytes = 0
      let place = 0
      const flush = database.transaction(() => {
        parts.wrote(part, pending.length)
        for (const document of pending.splice(0)) open(part).add.run(...document)
        bytes = 0
      })
      database.transaction(() => {
        if (before) forget(before.log_index)
        forget(session.logIndex)
      })()
      const documents = createDocuments(session, ({ text, facets }) => {
        const whole = facets.endsWith(sessionWord)
        if (!whole) place += 1
        if (place >= documentsEach) return
        pending.push([session.logIndex * documentsEach + (whole ? 0 : place), text, facets])
        bytes += text.length
      })
      for await (const line of readRecordingLines(file)) {
        const parsed = parseRecordLine(line)
        if (parsed.ok) documents.add(parsed.record)
        if (bytes < sliceBytes) continue
        flush()
        await nextTurn()
      }
      documents.end()
      // it can be found from now on
      database.transaction(() => {
        flush()
        addSession.run(session)
      })()
      // they get no more
      for (const { number } of full) await mergePart(database, number, nextTurn)
    },
    remove(session) {
      const before = known.get(session)
      if (before) database.transaction(() => forget(before.log_index))()
    },
    find(query) {
      try {
        return findAtOnce(query)
      } catch (cause) {
        // letters that the index cuts where this program does not
        if (cause instanceof SqliteError && cause.code === 'SQLITE_ERROR') {
          throw new AppError('INVALID_REQUEST', { problem: 'text: a word of it cannot be searched for' }, { cause })
        }
        throw cause
      }
    },
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Log indexes, both included. */
interface Bounds {
  lowest: number
  highest: number
}

/** The documents of one part of the log. */
interface Part {
  add: Statement<[number, string, string]>
  remove: Statement<[number, number]>
  matching: Statement<[string, number, number], number>
}

/** A number of JavaScript arrives as a floating-point one, with which FTS5 cannot go to a place: it would walk to it from the end. */
const whole = 'CAST(? AS INTEGER)'

function openPart(database: SearchDatabase, number: number): Part {
  const table = documentTable(number)
  return {
    add: database.prepare(`INSERT INTO ${table} (rowid, text, facets) VALUES (?, ?, ?)`),
    remove: database.prepare(`DELETE FROM ${table} WHERE rowid >= ${whole} AND rowid < ${whole}`),
    matching: database
      .prepare<[string, number, number], number>(
        `SELECT rowid FROM ${table} WHERE ${table} MATCH ? AND rowid >= ${whole} AND rowid <= ${whole} ORDER BY rowid DESC`,
      )
      .pluck(),
  }
}

/** The search as an FTS5 query. Without a condition on calls, the session as a whole is asked for. */
function matchOf({ text = '', connection, person, tool, rule, verdict }: RecordingQuery): string {
  const words = text
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((piece) => searchWords(piece).map((word, at, all) => ({ word, begins: piece.endsWith('*') && at === all.length - 1 })))
  if (text.trim() !== '' && words.length === 0) throw new AppError('INVALID_REQUEST', { problem: 'text: there is no word in it' })
  if (words.some(({ word, begins }) => begins && word.length < 3)) {
    throw new AppError('INVALID_REQUEST', { problem: 'text: the beginning of a word has three letters or more' })
  }
  const facets = [
    connection !== undefined && facetWord('connection', connection),
    person !== undefined && facetWord('person', person),
    tool !== undefined && facetWord('tool', tool),
    rule !== undefined && facetWord('rule', rule),
    verdict !== undefined && facetWord('verdict', verdict),
    words.length === 0 && tool === undefined && rule === undefined && verdict === undefined && sessionWord,
  ]
  return [
    ...words.map(({ word, begins }) => `text : "${word}"${begins ? ' *' : ''}`),
    ...facets.filter((facet) => facet !== false).map((facet) => `facets : "${facet}"`),
  ].join(' AND ')
}

const shifted = (time: string, by: number): string => new Date(Date.parse(time) + by).toISOString()

export function cursorOf(text: string): number {
  const cursor = Number(text)
  if (!Number.isSafeInteger(cursor) || cursor < 0) {
    throw new AppError('INVALID_REQUEST', { problem: 'cursor: not one that a page named as next' })
  }
  return cursor
}
