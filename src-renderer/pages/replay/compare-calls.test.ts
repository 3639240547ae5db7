import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReplayRow } from '../../../src-protocol/desktop-api.ts'
import type { Verdict } from '../../../src-protocol/model.ts'
import { callsOf, compareCalls, countRelations, type ComparedCall } from './compare-calls.ts'

function row(seq: number, summary: string, values: Partial<ReplayRow> = {}): ReplayRow {
  return {
    seq,
    at: '2026-11-19T13:02:00.000Z',
    kind: 'request',
    direction: 'client',
    exchange: seq,
    method: 'tools/call',
    tool: 'sql',
    summary,
    bytes: 1,
    masks: 0,
    ...values,
  }
}
const calls = (...summaries: string[]): ComparedCall[] =>
  summaries.map((summary, seq) => ({ row: row(seq, summary), verdict: 'allowed' as Verdict }))
const shape = (left: ComparedCall[], right: ComparedCall[], ignoreValues = false) =>
  compareCalls(left, right, ignoreValues).map(
    (pair) => `${pair.left?.row.summary ?? '-'} ${pair.right?.row.summary ?? '-'} ${pair.relation}`,
  )

test('equal calls stand side by side, others alone', () => {
  expect(shape(calls('a', 'b', 'c'), calls('a', 'x', 'c'))).toEqual(['a a same', 'b - left', '- x right', 'c c same'])
})

test('a moved call is not the same place', () => {
  expect(shape(calls('a', 'b', 'c'), calls('c', 'a', 'b'))).toEqual(['- c right', 'a a same', 'b b same', 'c - left'])
})

test('a call that comes twice is matched twice', () => {
  expect(shape(calls('a', 'a', 'b'), calls('a', 'b'))).toEqual(['a a same', 'a - left', 'b b same'])
})

test('the same call with another end is told apart', () => {
  const right = calls('a')
  right[0]!.verdict = 'denied'
  expect(shape(calls('a'), right)).toEqual(['a a verdict'])
})

test('values can be left out of account', () => {
  const left = calls("SELECT * FROM a WHERE id = 'x' LIMIT 10")
  const right = calls("SELECT * FROM a WHERE id = 'y' LIMIT 20")
  expect(countRelations(compareCalls(left, right, false))).toEqual({ same: 0, verdict: 0, left: 1, right: 1 })
  expect(countRelations(compareCalls(left, right, true))).toEqual({ same: 1, verdict: 0, left: 0, right: 0 })
})

test('a call has the most serious verdict of its exchange', () => {
  const rows = [
    row(1, 'a', { verdict: 'allowed' }),
    row(2, '2 rows', { kind: 'response', direction: 'server', exchange: 1, verdict: 'masked' }),
    row(3, 'b', { verdict: 'held' }),
    row(4, 'denied', { kind: 'approval', exchange: 3, verdict: 'denied' }),
  ]
  expect(callsOf(rows).map(({ row: { seq }, verdict }) => [seq, verdict])).toEqual([
    [1, 'masked'],
    [3, 'denied'],
  ])
})

test('every call is in the comparison once, in its order', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 })
  fc.assert(
    fc.property(letters, letters, (one, other) => {
      const pairs = compareCalls(calls(...one), calls(...other), false)
      expect(pairs.flatMap(({ left }) => (left ? [left.row.summary] : []))).toEqual(one)
      expect(pairs.flatMap(({ right }) => (right ? [right.row.summary] : []))).toEqual(other)
    }),
  )
})

test('sessions of 100,000 calls are compared in a moment', () => {
  const many = calls(...Array.from({ length: 100_000 }, (_, at) => `call ${at % 977}`))
  expect(countRelations(compareCalls(many, many, false)).same).toBe(100_000)
})
