import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/**
 * Where oidc-provider keeps its sessions, grants, codes and refresh tokens. The key of a row is the SHA-256 of the identifier,
 * and the identifier is cut out of the payload wherever it stands there: who reads the database holds nothing to present.
 * (256 random bits need no slow hash.)
 *
 * A token that was used, but never its successor, by a process that ended since: the answer may not have reached the desktop, which then
 * comes again with what it has. That is no theft, and every token works only with the desktop's key.
 */
export function createArtifactStore(database: Database): AdapterFactory {
  const statements = {
    upsert: database.prepare(
      `INSERT INTO identity_artifacts (model, id_hash, payload, grant_id, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (model, id_hash) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, expires_at = excluded.expires_at`,
    ),
    find: database.prepare<[string, string], ArtifactRow>(
      'SELECT payload, consumed_at, grant_id FROM identity_artifacts WHERE model = ? AND id_hash = ?',
    ),
    usedSince: database.prepare('SELECT 1 FROM identity_artifacts WHERE model = ? AND grant_id = ? AND consumed_at > ?'),
    consume: database.prepare(
      'UPDATE identity_artifacts SET consumed_at = ? WHERE model = ? AND id_hash = ? AND (consumed_at IS NULL OR consumed_at < ?)',
    ),
    destroy: database.prepare('DELETE FROM identity_artifacts WHERE model = ? AND id_hash = ?'),
    revoke: database.prepare('DELETE FROM identity_artifacts WHERE model = ? AND grant_id = ?'),
    sweep: database.prepare('DELETE FROM identity_artifacts WHERE expires_at < ?'),
  }
  let sweptAt = 0
  const sweep = () => {
    const now = epochSeconds()
    if (now - sweptAt < sweepEverySeconds) return
    sweptAt = now
    statements.sweep.run(now - keepExpiredSeconds)
  }
  sweep()
  const startedAt = Date.now()
  const answerMayBeLost = (model: string, { consumed_at: usedAt, grant_id: grantId }: ArtifactRow): boolean =>
    model === 'RefreshToken' && usedAt !== null && usedAt < startedAt && statements.usedSince.get(model, grantId, usedAt) === undefined

  return (model): Adapter => ({
    async upsert(id, payload, expiresIn) {
      sweep()
      const expiresAt = expiresIn === undefined ? null : epochSeconds() + expiresIn
      // a payload without the identifier could not be told apart from one that never had it, hence the mark
      const text = JSON.stringify(payload).replaceAll(id, identifierMark)
      statements.upsert.run(model, hashOf(id), text, grantOf(payload), expiresAt)
    },
    async find(id) {
      const row = statements.find.get(model, hashOf(id))
      if (!row) return undefined
      const payload = JSON.parse(row.payload.replaceAll(identifierMark, id)) as AdapterPayload
      return row.consumed_at === null || answerMayBeLost(model, row) ? payload : { ...payload, consumed: row.consumed_at }
    },
    async consume(id) {
      statements.consume.run(Date.now(), model, hashOf(id), startedAt)
    },
    async destroy(id) {
      statements.destroy.run(model, hashOf(id))
    },
    async revokeByGrantId(grantId) {
      statements.revoke.run(model, grantId)
    },
    // only tokens that end with a browser session are looked up this way; ours do not
    async findByUid() {
      return undefined
    },
    // device flow only
    async findByUserCode() {
      return undefined
    },
  })
}

interface ArtifactRow {
  payload: string
  /** milliseconds since 1970 */
  consumed_at: number | null
  grant_id: string | null
}

/** JSON text never holds this character unescaped, so the mark cannot be in a payload by itself. */
const identifierMark = '\u0001'
const sweepEverySeconds = 60
/** oidc-provider tolerates some seconds of clock difference when it judges expiry */
const keepExpiredSeconds = 60

const hashOf = (id: string): string => createHash('sha256').update(id).digest('base64url')
/** oidc-provider's own time: it judges expiry by the system clock */
const epochSeconds = (): number => Math.floor(Date.now() / 1000)
const grantOf = (payload: AdapterPayload): string | null => (typeof payload.grantId === 'string' ? payload.grantId : null)
