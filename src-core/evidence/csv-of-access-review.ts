import type { AccessReview } from '../../src-protocol/overview.ts'
import { csvText } from './csv-text.ts'

const columns = [
  'person',
  'name',
  'email',
  'connection',
  'may use it now',
  'through groups',
  'needs granted access',
  'granted until',
  'sessions ever',
  'last used',
  'as of',
]

/** Who can reach what, a line for each person and connection; the first line names the columns. */
export function csvOfAccessReview({ at, rows }: Pick<AccessReview, 'at' | 'rows'>): string {
  const lines = rows.map(({ person, connection, may, through, needsAccess, accessUntil, sessions, lastUsedAt }) => [
    person.sub,
    person.name,
    person.email ?? '',
    connection,
    may ? 'yes' : 'no',
    may && through.length === 0 ? '(every operator)' : through.join('; '),
    needsAccess ? 'yes' : 'no',
    accessUntil ?? '',
    String(sessions),
    lastUsedAt ?? '',
    at,
  ])
  return csvText([columns, ...lines])
}
