/** What a reviewer looks at, prepared from what the gateway parsed: pure functions over an approval. */
import { format } from 'sql-formatter'
import type { Approval, SqlFacts } from '../../../src-protocol/model.ts'
import { maskToken } from '../../components/mask-token.ts'

/** Kinds that change nothing by themselves; everything else is what makes a rule about changes fire. */
const harmless = new Set(['select', 'set', 'transaction', 'utility'])

const objects =
  'TABLE|UNIQUE\\s+INDEX|INDEX|MATERIALIZED\\s+VIEW|VIEW|SCHEMA|DATABASE|FUNCTION|PROCEDURE|ROLE|USER|SEQUENCE|TYPE|TRIGGER|EXTENSION|POLICY|INTO|FROM'
const opening = new RegExp(`^\\s*([A-Za-z]+(?:\\s+OR\\s+REPLACE)?(?:\\s+(?:TEMP|TEMPORARY|UNLOGGED))?(?:\\s+(?:${objects}))?)\\b`, 'i')

/** The words that open each risky statement: `CREATE TABLE`, `UPDATE`. What is marked in formatted and raw text alike. */
export function firingPhrases(sql: SqlFacts | undefined): string[] {
  const phrases = (sql?.statements ?? [])
    .filter((statement) => !harmless.has(statement.kind))
    .flatMap((statement) => opening.exec(statement.text)?.[1] ?? [])
  return [...new Set(phrases)]
}

export interface Piece {
  text: string
  hit: boolean
}

/** Cuts text at the phrases, whatever white space (also written as `\n` in JSON) is between their words. The pieces joined are the text. */
export function cutAtPhrases(text: string, phrases: readonly string[]): Piece[] {
  if (phrases.length === 0) return [{ text, hit: false }]
  const alternatives = phrases.map((phrase) => phrase.trim().split(/\s+/).map(escapePattern).join('(?:\\s|\\\\[nrt])+'))
  const pattern = new RegExp(`(?<=^|[^A-Za-z0-9_]|\\\\[nrt])(?:${alternatives.join('|')})(?![A-Za-z0-9_])`, 'gi')
  const pieces: Piece[] = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), hit: false })
    pieces.push({ text: match[0], hit: true })
    from = match.index + match[0].length
  }
  if (from < text.length) pieces.push({ text: text.slice(from), hit: false })
  return pieces
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** The SQL of the arguments, laid out for reading. Undefined if there is none; as sent if it cannot be laid out. */
export function formattedSql(approval: Pick<Approval, 'argumentsText' | 'sql'>): string | undefined {
  const { sql } = approval
  if (sql === undefined || sql.statements.length === 0) return undefined
  const text = sqlArgument(approval.argumentsText, sql) ?? sql.statements.map((statement) => `${statement.text};`).join('\n')
  const { hidden, reveal } = hideMasks(text)
  try {
    const laidOut = format(hidden, { language: 'postgresql', keywordCase: 'preserve', tabWidth: 2, linesBetweenQueries: 0 })
    return reveal(foldShortClauses(laidOut, hidden))
  } catch {
    return text
  }
}

/** Puts the only line of a clause, and the first condition, behind the keyword: `FROM refunds`. Not where a line end may be part of a string or a comment. */
function foldShortClauses(laidOut: string, original: string): string {
  if (/--|\/\*|\$\w*\$|'[^']*\n[^']*'|"[^"]*\n[^"]*"/.test(original)) return laidOut
  return laidOut
    .replace(/^( *)([A-Za-z][A-Za-z ]*)\n\1 {2}(\S.*)(?=\n(?!\1 {2})|$(?![\s\S]))/gm, '$1$2 $3')
    .replace(/^( *)(WHERE|HAVING)\n\1 {2}(?=\S)/gim, '$1$2 ')
}

/** The string within the arguments that the parser read. */
function sqlArgument(argumentsText: string, sql: SqlFacts): string | undefined {
  const first = sql.statements[0]?.text.trim() ?? ''
  return stringsIn(parseJson(argumentsText)).find((candidate) => first !== '' && candidate.includes(first))
}

