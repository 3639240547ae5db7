import { format } from 'sql-formatter'
import { sqlTokens } from '../../components/sql-tokens.ts'

const longest = 20_000
/** A clause that fits into this many characters stays on one line. */
const lineWidth = 76

/** SQL with line breaks for reading, or undefined where the formatter cannot follow it: then it is shown as sent. */
export function formatSql(sql: string): string | undefined {
  if (sql.length > longest) return undefined
  try {
    const formatted = compact(format(sql, { language: 'postgresql', keywordCase: 'preserve', tabWidth: 2, linesBetweenQueries: 0 }))
    // formatting may move white space and nothing else: masked values and hidden characters stand where they stood
    return withoutSpace(formatted) === withoutSpace(sql) ? formatted : undefined
  } catch {
    return undefined
  }
}

interface Clause {
  text: string
  indent: number
  parts: Clause[]
}

/** The formatter gives every column a line of its own; short clauses are put back together. */
function compact(formatted: string): string {
  // a string or a comment over several lines must stay as it is
  if (sqlTokens(formatted).some(({ kind, text }) => kind !== 'space' && text.includes('\n'))) return formatted
  const root: Clause = { text: '', indent: -1, parts: [] }
  const open = [root]
  for (const line of formatted.split('\n')) {
    const clause: Clause = { text: line.trim(), indent: line.length - line.trimStart().length, parts: [] }
    while ((open.at(-1)?.indent ?? -1) >= clause.indent && open.length > 1) open.pop()
    open.at(-1)?.parts.push(clause)
    open.push(clause)
  }
  return root.parts.map(layOut).join('\n')
}

function layOut(clause: Clause): string {
  const line = ' '.repeat(clause.indent) + inline(clause)
  // a comment ends its line: nothing may be put behind it
  if (line.length <= lineWidth && !line.includes('--')) return line
  return [' '.repeat(clause.indent) + clause.text, ...clause.parts.map(layOut)].join('\n')
}

const inline = ({ text, parts }: Clause): string => [text, ...parts.map(inline)].join(' ')

const withoutSpace = (text: string): string => text.replace(/\s+/g, '')
