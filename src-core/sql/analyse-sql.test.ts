import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { analyseSql, sqlTextLimit } from './analyse-sql.ts'
import { findDialectDoubt } from './dialect-doubt.ts'
import { loadSqlParser, parseSql } from './sql-parser.ts'
import { kindsOf } from './statement-kinds.ts'

beforeAll(loadSqlParser)

describe('the kind of a statement', () => {
  test.for([
    ['SELECT 1', ['select']],
    ['VALUES (1), (2)', ['select']],
    ['TABLE customers', ['select']],
    ['SELECT * FROM a UNION SELECT * FROM b', ['select']],
    ['SELECT * FROM a FOR UPDATE', ['select']],
    ['EXPLAIN SELECT 1', ['select']],
    ['PREPARE p AS SELECT 1', ['select']],
    ['INSERT INTO a VALUES (1)', ['insert']],
    ['INSERT INTO a SELECT * FROM b', ['insert']],
    ['INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING', ['insert']],
    ['INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 1', ['insert', 'update']],
    ['UPDATE a SET n = 1 WHERE id = 2', ['update']],
    ['DELETE FROM a WHERE id = 2', ['delete']],
    [
      'MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)',
      ['update', 'insert'],
    ],
    ['MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE', ['delete']],
    ['CREATE TABLE a (id int)', ['ddl']],
    ['CREATE TABLE a AS SELECT * FROM b', ['ddl']],
    ['CREATE VIEW a AS SELECT * FROM b', ['ddl']],
    ['CREATE INDEX ON a (id)', ['ddl']],
    ["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", ['ddl']],
    ['CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()', ['ddl']],
    ['CREATE EXTENSION dblink', ['ddl']],
    ['ALTER TABLE a ADD COLUMN b int', ['ddl']],
    ['ALTER TABLE a RENAME TO b', ['ddl']],
    ['ALTER TABLE a OWNER TO eve', ['ddl']],
    ["ALTER SYSTEM SET log_statement = 'none'", ['ddl']],
    ['DROP TABLE a', ['ddl']],
    ['DROP SCHEMA a CASCADE', ['ddl']],
    ['TRUNCATE a', ['ddl']],
    ['COMMENT ON TABLE a IS NULL', ['ddl']],
    ['REFRESH MATERIALIZED VIEW a', ['ddl']],
    ['SELECT * INTO a FROM b', ['ddl']],
    ['GRANT SELECT ON a TO eve', ['grant']],
    ['REVOKE SELECT ON a FROM eve', ['grant']],
    ['GRANT admin TO eve', ['grant']],
    ['ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO eve', ['grant']],
    ['CREATE ROLE eve SUPERUSER', ['ddl', 'grant']],
    ['BEGIN', ['transaction']],
    ['COMMIT', ['transaction']],
    ['SAVEPOINT a', ['transaction']],
    ["PREPARE TRANSACTION 'a'", ['transaction']],
    ['COPY a TO STDOUT', ['copy']],
    ["COPY a FROM '/etc/passwd'", ['copy']],
    ["COPY a FROM PROGRAM 'curl evil'", ['copy', 'call']],
    ['CALL purge()', ['call']],
    ["DO 'BEGIN DELETE FROM a; END'", ['call']],
    ['EXECUTE purge', ['call']],
    ["LOAD 'evil.so'", ['call']],
    ['SET search_path = evil', ['set']],
    ['SET ROLE postgres', ['set']],
    ['RESET ALL', ['set']],
    ['DISCARD ALL', ['set']],
    ['SHOW search_path', ['utility']],
    ['VACUUM a', ['utility']],
    ['ANALYZE a', ['utility']],
    ['LOCK TABLE a', ['utility']],
    ['NOTIFY a', ['utility']],
  ] as const)('%s', ([text, kinds]) => {
    expect(analyseSql(text).kinds).toEqual(kinds)
  })
})

