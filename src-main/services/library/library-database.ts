import Database from 'better-sqlite3'
import { AppError } from '../../../src-protocol/app-error.ts'

export type LibraryDatabase = Database.Database

/** of the tables below; a library of another one is rebuilt from the lines that it keeps */
export const libraryVersion = 2

/**
 * The offline library. A recording is kept line by line, byte for byte: joined by LF it is the file again; everything else about it is made of the lines.
 *
 * Ids of records are in the order in which they are shown (`recordIdBase`): those of one session follow each other, and those of a later session are
 * smaller. So the newest hits come first out of the full-text index, which is read forwards, a page ends where the next one begins, and neither gets slower
 * with what else is there.
 *
 * The index holds words only, no second copy of the text (`content=''`). Its `facet` holds one word for each value that can be filtered by.
 * `replay` holds the columns of a replay ready to send: opening a long session parses nothing.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS recording (
    session TEXT PRIMARY KEY,
    /** RecordingSummary as JSON */
    summary TEXT NOT NULL,
    connection TEXT NOT NULL,
    person TEXT NOT NULL,
    person_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    allowed INTEGER NOT NULL,
    masked INTEGER NOT NULL,
    held INTEGER NOT NULL,
    denied INTEGER NOT NULL,
    length INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    origin TEXT NOT NULL,
    proof TEXT NOT NULL,
    verifier_key TEXT NOT NULL,
    checkpoint_size INTEGER,
    checkpoint_root TEXT,
    proof_state TEXT NOT NULL CHECK (proof_state IN ('unchecked', 'verified', 'failed')),
    /** id of its first record */
    first_record INTEGER NOT NULL,
    records INTEGER NOT NULL,
    /** what it adds to the table facet */
    tallies TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS recording_by_record ON recording (first_record);
  CREATE INDEX IF NOT EXISTS recording_by_connection ON recording (connection, first_record);
  CREATE INDEX IF NOT EXISTS recording_by_person ON recording (person, first_record);
  CREATE INDEX IF NOT EXISTS recording_by_state ON recording (proof_state, first_record);
  CREATE INDEX IF NOT EXISTS recording_by_origin ON recording (origin);
  CREATE TABLE IF NOT EXISTS replay (
    session TEXT PRIMARY KEY REFERENCES recording (session) ON DELETE CASCADE,
    /** ReplayColumns */
    count INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    offsets BLOB NOT NULL,
    kinds BLOB NOT NULL,
    verdicts BLOB NOT NULL,
    tools TEXT NOT NULL,
    tool_codes BLOB NOT NULL,
    heads BLOB NOT NULL
  ) STRICT;
  /** the ReplayRow as JSON stands before the line: it is read without it */
  CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, row TEXT NOT NULL, line BLOB NOT NULL) STRICT;
  CREATE VIRTUAL TABLE IF NOT EXISTS record_text USING fts5 (
    body, tool, rule, facet, content = '', contentless_delete = 1, detail = 'full', prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
  );
  CREATE VIRTUAL TABLE IF NOT EXISTS record_word USING fts5vocab (record_text, 'instance');
  /** how much is here, so that nobody has to count */
  CREATE TABLE IF NOT EXISTS total (one INTEGER PRIMARY KEY CHECK (one = 1), recordings INTEGER NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO total VALUES (1, 0, 0, 0);
  CREATE TRIGGER IF NOT EXISTS recording_added AFTER INSERT ON recording BEGIN
    UPDATE total SET recordings = recordings + 1, records = records + new.records, bytes = bytes + new.bytes;
  END;
  CREATE TRIGGER IF NOT EXISTS recording_removed AFTER DELETE ON recording BEGIN
    UPDATE total SET recordings = recordings - 1, records = records - old.records, bytes = bytes - old.bytes;
  END;
  /** values that filters can choose from: how many records have them */
  CREATE TABLE IF NOT EXISTS facet (kind TEXT NOT NULL, value TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS pinned (
    gateway TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    verifier_key TEXT NOT NULL,
    size INTEGER NOT NULL,
    root TEXT NOT NULL,
    note TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    first_seen_at TEXT NOT NULL
  ) STRICT;
  /** consistency between a recording's checkpoint and one that this computer had pinned then */
  CREATE TABLE IF NOT EXISTS link (
    session TEXT PRIMARY KEY REFERENCES recording (session) ON DELETE CASCADE,
    size INTEGER NOT NULL,
    root TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    hashes TEXT NOT NULL
  ) STRICT;
`

/** A recording of a library that an earlier version made. */
export interface EarlierRecording {
  session: string
  lines: readonly Buffer[]
  proof: string
  verifierKey: string
}

/**
 * @param file path, or `:memory:`
 * @param keepEarlier takes over the recordings of an earlier version, one after the other
 * @throws AppError LIBRARY_UNREADABLE
 */
export function openLibraryDatabase(
  file: string,
  keepEarlier?: (database: LibraryDatabase, recording: EarlierRecording) => void,
): LibraryDatabase {
  let database: LibraryDatabase | undefined
  try {
    database = new Database(file)
    return prepare(database, file, keepEarlier)
  } catch (cause) {
    database?.close()
    throw databaseProblem(cause, file) ?? cause
  }
}

/** What a person can do something about, of what SQLite says. */
export function databaseProblem(cause: unknown, file: string): AppError | undefined {
  if (!(cause instanceof Database.SqliteError)) return undefined
  const { code } = cause
  if (code === 'SQLITE_FULL') return new AppError('FILE_UNWRITABLE', { file, problem: 'the disk is full' }, { cause })
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) return unreadable(file, `it is damaged (${code})`, cause)
  if (/^SQLITE_(?:CANTOPEN|IOERR|READONLY|BUSY|PERM)/.test(code)) return unreadable(file, `its file cannot be used (${code})`, cause)
  return undefined
}

const unreadable = (file: string, problem: string, cause?: unknown): AppError =>
  new AppError('LIBRARY_UNREADABLE', { file, problem }, { cause })

function prepare(
  database: LibraryDatabase,
  file: string,
  keepEarlier?: (database: LibraryDatabase, recording: EarlierRecording) => void,
): LibraryDatabase {
  const version = database.pragma('user_version', { simple: true }) as number
  // nothing is written to what a newer version made: it would take it for one of its own
  if (version > libraryVersion) throw unreadable(file, `it was made by a newer version of Gatehouse (${version})`)
  // so that what is removed can be given back to the disk; counts for a file that is new
  database.pragma('auto_vacuum = INCREMENTAL')
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  const hasEarlier =
    version < libraryVersion && database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'recording'").get() !== undefined
  if (!hasEarlier) {
    database.exec(schema)
    database.pragma(`user_version = ${libraryVersion}`)
    return database
  }
  database.transaction(() => {
    database.exec(`
      ALTER TABLE recording RENAME TO earlier_recording;
      ALTER TABLE record RENAME TO earlier_record;
      DROP TABLE replay; DROP TABLE record_text; DROP TABLE IF EXISTS link;
      DROP INDEX IF EXISTS recording_by_record; DROP INDEX IF EXISTS recording_by_time; DROP INDEX IF EXISTS recording_by_origin;`)
    database.exec(schema)
    const recordings = database
      .prepare<[], { session: string; proof: string; verifier_key: string; first_record: number; records: number }>(
        'SELECT * FROM earlier_recording',
      )
      .all()
    const lines = database.prepare<[number, number], Buffer>('SELECT line FROM earlier_record WHERE id >= ? AND id < ? ORDER BY id').pluck()
    for (const { session, proof, verifier_key: verifierKey, first_record: first, records } of recordings) {
      keepEarlier?.(database, { session, lines: lines.all(first, first + records), proof, verifierKey })
    }
    database.exec('DROP TABLE earlier_recording; DROP TABLE earlier_record;')
    database.pragma(`user_version = ${libraryVersion}`)
  })()
  return database
}

/**
 * Two ids between which the index is read, the second one excluded. A number of JavaScript arrives as a floating-point one, with which FTS5 cannot go to a
 * place: it would walk to it from the beginning.
 */
export const rowidBetween = 'rowid >= CAST(? AS INTEGER) AND rowid < CAST(? AS INTEGER)'

/** ids of one second: more than the shortest records that a recording of the largest size can have */
const idsPerSecond = 2 ** 23
const epoch = Date.UTC(2020, 0, 1)
/** what is larger is no number that JavaScript holds exactly */
const lastSecond = 2 ** 53 / idsPerSecond - 4

/** Where the ids of a session that began then should start: the later, the smaller. Times that nobody can have meant are brought to the ends. */
export function recordIdBase(startedAt: string): number {
  const seconds = Math.floor((Date.parse(startedAt) - epoch) / 1000)
  return (lastSecond - (Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), lastSecond) : 0)) * idsPerSecond + 1
}

/** The ids of sessions that began at or after `from` and before `until`: the first, and the one behind the last. */
export function recordIdsBetween(from: string | undefined, until: string | undefined): [first: number, end: number] {
  return [
    until === undefined ? 0 : recordIdBase(until) + idsPerSecond,
    from === undefined ? Number.MAX_SAFE_INTEGER : recordIdBase(from) + idsPerSecond,
  ]
}
