import type { Connection, SqlDialect } from '../../../src-protocol/model.ts'

export interface ConnectionDraft {
  /** agent and server, as the form's choice names them */
  server: string
  name: string
  title: string
  description: string
  groups: string[]
  maxMinutes: number
  dialect: SqlDialect | 'none'
}

/** `value` as the form's choice names it. */
export const dialectChoices: readonly { value: ConnectionDraft['dialect']; label: string }[] = [
  { value: 'none', label: 'None' },
  { value: 'postgresql', label: 'PostgreSQL' },
  { value: 'mysql', label: 'MySQL, MariaDB' },
  { value: 'sqlite', label: 'SQLite' },
  { value: 'tsql', label: 'SQL Server' },
]

/** The same form as `connectionName` of the contract; main and gateway check it again. */
const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** What keeps a draft from being registered, by field. */
export function connectionProblems(
  draft: ConnectionDraft,
  existing: readonly Pick<Connection, 'name'>[],
): Partial<Record<keyof ConnectionDraft, string>> {
  const problems: Partial<Record<keyof ConnectionDraft, string>> = {}
  if (draft.server === '') problems.server = 'Choose a server.'
  if (!namePattern.test(draft.name)) problems.name = 'Use lower-case letters, digits and hyphens, at most 63.'
  else if (existing.some((connection) => connection.name === draft.name)) problems.name = 'A connection has this name already.'
  if (draft.title.trim() === '') problems.title = 'Give it a title that people recognise.'
  if (!Number.isInteger(draft.maxMinutes) || draft.maxMinutes < 1 || draft.maxMinutes > 1440)
    problems.maxMinutes = 'Enter 1 to 1440 minutes.'
  return problems
}