describe('a statement cannot hide', () => {
  test.for([
    ['behind another one', 'SELECT 1; DROP TABLE a', ['select', 'ddl']],
    ['behind a COMMIT', 'COMMIT; CREATE TABLE a (id int)', ['transaction', 'ddl']],
    ['in a common table expression', 'WITH d AS (DELETE FROM a WHERE id = 1 RETURNING *) SELECT * FROM d', ['select', 'delete']],
    [
      'deep in common table expressions',
      'WITH x AS (WITH y AS (INSERT INTO a VALUES (1) RETURNING *) SELECT * FROM y) SELECT * FROM x',
      ['select', 'insert'],
    ],
    [
      'in a common table expression of an update',
      'WITH d AS (DELETE FROM a WHERE id = 1 RETURNING *) UPDATE b SET n = 1 WHERE id = 2',
      ['update', 'delete'],
    ],
    ['behind EXPLAIN ANALYZE', 'EXPLAIN ANALYZE DELETE FROM a WHERE id = 1', ['delete']],
    ['behind EXPLAIN with options', 'EXPLAIN (FORMAT json, ANALYZE true) UPDATE a SET n = 1 WHERE id = 1', ['update']],
    ['in EXPLAIN ANALYZE of SELECT INTO', 'EXPLAIN ANALYZE SELECT * INTO b FROM a', ['ddl']],
    ['behind EXPLAIN, where it may not run', 'EXPLAIN DROP TABLE a', ['unknown']],
    ['in PREPARE', 'PREPARE p AS DELETE FROM a WHERE id = 1', ['delete']],
    ['in a cursor', 'DECLARE c CURSOR FOR WITH d AS (DELETE FROM a WHERE id = 1 RETURNING *) SELECT * FROM d', ['select', 'delete']],
    ['in COPY', "COPY (DELETE FROM a WHERE id = 1 RETURNING *) TO '/tmp/a'", ['copy', 'delete']],
    ['in the first arm of a UNION', 'SELECT * INTO b FROM a UNION SELECT * FROM c', ['ddl']],
    ['in CREATE SCHEMA', 'CREATE SCHEMA s CREATE TABLE a (id int)', ['ddl']],
    ['in a rewrite rule', 'CREATE RULE r AS ON UPDATE TO a DO ALSO DELETE FROM b', ['ddl', 'delete']],
    ['behind comments', '/* harmless */ DROP /* really */ TABLE -- yes\n a', ['ddl']],
    ['in mixed case and odd white space', 'dRoP\t\n\r\n\fTaBlE a', ['ddl']],
    ['behind empty statements', ';;; DROP TABLE a;;', ['ddl']],
    ['with unicode escapes in the name', 'DROP TABLE U&"\\0061"', ['ddl']],
  ] as const)('%s', ([, text, kinds]) => {
    expect(analyseSql(text).kinds).toEqual(kinds)
  })
})

describe('what cannot be read is unknown', () => {
  test.for([
    ['not SQL', 'show me the customers'],
    ['empty', ''],
    ['only a comment', '-- nothing'],
    ['only semicolons', ';;'],
    ['a statement of another dialect', 'PRAGMA table_info(customers)'],
    ['SQLite opening another file', "ATTACH DATABASE '/etc/other.db' AS other"],
    ['SQLite replacing rows', 'INSERT OR REPLACE INTO a VALUES (1)'],
    ['SQLite copying the database', "VACUUM INTO '/tmp/copy.db'"],
    ['one broken statement among good ones', 'SELECT 1; DROP TABEL a; SELECT 2'],
    ['a no-break space as white space', 'DROP\u00a0TABLE a'],
    ['full-width letters', 'ＤＲＯＰ TABLE a'],
    ['a zero-width space inside a keyword', 'DR\u200bOP TABLE a'],
    ['a byte order mark', '\ufeffSELECT 1'],
    ['an unterminated string', "SELECT 'a"],
    ['an unterminated comment', 'SELECT 1 /* DROP TABLE a'],
    ['a text over the limit', `SELECT 1${' '.repeat(sqlTextLimit)}`],
  ] as const)('%s', ([, text]) => {
    const facts = analyseSql(text)
    expect(facts.kinds).toEqual(['unknown'])
    expect(facts.hasWhere).toBe(false)
    expect(facts.statements).toHaveLength(1)
  })

  test('more common table expressions than a statement needs', () => {
    const many = Array.from({ length: 101 }, (_, index) => `c${index} AS (SELECT 1)`).join(', ')
    expect(analyseSql(`WITH ${many} SELECT 1`).kinds).toContain('unknown')
  })
})

