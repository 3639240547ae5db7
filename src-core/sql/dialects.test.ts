import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SqlDialect } from '../../src-protocol/model.ts'
import { analyseSql } from './analyse-sql.ts'
import { loadSqlParser } from './sql-parser.ts'

beforeAll(loadSqlParser)

/** dialect, text, kinds, tables, writes */
type Row = [SqlDialect, string, string[], string[]?, string[]?]

describe('what a statement does', () => {
  test.for<Row>([
    ['mysql', 'SELECT `a` FROM `shop`.`orders` o WHERE o.id = 7', ['select'], ['shop.orders'], []],
    ['mysql', 'WITH x AS (SELECT 1 FROM a) SELECT * FROM x JOIN b ON x.i = b.i', ['select'], ['a', 'b'], []],
    ['mysql', 'UPDATE orders SET a = 1 WHERE id = 2', ['update'], ['orders'], ['orders']],
    ['mysql', 'DELETE FROM orders WHERE id IN (SELECT id FROM old)', ['delete'], ['orders', 'old'], ['orders']],
    ['mysql', 'INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1', ['insert', 'update'], ['t'], ['t']],
    ['mysql', 'REPLACE INTO t VALUES (1)', ['insert', 'delete'], ['t'], ['t']],
    ['mysql', "SELECT replace(a, 'x', 'y') FROM t", ['select'], ['t'], []],
    ['mysql', "SELECT * INTO OUTFILE '/tmp/x' FROM t", ['select', 'copy'], ['t'], []],
    ['mysql', "LOAD DATA INFILE '/etc/passwd' INTO TABLE t", ['copy'], ['t'], ['t']],
    ['mysql', 'CALL purge()', ['call']],
    ['mysql', 'TRUNCATE t', ['ddl'], ['t'], ['t']],
    ['mysql', 'CREATE USER x', ['ddl', 'grant']],
    ['mysql', 'GRANT ALL ON *.* TO x', ['grant']],
    ['mysql', 'SELECT 1; DROP TABLE orders', ['select', 'ddl'], ['orders'], ['orders']],
    ['mysql', 'SELECT a FROM t FOR UPDATE', ['select'], ['t'], []],
    ['mysql', 'SHOW TABLES', ['utility']],
    ['sqlite', 'SELECT "a" FROM "t" WHERE "b" GLOB \'x*\'', ['select'], ['t'], []],
    ['sqlite', 'INSERT OR REPLACE INTO t VALUES (1)', ['insert'], ['t'], ['t']],
    ['sqlite', 'ALTER TABLE t ADD COLUMN x int', ['ddl'], ['t'], ['t']],
    ['sqlite', 'DELETE FROM t WHERE id = 1 RETURNING *', ['delete'], ['t'], ['t']],
    ['tsql', 'SELECT TOP 5 a FROM [dbo].[t] WITH (NOLOCK) WHERE id = 1', ['select'], ['dbo.t'], []],
    ['tsql', 'UPDATE dbo.t SET a = 1 WHERE id = 2', ['update'], ['dbo.t'], ['dbo.t']],
    ['tsql', 'SELECT * INTO copy FROM t', ['select', 'ddl'], ['t'], ['copy']],
    ['tsql', 'EXEC purge', ['call']],
    ['postgresql', "SELECT $$a$$, E'\\'b' FROM t --c", ['select'], ['t'], []],
  ])('%s: %s', ([dialect, text, kinds, tables, writes]) => {
    const facts = analyseSql(text, dialect)
    expect(facts.kinds.toSorted()).toEqual(kinds.toSorted())
    if (tables) expect(facts.tables.toSorted()).toEqual(tables.toSorted())
    if (writes) expect(facts.writes).toEqual(writes)
  })

  test.for([
    ['mysql', 'UPDATE t SET a = 1', false],
    ['mysql', 'UPDATE t SET a = 1 WHERE 1 = 1', false],
    ['mysql', 'DELETE FROM t WHERE id = 1; DELETE FROM t', false],
    ['mysql', 'DELETE FROM t WHERE id = 1', true],
    ['tsql', 'DELETE t', false],
    ['sqlite', 'SELECT 1', true],
  ] as const)('%s: %s has WHERE: %s', ([dialect, text, has]) => {
    expect(analyseSql(text, dialect).hasWhere).toBe(has)
  })

  test('functions are named, wherever they stand', () => {
    expect(analyseSql("SELECT load_file('/etc/passwd'), COUNT(*) FROM t WHERE sleep(10)", 'mysql').functions.toSorted()).toEqual([
      'count',
      'load_file',
      'sleep',
    ])
    expect(analyseSql("SELECT a FROM OPENROWSET('x', 'y', 'z')", 'tsql').functions).toContain('openrowset')
    expect(analyseSql("SELECT load_extension('x')", 'sqlite').functions).toEqual(['load_extension'])
  })

  test('every statement is shown as it was written', () => {
    expect(analyseSql('SELECT 1 ; /* and */ DROP TABLE `t`;', 'mysql').statements).toEqual([
      { kind: 'select', text: 'SELECT 1' },
      { kind: 'ddl', text: '/* and */ DROP TABLE `t`' },
    ])
  })
})

