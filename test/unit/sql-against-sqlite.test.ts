import Database from 'better-sqlite3'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { analyseSql } from '../../src-core/sql/analyse-sql.ts'
import { loadSqlParser } from '../../src-core/sql/sql-parser.ts'

/**
 * The policy reads SQL as PostgreSQL does, but the server behind it may be another one. SQLite is the judge here: it runs what
 * the analysis called a mere reading, and nothing may have changed. Comments, strings and quoted names are where they disagree.
 */
beforeAll(loadSqlParser)

function effectOf(text: string): 'nothing' | 'changed' {
  const database = new Database(':memory:')
  database.exec("CREATE TABLE a (x TEXT, E TEXT); INSERT INTO a VALUES ('1', 'e')")
  try {
    database.exec(text)
  } catch {
    // what ran before the error counts
  }
  try {
    const tables = database.prepare('SELECT count(*) FROM sqlite_master').pluck().get()
    const rows = database.prepare('SELECT group_concat(x || E) || count(*) FROM a').pluck().get()
    return tables === 1 && rows === '1e1' ? 'nothing' : 'changed'
  } catch {
    return 'changed'
  } finally {
    database.close()
  }
}

const isReading = (text: string): boolean => analyseSql(text).kinds.every((kind) => kind === 'select')

test('the judge sees a change', () => {
  expect(effectOf('SELECT 1; DROP TABLE a')).toBe('changed')
  expect(effectOf('DELETE FROM a')).toBe('changed')
  expect(effectOf('SELECT 1')).toBe('nothing')
})

test.for([
  'SELECT 1 /* /* */ ; DROP TABLE a; -- */',
  'SELECT 1 /*/*/ ; DROP TABLE a; -- */ */',
  "SELECT E'\\' FROM a; DROP TABLE a; -- '",
  "SELECT x['x] FROM a; DROP TABLE a; -- ']",
  "SELECT 1 -- \r , '\n; DROP TABLE a; -- '",
])('SQLite is made to run a DROP by %j, and the analysis does not call it a reading', (text) => {
  expect(effectOf(text)).toBe('changed')
  expect(isReading(text)).toBe(false)
})

test('what the analysis calls a reading changes nothing in SQLite', () => {
  const opener = fc.constantFrom(
    "'",
    '"',
    '`',
    '[',
    ']',
    '/*',
    '/*/',
    '*/',
    '--',
    '-- ',
    '#',
    '$$',
    '$x$',
    '\\',
    "E'",
    "U&'",
    "q'",
    '\r',
    '\n',
    '\r\n',
    '\v',
    '\u00a0',
  )
  const word = fc.constantFrom('1', 'x', ' ', ',', '(', ')', 'FROM a', 'AS', '||', ':: text', '::', 'y')
  const noise = fc.array(fc.oneof(opener, opener, word), { maxLength: 5 }).map((parts) => parts.join(''))
  const start = fc.constantFrom('SELECT 1', 'SELECT x FROM a', 'SELECT E', 'SELECT x', '', 'SELECT 1 AS y', "SELECT 'b'")
  const blow = fc.constantFrom('; DROP TABLE a;', ';DELETE FROM a;', '\n;DROP TABLE a;', ';DROP TABLE a')
  fc.assert(
    fc.property(start, noise, noise, blow, noise, (begin, first, second, damage, last) => {
      const text = `${begin} ${first} ${second}${damage}${last}`
      expect(isReading(text) && effectOf(text) === 'changed').toBe(false)
    }),
    { numRuns: 20_000 },
  )
})
