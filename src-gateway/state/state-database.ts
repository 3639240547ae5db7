import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { migrateToLatest } from './migrations.ts'
import type { StateTables } from './schema.ts'

/**
 * Every change is one statement, never a transaction held over an `await`: all of the gateway shares one SQLite connection, so
 * another module's statement would fall into it. What must change together stands in one row, or is safe to be seen half done.
 */
export type StateDatabase = Kysely<StateTables>

export interface State {
  database: StateDatabase
  /** the same connection, for identity/ */
  connection: Database.Database
  close(): void
}

export async function openState(folder: string): Promise<State> {
  const connection = new Database(join(folder, 'gateway.sqlite'))
  connection.pragma('journal_mode = WAL')
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  connection.pragma('busy_timeout = 5000')
  const database = new Kysely<StateTables>({ dialect: new SqliteDialect({ database: connection }) })
  await migrateToLatest(database as unknown as Kysely<never>)
  return { database, connection, close: () => connection.close() }
}
