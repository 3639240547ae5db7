import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

export type OverviewDatabase = Database.Database

/** Raised when what is counted changes: a file of another number is made anew from the log and the recordings. */
const layout = 2

/**
 * Sums of what the log and the recordings say, so that a question about a period costs what its days cost and not what its sessions do. Nothing
 * rests on it: whoever deletes it gets it back. `calls` are four columns, as in `VerdictCounts`.
 */
const schema = `
  CREATE TABLE progress (id INTEGER PRIMARY KEY CHECK (id = 1), entries INTEGER NOT NULL, counter INTEGER NOT NULL) STRICT;
  INSERT INTO progress VALUES (1, 0, 0);
  CREATE TABLE session (
    session TEXT PRIMARY KEY, connection TEXT NOT NULL, person TEXT NOT NULL, opened_at TEXT NOT NULL, closed_at TEXT, end_reason TEXT,
    allowed INTEGER NOT NULL DEFAULT 0, masked INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, denied INTEGER NOT NULL DEFAULT 0,
    masks TEXT NOT NULL DEFAULT '{}', final INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_newest ON session (opened_at, session);
  CREATE INDEX session_use ON session (connection, person, opened_at, session);
  CREATE INDEX session_unsettled ON session (session) WHERE final = 0;
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
    requested_at TEXT NOT NULL, outcome TEXT NOT NULL, settled_at TEXT, waited_ms INTEGER, deciders TEXT NOT NULL DEFAULT '[]'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX approval_time ON approval (requested_at, outcome, waited_ms, approval);
  CREATE TABLE missing_number (day TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (day, first)) STRICT, WITHOUT ROWID;
  CREATE TABLE entry_day (day TEXT NOT NULL, kind TEXT NOT NULL, entries INTEGER NOT NULL, PRIMARY KEY (day, kind)) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${layout};
`

/** @param folder of the gateway's data */
export function openOverviewDatabase(folder: string): OverviewDatabase {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'overview.sqlite')
  const known = existsSync(file) ? openKnown(file) : undefined
  if (known) return known
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true })
  const database = open(file)
  database.exec(schema)
  return database
}

function openKnown(file: string): OverviewDatabase | undefined {
  let database: OverviewDatabase | undefined
  try {
    database = open(file)
    if (database.pragma('user_version', { simple: true }) === layout) return database
  } catch {
    // no database: made anew
  }
  database?.close()
  return undefined
}

function open(file: string): OverviewDatabase {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  // what a power cut takes back is counted again
  database.pragma('synchronous = NORMAL')
  database.pragma('busy_timeout = 5000')
  return database
}
