import type { Database } from 'better-sqlite3'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import type { PersonSeen } from '../../src-protocol/access.ts'
import { role as roleSchema, type Person, type Role } from '../../src-protocol/model.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'

/** What the identity provider says about somebody. */
export interface Claims {
  sub: string
  name: string
  email?: string
  groups: string[]
}

export interface SignInRow {
  id: string
  sub: string
  keyThumbprint: string | undefined
  expiresAt: Date
  ended: boolean
}

const keptPeople = 1000

/**
 * People who have signed in, and their sign-ins. A person's groups are those of the newest answer of the identity provider, for
 * all of that person's sign-ins at once: whoever lost a group has lost it everywhere as soon as the gateway hears of it.
 */
export interface PeopleStore {
  /** Stores what the provider said. */
  remember(claims: Claims): { person: Person; changed: boolean }
  person(sub: string): Person | undefined
  people(): Person[]
  /** with their first and last sign-in that was finished */
  seen(): PersonSeen[]
  createSignIn(signIn: { id: string; sub: string; expiresAt: Date }): void
  signIn(id: string): SignInRow | undefined
  /** The first token was asked for, with this key. False if it was asked for before. */
  completeSignIn(id: string, keyThumbprint: string): boolean
  /** False if it had ended before, or never existed. */
  endSignIn(id: string): boolean
}

export function createPeopleStore(database: Database, roles: GatewayConfig['roles'], clock: Clock): PeopleStore {
  const statements = {
    person: database.prepare<[string], PersonRow>('SELECT sub, name, email, groups_json FROM identity_people WHERE sub = ?'),
    people: database.prepare<[], PersonRow>('SELECT sub, name, email, groups_json FROM identity_people ORDER BY name, sub'),
    seen: database.prepare<[], SeenRow>(
      `SELECT person.sub, name, email, groups_json, last_seen_at, MIN(completed_at) AS first_at, MAX(completed_at) AS last_at
       FROM identity_people AS person LEFT JOIN identity_sign_ins AS sign_in ON sign_in.sub = person.sub
       GROUP BY person.sub ORDER BY name, person.sub`,
    ),
    remember: database.prepare(
      `INSERT INTO identity_people (sub, name, email, groups_json, first_seen_at, last_seen_at) VALUES (@sub, @name, @email, @groups, @now, @now)
       ON CONFLICT (sub) DO UPDATE SET name = @name, email = @email, groups_json = @groups, last_seen_at = @now`,
    ),
    createSignIn: database.prepare('INSERT INTO identity_sign_ins (id, sub, created_at, expires_at) VALUES (?, ?, ?, ?)'),
    signIn: database.prepare<[string], SignInRecord>(
      'SELECT id, sub, key_thumbprint, expires_at, ended_at FROM identity_sign_ins WHERE id = ?',
    ),
    completeSignIn: database.prepare(
      'UPDATE identity_sign_ins SET key_thumbprint = ?, completed_at = ? WHERE id = ? AND key_thumbprint IS NULL AND ended_at IS NULL',
    ),
    endSignIn: database.prepare('UPDATE identity_sign_ins SET ended_at = ? WHERE id = ? AND ended_at IS NULL'),
  }
  const now = () => timestampOf(clock.now())
  const personOf = (row: PersonRow): Person => {
    const groups = JSON.parse(row.groups_json) as string[]
    return { sub: row.sub, name: row.name, email: row.email ?? undefined, groups, roles: rolesOf(groups, roles) }
  }
  /** The sessions of one person keep the same object, not a copy each. */
  const latest = new Map<string, { row: PersonRow; person: Person }>()
  const sharedPersonOf = (row: PersonRow): Person => {
    const before = latest.get(row.sub)
    if (before && sameRow(before.row, row)) return before.person
    const person = personOf(row)
    const [oldest] = latest.keys()
    if (latest.size >= keptPeople && oldest !== undefined) latest.delete(oldest)
    latest.set(row.sub, { row, person })
    return person
  }

  return {
    remember({ sub, name, email, groups }) {
      const before = statements.person.get(sub)
      const groupsJson = JSON.stringify([...new Set(groups)])
      statements.remember.run({ sub, name, email: email ?? null, groups: groupsJson, now: now() })
      const row = { sub, name, email: email ?? null, groups_json: groupsJson }
      return { person: personOf(row), changed: before !== undefined && before.groups_json !== groupsJson }
    },
    person(sub) {
      const row = statements.person.get(sub)
      return row && sharedPersonOf(row)
    },
    people: () => statements.people.all().map(personOf),
    seen: () =>
      statements.seen.all().map((row) => ({
        person: personOf(row),
        ...(row.first_at !== null && { firstSignInAt: row.first_at }),
        ...(row.last_at !== null && { lastSignInAt: row.last_at }),
        lastSeenAt: row.last_seen_at,
      })),
    createSignIn({ id, sub, expiresAt }) {
      statements.createSignIn.run(id, sub, now(), timestampOf(expiresAt))
    },
    signIn(id) {
      const row = statements.signIn.get(id)
      if (!row) return undefined
      return {
        id: row.id,
        sub: row.sub,
        keyThumbprint: row.key_thumbprint ?? undefined,
        expiresAt: new Date(row.expires_at),
        ended: row.ended_at !== null,
      }
    },
    completeSignIn: (id, keyThumbprint) => statements.completeSignIn.run(keyThumbprint, now(), id).changes === 1,
    endSignIn: (id) => statements.endSignIn.run(now(), id).changes === 1,
  }
}

interface PersonRow {
  sub: string
  name: string
  email: string | null
  groups_json: string
}

interface SeenRow extends PersonRow {
  last_seen_at: string
  first_at: string | null
  last_at: string | null
}

interface SignInRecord {
  id: string
  sub: string
  key_thumbprint: string | null
  expires_at: string
  ended_at: string | null
}

const sameRow = (one: PersonRow, other: PersonRow): boolean =>
  one.groups_json === other.groups_json && one.name === other.name && one.email === other.email

/** A role is held by everyone in one of its groups. */
function rolesOf(groups: readonly string[], roles: GatewayConfig['roles']): Role[] {
  return roleSchema.options.filter((role) => roles[role].some((group) => groups.includes(group)))
}
