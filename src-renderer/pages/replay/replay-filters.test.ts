import { expect, test } from 'vitest'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import { countKinds, countTools, countVerdicts, filterRows, isFiltering, noFilters } from './replay-filters.ts'
import { rowsAt, timelineOf } from './timeline.example.ts'

const verdicts = ['allowed', 'masked', 'denied', undefined, 'held', 'denied'] as const
const tools = ['a', 'a', 'b', undefined, 'b', 'a'] as const
const timeline = timelineOf(rowsAt([0, 1, 2, 3, 4, 5]).map((row, at): ReplayRow => ({ ...row, verdict: verdicts[at], tool: tools[at] })))

test.for([
  ['nothing', noFilters, [0, 1, 2, 3, 4, 5]],
  ['a verdict', { ...noFilters, verdicts: new Set(['denied'] as const) }, [2, 5]],
  ['two verdicts', { ...noFilters, verdicts: new Set(['masked', 'held'] as const) }, [1, 4]],
  ['a tool', { ...noFilters, tool: 'b' }, [2, 4]],
  ['a tool that never occurs', { ...noFilters, tool: 'nowhere' }, []],
  ['a kind', { ...noFilters, kind: 'response' as const }, [1, 3, 5]],
  ['a search', { ...noFilters, matches: new Uint8Array([0b101000]) }, [3, 5]],
  [
    'all together',
    { verdicts: new Set(['denied'] as const), tool: 'a', kind: 'response' as const, matches: new Uint8Array([0b100000]) },
    [5],
  ],
] as const)('filtering by %s', ([, filters, rows]) => {
  expect([...filterRows(timeline, filters)]).toEqual(rows)
})

test('counts', () => {
  expect(countVerdicts(timeline)).toEqual({ allowed: 1, masked: 1, held: 1, denied: 2, failed: 0 })
  expect(countTools(timeline)).toEqual([
    { tool: 'a', count: 3 },
    { tool: 'b', count: 2 },
  ])
  expect(countKinds(timeline)).toEqual([
    { kind: 'request', count: 3 },
    { kind: 'response', count: 3 },
  ])
})

test('a search without a hit filters too', () => {
  expect(isFiltering(noFilters)).toBe(false)
  expect(isFiltering({ ...noFilters, matches: new Uint8Array(1) })).toBe(true)
})
