import { gravestOf, kindsOf, writtenFields, type SqlKind } from './statement-kinds.ts'

export interface StatementFacts {
  /** the outer kind first, then those of statements inside it */
  kinds: Set<SqlKind>
  kind: SqlKind
  tables: Set<string>
  writes: Set<string>
  functions: Set<string>
  hasWhere: boolean
}

type Tree = Record<string, unknown>
interface Visit {
  value: unknown
  /** names of common table expressions that hide tables here */
  scope: ReadonlySet<string>
  /** statement kinds found here count: a plain subquery adds none */
  outermost: boolean
}

const noNames: ReadonlySet<string> = new Set()
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

/** Walks one statement's parse tree without recursion: its depth is the sender's choice. */
export function factsOfStatement(statement: unknown): StatementFacts {
  const facts: StatementFacts = {
    kinds: new Set(),
    kind: 'unknown',
    tables: new Set(),
    writes: new Set(),
    functions: new Set(),
    hasWhere: true,
  }
  const visits: Visit[] = [{ value: statement, scope: noNames, outermost: true }]
  for (let visit = visits.pop(); visit; visit = visits.pop()) {
    for (const next of visitTree(visit, facts).reverse()) visits.push(next)
  }
  // SELECT … INTO makes a table and is nothing else
  if (facts.kinds.has('ddl') && hasInto(statement)) facts.kinds.delete('select')
  if (facts.kinds.size === 0) facts.kinds.add('unknown')
  facts.kind = gravestOf(facts.kinds)
  return facts
}

function visitTree({ value, scope, outermost }: Visit, facts: StatementFacts): Visit[] {
  if (Array.isArray(value)) return value.map((item: unknown) => ({ value: item, scope, outermost }))
  if (!isTree(value)) return []
  if (typeof value['relname'] === 'string') {
    noteRelation(value, scope, facts)
    return [{ value: value['alias'], scope, outermost: false }]
  }
  if (isStatementWord(value['aliasname'])) facts.kinds.add('unknown')
  if (Array.isArray(value['funcname'])) noteFunction(value['funcname'], facts)

  const next: Visit[] = []
  const inner = openScope(value['withClause'], scope, next, facts)
  for (const [key, child] of Object.entries(value)) {
    if (key === 'withClause' || key === 'lockedRels') continue // FOR UPDATE OF names aliases, not tables
    if (key === 'intoClause' || key === 'into') {
      facts.kinds.add('ddl')
      if (isTree(child)) noteWritten(child['rel'], facts)
    }
    if (/^[A-Z]/.test(key) && isTree(child)) {
      next.push(...visitNode(key, child, inner, outermost, facts))
    } else {
      next.push({ value: child, scope: inner, outermost })
    }
  }
  return next
}

/** A node with its tag, such as `{ DeleteStmt: … }`. */
function visitNode(tag: string, node: Tree, scope: ReadonlySet<string>, outermost: boolean, facts: StatementFacts): Visit[] {
  let passesOutermost = false
  if (tag.endsWith('Stmt')) {
    const kinds = kindsOf(tag)
    if (kinds === 'inner') passesOutermost = outermost
    else if (tag !== 'SelectStmt' || outermost) for (const kind of kinds) facts.kinds.add(kind)
    noteStatement(tag, node, facts)
  }
  if (tag === 'ResTarget' && isStatementWord(node['name'])) facts.kinds.add('unknown')
  const written = Object.hasOwn(writtenFields, tag) ? (writtenFields[tag] ?? []) : []
  for (const field of written) noteWritten(node[field], facts)
  const rest = Object.fromEntries(Object.entries(node).filter(([field]) => !written.includes(field)))
  return [{ value: rest, scope, outermost: passesOutermost }]
}

/** What differs from statement to statement: WHERE, and names that are no relation nodes. */
function noteStatement(tag: string, node: Tree, facts: StatementFacts): void {
  switch (tag) {
    case 'UpdateStmt':
    case 'DeleteStmt':
      if (!restricts(node['whereClause'])) facts.hasWhere = false
      return
    case 'InsertStmt': {
      const conflict = node['onConflictClause']
      if (isTree(conflict) && conflict['action'] === 'ONCONFLICT_UPDATE') facts.kinds.add('update')
      return
    }
    case 'MergeStmt':
      noteMerge(node, facts)
      return
    case 'CopyStmt':
      if (node['is_from'] === true) noteWritten(node['relation'], facts)
      if (node['is_program'] === true) facts.kinds.add('call')
      return
    case 'CreateForeignTableStmt':
      if (isTree(node['base'])) noteWritten(node['base']['relation'], facts)
      return
    case 'DropStmt':
      noteDropped(node, facts)
      return
    default:
  }
}

