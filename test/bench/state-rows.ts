/** Rows of the gateway's state, written in bulk: a million sessions through the front door would take a day. */
import type { State } from '../../src-gateway/state/state-database.ts'
import { timestampOf } from '../../src-node/clock.ts'

type Row = Record<string, string | number | null>

/** One transaction; columns that are not named get what the schema says. */
export function insertRows(connection: State['connection'], table: 'sessions' | 'recordings', rows: Iterable<Row>): void {
  let insert: ReturnType<typeof connection.prepare> | undefined
  connection.pragma('synchronous = OFF')
  connection.transaction(() => {
    for (const row of rows) {
      const columns = Object.keys(row)
      insert ??= connection.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`)
      insert.run(row)
    }
  })()
  connection.pragma('synchronous = FULL')
}

/** What both tables say of a session. One began every ten seconds. */
function sharedColumns(counter: number) {
  const number = counter % 4
  const person = {
    sub: `u-${number}`,
    name: `Mira Okafor ${number}`,
    email: `mira${number}@acme.example`,
    groups: ['operators'],
    roles: ['operator'],
  }
  const at = Date.UTC(2026, 10, 22) - 10_000 * (1_000_000 - counter)
  return {
    person,
    at,
    row: {
      connection: `orders-db-${number}`,
      person: JSON.stringify(person),
      reason: `Refund ${counter} is stuck`,
      started_at: timestampOf(new Date(at)),
      ended_at: timestampOf(new Date(at + 600_000)),
      end_reason: 'ended-by-operator',
      policy_version: 'a'.repeat(64),
      masking_version: 'b'.repeat(64),
      records: 240,
      counts: JSON.stringify({ allowed: 118, masked: 12, held: 1, denied: 2 }),
    },
  }
}

export const sessionIdOf = (counter: number): string => `ses_${String(counter).padStart(16, '0')}`

/** A session that is over and sealed, unless something else is said. */
export function sessionRow(id: string, counter: number, change: Row = {}): Row {
  const { person, at, row } = sharedColumns(counter)
  return {
    ...row,
    id,
    counter,
    agent_id: 'agt_abcdefghij012345',
    agent_name: 'dc-1',
    server: 'postgres',
    person_sub: person.sub,
    ends_at: timestampOf(new Date(at + 3_600_000)),
    client: 'claude-code 2.1',
    logged: 1,
    sealed: 1,
    ...change,
  }
}

export function recordingRow(id: string, counter: number): Row {
  return { ...sharedColumns(counter).row, session: id, bytes: 180_000, log_index: counter * 2 }
}
