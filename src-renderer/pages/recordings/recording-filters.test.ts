import { expect, test } from 'vitest'
import type { LibraryRow } from '../../../src-protocol/desktop-api.ts'
import { connectionName, sessionId } from '../../../src-protocol/ids.ts'
import {
  filterRecordings,
  isFilteringRecordings,
  noRecordingFilters,
  sortRecordings,
  tally,
  type RecordingFilters,
} from './recording-filters.ts'

const now = new Date(2026, 10, 22, 14, 0).getTime()

function row(at: number, values: Partial<LibraryRow> & { daysAgo: number; minutes?: number }): LibraryRow {
  const started = new Date(now)
  started.setDate(started.getDate() - values.daysAgo)
  return {
    session: sessionId.parse(`ses_${String(at).padStart(16, '0')}`),
    connection: connectionName.parse('orders-db'),
    person: { sub: 'mira', name: 'Mira Okafor' },
    reason: 'because',
    startedAt: started.toISOString(),
    endedAt: new Date(started.getTime() + (values.minutes ?? 10) * 60_000).toISOString(),
    endReason: 'expired',
    records: 2,
    bytes: 2,
    counts: { allowed: 0, masked: 0, held: 0, denied: 0 },
    policyVersion: '',
    maskingVersion: '',
    here: true,
    onGateway: true,
    proof: 'verified',
    ...values,
  }
}

const rows = [
  row(0, { daysAgo: 0, counts: { allowed: 1, masked: 0, held: 2, denied: 0 } }),
  row(1, { daysAgo: 6, connection: connectionName.parse('crm-prod'), minutes: 90 }),
  row(2, { daysAgo: 7, person: { sub: 'ines', name: 'Ines Duarte' }, counts: { allowed: 9, masked: 0, held: 0, denied: 3 } }),
  row(3, { daysAgo: 29, here: false, proof: 'unchecked' }),
  row(4, { daysAgo: 400, proof: 'failed' }),
]
const numbers = (found: readonly LibraryRow[]) => found.map((found) => rows.indexOf(found))

test.for<[string, Partial<RecordingFilters>, number[]]>([
  ['nothing', {}, [0, 1, 2, 3, 4]],
  ['today', { period: 'today' }, [0]],
  ['seven days, today included', { period: '7 days' }, [0, 1]],
  ['thirty days', { period: '30 days' }, [0, 1, 2, 3]],
  ['this year', { period: 'this year' }, [0, 1, 2, 3]],
  ['a connection', { connection: 'crm-prod' }, [1]],
  ['a person', { person: 'ines' }, [2]],
  ['a verdict', { verdict: 'denied' }, [2]],
  ['a proof that fails', { proof: 'failed' }, [4]],
  ['what is only on the gateway', { proof: 'on-gateway' }, [3]],
  ['what is not checked: rows on the gateway are not meant', { proof: 'unchecked' }, []],
  ['two at once', { period: '30 days', verdict: 'held' }, [0]],
])('filtering by %s', ([, filters, expected]) => {
  expect(numbers(filterRecordings(rows, { ...noRecordingFilters, ...filters }, now))).toEqual(expected)
  expect(isFilteringRecordings({ ...noRecordingFilters, ...filters })).toBe(Object.keys(filters).length > 0)
})

test.for([
  ['started', true, [0, 1, 2, 3, 4]],
  ['started', false, [4, 3, 2, 1, 0]],
  ['denied', true, [2, 0, 1, 3, 4]],
  ['length', true, [1, 0, 2, 3, 4]],
  ['person', false, [2, 0, 1, 3, 4]],
] as const)('sorted by %s, descending %s', ([key, descending, expected]) => {
  expect(numbers(sortRecordings(rows, { key, descending }))).toEqual(expected)
})

test('values are counted, the most frequent first', () => {
  expect(tally(rows, (row) => row.person.sub)).toEqual([
    { value: 'mira', count: 4 },
    { value: 'ines', count: 1 },
  ])
})
