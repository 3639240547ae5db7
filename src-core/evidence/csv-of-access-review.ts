import type { z } from 'zod'
import type { accessReview } from '../../src-protocol/overview.ts'

const columns = [
  'person',
  'name',
  'email',
  'connection',
  'may use it now',
  'through groups',
  'sessions ever',
  'last used',
  'as of',
] as const

/** RFC 4180, with a first row of names. A cell that a spreadsheet would run as a formula is made a text. */
export function csvOfAccessReview({ at, rows }: z.infer<typeof accessReview>): string {
  const lines = rows.map(({ person, connection, may, through, sessions, lastUsedAt }) => [
    person.sub,
    person.name,
    person.email ?? '',
    connection,
    may ? 'yes' : 'no',
    may && through.length === 0 ? '(every operator)' : through.join('; '),
    String(sessions),
    lastUsedAt ?? '',
    at,
  ])
  return [[...columns], ...lines].map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('')
}

function cellOf(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