/** Mask tokens are no SQL: while it is laid out, names stand in for them. */
function hideMasks(text: string): { hidden: string; reveal: (formatted: string) => string } {
  const tokens: string[] = []
  const hidden = text.replace(maskToken, (token) => `masked_value_${tokens.push(token) - 1}_`)
  return {
    hidden,
    reveal: (formatted) => formatted.replace(/masked_value_(\d+)_/g, (whole, index: string) => tokens[Number(index)] ?? whole),
  }
}

/** The arguments as indented JSON; as sent if they are no JSON. */
export function formattedArguments(argumentsText: string): string {
  const value = parseJson(argumentsText)
  return value === undefined ? argumentsText : JSON.stringify(value, null, 2)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}

export interface Touched {
  label: string
  names: string[]
}

/** What the call reaches: tables by what happens to them, or the paths and addresses among its arguments. */
export function whatItTouches({ sql, argumentsText }: Pick<Approval, 'argumentsText' | 'sql'>): Touched[] {
  if (sql !== undefined) {
    const reads = sql.tables.filter((table) => !sql.writes.includes(table))
    return [
      ...(sql.writes.length > 0 ? [{ label: writeLabel(sql), names: sql.writes }] : []),
      ...(reads.length > 0 ? [{ label: 'Reads', names: reads }] : []),
    ]
  }
  const value = parseJson(argumentsText)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .filter(([key]) => /path|file|source|destination|uri|url|directory/i.test(key))
    .map(([key, content]) => ({ label: key, names: stringsIn(content) }))
    .filter(({ names }) => names.length > 0)
}

function writeLabel(sql: SqlFacts): string {
  const verbs = sql.statements
    .filter((statement) => !harmless.has(statement.kind))
    .map((statement) => statement.text.trim().split(/\s+/)[0]?.toUpperCase() ?? '')
  if (verbs.every((verb) => verb === 'CREATE')) return 'Creates'
  if (verbs.every((verb) => verb === 'DROP' || verb === 'TRUNCATE')) return 'Drops'
  return 'Changes'
}

/** Sentences about what the parser found beyond the tables: an ended transaction, a change of every row. */
export function sqlRemarks(sql: SqlFacts | undefined): string[] {
  if (sql === undefined) return []
  const [first] = sql.kinds
  return [
    ...(first === 'transaction' && sql.kinds.length > 1 ? ['ends the transaction it runs in'] : []),
    ...(!sql.hasWhere && sql.kinds.some((kind) => kind === 'update' || kind === 'delete') ? ['every row: there is no WHERE'] : []),
    ...(sql.kinds.includes('unknown') ? ['a part that the SQL parser does not understand'] : []),
  ]
}

const kindNames: Partial<Record<string, string>> = {
  ddl: 'a DDL statement',
  insert: 'an INSERT',
  update: 'an UPDATE',
  delete: 'a DELETE',
  grant: 'a GRANT or REVOKE',
  copy: 'a COPY',
  call: 'a procedure call',
  unknown: 'a statement that it does not understand',
}

/** Where the server's claim and the parser's finding differ, as a sentence; undefined where they do not. */
export function claimAgainstFinding({ toolAnnotations, sql }: Pick<Approval, 'toolAnnotations' | 'sql'>): string | undefined {
  if (toolAnnotations?.readOnlyHint !== true) return undefined
  const found = sql?.kinds.find((kind) => kindNames[kind] !== undefined)
  if (found === undefined || sql === undefined) return 'The server calls this tool read-only. That is its own claim.'
  const after =
    sql.kinds[0] === 'transaction'
      ? ` after ${sql.statements[0]?.text.trim().split(/\s+/)[0]?.toUpperCase() ?? 'a transaction command'}`
      : ''
  return `The server calls this tool read-only; the SQL parser found ${kindNames[found]}${after}.`
}
