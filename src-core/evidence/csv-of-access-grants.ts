import type { AccessReview } from '../../src-protocol/overview.ts'
import { csvText } from './csv-text.ts'

const columns = [
  'grant',
  'person',
  'name',
  'connection',
  'rule',
  'reason',
  'ticket',
  'approved by',
  'from',
  'until',
  'ended',
  'why it ended',
  'ended by',
  'as of',
]

/** Who was given access, by whom, and how it ended; the first line names the columns. */
export function csvOfAccessGrants({ at, grants }: Pick<AccessReview, 'at' | 'grants'>): string {
  const lines = grants.map((grant) => [
    grant.id,
    grant.person.sub,
    grant.person.name,
    grant.connection,
    grant.ruleTitle,
    grant.reason,
    grant.ticket ?? '',
    grant.approvedBy === undefined ? '(nobody had to)' : grant.approvedBy.name,
    grant.startsAt,
    grant.endsAt,
    grant.endedAt ?? '',
    grant.endReason ?? '',
    grant.endedBy ?? '',
    at,
  ])
  return csvText([columns, ...lines])
}
