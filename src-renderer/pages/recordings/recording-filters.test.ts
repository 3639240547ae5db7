import { expect, test } from 'vitest'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import { libraryQuery, recordQuery } from '../../../src-protocol/desktop-library.ts'
import {
  isFilteringRecordings,
  libraryQueryOf,
  noRecordingFilters,
  periods,
  recordQueryOf,
  withAway,
  type RecordingFilters,
} from './recording-filters.ts'
import { titleOfPeriod } from './period-titles.ts'

const now = new Date(2026, 10, 22, 14, 0).getTime()
const newest = { key: 'started', descending: true } as const
const day = (month: number, date: number) => new Date(2026, month, date).toISOString()

test.for<[string, Partial<RecordingFilters>, object]>([
  ['nothing', {}, {}],
  ['today', { period: 'today' }, { from: day(10, 22) }],
  ['seven days, today included', { period: '7 days' }, { from: day(10, 16) }],
  ['thirty days', { period: '30 days' }, { from: day(9, 24) }],
  ['this year', { period: 'this year' }, { from: day(0, 1) }],
  ['this quarter, as in evidence packs', { period: 'this quarter' }, { from: '2026-10-01T00:00:00.000Z' }],
  [
    'the quarter before, which has an end',
    { period: 'last quarter' },
    { from: '2026-07-01T00:00:00.000Z', until: '2026-10-01T00:00:00.000Z' },
  ],
  ['a connection and a person', { connection: 'crm-prod', person: 'ines' }, { connection: 'crm-prod', person: 'ines' }],
  ['a verdict', { verdict: 'denied' }, { verdict: 'denied' }],
  ['what is only on the gateway', { proof: 'on-gateway' }, { proof: 'on-gateway' }],
])('what is asked for %s', ([, filters, expected]) => {
  const asked = libraryQueryOf({ filters: { ...noRecordingFilters, ...filters }, text: '', now, sorting: newest, hereOnly: false })
  expect(asked).toEqual(expected)
  expect(libraryQuery.parse(asked)).toEqual(asked)
  expect(isFilteringRecordings({ ...noRecordingFilters, ...filters })).toBe(Object.keys(filters).length > 0)
})

test('quarters are named as questions name them', () => {
  expect(periods.map((period) => titleOfPeriod(period, now))).toEqual([
    'Today',
    'Last 7 days',
    'Last 30 days',
    'Q4 2026',
    'Q3 2026',
    'This year',
  ])
})

test('text, order and place are asked for too', () => {
  const sorting = { key: 'denied', descending: false } as const
  expect(libraryQueryOf({ filters: noRecordingFilters, text: 'refund', now, sorting, hereOnly: true })).toEqual({
    text: 'refund',
    sort: 'denied',
    ascending: true,
    hereOnly: true,
  })
})

test('of messages, tool and rule can be chosen, and proofs cannot', () => {
  const filters: RecordingFilters = { ...noRecordingFilters, tool: 'execute_sql', rule: 'pii', proof: 'failed', verdict: 'masked' }
  const asked = recordQueryOf({ filters, text: 'refund', now })
  expect(asked).toEqual({ text: 'refund', tool: 'execute_sql', rule: 'pii', verdict: 'masked' })
  expect(recordQuery.parse(asked)).toEqual(asked)
})

test('rows of the gateway add to what can be chosen', () => {
  const row = { connection: 'crm', person: { sub: 'ines', name: 'Ines Duarte' }, here: false } as LibraryRow
  const facets = {
    connections: [{ value: 'orders', count: 1 }],
    people: [],
    proofs: [{ value: 'verified', count: 1 }],
    tools: [],
    rules: [],
  }
  expect(withAway(facets, [row, row, { ...row, here: true }])).toEqual({
    connections: [
      { value: 'crm', count: 2 },
      { value: 'orders', count: 1 },
    ],
    people: [{ value: 'ines', label: 'Ines Duarte', count: 2 }],
    proofs: [
      { value: 'on-gateway', count: 2 },
      { value: 'verified', count: 1 },
    ],
    tools: [],
    rules: [],
  })
})
