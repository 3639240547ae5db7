import { parseDialect } from './dialect-parsers.ts'
import { readSqlTokens, type OtherDialect, type SqlToken } from './read-sql-tokens.ts'
import type { SqlKind } from './statement-kinds.ts'

export interface DialectFacts {
  kinds: Set<SqlKind>
  tables: Set<string>
  writes: Set<string>
  functions: Set<string>
  hasWhere: boolean
}

type Tree = Record<string, unknown>
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : value === null || value === undefined ? [] : [value]

/** `type` of a statement's tree → what it counts as. What is not here is unknown, not harmless. */
const kindsOfType: Readonly<Record<string, readonly SqlKind[]>> = {
  select: ['select'],
  insert: ['insert'],
  // it deletes the rows whose key is there already
  replace: ['insert', 'delete'],
  update: ['update'],
  delete: ['delete'],
  create: ['ddl'],
  drop: ['ddl'],
  alter: ['ddl'],
  truncate: ['ddl'],
  rename: ['ddl'],
  grant: ['grant'],
  revoke: ['grant'],
  call: ['call'],
  exec: ['call'],
  load_data: ['copy'],
  transaction: ['transaction'],
  set: ['set'],
  use: ['set'],
  show: ['utility'],
  desc: ['utility'],
}

/** First words of statements that are read; a statement with another one is unknown, whatever the parser made of it. */
const openings = new Set(
  'select with insert replace update delete create drop alter truncate rename grant revoke call exec execute load begin start commit rollback set use show desc describe'.split(
    ' ',
  ),
)

/** Words that begin something that changes data, wherever they stand: the parser must have seen it too. */
const verbs: Readonly<Record<string, SqlKind>> = {
  delete: 'delete',
  update: 'update',
  insert: 'insert',
  replace: 'insert',
  drop: 'ddl',
  alter: 'ddl',
  truncate: 'ddl',
  create: 'ddl',
  grant: 'grant',
  revoke: 'grant',
  exec: 'call',
  execute: 'call',
  call: 'call',
  outfile: 'copy',
  dumpfile: 'copy',
  merge: 'unknown',
  attach: 'unknown',
  pragma: 'unknown',
}

/** SQL Server needs no semicolon between statements, so these count wherever they stand. */
const tsqlWords = new Set(
  'go use begin commit rollback waitfor kill shutdown backup restore dbcc bulk deny reconfigure if while goto declare'.split(' '),
)

/** They stand in front of a parenthesis and are no functions. */
const notFunctions = new Set(
  'in values and or not on as from where select exists any all some using over partition set into table key index primary foreign references unique check union except intersect by having limit when then else case distinct top with returning'.split(
    ' ',
  ),
)

export interface DialectStatement {
  facts: DialectFacts
  text: string
}

/**
 * What each statement of a text would do, as a parser of its dialect reads it; undefined if it does not parse. The parser is generous (it takes `GO` or a
 * procedure's name for an assignment), so that its answer only counts as far as the text's own tokens bear it out: as many statements, each
 * with a first word that is known, and no verb that the tree does not have. Otherwise the kind `unknown` stands behind the kinds found.
 */
export function dialectFacts(text: string, dialect: OtherDialect): DialectStatement[] | undefined {
  const read = readSqlTokens(text, dialect)
  if (!read.ok || read.statements.length === 0) return undefined
  const trees = parseDialect(text, dialect)
  if (trees?.length !== read.statements.length) return undefined
  return read.statements.map((statement, index) => {
    const facts: DialectFacts = { kinds: new Set(), tables: new Set(), writes: new Set(), functions: new Set(), hasWhere: true }
    visitStatement(trees[index], facts)
    compareWithTokens(statement.tokens, dialect, facts)
    return { facts, text: statement.text }
  })
}

/** Walks one statement without recursion: its depth is the sender's choice. */
function visitStatement(tree: unknown, facts: DialectFacts): void {
  const ownNames = new Set<string>()
  const outer = isTree(tree) && typeof tree['type'] === 'string' ? tree['type'] : undefined
  if (outer === undefined || !Object.hasOwn(kindsOfType, outer)) facts.kinds.add('unknown')
  const values: { value: unknown; nested: boolean }[] = [{ value: tree, nested: false }]
  for (let next = values.pop(); next; next = values.pop()) {
    const { value, nested } = next
    if (Array.isArray(value)) for (const item of value) values.push({ value: item, nested })
    if (!isTree(value)) continue
    noteNode(value, nested, facts, ownNames)
    for (const child of Object.values(value)) values.push({ value: child, nested: true })
  }
  for (const name of ownNames) if (!facts.writes.has(name)) facts.tables.delete(name)
}

