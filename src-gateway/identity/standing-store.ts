import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { Adapter } from 'oidc-provider'
import { z } from 'zod'
import type { Standing } from './identity-provider-client.ts'

/**
 * What the gateway may ask the identity provider with. In memory while it runs; in the database only sealed with the desktop's own refresh
 * token, of which the gateway keeps no more than a hash: after a restart it can ask again once the desktop renews, and whoever reads the
 * database can not.
 */
export interface StandingStore {
  get(signInId: string): Standing | undefined
  set(signInId: string, standing: Standing): void
  delete(signInId: string): void
  /** the adapter for refresh tokens: what it is given and asked for opens and seals */
  watch(adapter: Adapter): Adapter
}

interface Key {
  idHash: string
  key: Buffer
}

/** more sign-ins than this are not rechecked with the identity provider before they end by themselves */
const standingsLimit = 10_000
/** the token that the desktop holds, and its successor, which it may not have received */
const keysKept = 2
const nonceBytes = 12
const tagBytes = 16

const sealedStanding = z.object({
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  expiresAt: z.number(),
  groupsFrom: z.enum(['id-token', 'userinfo']),
})

export function createStandingStore(database: Database): StandingStore {
  const standings = new Map<string, Standing>()
  const keys = new Map<string, Key[]>()
  const statements = {
    put: database.prepare('INSERT OR REPLACE INTO identity_standings (id_hash, sign_in, sealed) VALUES (?, ?, ?)'),
    find: database.prepare<[string], { sealed: Buffer }>('SELECT sealed FROM identity_standings WHERE id_hash = ?'),
    remove: database.prepare('DELETE FROM identity_standings WHERE id_hash = ?'),
    removeAll: database.prepare('DELETE FROM identity_standings WHERE sign_in = ?'),
    sweep: database.prepare(
      'DELETE FROM identity_standings WHERE sign_in NOT IN (SELECT id FROM identity_sign_ins WHERE ended_at IS NULL AND expires_at > ?)',
    ),
  }
  statements.sweep.run(new Date().toISOString())

  function remember(signInId: string, standing: Standing): void {
    const [oldest] = standings.keys()
    if (standings.size >= standingsLimit && oldest !== undefined && !standings.has(signInId)) {
      standings.delete(oldest)
      keys.delete(oldest)
    }
    standings.set(signInId, standing)
  }

  function store(signInId: string): void {
    const standing = standings.get(signInId)
    if (!standing) return
    for (const { idHash, key } of keys.get(signInId) ?? []) statements.put.run(idHash, signInId, seal(standing, key))
  }

  function addKey(signInId: string, id: string): void {
    const known = (keys.get(signInId) ?? []).filter(({ idHash }) => idHash !== hashOf(id))
    const kept = [...known, { idHash: hashOf(id), key: keyOf(id) }]
    for (const { idHash } of kept.splice(0, kept.length - keysKept)) statements.remove.run(idHash)
    keys.set(signInId, kept)
  }

  return {
    get: (signInId) => standings.get(signInId),
    set(signInId, standing) {
      remember(signInId, standing)
      store(signInId)
    },
    delete(signInId) {
      standings.delete(signInId)
      keys.delete(signInId)
      statements.removeAll.run(signInId)
    },
    watch: (adapter) => ({
      ...adapter,
      async upsert(id, payload, expiresIn) {
        await adapter.upsert(id, payload, expiresIn)
        const { grantId } = payload
        if (typeof grantId !== 'string' || !standings.has(grantId)) return
        addKey(grantId, id)
        store(grantId)
      },
      async find(id) {
        const payload = await adapter.find(id)
        const grantId = payload?.grantId
        if (typeof grantId !== 'string' || standings.has(grantId)) return payload
        const row = statements.find.get(hashOf(id))
        const standing = row && open(row.sealed, keyOf(id))
        if (standing) {
          remember(grantId, standing)
          addKey(grantId, id)
        }
        return payload
      },
    }),
  }
}

const hashOf = (id: string): string => createHash('sha256').update(id).digest('base64url')
/** from 256 random bits; the hash that is stored tells nothing about it */
const keyOf = (id: string): Buffer => Buffer.from(hkdfSync('sha256', id, '', 'gatehouse standing at the identity provider', 32))

function seal(standing: Standing, key: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(standing)), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Undefined if it was not sealed with this key: then nobody is asked, as for a provider that gave nothing to ask with. */
function open(bytes: Buffer, key: Buffer): Standing | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString()
    const { accessToken, refreshToken, expiresAt, groupsFrom } = sealedStanding.parse(JSON.parse(text))
    return { accessToken, refreshToken, expiresAt, groupsFrom }
  } catch {
    return undefined
  }
}
