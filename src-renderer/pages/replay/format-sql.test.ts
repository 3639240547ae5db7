import { expect, test } from 'vitest'
import { formatSql } from './format-sql.ts'

test('clauses get lines of their own', () => {
  expect(formatSql("SELECT id, name FROM customers WHERE id IN ('a', 'b');")).toBe(
    "SELECT id, name\nFROM customers\nWHERE id IN ('a', 'b');",
  )
})

test('a clause that is too long for one line is broken', () => {
  const columns = Array.from({ length: 20 }, (_, at) => `column_${at}`)
  expect(formatSql(`SELECT ${columns.join(', ')} FROM a`)?.split('\n')).toHaveLength(22)
})

test('what stands after a string is put together too', () => {
  expect(formatSql("SELECT a, b FROM c WHERE d = 'e' ORDER BY f")).toBe("SELECT a, b\nFROM c\nWHERE d = 'e'\nORDER BY f")
})

test('a string over several lines is not touched', () => {
  expect(formatSql("SELECT 'one\n  two'")).toContain("'one\n  two'")
})

test('a comment keeps its line', () => {
  expect(formatSql('SELECT 1 -- one\nFROM a')).toMatch(/-- one\n/)
})

test.for([
  ['what it cannot read', 'this is not ( sql \u0000'],
  ['what is too long', `SELECT ${'1,'.repeat(20_000)}1`],
])('%s is left as sent', ([, sql]) => {
  expect(formatSql(sql ?? '')).toBeUndefined()
})

test.for([["SELECT  'two  spaces'"], ['SELECT [MASKED:card] FROM x'], ["DELETE FROM a; SELECT '\u202eabc'"], ['-- comment\nSELECT 1']])(
  'nothing but white space changes: %s',
  ([sql = '']) => {
    expect((formatSql(sql) ?? sql).replace(/\s+/g, '')).toBe(sql.replace(/\s+/g, ''))
  },
)