function noteMerge(node: Tree, facts: StatementFacts): void {
  for (const item of listOf(node['mergeWhenClauses'])) {
    const clause = isTree(item) ? item['MergeWhenClause'] : undefined
    if (!isTree(clause)) continue
    const kind = ({ CMD_INSERT: 'insert', CMD_UPDATE: 'update', CMD_DELETE: 'delete' } as const)[String(clause['commandType'])]
    if (kind === undefined) continue
    facts.kinds.add(kind)
    const bound = clause['matchKind'] === 'MERGE_WHEN_MATCHED' ? node['joinCondition'] : clause['condition']
    if (kind !== 'insert' && !restricts(bound) && !restricts(clause['condition'])) facts.hasWhere = false
  }
  // all clauses are DO NOTHING
  if (facts.kinds.size === 0) facts.kinds.add('select')
}

const relationTypes = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE', 'OBJECT_INDEX', 'OBJECT_SEQUENCE'])
/** their names are the table's with their own behind it */
const partTypes = new Set(['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY'])

function noteDropped(node: Tree, facts: StatementFacts): void {
  const type = String(node['removeType'])
  if (!relationTypes.has(type) && !partTypes.has(type)) return
  for (const object of listOf(node['objects'])) {
    const list = isTree(object) ? object['List'] : undefined
    const parts = listOf(isTree(list) ? list['items'] : undefined).map(stringOf)
    if (partTypes.has(type)) parts.pop()
    if (parts.length > 0) noteName(parts, facts.tables, facts.writes)
  }
}

/** A condition that reads no column holds for every row or for none: `WHERE 1 = 1` restricts nothing. */
function restricts(condition: unknown): boolean {
  const values: unknown[] = [condition]
  for (let value = values.pop(); value !== undefined; value = values.pop()) {
    if (typeof value !== 'object' || value === null) continue
    if ('ColumnRef' in value || 'CurrentOfExpr' in value) return true
    for (const child of Object.values(value)) if (child !== undefined) values.push(child)
  }
  return false
}

function hasInto(statement: unknown): boolean {
  const values: unknown[] = [statement]
  for (let value = values.pop(); value !== undefined; value = values.pop()) {
    if (!isTree(value)) continue
    if ('intoClause' in value) return true
    for (const key of ['SelectStmt', 'larg', 'rarg', 'ExplainStmt', 'query']) if (value[key] !== undefined) values.push(value[key])
  }
  return false
}

/** Beyond it a statement is unknown: the scopes below grow with the square of the expressions. */
const expressionLimit = 100

/** Each expression sees those before it, or all of them if the clause is recursive; the statement sees all. */
function openScope(clause: unknown, scope: ReadonlySet<string>, next: Visit[], facts: StatementFacts): ReadonlySet<string> {
  if (!isTree(clause)) return scope
  const expressions = listOf(clause['ctes']).flatMap((item) => {
    const expression = isTree(item) ? item['CommonTableExpr'] : undefined
    return isTree(expression) ? [expression] : []
  })
  if (expressions.length > expressionLimit) facts.kinds.add('unknown')
  const names = expressions.slice(0, expressionLimit).map((expression) => String(expression['ctename']))
  const all = new Set([...scope, ...names])
  for (const [index, expression] of expressions.entries()) {
    const visible = clause['recursive'] === true ? all : new Set([...scope, ...names.slice(0, index)])
    next.push({ value: expression, scope: visible, outermost: false })
  }
  return all
}

function noteRelation(relation: Tree, scope: ReadonlySet<string>, facts: StatementFacts): void {
  const parts = [relation['catalogname'], relation['schemaname'], relation['relname']].filter((part) => typeof part === 'string')
  if (parts.length === 1 && scope.has(parts[0] as string)) return
  noteName(parts, facts.tables)
}

function noteWritten(value: unknown, facts: StatementFacts): void {
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const relation = isTree(item) && isTree(item['RangeVar']) ? item['RangeVar'] : item
    if (!isTree(relation) || typeof relation['relname'] !== 'string') continue
    noteName(
      [relation['catalogname'], relation['schemaname'], relation['relname']].filter((part) => typeof part === 'string'),
      facts.tables,
      facts.writes,
    )
  }
}

/** The last part, in lower case: `pg_catalog.pg_read_file` is `pg_read_file`. */
function noteFunction(parts: unknown[], facts: StatementFacts): void {
  const last = stringOf(parts.at(-1))
  if (last !== '') facts.functions.add(last.toLowerCase())
}

function stringOf(node: unknown): string {
  const text = isTree(node) && isTree(node['String']) ? node['String']['sval'] : undefined
  return typeof text === 'string' ? text : ''
}

/** A part with a dot or a quote in it is quoted, so that it cannot pass for a schema and a table. */
function noteName(parts: readonly string[], ...sets: Set<string>[]): void {
  const name = parts.map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join('.')
  for (const set of sets) set.add(name)
}

/** SQL Server needs no semicolon: what is a name here (`SELECT 1 delete FROM t`) is a second statement there. */
const statementWords = new Set(
  'delete update insert drop alter truncate exec execute merge shutdown kill backup restore commit rollback begin waitfor dbcc bulk deny revoke'.split(
    ' ',
  ),
)
const isStatementWord = (name: unknown): boolean => typeof name === 'string' && statementWords.has(name.toLowerCase())
