import { expect, test } from 'vitest'
import { exampleArguments, parseArguments } from './tester-arguments.ts'

test.for([
  ['', {}],
  ['{"sql":"SELECT 1"}', { sql: 'SELECT 1' }],
] as const)('%j is taken as arguments', ([text, value]) => {
  expect(parseArguments(text)).toEqual({ ok: true, arguments: value })
})

test.for(['[1]', '"text"', 'null', '{', '{a:1}'])('%j is refused', (text) => {
  expect(parseArguments(text)).toMatchObject({ ok: false })
})

test('an example has the required properties only, with defaults and first choices', () => {
  const schema = {
    properties: {
      kind: { enum: ['table', 'column'] },
      limit: { type: 'integer', default: 10 },
      sql: { type: 'string' },
      extra: { type: 'string' },
    },
    required: ['kind', 'limit', 'sql', 'missing'],
  }
  expect(JSON.parse(exampleArguments(schema))).toEqual({ kind: 'table', limit: 10, sql: '' })
})

test.for([undefined, null, 'text', { properties: 1 }, { properties: {}, required: 'sql' }])(
  'a strange schema %j gives an empty example',
  (schema) => {
    expect(JSON.parse(exampleArguments(schema))).toEqual({})
  },
)