describe('a text that dialects cut differently is unknown as well, because one of them would run the DROP', () => {
  test.for([
    ['comments nest in PostgreSQL only', 'SELECT 1 /* /* */ ; DROP TABLE a; -- */', 'nested-comment'],
    ['comments nest, with overlapping marks', 'SELECT 1 /*/*/ ; DROP TABLE a; -- */ */', 'nested-comment'],
    ['MySQL runs this comment', 'SELECT 1 /*! ; DROP TABLE a */', 'executable-comment'],
    ['MariaDB runs this comment', 'SELECT 1 /*M! ; DROP TABLE a */', 'executable-comment'],
    ['MySQL needs a space behind dashes', 'SELECT 1 --1; DROP TABLE a', 'dashes-without-space'],
    ['only PostgreSQL ends a comment at a carriage return', "SELECT 1 -- \r , '\n; DROP TABLE a; -- '", 'carriage-return-in-comment'],
    ['backslash escapes in MySQL', "SELECT '\\''; DROP TABLE a; -- '", 'backslash-before-quote'],
    ['backslash escapes in E strings only', "SELECT E'\\' FROM b; DROP TABLE a; -- '", 'backslash-before-quote'],
    ['backslash escapes in MySQL double quotes', 'SELECT "\\""; DROP TABLE a; -- "', 'backslash-before-quote'],
    ['dollar quotes are strings in PostgreSQL only', 'SELECT $$; DROP TABLE a; -- $$', 'dollar-quote'],
    ['dollar quotes with a tag', 'SELECT $x$; DROP TABLE a; -- $x$', 'dollar-quote'],
    ['brackets quote names in SQLite', "SELECT a['x] FROM b; DROP TABLE a; -- ']", 'bracket'],
    ['backticks quote names in SQLite and MySQL', "SELECT 1 ` '; DROP TABLE a; -- '", 'backtick'],
    ['hash begins a comment in MySQL', "SELECT 1 # '\n; DROP TABLE a; -- '", 'hash'],
    ['Oracle has other strings', "SELECT q'[a]'", 'quote-prefix'],
    ['the parser stops at NUL', 'SELECT 1\0; DROP TABLE a', 'nul-character'],
    ['half a character', 'SELECT 1 AS "\ud800"', 'unpaired-surrogate'],
    ['PostgreSQL cuts names at 63 bytes', `SELECT * FROM a${'b'.repeat(63)}`, 'long-name'],
  ] as const)('%s', ([, text, doubt]) => {
    expect(findDialectDoubt(text)).toBe(doubt)
    expect(analyseSql(text).kinds).toEqual(['select', 'unknown'])
    expect(analyseSql(text).hasWhere).toBe(false)
  })

  test('SQL Server needs no semicolon between statements', () => {
    expect(analyseSql('SELECT 1 delete FROM a').kinds).toEqual(['select', 'unknown'])
    expect(analyseSql('SELECT * FROM a truncate').kinds).toEqual(['select', 'unknown'])
  })

  test.for([
    "SELECT 'it''s', \"a\"\"b\", data -> 'x' ->> 'y', tags[1], $1 FROM a -- why\r\n WHERE n > 1 /* so */ AND path LIKE 'a\\_b\\\\'",
    'SELECT ARRAY[1, 2], a - -1, 6 / 2 FROM "Überblick"',
    '',
  ])('and an ordinary one is not: %s', (text) => {
    expect(findDialectDoubt(text)).toBeUndefined()
  })
})

describe('WHERE', () => {
  test.for([
    ['SELECT * FROM a', true],
    ['INSERT INTO a VALUES (1)', true],
    ['UPDATE a SET n = 1 WHERE id = 2', true],
    ['DELETE FROM a WHERE id IN (SELECT id FROM b)', true],
    ['DELETE FROM a WHERE CURRENT OF c', true],
    ['UPDATE a SET n = 1', false],
    ['DELETE FROM a', false],
    ['DELETE FROM a USING b', false],
    ['DELETE FROM a WHERE true', false],
    ['DELETE FROM a WHERE 1 = 1', false],
    ["UPDATE a SET n = 1 WHERE 'x' LIKE '%' OR NOT (1 > 2)", false],
    ['DELETE FROM a WHERE EXISTS (SELECT 1)', false],
    ['DELETE FROM a WHERE id = 1; DELETE FROM b', false],
    ['WITH d AS (DELETE FROM a RETURNING *) SELECT * FROM d WHERE id = 1', false],
    ['EXPLAIN ANALYZE DELETE FROM a', false],
    ['MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE', true],
    ['MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE', false],
    ['MERGE INTO a USING b ON a.id = b.id WHEN NOT MATCHED BY SOURCE THEN DELETE', false],
  ] as const)('%s → %s', ([text, hasWhere]) => {
    expect(analyseSql(text).hasWhere).toBe(hasWhere)
  })
})

