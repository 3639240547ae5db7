import type { SqlFacts } from '../../src-protocol/model.ts'

export type SqlKind = SqlFacts['kinds'][number]

/** Parse-tree node → what it counts as. `inner`: it counts as the statement it carries. */
const kindsOfNode: Readonly<Record<string, readonly SqlKind[] | 'inner'>> = {
  SelectStmt: ['select'],
  InsertStmt: ['insert'],
  UpdateStmt: ['update'],
  DeleteStmt: ['delete'],
  // which of insert, update and delete it is, its WHEN clauses say
  MergeStmt: [],

  // whether EXPLAIN runs what it explains depends on options that every dialect spells in its own way
  ExplainStmt: 'inner',
  PrepareStmt: 'inner',
  DeclareCursorStmt: 'inner',

  TransactionStmt: ['transaction'],
  CopyStmt: ['copy'],
  CallStmt: ['call'],
  DoStmt: ['call'],
  ExecuteStmt: ['call'],
  LoadStmt: ['call'],

  GrantStmt: ['grant'],
  GrantRoleStmt: ['grant'],
  AlterDefaultPrivilegesStmt: ['grant'],
  ReassignOwnedStmt: ['grant'],
  CreateRoleStmt: ['ddl', 'grant'],
  AlterRoleStmt: ['ddl', 'grant'],
  AlterRoleSetStmt: ['ddl', 'grant'],
  DropRoleStmt: ['ddl', 'grant'],

  VariableSetStmt: ['set'],
  ConstraintsSetStmt: ['set'],
  DiscardStmt: ['set'],

  VariableShowStmt: ['utility'],
  VacuumStmt: ['utility'],
  CheckPointStmt: ['utility'],
  ClusterStmt: ['utility'],
  ReindexStmt: ['utility'],
  LockStmt: ['utility'],
  ListenStmt: ['utility'],
  UnlistenStmt: ['utility'],
  NotifyStmt: ['utility'],
  FetchStmt: ['utility'],
  ClosePortalStmt: ['utility'],
  DeallocateStmt: ['utility'],

  TruncateStmt: ['ddl'],
  IndexStmt: ['ddl'],
  ViewStmt: ['ddl'],
  RuleStmt: ['ddl'],
  RenameStmt: ['ddl'],
  CommentStmt: ['ddl'],
  SecLabelStmt: ['ddl'],
  RefreshMatViewStmt: ['ddl'],
  DefineStmt: ['ddl'],
  CompositeTypeStmt: ['ddl'],
  ImportForeignSchemaStmt: ['ddl'],
}

/** A node that nobody has thought about is unknown, not harmless. */
export function kindsOf(node: string): readonly SqlKind[] | 'inner' {
  const kinds = Object.hasOwn(kindsOfNode, node) ? kindsOfNode[node] : undefined
  return kinds ?? (/^(?:Create|Alter|Drop)/.test(node) ? ['ddl'] : ['unknown'])
}

/** From the gravest: a statement that is several kinds is named by the first of these. */
const gravity: readonly SqlKind[] = [
  'unknown',
  'grant',
  'ddl',
  'call',
  'copy',
  'delete',
  'update',
  'insert',
  'transaction',
  'set',
  'utility',
  'select',
]

export const gravestOf = (kinds: ReadonlySet<SqlKind>): SqlKind => gravity.find((kind) => kinds.has(kind)) ?? 'unknown'

/** The fields of a node that hold the relations it creates or changes. */
export const writtenFields: Readonly<Record<string, readonly string[]>> = {
  InsertStmt: ['relation'],
  UpdateStmt: ['relation'],
  DeleteStmt: ['relation'],
  MergeStmt: ['relation'],
  CreateStmt: ['relation'],
  AlterTableStmt: ['relation'],
  AlterTableMoveAllStmt: ['relation'],
  AlterObjectSchemaStmt: ['relation'],
  AlterObjectDependsStmt: ['relation'],
  AlterSeqStmt: ['sequence'],
  CreateSeqStmt: ['sequence'],
  CreateTrigStmt: ['relation'],
  CreatePolicyStmt: ['table'],
  AlterPolicyStmt: ['table'],
  CreateStatsStmt: ['relations'],
  IndexStmt: ['relation'],
  RenameStmt: ['relation'],
  RuleStmt: ['relation'],
  TruncateStmt: ['relations'],
  ViewStmt: ['view'],
  RefreshMatViewStmt: ['relation'],
}
