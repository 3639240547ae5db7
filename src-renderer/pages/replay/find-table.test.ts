import { expect, test } from 'vitest'
import { readJson } from '../../components/json-document.ts'
import { findTable } from './find-table.ts'

function tableIn(result: unknown) {
  const reading = readJson(JSON.stringify({ jsonrpc: '2.0', id: 1, result }))
  if (!reading.ok) throw new Error(reading.reason)
  const found = findTable(reading.document)
  return found && { path: found.path, columns: found.columns, rows: found.rows.length }
}

const rows = [
  { id: 1, email: 'x' },
  { id: 2, note: 'y' },
]

test.for([
  ['structured content', { structuredContent: { rows } }, '/result/structuredContent/rows'],
  [
    'JSON in a text block',
    { content: [{ type: 'text', text: JSON.stringify({ success: true, data: { rows } }) }] },
    '/result/content/*/text#/data/rows',
  ],
  ['a bare list in a text block', { content: [{ type: 'text', text: JSON.stringify(rows) }] }, '/result/content/*/text#'],
  [
    'both: structured content wins',
    { content: [{ type: 'text', text: JSON.stringify(rows) }], structuredContent: { rows } },
    '/result/structuredContent/rows',
  ],
  ['the tools of a list', { tools: [{ name: 'a', description: 'b' }] }, '/result/tools'],
] as const)('%s', ([, result, path]) => {
  expect(tableIn(result)?.path).toBe(path)
})

test('columns are the union over the rows', () => {
  expect(tableIn({ structuredContent: { rows } })).toMatchObject({ columns: ['id', 'email', 'note'], rows: 2 })
})

test.for([
  ['content blocks', { content: [{ type: 'text', text: 'plain' }] }],
  ['numbers', { structuredContent: { values: [1, 2, 3] } }],
  ['an empty list', { structuredContent: { rows: [] } }],
  ['nothing', {}],
])('%s are no table', ([, result]) => {
  expect(tableIn(result)).toBeUndefined()
})
