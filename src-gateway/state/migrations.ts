import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

const migrations: Record<string, Migration> = {
  '001-first': { up: createFirstTables },
  '002-sessions-outlive-the-process': { up: addWhatResumingNeeds },
  '002-tool-pins': { up: createToolPins },
  '003-sql-dialect': { up: addDialect },
  '004-policy-proposals': { up: createPolicyProposals },
  '005-approvals-in-the-log': { up: addLogIndex },
  '006-reported-approvals': { up: addReported },
  '007-recording-upkeep': { up: addRecordingUpkeep },
  '008-retention': { up: addRetention },
  '009-session-ended-by': { up: addEndedBy },
}

/** Brings the database to the newest schema; each step runs once, in the order of the names. */
export async function migrateToLatest(database: Kysely<never>): Promise<void> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: () => Promise.resolve(migrations) } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error instanceof Error ? error : new Error('The state database could not be migrated', { cause: error })
}

/** Sessions of before cannot go on: they are sealed. */
async function addWhatResumingNeeds(database: Kysely<unknown>): Promise<void> {
  const columns = ['sign_in TEXT', 'salt TEXT', 'started INTEGER NOT NULL DEFAULT 0', 'stopped INTEGER NOT NULL DEFAULT 0']
  for (const column of columns) await sql.raw(`ALTER TABLE sessions ADD COLUMN ${column}`).execute(database)
}

async function createFirstTables(database: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`CREATE TABLE agents (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL, enrolled_at TEXT NOT NULL,
      last_seen_at TEXT, version TEXT, servers TEXT NOT NULL) STRICT`,
    sql`CREATE TABLE join_tokens (hash TEXT PRIMARY KEY, name TEXT NOT NULL, created_by TEXT NOT NULL, expires_at TEXT NOT NULL,
      used_at TEXT) STRICT`,
    sql`CREATE TABLE connections (name TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT, agent TEXT NOT NULL, server TEXT NOT NULL,
      groups TEXT NOT NULL, max_minutes INTEGER NOT NULL, created_at TEXT NOT NULL) STRICT`,
    sql`CREATE TABLE sessions (id TEXT PRIMARY KEY, counter INTEGER NOT NULL UNIQUE, connection TEXT NOT NULL, agent_id TEXT NOT NULL,
      agent_name TEXT NOT NULL, server TEXT NOT NULL, person_sub TEXT NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL,
      started_at TEXT NOT NULL, ends_at TEXT NOT NULL, ended_at TEXT, end_reason TEXT, client TEXT, policy_version TEXT NOT NULL,
      masking_version TEXT NOT NULL, records INTEGER NOT NULL, counts TEXT NOT NULL, logged INTEGER NOT NULL, sealed INTEGER NOT NULL)
      STRICT`,
    sql`CREATE INDEX sessions_unsealed ON sessions (counter) WHERE sealed = 0`,
    sql`CREATE INDEX sessions_by_person ON sessions (person_sub, counter)`,
    sql`CREATE TABLE approvals (id TEXT PRIMARY KEY, state TEXT NOT NULL, session TEXT NOT NULL, requester TEXT NOT NULL,
      connection TEXT NOT NULL, tool TEXT NOT NULL, rule TEXT NOT NULL, retry_key TEXT NOT NULL, requested_at TEXT NOT NULL, run_by TEXT,
      executed_at TEXT, void_reason TEXT, document TEXT NOT NULL) STRICT`,
    sql`CREATE INDEX approvals_open ON approvals (session) WHERE state IN ('pending', 'approved')`,
    sql`CREATE INDEX approvals_retry ON approvals (retry_key)`,
    sql`CREATE INDEX approvals_similar ON approvals (connection, tool, rule, requested_at)`,
    sql`CREATE INDEX approvals_newest ON approvals (requested_at)`,
    sql`CREATE TABLE votes (approval TEXT NOT NULL REFERENCES approvals (id), person_sub TEXT NOT NULL, at TEXT NOT NULL, vote TEXT NOT NULL,
      PRIMARY KEY (approval, person_sub)) STRICT`,
    sql`CREATE TABLE policy_versions (kind TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL,
      active INTEGER NOT NULL, PRIMARY KEY (kind, version)) STRICT`,
    sql`CREATE TABLE policy_files (kind TEXT PRIMARY KEY, version TEXT NOT NULL) STRICT`,
    sql`CREATE TABLE recordings (session TEXT PRIMARY KEY, connection TEXT NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL,
      started_at TEXT NOT NULL, ended_at TEXT NOT NULL, end_reason TEXT NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL,
      counts TEXT NOT NULL, policy_version TEXT NOT NULL, masking_version TEXT NOT NULL, log_index INTEGER NOT NULL) STRICT`,
    sql`CREATE INDEX recordings_newest ON recordings (log_index)`,
  ]
  for (const statement of statements) await statement.execute(database)
}

