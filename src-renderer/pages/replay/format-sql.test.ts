import { expect, test } from 'vitest'
import { formatSql } from './format-sql.ts'

test('clauses get lines of their own', () => {
  expect(formatSql("SELECT id FROM customers WHERE id IN ('a', 'b');")).toBe("SELECT\n  id\nFROM\n  customers\nWHERE\n  id IN ('a', 'b');")
})

test.for([
  ['what it cannot read', 'this is not ( sql \u0000'],
  ['what is too long', `SELECT ${'1,'.repeat(20_000)}1`],
])('%s is left as sent', ([, sql]) => {
  expect(formatSql(sql ?? '')).toBeUndefined()
})

test.for([["SELECT  'two  spaces'"], ['SELECT [MASKED:card] FROM x'], ["DELETE FROM a; SELECT '\u202eabc'"], ['-- comment\nSELECT 1']])(
  'nothing but white space changes: %s',
  ([sql]) => {
    const formatted = formatSql(sql ?? '')
    if (formatted !== undefined) expect(formatted.replace(/\s+/g, '')).toBe(sql?.replace(/\s+/g, ''))
  },
)
