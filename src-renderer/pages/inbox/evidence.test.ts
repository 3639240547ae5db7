import { expect, test } from 'vitest'
import type { SqlFacts } from '../../../src-protocol/model.ts'
import {
  claimAgainstFinding,
  cutAtPhrases,
  firingPhrases,
  formattedArguments,
  formattedSql,
  sqlRemarks,
  whatItTouches,
} from './evidence.ts'

const sqlText = "COMMIT; CREATE TABLE copy AS SELECT * FROM refunds WHERE state = 'stuck';"
const sql: SqlFacts = {
  kinds: ['transaction', 'ddl'],
  tables: ['public.copy', 'public.refunds'],
  writes: ['public.copy'],
  hasWhere: true,
  statements: [
    { kind: 'transaction', text: 'COMMIT' },
    { kind: 'ddl', text: "CREATE TABLE copy AS SELECT * FROM refunds WHERE state = 'stuck'" },
  ],
}
const facts = (kind: SqlFacts['kinds'][number], text: string, more: Partial<SqlFacts> = {}): SqlFacts => ({
  kinds: [kind],
  tables: [],
  writes: [],
  hasWhere: false,
  statements: [{ kind, text }],
  ...more,
})

test.for([
  ['ddl', 'create  or replace view v as select 1', ['create  or replace view']],
  ['ddl', 'DROP TABLE t', ['DROP TABLE']],
  ['ddl', 'CREATE UNIQUE INDEX i ON t (a)', ['CREATE UNIQUE INDEX']],
  ['delete', 'DELETE FROM t', ['DELETE FROM']],
  ['update', 'UPDATE t SET a = 1', ['UPDATE']],
  ['grant', 'GRANT SELECT ON t TO r', ['GRANT']],
  ['select', 'SELECT 1', []],
] as const)('of a %s statement, %s, the opening words are marked', ([kind, text, phrases]) => {
  expect(firingPhrases(facts(kind, text))).toEqual(phrases)
})

test.for([
  ['formatted text', 'COMMIT;\nCREATE TABLE\n  t', 'CREATE TABLE'],
  ['raw text', '{"sql":"COMMIT; CREATE TABLE t"}', 'CREATE TABLE'],
  ['raw text with an escaped line end', '{"sql":"COMMIT;\\ncreate\\n\\ttable t"}', 'create\\n\\ttable'],
] as const)('a phrase is found in %s, and no character is lost', ([, text, hit]) => {
  const pieces = cutAtPhrases(text, ['CREATE TABLE'])
  expect(pieces.filter((piece) => piece.hit).map((piece) => piece.text)).toEqual([hit])
  expect(pieces.map((piece) => piece.text).join('')).toBe(text)
})

test('characters that mean something in patterns are only characters', () => {
  expect(cutAtPhrases('a.b axb', ['a.b'])).toEqual([
    { text: 'a.b', hit: true },
    { text: ' axb', hit: false },
  ])
})

test('the SQL argument is laid out, with every word that was sent', () => {
  const formatted = formattedSql({ argumentsText: JSON.stringify({ sql: sqlText, timeout_ms: 5000 }), sql }) ?? ''
  expect(formatted.split('\n')[0]).toBe('COMMIT;')
  expect(formatted.replace(/\s+/g, '')).toBe(sqlText.replace(/\s+/g, ''))
})

test('mask tokens survive the layout', () => {
  const text = "SELECT * FROM t WHERE mail = '[MASKED:email]' AND card = [MASKED:card]"
  const formatted = formattedSql({ argumentsText: JSON.stringify({ sql: text }), sql: facts('select', text) }) ?? ''
  expect(formatted).toContain("'[MASKED:email]'")
  expect(formatted).toContain('[MASKED:card]')
})

test('SQL that cannot be laid out is shown as it is', () => {
  const text = "SELECT 'never closed"
  expect(formattedSql({ argumentsText: JSON.stringify({ sql: text }), sql: facts('unknown', text) })).toBe(text)
})

test('arguments that are no JSON stay as they are', () => {
  expect(formattedArguments('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(formattedArguments('not json')).toBe('not json')
})

test('tables are told apart by what happens to them', () => {
  expect(whatItTouches({ argumentsText: '{}', sql })).toEqual([
    { label: 'Creates', names: ['public.copy'] },
    { label: 'Reads', names: ['public.refunds'] },
  ])
  expect(whatItTouches({ argumentsText: '{}', sql: facts('ddl', 'ALTER TABLE t ADD a int', { tables: ['t'], writes: ['t'] }) })).toEqual([
    { label: 'Changes', names: ['t'] },
  ])
})

test('without SQL, paths among the arguments are what is touched', () => {
  expect(whatItTouches({ argumentsText: '{"path":"/a","content":"x","destination":"/b"}' })).toEqual([
    { label: 'path', names: ['/a'] },
    { label: 'destination', names: ['/b'] },
  ])
  expect(whatItTouches({ argumentsText: 'not json' })).toEqual([])
})

test('an ended transaction and a change of every row are remarked', () => {
  expect(sqlRemarks(sql)).toEqual(['ends the transaction it runs in'])
  expect(sqlRemarks(facts('update', 'UPDATE t SET a = 1'))).toEqual(['every row: there is no WHERE'])
  expect(sqlRemarks(facts('select', 'SELECT 1'))).toEqual([])
})

test('a claim of the server is set against what the parser found', () => {
  expect(claimAgainstFinding({ toolAnnotations: { readOnlyHint: true }, sql })).toBe(
    'The server calls this tool read-only; the SQL parser found a DDL statement after COMMIT.',
  )
  expect(claimAgainstFinding({ toolAnnotations: { readOnlyHint: true }, sql: facts('select', 'SELECT 1') })).toBe(
    'The server calls this tool read-only. That is its own claim.',
  )
  expect(claimAgainstFinding({ toolAnnotations: { readOnlyHint: false }, sql })).toBeUndefined()
  expect(claimAgainstFinding({ sql })).toBeUndefined()
})
