import { expect, test } from 'vitest'
import { logEntry } from '../../src-protocol/log-entry.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import { openRecordFixture } from '../recording/sealed-recording.fixture.ts'
import { createPopulationTables, populationColumns, type Row } from './population-tables.ts'

const version = 'a'.repeat(64)
const base = { v: 1, at: '2026-11-22T16:05:00.123Z', document: 'policy', version, author: 'u-ada' }
const proposal = 'prp_0123456789abcdef'

test('a version has its author, who agreed to it and why; what was proposed and refused is told beside what administrators did', () => {
  const tables = createPopulationTables()
  const rules = { added: ['read', 'list'], changed: [{ rule: 'write', parts: ['effect', 'when'] }], removed: [] }
  const change = { base: 'b'.repeat(64), linesAdded: 7, linesRemoved: 2, rules, other: ['examples'] }
  const entries = [
    { ...base, kind: 'policy.version', author: 'gateway start' },
    { ...base, kind: 'policy.proposed', proposal, base: 'b'.repeat(64), message: 'Reading became daily work.' },
    { ...base, kind: 'policy.rejected', proposal, by: 'u-ben', reason: 'It allows too much.' },
    { ...base, kind: 'policy.withdrawn', proposal, by: 'u-ada', reason: 'Withdrawn by its author.' },
    { ...base, kind: 'policy.version', approvedBy: 'u-ben', message: 'Reading became daily work.', change },
  ]
  entries.forEach((entry, index) => tables.addEntry(logEntry.parse(entry), index))
  const rows: Record<string, Row[]> = {}
  tables.finish((file, row) => void (rows[file] ??= []).push(row))

  const cells = rows['population/policies.csv']?.map((row) =>
    populationColumns['population/policies.csv'].map((column, at) => [column, row[at]]),
  )
  expect(cells?.map((row) => Object.fromEntries(row) as unknown)).toEqual([
    expect.objectContaining({
      author: 'gateway start',
      'approved by': undefined,
      message: undefined,
      'log entry': 0,
      base: undefined,
      'rules changed': undefined,
    }),
    {
      at: base.at,
      document: 'policy',
      version,
      author: 'u-ada',
      'approved by': 'u-ben',
      message: 'Reading became daily work.',
      'log entry': 4,
      base: 'b'.repeat(64),
      'lines added': 7,
      'lines removed': 2,
      'rules added': 'read; list',
      'rules changed': 'write (effect, when)',
      'rules removed': '',
      'other parts': 'examples',
    },
  ])
  expect(rows['population/admin.csv']?.map((row) => row.slice(1))).toEqual([
    ['policy.proposed', 'u-ada', `policy ${version}: Reading became daily work.`, 1],
    ['policy.rejected', 'u-ben', `policy ${version}: It allows too much.`, 2],
    ['policy.withdrawn', 'u-ada', `policy ${version}: Withdrawn by its author.`, 3],
  ])
})

test('the first and the last session of a person are those by the clock, in whatever order they were closed', () => {
  const tables = createPopulationTables()
  const opened = ['09:30', '09:00', '11:00', '10:00'].map((time) => `2026-11-22T${time}:00.000Z`)
  opened.forEach((at, index) => {
    const open = openRecordFixture({ at, session: sessionId.parse(`ses_${String(index).padStart(16, 'x')}`), counter: index })
    tables.sessionRows([open], undefined, () => {})
  })
  const people: Row[] = []
  tables.finish((file, row) => void (file === 'population/people.csv' && people.push(row)))
  expect(people.map((row) => row.slice(-3))).toEqual([[opened[1], opened[2], 4]])
})
