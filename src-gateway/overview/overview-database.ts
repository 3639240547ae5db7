import { createHmac } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { emptySum, sumRows } from './row-sum.ts'

export type OverviewDatabase = Database.Database

/** How far the log was taken over. */
export interface OverviewProgress {
  /** of the log */
  entries: number
  /** its root then, and the edge of its tree, which the next entries go on from; base64 */
  root: string
  edge: (string | null)[]
  /** the highest number that a session was given */
  counter: number
}

/** The sums, and how far they go; both change together or not at all. */
export interface OverviewStore {
  database: OverviewDatabase
  /** why it was made anew; undefined: it goes on from where it was */
  anew: 'new' | 'altered' | undefined
  progress(): OverviewProgress
  /** what was changed counts if `work` returns */
  change(work: () => Partial<OverviewProgress> | void): void
  forget(): void
  close(): void
}

/** Raised when what is counted changes: a file of another number is made anew from the log and the recordings. */
const layout = 3

/**
 * Sums of what the log and the recordings say, so that a question about a period costs what its days cost and not what its sessions do. Whoever deletes it
 * gets it back. `calls` are four columns, as in `VerdictCounts`. `log_doubt`: entries that a test of a control has to tell of.
 */
const schema = `
  CREATE TABLE progress (id INTEGER PRIMARY KEY CHECK (id = 1), known TEXT NOT NULL, rows TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
  CREATE TABLE session (
    session TEXT PRIMARY KEY, counter INTEGER NOT NULL, connection TEXT NOT NULL, person TEXT NOT NULL, opened_at TEXT NOT NULL,
    closed_at TEXT, closed_entry INTEGER, end_reason TEXT, removed INTEGER NOT NULL DEFAULT 0,
    allowed INTEGER NOT NULL DEFAULT 0, masked INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, denied INTEGER NOT NULL DEFAULT 0,
    masks TEXT NOT NULL DEFAULT '{}', final INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_counter ON session (counter);
  CREATE INDEX session_newest ON session (opened_at, session);
  CREATE INDEX session_use ON session (connection, person, opened_at, session);
  CREATE INDEX session_unsettled ON session (session) WHERE final = 0;
  CREATE INDEX session_stored ON session (closed_entry) WHERE closed_entry IS NOT NULL AND removed = 0;
  CREATE INDEX session_gap ON session (end_reason, opened_at) WHERE end_reason IN ('gateway-crash', 'recording-unavailable', 'recording-altered');
  CREATE TABLE session_day (
    day TEXT NOT NULL, session TEXT NOT NULL, connection TEXT NOT NULL, person TEXT NOT NULL, opened INTEGER NOT NULL DEFAULT 0,
    allowed INTEGER NOT NULL DEFAULT 0, masked INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, denied INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, session)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_day_of ON session_day (session, day);
  CREATE TABLE access_day (
    day TEXT NOT NULL, connection TEXT NOT NULL, person TEXT NOT NULL, sessions INTEGER NOT NULL DEFAULT 0,
    allowed INTEGER NOT NULL DEFAULT 0, masked INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, denied INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, connection, person)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE hour (
    hour TEXT PRIMARY KEY, sessions INTEGER NOT NULL DEFAULT 0,
    allowed INTEGER NOT NULL DEFAULT 0, masked INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, denied INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE mask_day (day TEXT NOT NULL, rule TEXT NOT NULL, hits INTEGER NOT NULL, PRIMARY KEY (day, rule)) STRICT, WITHOUT ROWID;
  CREATE TABLE mask_session (
    rule TEXT NOT NULL, day TEXT NOT NULL, session TEXT NOT NULL, hits INTEGER NOT NULL, PRIMARY KEY (rule, session, day)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE last_use (
    person TEXT NOT NULL, connection TEXT NOT NULL, sessions INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (person, connection)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE approval (
    approval TEXT PRIMARY KEY, session TEXT NOT NULL, connection TEXT NOT NULL, tool TEXT NOT NULL, requester TEXT NOT NULL,
    requested_at TEXT NOT NULL, decide_by TEXT NOT NULL, outcome TEXT NOT NULL, settled_at TEXT, waited_ms INTEGER, deciders TEXT NOT NULL DEFAULT '[]'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX approval_time ON approval (requested_at, outcome, waited_ms, approval);
  CREATE INDEX approval_open ON approval (decide_by) WHERE outcome = 'pending';
  CREATE TABLE missing_number (day TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (day, first)) STRICT, WITHOUT ROWID;
  CREATE TABLE entry_day (day TEXT NOT NULL, kind TEXT NOT NULL, entries INTEGER NOT NULL, PRIMARY KEY (day, kind)) STRICT, WITHOUT ROWID;
  CREATE TABLE document (kind TEXT PRIMARY KEY, entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE log_doubt (control TEXT NOT NULL, entry INTEGER NOT NULL, what TEXT NOT NULL, PRIMARY KEY (control, entry, what)) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${layout};
`

