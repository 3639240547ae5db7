import Database from 'better-sqlite3'
import { rmSync } from 'node:fs'
import type { ErrorData } from '../../../src-protocol/app-error.ts'
import type { DownloadFilter } from '../../../src-protocol/downloads.ts'
import { errors, type ErrorCode } from '../../../src-protocol/errors.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'

/** What is asked of a gateway: which of its recordings match, page by page. */
export interface Listing {
  id: number
  filter: DownloadFilter
  cursor?: string
}

export interface QueuedDownload {
  session: SessionId
  /** of the recording; unknown until the gateway has said it */
  bytes?: number
}

export interface DownloadCounts {
  total: number
  done: number
  failed: number
  bytes: { total: number; done: number }
  unsearched: number
}

/**
 * The queue of downloads, in a small file beside the library, so that it goes on after a restart of the application. It belongs to gateways by their
 * addresses: what was asked of one is never asked of another. To lose the last change in a power cut does no harm, for the library itself says what is in it.
 */
export interface DownloadStore {
  addListing(gateway: string, filter: DownloadFilter): void
  listing(gateway: string): Listing | undefined
  /** a page of what matches was listed; without `cursor` it was the last */
  listed(gateway: string, listing: Listing, found: readonly QueuedDownload[], rest: { cursor?: string; unsearched: number }): void
  add(gateway: string, found: readonly QueuedDownload[]): void
  next(gateway: string): QueuedDownload | undefined
  sized(gateway: string, session: SessionId, bytes: number): void
  done(gateway: string, session: SessionId): void
  failed(gateway: string, session: SessionId, code: ErrorCode, data: ErrorData): void
  /** what failed waits again */
  retry(gateway: string): void
  /** forgets what is not done; gives their sessions */
  cancel(gateway: string): SessionId[]
  /** forgets what is over */
  dismiss(gateway: string): SessionId[]
  failures(gateway: string): { session: SessionId; code: ErrorCode; data: ErrorData }[]
  counts(gateway: string): DownloadCounts
  paused: boolean
  close(): void
}

const shownFailures = 50

const schema = `
  CREATE TABLE IF NOT EXISTS download (
    place INTEGER PRIMARY KEY,
    gateway TEXT NOT NULL,
    session TEXT NOT NULL,
    bytes INTEGER,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
    /** of a failure */
    code TEXT,
    data TEXT,
    UNIQUE (gateway, session)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS download_by_state ON download (gateway, state, place);
  CREATE TABLE IF NOT EXISTS listing (
    id INTEGER PRIMARY KEY,
    gateway TEXT NOT NULL,
    /** DownloadFilter as JSON: gone as soon as everything that matches is known */
    filter TEXT NOT NULL,
    cursor TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS unsearched (gateway TEXT PRIMARY KEY, recordings INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS queue (one INTEGER PRIMARY KEY CHECK (one = 1), paused INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO queue VALUES (1, 0);
`

function openQueue(file: string): Database.Database {
  const open = (): Database.Database => {
    const database = new Database(file)
    try {
      database.pragma('journal_mode = WAL')
      // no wait for the disk on the application's own thread
      database.pragma('synchronous = NORMAL')
      database.pragma('secure_delete = ON')
      database.exec(schema)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  }
  try {
    return open()
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : ''
    if (code !== 'SQLITE_NOTADB' && !code.startsWith('SQLITE_CORRUPT')) throw error
    // a queue is asked for again in a minute; an application that does not start for it would be worse
    for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true })
    return open()
  }
}

