import { format } from 'sql-formatter'

const longest = 20_000

/** SQL with line breaks for reading, or undefined where the formatter cannot follow it: then it is shown as sent. */
export function formatSql(sql: string): string | undefined {
  // masked values and hidden characters must stand exactly where they stood
  if (sql.length > longest) return undefined
  try {
    const formatted = format(sql, { language: 'postgresql', keywordCase: 'preserve', tabWidth: 2, linesBetweenQueries: 0 })
    return withoutSpace(formatted) === withoutSpace(sql) ? formatted : undefined
  } catch {
    return undefined
  }
}

/** Formatting may move white space and nothing else. */
const withoutSpace = (text: string): string => text.replace(/\s+/g, '')