const tables = [
  'session',
  'session_day',
  'access_day',
  'hour',
  'mask_day',
  'mask_session',
  'last_use',
  'approval',
  'missing_number',
  'entry_day',
  'document',
  'log_doubt',
]

const nothing: OverviewProgress = { entries: 0, root: '', edge: [], counter: 0 }

/**
 * @param folder of the gateway's data
 * @param key whoever does not have it cannot change the file unseen: what does not fit its seal is thrown away
 */
export function openOverviewStore(folder: string, key: Uint8Array): OverviewStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'overview.sqlite')
  const found = existsSync(file) ? openKnown(file, key) : 'new'
  if (typeof found !== 'string') return found
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true })
  const database = open(file)
  database.exec(schema)
  database.pragma(`application_id = ${nameOfKey(key)}`)
  database.prepare("INSERT INTO progress VALUES (1, '', '', '')").run()
  const store = storeOf(database, key, found)
  store.change(() => nothing)
  return store
}

function openKnown(file: string, key: Uint8Array): OverviewStore | 'new' | 'altered' {
  let database: OverviewDatabase | undefined
  let isOurs = true
  try {
    database = open(file)
    const pragma = (name: string) => database?.pragma(name, { simple: true })
    isOurs = pragma('user_version') === layout && pragma('application_id') === nameOfKey(key)
    if (isOurs) return storeOf(database, key)
  } catch {
    // no database, or one that somebody else wrote to
  }
  database?.close()
  return isOurs ? 'altered' : 'new'
}

/** Under another key, as after a rotation of the log's, nothing is wrong: the sums are made anew. */
const nameOfKey = (key: Uint8Array): number => createHmac('sha256', key).update('name').digest().readUInt32BE() >>> 1

/** @throws if what is stored is not what was sealed */
function storeOf(database: OverviewDatabase, key: Uint8Array, anew?: OverviewStore['anew']): OverviewStore {
  // a table, an index or a trigger that somebody added could change what is counted from within
  const shape = JSON.stringify(database.prepare('SELECT type, name, tbl_name, sql FROM main.sqlite_schema ORDER BY name').all())
  const sealOf = (known: string, rows: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([layout, shape, known, rows]))
      .digest('hex')
  let known: string
  const stored = database.prepare<[], { known: string; rows: string; seal: string }>('SELECT known, rows, seal FROM progress').get()
  if (!anew && stored?.seal !== sealOf(stored?.known ?? '', stored?.rows ?? '')) throw new Error('the seal does not fit')
  const sum = sumRows(database, tables, key)
  if (!anew && sum.read() !== stored?.rows) throw new Error('the rows do not fit their seal')
  known = anew ? JSON.stringify(nothing) : (stored?.known ?? '')
  const save = database.prepare('UPDATE progress SET known = @known, rows = @rows, seal = @seal')
  const progress = () => JSON.parse(known) as OverviewProgress

  function change(work: () => Partial<OverviewProgress> | void): void {
    const before = sum.value
    try {
      known = database.transaction(() => {
        const next = JSON.stringify({ ...progress(), ...work() })
        save.run({ known: next, rows: sum.value, seal: sealOf(next, sum.value) })
        return next
      })()
    } catch (error) {
      sum.reset(before)
      throw error
    }
  }

  return {
    database,
    anew,
    progress,
    change,
    forget: () =>
      change(() => {
        for (const table of tables) database.exec(`DELETE FROM ${table}`)
        sum.reset(emptySum)
        return nothing
      }),
    close: () => void database.close(),
  }
}

function open(file: string): OverviewDatabase {
  const database = new Database(file)
  // nobody else has business here
  database.pragma('locking_mode = EXCLUSIVE')
  database.pragma('journal_mode = WAL')
  // what a power cut takes back is counted again
  database.pragma('synchronous = NORMAL')
  database.pragma('busy_timeout = 5000')
  // each statement with a trigger has a journal of its own, which would be a file
  database.pragma('temp_store = MEMORY')
  // a page for each session: a build touches them at random; the thread gives it back when it has nothing to do
  database.pragma('cache_size = -65536')
  return database
}
