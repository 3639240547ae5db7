import type { SqlDialect, SqlFacts } from '../../src-protocol/model.ts'
import { dialectFacts } from './dialect-facts.ts'
import { findDialectDoubt, holdsBatchSeparator } from './dialect-doubt.ts'
import { parseSql, type ParsedSql } from './sql-parser.ts'
import { factsOfStatement } from './statement-facts.ts'
import { gravestOf } from './statement-kinds.ts'

/** `functions`: names of the functions called, in lower case and without their schema. */
export interface SqlAnalysis extends SqlFacts {
  functions: string[]
}

/** Longer texts are not parsed and count as unknown. */
export const sqlTextLimit = 100_000

/** The parsers of the other dialects need more than linear time. */
const dialectTextLimit = 20_000

/**
 * What a SQL text would do in a dialect. Never throws; `loadSqlParser` comes first.
 *
 * Without a dialect the text is read by PostgreSQL's parser, and whatever another dialect could read otherwise is in doubt. For MySQL,
 * SQLite and SQL Server a parser of their own goes first (see dialect-facts.ts); what it does not know counts if it is free of that doubt.
 *
 * - A text that does not parse, is too long, or holds no statement at all is `unknown`. "No statement" too, because a
 *   rule such as `kinds.all(k, k == "select")` holds for an empty list.
 * - A text that parses but that another dialect would cut into other tokens (see dialect-doubt.ts) has the kind
 *   `unknown` behind the kinds found, and counts as without WHERE.
 * - A statement inside another one counts as well: a DELETE in a WITH clause is a `delete`.
 * - EXPLAIN, PREPARE and DECLARE CURSOR count as the statement they carry, whether or not it would run.
 * - WHERE without a column (`WHERE true`) is no WHERE. `WHERE id = id` cannot be told from a real one.
 * - Functions can have side effects and a parser cannot know which: `SELECT purge()` is a `select`. `functions` names
 *   them for rules that know better. Views, triggers and rewrite rules of the database are out of sight too.
 * - Names are as written, unquoted ones in lower case; the same table may be `customers` and `public.customers`.
 */
export function analyseSql(text: string, dialect?: SqlDialect): SqlAnalysis {
  if (text.length > sqlTextLimit) return unknown(`${text.slice(0, 2000)} …`)
  if (dialect === 'tsql' && holdsBatchSeparator(text)) return unknown(text)
  if (dialect === undefined || dialect === 'postgresql') return analyseAsPostgresql(text, dialect)
  const statements = text.length > dialectTextLimit ? undefined : dialectFacts(text, dialect)
  if (statements === undefined) return analyseAsPostgresql(text)
  const kinds = [...new Set(statements.flatMap(({ facts }) => [...facts.kinds]))]
  return {
    kinds,
    tables: union(statements.map(({ facts }) => facts.tables)),
    writes: union(statements.map(({ facts }) => facts.writes)),
    functions: union(statements.map(({ facts }) => facts.functions)),
    hasWhere: !kinds.includes('unknown') && statements.every(({ facts }) => facts.hasWhere),
    statements: statements.map(({ facts, text: own }) => ({ kind: gravestOf(facts.kinds), text: own })),
  }
}

function analyseAsPostgresql(text: string, dialect?: 'postgresql'): SqlAnalysis {
  const parse = parseSql(text)
  if (!parse.ok) return unknown(text)
  const parsed = statementsOf(text, parse.tree)
  if (parsed.length === 0) return unknown(text)
  const statements = parsed.map(({ tree, text: own }) => ({ facts: factsOfStatement(tree), text: own }))
  const kinds = statements.flatMap((statement) => [...statement.facts.kinds])
  const doubtful = dialect === undefined ? findDialectDoubt(text) !== undefined : text.includes('\0') || !text.isWellFormed()
  return {
    kinds: doubtful ? [...kinds, 'unknown'] : kinds,
    tables: union(statements.map((statement) => statement.facts.tables)),
    writes: union(statements.map((statement) => statement.facts.writes)),
    functions: union(statements.map((statement) => statement.facts.functions)),
    hasWhere: !doubtful && statements.every((statement) => statement.facts.hasWhere),
    statements: statements.map(({ facts, text: own }) => ({ kind: facts.kind, text: own })),
  }
}

const unknown = (text: string): SqlAnalysis => ({
  kinds: ['unknown'],
  tables: [],
  writes: [],
  functions: [],
  hasWhere: false,
  statements: [{ kind: 'unknown', text }],
})

const union = (sets: readonly ReadonlySet<string>[]): string[] => [...new Set(sets.flatMap((set) => [...set]))]

/** The parser counts bytes of UTF-8, JavaScript counts UTF-16 units. */
function statementsOf(text: string, tree: ParsedSql): { tree: unknown; text: string }[] {
  const bytes = Buffer.from(text)
  return (tree.stmts ?? []).map(({ stmt, stmt_location: from = 0, stmt_len: length }) => ({
    tree: stmt,
    text: bytes.toString('utf8', from, length === undefined || length === 0 ? bytes.length : from + length).trim(),
  }))
}
