import type { Person } from '../../src-protocol/model.ts'

/** Remembers since when the gateway has known somebody in a group that they did not have before. */
export interface GroupMembership {
  /** group → since when; groups that the person always had here are not in it */
  since(sub: string): Readonly<Record<string, string>>
  /** the newest groups of a person, and when they were heard of */
  heard(person: Person, at: string): void
}

/** In memory: approvals do not outlive a restart, so neither need this. Everybody who is known at start is to be told to it once. */
export function createGroupMembership(): GroupMembership {
  const groups = new Map<string, Set<string>>()
  const gained = new Map<string, Record<string, string>>()
  return {
    since: (sub) => gained.get(sub) ?? {},
    heard(person, at) {
      const before = groups.get(person.sub)
      groups.set(person.sub, new Set(person.groups))
      // somebody whom the gateway meets for the first time may have been in the group for years
      if (!before) return
      const since = gained.get(person.sub) ?? {}
      for (const group of person.groups) if (!before.has(group)) since[group] = at
      gained.set(person.sub, since)
    },
  }
}
