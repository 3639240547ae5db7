import { connectionName } from '../../src-protocol/ids.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { AccessReviewRow } from '../../src-protocol/overview.ts'
import type { Access } from '../access/access.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import type { LastUse } from './overview-tasks.ts'

interface AccessReviewSources {
  lastUses: readonly LastUse[]
  people: readonly Person[]
  connections: readonly Connection[]
  personOf: (sub: string) => { sub: string; name: string }
  standings: Access['standings']
}

/** Who can reach what, and who did: also who did and no longer can, and what was reached and is no longer there. */
export function accessReviewRows({ lastUses, people, connections, personOf, standings }: AccessReviewSources): AccessReviewRow[] {
  const uses = new Map(lastUses.map((use) => [`${use.person}\n${use.connection}`, use]))
  const rows: AccessReviewRow[] = []
  for (const person of people) {
    const operator = person.roles.includes('operator')
    const standingOf = operator ? standings(person, connections) : undefined
    for (const connection of connections) {
      const key = `${person.sub}\n${connection.name}`
      const use = uses.get(key)
      const may = operator && mayUseConnection(person, connection)
      const standing = may ? standingOf?.[connection.name] : undefined
      uses.delete(key)
      if (!may && !use) continue
      const { sub, name, email } = person
      rows.push({
        person: { sub, name, ...(email !== undefined && { email }) },
        connection: connection.name,
        may,
        through: may ? connection.groups.filter((group) => person.groups.includes(group)) : [],
        needsAccess: standing !== undefined && standing.state !== 'free',
        ...(standing?.grant && { accessUntil: standing.grant.endsAt }),
        sessions: use?.sessions ?? 0,
        ...(use && { lastUsedAt: use.at }),
      })
    }
  }
  for (const { person, connection, sessions, at } of uses.values()) {
    rows.push({
      person: personOf(person),
      connection: connectionName.parse(connection),
      may: false,
      through: [],
      needsAccess: false,
      sessions,
      lastUsedAt: at,
    })
  }
  return rows.toSorted((one, other) => one.person.name.localeCompare(other.person.name) || one.connection.localeCompare(other.connection))
}
