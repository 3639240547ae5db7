import { expect, test } from 'vitest'
import { readJson, type JsonDocument } from './json-document.ts'
import { childrenShown, cutLines, firstExpansion, flattenJson, type TreeExpansion } from './json-rows.ts'

const nothingOpen: TreeExpansion = { open: new Set(), shown: new Map() }

function documentOf(text: string): JsonDocument {
  const reading = readJson(text)
  if (!reading.ok) throw new Error(`not read: ${reading.reason}`)
  return reading.document
}

const labels = (text: string, expansion: TreeExpansion) =>
  flattenJson(documentOf(text), expansion).map((row) => `${'  '.repeat(row.depth)}${row.name ?? ''}${row.text ? `=${row.text}` : ''}`)

test('members keep their order, also names that look like numbers', () => {
  expect(labels('{"b":1,"2":2,"1":3}', nothingOpen)).toEqual(['b=1', '2=2', '1=3'])
})

test('a name that comes twice is shown twice', () => {
  expect(labels('{"a":1,"a":2}', nothingOpen)).toEqual(['a=1', 'a=2'])
})

test('a number keeps the digits it was recorded with', () => {
  expect(labels('{"n":12345678901234567890,"m":1.50}', nothingOpen)).toEqual(['n=12345678901234567890', 'm=1.50'])
})

test('__proto__ is a member like any other', () => {
  expect(labels('{"__proto__":{"x":1}}', { open: new Set(['$.0']), shown: new Map() })).toEqual(['__proto__', '  x=1'])
})

test('closed containers cost one row', () => {
  const rows = flattenJson(documentOf(JSON.stringify({ rows: Array.from({ length: 5000 }, (_, at) => at) })), nothingOpen)
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ type: 'container', count: 5000, expandable: true })
})

test('a long list is shown in portions', () => {
  const document = documentOf(JSON.stringify({ rows: Array.from({ length: 1000 }, (_, at) => at) }))
  const first = flattenJson(document, { open: new Set(['$.0']), shown: new Map() })
  expect(first).toHaveLength(1 + childrenShown + 1)
  expect(first.at(-1)).toMatchObject({ type: 'more', count: 1000 - childrenShown, id: '$.0.more' })
  expect(flattenJson(document, { open: new Set(['$.0']), shown: new Map([['$.0', 5000]]) })).toHaveLength(1001)
})

test('JSON inside a text opens as JSON, and its masks are found behind #', () => {
  const text = JSON.stringify({ result: { content: [{ type: 'text', text: '{"rows":[{"email":"[MASKED:email]"}]}' }] } })
  const all = flattenJson(documentOf(text), {
    open: new Set(['$.0', '$.0.0', '$.0.0.0', '$.0.0.0.1', '$.0.0.0.1.0', '$.0.0.0.1.0.0']),
    shown: new Map(),
  })
  expect(all.at(-1)).toMatchObject({ name: 'email', maskPath: '/result/content/*/text#/rows/*/email' })
})

test('a long text opens into its lines', () => {
  const rows = flattenJson(documentOf(JSON.stringify({ text: 'one\ntwo' })), { open: new Set(['$.0']), shown: new Map() })
  expect(rows.map((row) => [row.type, row.text])).toEqual([
    ['scalar', 'one\ntwo'],
    ['line', 'one'],
    ['line', 'two'],
  ])
})

test('names are escaped in mask paths as RFC 6901 says', () => {
  expect(flattenJson(documentOf('{"a/b~c":1}'), nothingOpen)[0]?.maskPath).toBe('/a~1b~0c')
})

test.for([
  ['not JSON', 'not json', 'not-json'],
  ['unfinished JSON', '{"a":', 'not-json'],
  ['too deep', '['.repeat(300) + ']'.repeat(300), 'too-deep'],
  ['far too deep', '['.repeat(100_000) + ']'.repeat(100_000), 'too-deep'],
  ['too large', `"${'x'.repeat(4_000_001)}"`, 'too-large'],
])('%s is refused without throwing', ([, text, reason]) => {
  expect(readJson(text ?? '')).toEqual({ ok: false, reason })
})

test('the first sight opens the payload, the first row of a list, and not the repeated text', () => {
  const document = documentOf(
    JSON.stringify({
      jsonrpc: '2.0',
      id: 43,
      result: {
        content: [{ type: 'text', text: '{"rows":[]}' }],
        structuredContent: {
          rows: [
            { id: 1, email: 'x' },
            { id: 2, email: 'y' },
          ],
        },
        isError: false,
      },
    }),
  )
  const expansion = firstExpansion(document)
  expect([...expansion.open].sort()).toEqual(['$.2', '$.2.1', '$.2.1.0', '$.2.1.0.0', '$.2.1.0.1'])
})

test('the first sight of a huge message stays small', () => {
  const wide = documentOf(
    JSON.stringify({ result: Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${at}`, { a: 1, b: 2, c: 3 }])) }),
  )
  expect(flattenJson(wide, firstExpansion(wide)).length).toBeLessThan(110)
})

test('a cut never falls inside a masked token or a surrogate pair', () => {
  const text = `${'x'.repeat(155)}[MASKED:card]${'🙂'.repeat(100)}`
  const lines = cutLines(text)
  expect(lines.join('')).toBe(text)
  expect(lines.some((line) => line.includes('[MASKED:card]'))).toBe(true)
  for (const line of lines) expect(line.isWellFormed()).toBe(true)
})
