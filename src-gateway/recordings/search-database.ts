import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

export type SearchDatabase = Database.Database

/** Raised when what is indexed changes: an index of another number is made anew from the recordings, unless it can be taken over. */
const layout = 2

const partTable = `
  CREATE TABLE part (number INTEGER PRIMARY KEY, lowest INTEGER NOT NULL, highest INTEGER NOT NULL, documents INTEGER NOT NULL) STRICT;
`

/**
 * Words of recordings, beside the recordings: it holds no text, only where words stand, and can be made again from them. Documents lie in parts
 * of the log (search-parts.ts). The rowid of a document is the log index of its
 * session's end, times `documentsEach`, plus its place in the session: the newest first is the order of the index itself.
 */
const schema = `
  CREATE TABLE session (
    log_index INTEGER PRIMARY KEY,
    session TEXT NOT NULL UNIQUE,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX session_by_end ON session (ended_at);
  ${partTable}
  PRAGMA user_version = ${layout};
`

/** log entries that are in one part, whichever that is; never changed, parts are numbered by them */
export const slotWidth = 2 ** 12

/** A part of the first layout had as many log entries, and no table said so. */
const earlierWidth = 2 ** 16

export const documentTable = (part: number): string => `document_${part}`

export function createPart(database: SearchDatabase, part: number): void {
  database.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS ${documentTable(part)} USING fts5 (
    text, facets, content = '', contentless_delete = 1, detail = 'column', tokenize = 'unicode61 remove_diacritics 2'
  )`)
}

/** pages that are merged at once: a search waits for so much at most */
const mergedPages = 500

/**
 * Brings what a part holds into one piece, in slices. Each piece is looked into by every search, and a part that is full gets no more of them: a word that is
 * nowhere is asked for in every part.
 */
export async function mergePart(database: SearchDatabase, part: number, rest: () => Promise<void>): Promise<void> {
  const table = documentTable(part)
  const merge = database.prepare<[number]>(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ?)`)
  const changes = database.prepare<[], number>('SELECT total_changes()').pluck()
  // a negative number begins a merge of everything; without two changes there is nothing left to do
  for (let pages = -mergedPages; ; pages = mergedPages) {
    const before = changes.get() ?? 0
    merge.run(pages)
    if ((changes.get() ?? 0) - before < 2) return
    await rest()
  }
}

/** An index of the first layout is used as it is: what is there stays in its narrow parts. */
function takeOver(database: SearchDatabase): void {
  const names = database.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'document_[0-9]*'`)
  database.transaction(() => {
    database.exec(partTable)
    for (const name of names.pluck().all()) {
      const [, number] = /^document_(\d+)$/.exec(name) ?? []
      if (number === undefined) continue
      const lowest = Number(number) * earlierWidth
      const slot = lowest / slotWidth
      database.exec(`ALTER TABLE ${name} RENAME TO taken_${slot}`)
      database.prepare(`INSERT INTO part SELECT ?, ?, ?, count(*) FROM taken_${slot}_docsize`).run(slot, lowest, lowest + earlierWidth - 1)
    }
    for (const slot of database.prepare<[], number>('SELECT number FROM part').pluck().all()) {
      database.exec(`ALTER TABLE taken_${slot} RENAME TO ${documentTable(slot)}`)
    }
    database.pragma(`user_version = ${layout}`)
  })()
}

/** a recording cannot hold more records than that */
export const documentsEach = 2 ** 21

export const searchFileOf = (recordings: string): string => join(recordings, 'search', 'search.sqlite')

/** @returns `fresh`: it knows no recording, whatever was said of it before */
export function openSearchDatabase(recordings: string): { database: SearchDatabase; fresh: boolean } {
  const file = searchFileOf(recordings)
  mkdirSync(join(recordings, 'search'), { recursive: true, mode: 0o700 })
  const known = existsSync(file) ? openKnown(file) : undefined
  if (known) return { database: known, fresh: false }
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true })
  const database = open(file)
  database.exec(schema)
  return { database, fresh: true }
}

function openKnown(file: string): SearchDatabase | undefined {
  let database: SearchDatabase | undefined
  try {
    database = open(file)
    if (database.pragma('user_version', { simple: true }) === 1) takeOver(database)
    if (database.pragma('user_version', { simple: true }) === layout) return database
  } catch {
    // no database: made anew
  }
  database?.close()
  return undefined
}

function open(file: string): SearchDatabase {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  // the state remembers what is indexed: a power cut must not take it back
  database.pragma('synchronous = FULL')
  database.pragma('busy_timeout = 5000')
  return database
}
