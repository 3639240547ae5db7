import { expect, test } from 'vitest'
import { holdSelection, retentionTerms } from '../../../src-protocol/retention.ts'
import { keptBy, ruleLines } from './hold-words.ts'

const session = 'ses_0000000000000001'

test.for<[object, string]>([
  [{ sessions: [session] }, `Session ${session}`],
  [{ sessions: [session, session] }, '2 sessions by id'],
  [{ person: 'u-1', connection: 'orders-db' }, 'Sessions of Mira, on orders-db'],
  [
    { connection: 'orders-db', endedFrom: '2026-01-01T00:00:00.000Z', endedBefore: '2026-02-01T00:00:00.000Z' },
    'On orders-db, ended from 2026-01-01, ended before 2026-02-01',
  ],
])('a hold on %j', ([selection, words]) => {
  expect(keptBy(holdSelection.parse(selection), () => 'Mira')).toBe(words)
})

test('a rule, connection by connection', () => {
  const lines = (terms: object) => ruleLines(retentionTerms.parse(terms)).map(({ label, value }) => `${label}: ${value}`)
  expect(lines({ days: 365 })).toEqual(['Every connection: 365 days'])
  expect(lines({ connections: { b: 'keep', a: 40 } })).toEqual(['a: 40 days', 'b: kept for good', 'All others: kept for good'])
})
