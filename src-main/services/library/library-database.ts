import Database from 'better-sqlite3'

export type LibraryDatabase = Database.Database

/**
 * The offline library. A recording is kept line by line, byte for byte: joined by LF it is the file again. The full-text index holds words only, no second copy
 * of the text (`content=''`). `replay` holds the rows of a replay ready to send, so that opening a long session parses nothing;
 * it is a table of its own, because rows that carry megabytes are slow to walk over.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS recording (
    session TEXT PRIMARY KEY,
    started_at TEXT NOT NULL,
    /** RecordingSummary as JSON */
    summary TEXT NOT NULL,
    /** what a search over the list looks at besides the records */
    heading TEXT NOT NULL,
    origin TEXT NOT NULL,
    proof TEXT NOT NULL,
    verifier_key TEXT NOT NULL,
    checkpoint_size INTEGER,
    checkpoint_root TEXT,
    proof_state TEXT NOT NULL CHECK (proof_state IN ('unchecked', 'verified', 'failed')),
    /** rowid of its first record; those of one recording follow each other */
    first_record INTEGER NOT NULL,
    records INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS recording_by_time ON recording (started_at DESC, session);
  CREATE INDEX IF NOT EXISTS recording_by_origin ON recording (origin);
  CREATE INDEX IF NOT EXISTS recording_by_record ON recording (first_record);
  CREATE TABLE IF NOT EXISTS replay (
    session TEXT PRIMARY KEY REFERENCES recording (session) ON DELETE CASCADE,
    /** ReplayRow[] as JSON */
    rows TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, line BLOB NOT NULL) STRICT;
  CREATE VIRTUAL TABLE IF NOT EXISTS record_text USING fts5 (
    body, tool, rule, content = '', contentless_delete = 1, detail = 'full', prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
  );
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

/** @param file path, or `:memory:` */
export function openLibraryDatabase(file: string): LibraryDatabase {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.exec(schema)
  return database
}

/** A person's words as an FTS5 query: every word has to occur, the beginning of a word is enough. Undefined if there is no word in it. */
export function searchQuery(text: string): string | undefined {
  const words = text.match(/[\p{L}\p{N}\p{Co}]+/gu)
  return words ? words.map((word) => `"${word}"*`).join(' AND ') : undefined
}
