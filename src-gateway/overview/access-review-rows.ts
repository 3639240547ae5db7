import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { AccessReviewRow } from '../../src-protocol/overview.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import type { OverviewDatabase } from './overview-database.ts'

interface LastUse {
  person: string
  connection: ConnectionName
  sessions: number
  at: string
}

/** Who can reach what, and who did: also who did and no longer can, and what was reached and is no longer there. */
export function accessReviewRows(
  database: OverviewDatabase,
  people: readonly Person[],
  connections: readonly Connection[],
  personOf: (sub: string) => { sub: string; name: string },
): AccessReviewRow[] {
  const uses = new Map(
    database
      .prepare<[], LastUse>('SELECT * FROM last_use')
      .all()
      .map((use) => [`${use.person}\n${use.connection}`, use]),
  )
  const rows: AccessReviewRow[] = []
  for (const person of people) {
    for (const connection of connections) {
      const key = `${person.sub}\n${connection.name}`
      const use = uses.get(key)
      const may = person.roles.includes('operator') && mayUseConnection(person, connection)
      uses.delete(key)
      if (!may && !use) continue
      const { sub, name, email } = person
      rows.push({
        person: { sub, name, ...(email !== undefined && { email }) },
        connection: connection.name,
        may,
        through: may ? connection.groups.filter((group) => person.groups.includes(group)) : [],
        sessions: use?.sessions ?? 0,
        ...(use && { lastUsedAt: use.at }),
      })
    }
  }
  for (const { person, connection, sessions, at } of uses.values()) {
    rows.push({ person: personOf(person), connection, may: false, through: [], sessions, lastUsedAt: at })
  }
  return rows.toSorted((one, other) => one.person.name.localeCompare(other.person.name) || one.connection.localeCompare(other.connection))
}