async function addDialect(database: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE connections ADD COLUMN dialect TEXT`.execute(database)
}

async function createPolicyProposals(database: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`ALTER TABLE policy_versions ADD COLUMN approved_by TEXT`,
    sql`ALTER TABLE policy_versions ADD COLUMN message TEXT`,
    sql`CREATE TABLE policy_proposals (id TEXT PRIMARY KEY, kind TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL,
      message TEXT NOT NULL, author_sub TEXT NOT NULL, author_name TEXT NOT NULL, at TEXT NOT NULL, expires_at TEXT NOT NULL,
      base TEXT NOT NULL, state TEXT NOT NULL, decided_by_sub TEXT, decided_by_name TEXT, decided_at TEXT, reason TEXT) STRICT`,
    sql`CREATE INDEX policy_proposals_open ON policy_proposals (kind) WHERE state = 'open'`,
    sql`CREATE INDEX policy_proposals_newest ON policy_proposals (at)`,
  ]
  for (const statement of statements) await statement.execute(database)
}

/** Approvals that are open at this moment cannot be held against the log: they become void, and are asked for again. */
async function addLogIndex(database: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE approvals ADD COLUMN log_index INTEGER`.execute(database)
}

async function addReported(database: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE approvals ADD COLUMN reported TEXT`.execute(database)
}

/** Both indexes hold only what waits: none of them is read for what is done. */
async function addRecordingUpkeep(database: Kysely<unknown>): Promise<void> {
  const columns = [
    'searched INTEGER NOT NULL DEFAULT 0',
    'stored_bytes INTEGER',
    'finding TEXT',
    'removed_at TEXT',
    'removed_index INTEGER',
  ]
  for (const column of columns) await sql.raw(`ALTER TABLE recordings ADD COLUMN ${column}`).execute(database)
  await sql`CREATE INDEX recordings_unsearched ON recordings (log_index) WHERE searched = 0 AND removed_at IS NULL`.execute(database)
  await sql`CREATE INDEX recordings_plain ON recordings (log_index) WHERE stored_bytes IS NULL AND finding IS NULL AND removed_at IS NULL`.execute(
    database,
  )
}

/** Each index holds only what there is to do, in the order in which it is done. */
async function addRetention(database: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`ALTER TABLE recordings ADD COLUMN copied INTEGER NOT NULL DEFAULT 0`,
    sql`CREATE INDEX recordings_kept ON recordings (connection, ended_at, session) WHERE removed_at IS NULL`,
    sql`CREATE INDEX recordings_uncopied ON recordings (log_index) WHERE copied = 0 AND removed_at IS NULL`,
    sql`CREATE INDEX recordings_copied_in_vain ON recordings (log_index) WHERE copied = 1 AND removed_at IS NOT NULL`,
    sql`CREATE TABLE recording_copy (folder TEXT PRIMARY KEY, mark TEXT NOT NULL) STRICT`,
  ]
  for (const statement of statements) await statement.execute(database)
}

async function addEndedBy(database: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE sessions ADD COLUMN ended_by TEXT`.execute(database)
}

async function createToolPins(database: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`ALTER TABLE connections ADD COLUMN new_tools TEXT NOT NULL DEFAULT 'accept'`,
    sql`ALTER TABLE connections ADD COLUMN tools_listed TEXT NOT NULL DEFAULT '[]'`,
    sql`CREATE TABLE tool_pins (connection TEXT NOT NULL, tool TEXT NOT NULL, pin TEXT NOT NULL, PRIMARY KEY (connection, tool)) STRICT`,
  ]
  for (const statement of statements) await statement.execute(database)
}
