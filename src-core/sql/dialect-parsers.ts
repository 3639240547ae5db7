import type { OtherDialect } from './read-sql-tokens.ts'

interface StatementParser {
  parse(text: string, options: { database: string }): { ast: unknown }
}

const databases: Record<OtherDialect, string> = { mysql: 'mysql', sqlite: 'sqlite', tsql: 'transactsql' }
const parsers = new Map<OtherDialect, StatementParser>()

/** Makes the parsers ready; safe to call again. Until it has resolved, no text parses. */
export async function loadDialectParsers(): Promise<void> {
  if (parsers.size > 0) return
  const [mysql, sqlite, tsql] = await Promise.all([
    import('node-sql-parser/build/mysql.js'),
    import('node-sql-parser/build/sqlite.js'),
    import('node-sql-parser/build/transactsql.js'),
  ])
  parsers.set('mysql', new mysql.default.Parser())
  parsers.set('sqlite', new sqlite.default.Parser())
  parsers.set('tsql', new tsql.default.Parser())
}

/** The statements' syntax trees; undefined if the text does not parse. Never throws. */
export function parseDialect(text: string, dialect: OtherDialect): unknown[] | undefined {
  try {
    const ast = parsers.get(dialect)?.parse(text, { database: databases[dialect] }).ast
    if (ast === undefined || ast === null) return undefined
    return Array.isArray(ast) ? ast : [ast]
  } catch {
    return undefined
  }
}
