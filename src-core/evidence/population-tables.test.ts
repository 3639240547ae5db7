import { expect, test } from 'vitest'
import { logEntry } from '../../src-protocol/log-entry.ts'
import { createPopulationTables, populationColumns, type Row } from './population-tables.ts'

const version = 'a'.repeat(64)
const base = { v: 1, at: '2026-11-22T16:05:00.123Z', document: 'policy', version, author: 'u-ada' }
const proposal = 'prp_0123456789abcdef'

test('a version has its author, who agreed to it and why; what was proposed and refused is told beside what administrators did', () => {
  const tables = createPopulationTables()
  const entries = [
    { ...base, kind: 'policy.version', author: 'gateway start' },
    { ...base, kind: 'policy.proposed', proposal, base: 'b'.repeat(64), message: 'Reading became daily work.' },
    { ...base, kind: 'policy.rejected', proposal, by: 'u-ben', reason: 'It allows too much.' },
    { ...base, kind: 'policy.withdrawn', proposal, by: 'u-ada', reason: 'Withdrawn by its author.' },
    { ...base, kind: 'policy.version', approvedBy: 'u-ben', message: 'Reading became daily work.' },
  ]
  entries.forEach((entry, index) => tables.addEntry(logEntry.parse(entry), index))
  const rows: Record<string, Row[]> = {}
  tables.finish((file, row) => void (rows[file] ??= []).push(row))

  const cells = rows['population/policies.csv']?.map((row) =>
    populationColumns['population/policies.csv'].map((column, at) => [column, row[at]]),
  )
  expect(cells?.map((row) => Object.fromEntries(row) as unknown)).toEqual([
    expect.objectContaining({ author: 'gateway start', 'approved by': undefined, message: undefined, 'log entry': 0 }),
    expect.objectContaining({ version, author: 'u-ada', 'approved by': 'u-ben', message: 'Reading became daily work.', 'log entry': 4 }),
  ])
  expect(rows['population/admin.csv']?.map((row) => row.slice(1))).toEqual([
    ['policy.proposed', 'u-ada', `policy ${version}: Reading became daily work.`, 1],
    ['policy.rejected', 'u-ben', `policy ${version}: It allows too much.`, 2],
    ['policy.withdrawn', 'u-ada', `policy ${version}: Withdrawn by its author.`, 3],
  ])
})
