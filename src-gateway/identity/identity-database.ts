import type { Database } from 'better-sqlite3'

/**
 * Tables of the identity part. No column holds a token: what the desktop can present is stored as SHA-256 only, access tokens are
 * signed statements that are not stored at all, and what the identity provider gave is sealed with a token that only the desktop has.
 */
export function prepareIdentityTables(database: Database): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS identity_artifacts (
      model TEXT NOT NULL,
      id_hash TEXT NOT NULL,
      payload TEXT NOT NULL,
      grant_id TEXT,
      consumed_at INTEGER,
      expires_at INTEGER,
      PRIMARY KEY (model, id_hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS identity_artifacts_grant ON identity_artifacts (grant_id) WHERE grant_id IS NOT NULL;
    CREATE INDEX IF NOT EXISTS identity_artifacts_expiry ON identity_artifacts (expires_at);

    CREATE TABLE IF NOT EXISTS identity_people (
      sub TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      email TEXT,
      groups_json TEXT NOT NULL,
      first_seen_at TEXT NOT NULL,
      last_seen_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE IF NOT EXISTS identity_sign_ins (
      id TEXT PRIMARY KEY,
      sub TEXT NOT NULL REFERENCES identity_people (sub),
      key_thumbprint TEXT,
      created_at TEXT NOT NULL,
      completed_at TEXT,
      expires_at TEXT NOT NULL,
      ended_at TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS identity_standings (
      id_hash TEXT PRIMARY KEY,
      sign_in TEXT NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS identity_standings_sign_in ON identity_standings (sign_in);

    CREATE INDEX IF NOT EXISTS identity_sign_ins_sub ON identity_sign_ins (sub);
  `)
}
