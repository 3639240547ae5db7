import type { Database } from 'better-sqlite3'
import type { Person } from '../../src-protocol/model.ts'

/** Remembers since when the gateway has known somebody in a group that they did not have before. */
export interface GroupMembership {
  /** group → since when; groups that the person always had here are not in it */
  since(sub: string): Readonly<Record<string, string>>
  /** the newest groups of a person, and when they were heard of */
  heard(person: Person, at: string): void
}

/** No request waits longer than a week: what was gained before cannot matter any more. */
const keptMs = 8 * 24 * 3600 * 1000

/**
 * Approvals outlive a restart, so what somebody gained after they were asked for has to be remembered in the state. Everybody who is known
 * at start is to be told to it once.
 */
export function createGroupMembership(database: Database, now: Date): GroupMembership {
  database.exec(`
    CREATE TABLE IF NOT EXISTS group_gains (person TEXT NOT NULL, group_name TEXT NOT NULL, since TEXT NOT NULL,
      PRIMARY KEY (person, group_name)) STRICT, WITHOUT ROWID`)
  database.prepare('DELETE FROM group_gains WHERE since < ?').run(new Date(now.getTime() - keptMs).toISOString())
  const remember = database.prepare('INSERT OR REPLACE INTO group_gains (person, group_name, since) VALUES (?, ?, ?)')
  const groups = new Map<string, Set<string>>()
  const gained = new Map<string, Record<string, string>>()
  const gain = (sub: string, group: string, at: string) => gained.set(sub, { ...gained.get(sub), [group]: at })
  const stored = database.prepare<[], { person: string; group_name: string; since: string }>('SELECT * FROM group_gains')
  for (const { person, group_name: group, since } of stored.all()) gain(person, group, since)

  return {
    since: (sub) => gained.get(sub) ?? {},
    heard(person, at) {
      const before = groups.get(person.sub)
      groups.set(person.sub, new Set(person.groups))
      // somebody whom the gateway meets for the first time may have been in the group for years
      if (!before) return
      for (const group of person.groups) {
        if (before.has(group)) continue
        gain(person.sub, group, at)
        remember.run(person.sub, group, at)
      }
    },
  }
}