describe('tables and writes', () => {
  test.for([
    ['SELECT * FROM a JOIN s.b ON true, (SELECT * FROM c) x', ['a', 's.b', 'c'], []],
    ['SELECT (SELECT max(id) FROM a) WHERE EXISTS (SELECT 1 FROM b)', ['a', 'b'], []],
    ['SELECT * FROM Customers, "Customers", "a.b"', ['customers', 'Customers', '"a.b"'], []],
    ['SELECT * FROM a AS x FOR UPDATE OF x', ['a'], []],
    ['INSERT INTO a SELECT * FROM b', ['a', 'b'], ['a']],
    ['UPDATE a SET n = 1 FROM b WHERE a.id = b.id', ['a', 'b'], ['a']],
    ['DELETE FROM a USING b WHERE a.id = b.id', ['a', 'b'], ['a']],
    ['MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE', ['a', 'b'], ['a']],
    ['WITH x AS (SELECT * FROM a) SELECT * FROM x', ['a'], []],
    ['WITH x AS (SELECT * FROM x) SELECT * FROM x', ['x'], []],
    ['WITH RECURSIVE x AS (SELECT * FROM a UNION SELECT * FROM x) SELECT * FROM x', ['a'], []],
    ['WITH x AS (SELECT 1) SELECT * FROM s.x', ['s.x'], []],
    ['WITH s AS (SELECT 1) SELECT * FROM s.x', ['s.x'], []],
    ['WITH x AS (SELECT 1) DELETE FROM x WHERE id = 1', ['x'], ['x']],
    ['WITH x AS (INSERT INTO a VALUES (1) RETURNING *) SELECT * FROM x', ['a'], ['a']],
    ['CREATE TABLE a AS SELECT * FROM b', ['a', 'b'], ['a']],
    ['SELECT * INTO a FROM b', ['a', 'b'], ['a']],
    ['CREATE TABLE a (LIKE b)', ['a', 'b'], ['a']],
    ['CREATE VIEW a AS SELECT * FROM b', ['a', 'b'], ['a']],
    ['CREATE FOREIGN TABLE a (id int) SERVER s', ['a'], ['a']],
    ['DROP TABLE a, s.b', ['a', 's.b'], ['a', 's.b']],
    ['DROP TRIGGER t ON s.a', ['s.a'], ['s.a']],
    ['DROP FUNCTION f', [], []],
    ['TRUNCATE a, b', ['a', 'b'], ['a', 'b']],
    ['ALTER TABLE s.a DROP COLUMN b', ['s.a'], ['s.a']],
    ['ALTER TABLE a RENAME TO b', ['a'], ['a']],
    ["COPY a FROM '/tmp/a'", ['a'], ['a']],
    ["COPY a TO '/tmp/a'", ['a'], []],
    ['GRANT SELECT ON a TO eve', ['a'], []],
    ['VACUUM a', ['a'], []],
  ] as const)('%s', ([text, tables, writes]) => {
    const facts = analyseSql(text)
    expect([...facts.tables].sort()).toEqual([...tables].sort())
    expect([...facts.writes].sort()).toEqual([...writes].sort())
  })
})

test('a node that nobody has thought about is unknown', () => {
  for (const node of ['FutureStmt', 'constructor', '__proto__']) expect(kindsOf(node)).toEqual(['unknown'])
})

test('functions are named without their schema and in lower case', () => {
  const text = `SELECT pg_catalog.pg_read_file('/etc/passwd'), "LOAD_EXTENSION"('x') FROM generate_series(1, 2)`
  expect(analyseSql(text).functions.sort()).toEqual(['generate_series', 'load_extension', 'pg_read_file'])
  expect(analyseSql('CALL s.purge()').functions).toEqual(['purge'])
})

test('every statement keeps its exact text, also behind characters of several bytes', () => {
  expect(analyseSql("SELECT 'größe 🚪';  UPDATE a SET n = 1 ;DROP TABLE b").statements).toEqual([
    { kind: 'select', text: "SELECT 'größe 🚪'" },
    { kind: 'update', text: 'UPDATE a SET n = 1' },
    { kind: 'ddl', text: 'DROP TABLE b' },
  ])
})

test('a statement of several kinds is named by the gravest', () => {
  expect(analyseSql('WITH d AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM d').statements[0]?.kind).toBe('delete')
})

test('nesting that overflows the parser makes a text unknown and leaves the parser usable', async () => {
  for (let round = 0; round < 40; round += 1) {
    expect(analyseSql(`SELECT ${'1+'.repeat(20_000)}1`).kinds).toEqual(['unknown'])
    await expect.poll(() => parseSql('SELECT 1').ok).toBe(true)
  }
})

test('no text makes the analysis throw, and every statement has a kind', () => {
  const words = fc.constantFrom(
    'SELECT',
    'DELETE FROM',
    'WITH x AS (',
    ')',
    'a',
    ',',
    ';',
    "'",
    '"',
    '--',
    '/*',
    '*/',
    '$$',
    '\\',
    '\0',
    '1',
    '=',
    '\n',
    'ü',
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 40 }).map((list) => list.join(' ')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const facts = analyseSql(text)
      expect(facts.kinds.length).toBeGreaterThanOrEqual(1)
      expect(facts.statements.length).toBeGreaterThanOrEqual(1)
    }),
    { numRuns: 500 },
  )
})