describe('what is not certain is unknown', () => {
  test.for<[SqlDialect, string]>([
    ['mysql', 'SELECT /*! 1; DROP TABLE x */ 1'],
    ['mysql', 'SELECT /*!50000 1 */ 1'],
    ['mysql', 'SELECT 1 --x\n; DROP TABLE y'],
    ['mysql', "SELECT 'a\\' ; DROP TABLE t; -- '"],
    ['mysql', 'HANDLER t OPEN'],
    ['mysql', "PREPARE s FROM 'DROP TABLE t'"],
    ['mysql', 'SELECT 1 /* a /* b */ c */'],
    ['mysql', 'DELIMITER //'],
    ['mysql', "SELECT a#' \n; DROP TABLE t; -- '\n FROM handler"],
    // the parser does not know brackets as quotes there
    ['sqlite', 'SELECT a FROM [orders]'],
    ['sqlite', 'PRAGMA writable_schema = 1'],
    ['sqlite', "ATTACH DATABASE 'x' AS y"],
    ['sqlite', "VACUUM INTO 'x'"],
    ['sqlite', 'SELECT 1 /* never closed'],
    ['tsql', "xp_cmdshell 'dir'"],
    ['tsql', "EXEC xp_cmdshell 'dir'"],
    ['tsql', 'GO\nDROP TABLE x'],
    ['tsql', 'SELECT 1 delete FROM t'],
    ['tsql', 'SELECT 1 AS a DROP TABLE t'],
    ['tsql', 'SELECT 1\nEXEC purge'],
    ['tsql', "SELECT 1 WAITFOR DELAY '0:0:9'"],
    ['tsql', 'DECLARE @a int = 1; SELECT @a'],
    ['tsql', 'MERGE t USING s ON t.i = s.i WHEN MATCHED THEN DELETE;'],
    ['mysql', ''],
    ['mysql', '-- nothing'],
    ['mysql', 'SELECT 1\0; DROP TABLE t'],
    ['postgresql', 'SELECT 1\ud800'],
    ['postgresql', 'HANDLER t OPEN'],
  ])('%s: %j', ([dialect, text]) => {
    expect(analyseSql(text, dialect).kinds).toContain('unknown')
  })
})

test('a dialect that is declared reads what is doubtful while none is', () => {
  expect(analyseSql('SELECT `a` FROM t').kinds).toContain('unknown')
  expect(analyseSql('SELECT `a` FROM t', 'mysql').kinds).toEqual(['select'])
  expect(analyseSql('SELECT $$x$$').kinds).toContain('unknown')
  expect(analyseSql('SELECT $$x$$', 'postgresql').kinds).toEqual(['select'])
})

test('a verb that changes data is never lost, whatever surrounds it', () => {
  const piece = fc.constantFrom(
    'SELECT',
    ' ',
    '1',
    'a',
    ',',
    '(',
    ')',
    "'x'",
    '"y"',
    '`z`',
    '[w]',
    ';',
    '--',
    '\n',
    '/*',
    '*/',
    '#',
    'FROM',
    't',
    'WHERE',
    '@',
    '.',
    'AS',
  )
  const verb = fc.constantFrom('DROP TABLE t', 'DELETE FROM t', 'UPDATE t SET a=1', 'INSERT INTO t VALUES (1)', 'TRUNCATE TABLE t')
  const around = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(' '))
  fc.assert(
    fc.property(
      fc.constantFrom('mysql' as const, 'sqlite' as const, 'tsql' as const),
      around,
      verb,
      around,
      (dialect, before, change, behind) => {
        const { kinds } = analyseSql(`${before} ; ${change} ; ${behind}`, dialect)
        // inside a comment or a string it is no verb: then there has to be one around it
        const quoted = /['"`[#]|--|\/\*/.test(before)
        if (!quoted) expect(kinds.some((kind) => kind !== 'select' && kind !== 'utility')).toBe(true)
      },
    ),
    { numRuns: 400 },
  )
})
