import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReplayRow } from '../../src-protocol/desktop-library.ts'
import { createCallKeys } from './call-keys.ts'
import { callsOf, compareCalls, type KeyedCalls } from './compare-calls.ts'
import { replayColumnsOf, verdictNames } from './replay-columns.ts'

const allowed = 1
/** Calls named by a letter each; the sequence numbers are their places. */
const calls = (letters: readonly string[], verdicts: number[] = letters.map(() => allowed)): KeyedCalls => ({
  seqs: Int32Array.from(letters.keys()),
  verdicts: Uint8Array.from(verdicts),
  keys: Int32Array.from(letters, (letter) => letter.charCodeAt(0)),
})
function shape(left: string, right: string): string[] {
  const pairs = compareCalls(calls(left.split('')), calls(right.split('')))
  const [one, other] = [pairs.left, pairs.right].map((bytes) => new Int32Array(new Uint8Array(bytes).buffer))
  return Array.from({ length: pairs.count }, (_, at) => `${left[one?.[at] ?? -1] ?? '-'}${right[other?.[at] ?? -1] ?? '-'}`)
}

test('equal calls stand side by side, others alone', () => {
  expect(shape('abc', 'axc')).toEqual(['aa', 'b-', '-x', 'cc'])
})

test('a moved call is not the same place', () => {
  expect(shape('abc', 'cab')).toEqual(['-c', 'aa', 'bb', 'c-'])
})

test('a call that comes twice is matched twice', () => {
  expect(shape('aab', 'ab')).toEqual(['aa', 'a-', 'bb'])
})

test('each side keeps its verdict, and has none where there is no call', () => {
  const pairs = compareCalls(calls(['a', 'b'], [allowed, 2]), calls(['a'], [5]))
  expect([...pairs.leftVerdicts]).toEqual([allowed, 2])
  expect([...pairs.rightVerdicts]).toEqual([5, 0])
})

test('every call is in the comparison once, in its order', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 40 })
  fc.assert(
    fc.property(letters, letters, (one, other) => {
      const pairs = shape(one, other)
      expect(pairs.map((pair) => pair[0]?.replace('-', '')).join('')).toBe(one)
      expect(pairs.map((pair) => pair[1]?.replace('-', '')).join('')).toBe(other)
      for (const pair of pairs) expect(pair).toMatch(/^(.)\1$|-/)
    }),
  )
})

test('sessions of 100,000 calls are compared in a moment, in a few bytes a call', () => {
  const many = { ...calls([]), ...columnsOf(100_000) }
  const pairs = compareCalls(many, many)
  expect(pairs.count).toBe(100_000)
  expect(pairs.left).toHaveLength(400_000)
})
const columnsOf = (length: number): KeyedCalls => ({
  seqs: Int32Array.from({ length }, (_, at) => at),
  verdicts: new Uint8Array(length).fill(allowed),
  keys: Int32Array.from({ length }, (_, at) => at % 977),
})

test('a call has the most serious verdict of its exchange; what the server asks is no call', () => {
  const row = (seq: number, values: Partial<ReplayRow>): ReplayRow => ({
    seq,
    at: '2026-11-19T13:02:00.000Z',
    kind: 'request',
    direction: 'client',
    summary: '',
    bytes: 1,
    masks: 0,
    ...values,
  })
  const { seqs, verdicts } = callsOf(
    replayColumnsOf([
      row(0, { kind: 'open' }),
      row(1, { exchange: 7, verdict: 'allowed' }),
      row(2, { exchange: 7, verdict: 'masked', kind: 'response', direction: 'server' }),
      row(3, { exchange: 8, verdict: 'held' }),
      row(4, { exchange: 8, verdict: 'denied', kind: 'approval' }),
      row(5, { exchange: 8, direction: 'server', verdict: 'allowed' }),
      row(6, { exchange: 9, verdict: 'failed' }),
      row(7, { exchange: 9, verdict: 'held', kind: 'approval' }),
      row(8, { exchange: 10 }),
    ]),
  )
  expect([...seqs]).toEqual([1, 3, 6, 8])
  expect([...verdicts].map((code) => verdictNames[code - 1])).toEqual(['masked', 'denied', 'failed', 'allowed'])
})

const call = (args: object, id = 1, tool = 'sql') => ({
  method: 'tools/call',
  tool,
  body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: args, _meta: { progressToken: id } } }),
})

test('what a call asks for is its whole request, but for its id and what is said about it', () => {
  const keyOf = createCallKeys(false)
  const long = `SELECT ${'a, '.repeat(200)}`
  const key = keyOf(call({ sql: `${long} b` }))
  expect(keyOf(call({ sql: `${long} b` }, 2))).toBe(key)
  // behind what a list has room for, in an argument that it does not show, and of another tool
  const others = [call({ sql: `${long} c` }), call({ sql: `${long} b`, database: 'other' }), call({ sql: `${long} b` }, 1, 'query')]
  expect(new Set([key, ...others.map(keyOf)]).size).toBe(4)
  expect(keyOf({ method: 'ping', body: 'not json' })).not.toBe(keyOf({ method: 'ping', body: 'not json either' }))
})

test('values can be left out of account, statements cannot', () => {
  const keyOf = createCallKeys(true)
  const key = keyOf(call({ sql: "SELECT * FROM a WHERE id = 'x' LIMIT 10", schema: 'public', limit: 5 }))
  expect(keyOf(call({ sql: "SELECT * FROM a WHERE id = 'y' LIMIT 20", schema: 'private', limit: 6 }))).toBe(key)
  expect(keyOf(call({ sql: "DELETE FROM a WHERE id = 'x' LIMIT 10", schema: 'public', limit: 5 }))).not.toBe(key)
  expect(keyOf(call({ sql: "SELECT * FROM a WHERE id = 'x' LIMIT 10" }))).not.toBe(key)
})