function noteNode(node: Tree, nested: boolean, facts: DialectFacts, ownNames: Set<string>): void {
  const type = typeof node['type'] === 'string' ? node['type'] : undefined
  if (type !== undefined && Object.hasOwn(kindsOfType, type)) {
    // a subquery is part of its statement
    if (!(nested && type === 'select')) for (const kind of kindsOfType[type] ?? []) facts.kinds.add(kind)
    noteStatement(type, node, facts)
  }
  if (type === undefined && typeof node['table'] === 'string' && 'db' in node) facts.tables.add(tableName(node))
  if (type === 'function' || type === 'aggr_func') noteFunction(node['name'], facts)
  for (const expression of listOf(node['with'])) {
    if (isTree(expression) && isTree(expression['name']) && typeof expression['name']['value'] === 'string') {
      ownNames.add(expression['name']['value'].toLowerCase())
    }
  }
}

function noteStatement(type: string, node: Tree, facts: DialectFacts): void {
  if (type === 'update' || type === 'delete') {
    if (!restricts(node['where'])) facts.hasWhere = false
    noteWritten(type === 'delete' && listOf(node['table']).length === 0 ? listOf(node['from'])[0] : node['table'], facts)
  } else if (type === 'select') {
    const into = node['into']
    if (!isTree(into) || into['expr'] === undefined) return
    const target = into['expr']
    facts.kinds.add(typeof into['keyword'] === 'string' && /file/i.test(into['keyword']) ? 'copy' : 'ddl')
    if (typeof target === 'string') facts.writes.add(target.toLowerCase())
  } else if (type !== 'show' && type !== 'desc' && type !== 'use') {
    noteWritten(node['table'], facts)
    noteWritten(node['name'], facts)
    if (node['on_duplicate_update'] !== null && node['on_duplicate_update'] !== undefined) facts.kinds.add('update')
    if (type === 'create' && /user|role|login/i.test(String(node['keyword']))) facts.kinds.add('grant')
    if (type === 'drop' && /user|role|login/i.test(String(node['keyword']))) facts.kinds.add('grant')
  }
}

function noteWritten(value: unknown, facts: DialectFacts): void {
  for (const item of listOf(value)) {
    if (!isTree(item) || typeof item['table'] !== 'string') continue
    facts.writes.add(tableName(item))
    facts.tables.add(tableName(item))
  }
}

/** Two of the three dialects do not tell names apart by case, so none is. */
function tableName({ db, table }: Tree): string {
  const parts = [db, table].filter((part): part is string => typeof part === 'string' && part !== '').map((part) => part.toLowerCase())
  return parts.map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join('.')
}

function noteFunction(name: unknown, facts: DialectFacts): void {
  const parts = isTree(name) ? listOf(name['name']) : [{ value: name }]
  const last = parts.at(-1)
  const text = isTree(last) ? last['value'] : undefined
  if (typeof text === 'string') facts.functions.add(text.toLowerCase())
}

/** A condition that reads no column holds for every row or for none. */
function restricts(condition: unknown): boolean {
  const values: unknown[] = [condition]
  for (let value = values.pop(); value !== undefined; value = values.pop()) {
    if (typeof value !== 'object' || value === null) continue
    if (isTree(value) && value['type'] === 'column_ref') return true
    for (const child of Object.values(value)) if (child !== undefined) values.push(child)
  }
  return false
}

function compareWithTokens(tokens: readonly SqlToken[], dialect: OtherDialect, facts: DialectFacts): void {
  const [first] = tokens
  if (first?.kind !== 'word' || !openings.has(first.text)) facts.kinds.add('unknown')
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word') continue
    const before = tokens[index - 1]?.text
    const behind = tokens[index + 1]?.text
    // a column or a variable of that name
    if (before === '.' || before === '@') continue
    if (behind === '(' && !notFunctions.has(token.text)) facts.functions.add(token.text)
    const kind = Object.hasOwn(verbs, token.text) ? verbs[token.text] : undefined
    if (kind !== undefined && !facts.kinds.has(kind) && !isHarmless(token.text, before, behind)) facts.kinds.add('unknown')
    if (dialect === 'tsql' && index > 0 && tsqlWords.has(token.text) && !isHarmless(token.text, before, behind)) facts.kinds.add('unknown')
  }
}

/** `FOR UPDATE` locks and `ON DELETE CASCADE` describes; `replace(…)` and `truncate(…)` are functions. */
function isHarmless(verb: string, before: string | undefined, behind: string | undefined): boolean {
  if (behind === '(') return verb === 'replace' || verb === 'truncate' || verb === 'insert'
  if (verb === 'update') return before === 'for' || before === 'on'
  if (verb === 'delete') return before === 'on'
  return verb === 'use' && behind === 'index'
}