/** @param file path, or `:memory:`. One that is damaged is begun anew. */
export function openDownloadStore(file: string): DownloadStore {
  const database = openQueue(file)

  const addListing = database.prepare('INSERT INTO listing (gateway, filter) VALUES (?, ?)')
  const listing = database.prepare<[string], { id: number; filter: string; cursor: string | null }>(
    'SELECT * FROM listing WHERE gateway = ? ORDER BY id LIMIT 1',
  )
  const moveListing = database.prepare('UPDATE listing SET cursor = ? WHERE id = ?')
  const endListing = database.prepare('DELETE FROM listing WHERE id = ?')
  // what failed before, or was taken out of the library since, is asked for again
  const add = database.prepare(`INSERT INTO download (gateway, session, bytes) VALUES (?, ?, ?)
    ON CONFLICT (gateway, session) DO UPDATE SET state = 'waiting', code = NULL, data = NULL WHERE state != 'waiting'`)
  const next = database.prepare<[string], { session: SessionId; bytes: number | null }>(
    "SELECT session, bytes FROM download WHERE gateway = ? AND state = 'waiting' ORDER BY place LIMIT 1",
  )
  const sized = database.prepare('UPDATE download SET bytes = ? WHERE gateway = ? AND session = ?')
  const settle = database.prepare('UPDATE download SET state = ?, code = ?, data = ? WHERE gateway = ? AND session = ?')
  const retry = database.prepare("UPDATE download SET state = 'waiting', code = NULL, data = NULL WHERE gateway = ? AND state = 'failed'")
  const inState = database
    .prepare<[string, string, string], SessionId>('SELECT session FROM download WHERE gateway = ? AND state IN (?, ?)')
    .pluck()
  const forget = database.prepare('DELETE FROM download WHERE gateway = ? AND state IN (?, ?)')
  const failures = database.prepare<[string, number], { session: SessionId; code: string; data: string }>(
    "SELECT session, code, data FROM download WHERE gateway = ? AND state = 'failed' ORDER BY place LIMIT ?",
  )
  const counts = database.prepare<[string], { state: string; recordings: number; bytes: number }>(
    'SELECT state, count(*) AS recordings, coalesce(sum(bytes), 0) AS bytes FROM download WHERE gateway = ? GROUP BY state',
  )
  const unsearched = database.prepare<[string], number>('SELECT recordings FROM unsearched WHERE gateway = ?').pluck()
  const setUnsearched = database.prepare('INSERT OR REPLACE INTO unsearched VALUES (?, ?)')
  const paused = database.prepare<[], number>('SELECT paused FROM queue').pluck()
  const setPaused = database.prepare('UPDATE queue SET paused = ?')

  const addAll = (gateway: string, found: readonly QueuedDownload[]): void => {
    for (const { session, bytes } of found) add.run(gateway, session, bytes ?? null)
  }
  const take = (gateway: string, ...states: [string, string]): SessionId[] => {
    const sessions = inState.all(gateway, ...states)
    forget.run(gateway, ...states)
    return sessions
  }

  return {
    addListing(gateway, filter) {
      setUnsearched.run(gateway, 0)
      addListing.run(gateway, JSON.stringify(filter))
    },
    listing(gateway) {
      const found = listing.get(gateway)
      if (!found) return undefined
      const filter = JSON.parse(found.filter) as DownloadFilter
      return { id: found.id, filter, ...(found.cursor !== null && { cursor: found.cursor }) }
    },
    listed: database.transaction((gateway, { id }, found, { cursor, unsearched: waiting }) => {
      addAll(gateway, found)
      setUnsearched.run(gateway, waiting)
      if (cursor === undefined) endListing.run(id)
      else moveListing.run(cursor, id)
    }) as DownloadStore['listed'],
    add: database.transaction(addAll),
    next(gateway) {
      const found = next.get(gateway)
      return found && { session: found.session, ...(found.bytes !== null && { bytes: found.bytes }) }
    },
    sized: (gateway, session, bytes) => void sized.run(bytes, gateway, session),
    done: (gateway, session) => void settle.run('done', null, null, gateway, session),
    failed: (gateway, session, code, data) => void settle.run('failed', code, JSON.stringify(data), gateway, session),
    retry: (gateway) => void retry.run(gateway),
    cancel: database.transaction((gateway: string) => {
      for (let known = listing.get(gateway); known; known = listing.get(gateway)) endListing.run(known.id)
      return take(gateway, 'waiting', 'failed')
    }),
    dismiss: database.transaction((gateway: string) => {
      setUnsearched.run(gateway, 0)
      return take(gateway, 'done', 'failed')
    }),
    failures: (gateway) =>
      failures.all(gateway, shownFailures).map(({ session, code, data }) => ({
        session,
        code: Object.hasOwn(errors, code) ? (code as ErrorCode) : 'INTERNAL',
        data: JSON.parse(data) as ErrorData,
      })),
    counts(gateway) {
      const found = new Map(counts.all(gateway).map((row) => [row.state, row]))
      const of = (state: string) => found.get(state) ?? { recordings: 0, bytes: 0 }
      const [waiting, done, failed] = [of('waiting'), of('done'), of('failed')]
      return {
        total: waiting.recordings + done.recordings + failed.recordings,
        done: done.recordings,
        failed: failed.recordings,
        bytes: { total: waiting.bytes + done.bytes, done: done.bytes },
        unsearched: unsearched.get(gateway) ?? 0,
      }
    },
    get paused() {
      return paused.get() === 1
    },
    set paused(is) {
      setPaused.run(is ? 1 : 0)
    },
    close: () => database.close(),
  }
}
