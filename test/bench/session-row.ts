import { timestampOf } from '../../src-node/clock.ts'
import type { SessionRow } from '../../src-gateway/state/schema.ts'

/** A session as the gateway's state holds it: over and sealed, unless something else is said. */
export function sessionRow(id: string, counter: number, change: Partial<SessionRow> = {}): SessionRow {
  const number = counter % 50
  // one every ten seconds, back to back up to now
  const at = Date.UTC(2026, 10, 22) - 10_000 * (1_000_000 - counter)
  const person = {
    sub: `u-${number}`,
    name: `Mira Okafor ${number}`,
    email: `mira${number}@acme.example`,
    groups: ['operators'],
    roles: ['operator'],
  }
  return {
    id,
    counter,
    connection: `orders-db-${number}`,
    agent_id: 'agt_abcdefghij012345',
    agent_name: 'dc-1',
    server: 'postgres',
    person_sub: person.sub,
    person: JSON.stringify(person),
    reason: `Refund ${counter} is stuck`,
    started_at: timestampOf(new Date(at)),
    ends_at: timestampOf(new Date(at + 3_600_000)),
    ended_at: timestampOf(new Date(at + 600_000)),
    end_reason: 'ended-by-operator',
    client: 'claude-code 2.1',
    policy_version: 'a'.repeat(64),
    masking_version: 'b'.repeat(64),
    records: 240,
    counts: JSON.stringify({ allowed: 118, masked: 12, held: 1, denied: 2 }),
    logged: 1,
    sealed: 1,
    ...change,
  }
}
