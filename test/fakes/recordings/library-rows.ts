import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import { connectionName } from '../../../src-protocol/ids.ts'
import { seededRandom } from './random.ts'
import { fakeSessionId, maskingVersion, ordersSession, policyVersion } from './session-records.ts'

type Short = readonly [
  started: string,
  connection: string,
  person: string,
  reason: string,
  counts: readonly [number, number, number, number],
  minutes: number,
  where: 'here' | 'gateway',
  proof: LibraryRow['proof'],
]

const rows: readonly Short[] = [
  ['2026-11-21T15:32:10', 'orders-db', 'Mira Okafor', 'INC-4119: reconcile refunds', [97, 48, 2, 1], 38, 'here', 'verified'],
  ['2026-11-20T08:05:44', 'orders-db', 'Mira Okafor', 'INC-4112: slow refund list', [40, 20, 1, 0], 22, 'here', 'verified'],
  ['2026-11-19T13:02:00', 'orders-db', 'Mira Okafor', 'INC-4103: duplicate refunds', [62, 33, 2, 4], 56, 'here', 'verified'],
  [
    '2026-11-19T09:47:21',
    'crm-prod',
    'Ines Duarte',
    'Case 88121: wrong invoice address on three orders',
    [12, 25, 0, 0],
    14,
    'here',
    'verified',
  ],
  ['2026-11-18T20:58:03', 'orders-db', 'Tomas Rehák', 'CHG-771: add column, night window', [22, 5, 2, 0], 17, 'here', 'verified'],
  ['2026-11-18T12:30:00', 'billing-files', 'Tomas Rehák', 'Month-end export check', [70, 9, 1, 3], 41, 'here', 'failed'],
  ['2026-11-17T07:14:00', 'github-internal', 'Noor Haddad', 'Triage of security issues', [396, 6, 0, 0], 112, 'here', 'verified'],
  ['2026-11-14T10:40:52', 'orders-db', 'Noor Haddad', 'Grant for the reporting role', [12, 4, 1, 1], 9, 'here', 'verified'],
  ['2026-11-13T14:20:37', 'crm-prod', 'Ines Duarte', 'Case 87770: merge two accounts', [18, 34, 0, 0], 25, 'here', 'unchecked'],
  ['2026-11-12T09:02:15', 'orders-db', 'Mira Okafor', 'INC-4071: stuck refunds', [66, 28, 2, 0], 33, 'here', 'verified'],
  ['2026-11-11T14:11:28', 'orders-db', 'Ines Duarte', 'Import of partner list', [31, 11, 1, 1], 20, 'gateway', 'unchecked'],
  ['2026-11-11T08:36:40', 'billing-files', 'Tomas Rehák', 'Late invoices, October', [104, 15, 0, 1], 48, 'gateway', 'unchecked'],
  ['2026-11-10T15:25:05', 'crm-prod', 'Noor Haddad', 'Case 87102: data export request', [20, 51, 0, 0], 31, 'gateway', 'unchecked'],
  ['2026-11-10T07:50:59', 'github-internal', 'Noor Haddad', 'Release notes for 6.4', [233, 0, 0, 0], 70, 'gateway', 'unchecked'],
  ['2026-11-09T18:30:12', 'orders-db', 'Tomas Rehák', 'CHG-760: refund events', [17, 7, 2, 0], 19, 'gateway', 'unchecked'],
  ['2026-11-09T10:08:33', 'crm-prod', 'Ines Duarte', 'Case 86990: close account', [13, 27, 0, 0], 16, 'gateway', 'unchecked'],
  ['2026-11-08T13:44:20', 'billing-files', 'Tomas Rehák', 'Supplier list for October', [21, 3, 0, 0], 12, 'here', 'failed'],
]

export function fakeLibraryRows(): LibraryRow[] {
  return rows.map((short, at) => rowOf(short, at))
}

/** As many recordings as a large company makes in a year. */
export function manyLibraryRows(count: number): LibraryRow[] {
  const random = seededRandom(3)
  const newest = Date.UTC(2026, 10, 21, 15, 32)
  return Array.from({ length: count }, (_, at) => {
    const [, connection, person, reason, counts, minutes] = rows[Math.floor(random() * rows.length)]!
    const started = new Date(newest - at * 2_700_000 - random() * 900_000).toISOString().slice(0, 19)
    const here = at < count / 3
    return rowOf(
      [started, connection, person, reason, counts, minutes, here ? 'here' : 'gateway', here ? 'verified' : 'unchecked'],
      at + 100,
    )
  })
}

function rowOf(
  [started, connection, person, reason, [allowed, masked, held, denied], minutes, where, proof]: Short,
  at: number,
): LibraryRow {
  const startedAt = `${started}.413Z`
  const records = 2 * (allowed + masked + held + denied) + 2
  return {
    session: at === 2 ? ordersSession : fakeSessionId(at),
    connection: connectionName.parse(connection),
    person: { sub: person.split(' ')[0]!.toLowerCase(), name: person, email: `${person.toLowerCase().replace(' ', '.')}@acme.example` },
    reason,
    startedAt,
    endedAt: new Date(Date.parse(startedAt) + minutes * 60_000).toISOString(),
    endReason: 'ended-by-operator',
    records,
    bytes: records * 611,
    counts: { allowed, masked, held, denied },
    policyVersion,
    maskingVersion,
    here: where === 'here',
    onGateway: true,
    proof,
  }
}
