import { AppError } from '../../src-protocol/app-error.ts'
import type { HttpOutput } from '../../src-protocol/http-api.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { EndReason, VerdictCounts } from '../../src-protocol/model.ts'
import type { OverviewSessionsQuery } from '../../src-protocol/overview.ts'
import type { OverviewDatabase } from './overview-database.ts'

interface Row extends VerdictCounts {
  session: SessionId
  connection: string
  person: string
  opened_at: string
  closed_at: string | null
  end_reason: EndReason | null
  hits?: number
}

const pageSize = 100
const calls = 'sum(part.allowed) AS allowed, sum(part.masked) AS masked, sum(part.held) AS held, sum(part.denied) AS denied'
const facts = 'session.session, session.connection, session.person, session.opened_at, session.closed_at, session.end_reason'

/** The sessions behind a number of the overview, the latest first. @throws AppError INVALID_REQUEST */
export function createSessionRows(database: OverviewDatabase, personOf: (sub: string) => { sub: string; name: string }) {
  return (query: OverviewSessionsQuery): HttpOutput<'overviewSessions'> => {
    const { from, to, gap } = query
    if (gap === 'missing-number') return { rows: [], missing: missingNumbers(database, from, to) }
    const cursor = cursorOf(query.cursor)
    const values = { ...query, ...cursor, limit: pageSize + 1 }
    const found = database.prepare<[object], Row>(gap === undefined ? statementFor(query) : gapStatement).all(values)
    const rows = found.slice(0, pageSize)
    const last = found.length > pageSize ? rows.at(-1) : undefined
    return {
      rows: rows.map(({ session, connection, person, opened_at, closed_at, end_reason, allowed, masked, held, denied, hits }) => ({
        session,
        connection,
        person: personOf(person),
        openedAt: opened_at,
        ...(closed_at !== null && { closedAt: closed_at }),
        ...(end_reason !== null && { endReason: end_reason }),
        calls: { allowed, masked, held, denied },
        ...(hits !== undefined && { values: hits }),
      })),
      missing: [],
      ...(last && { next: `${last.opened_at} ${last.session}` }),
    }
  }
}

const afterCursor = '(@opened IS NULL OR (session.opened_at, session.session) < (@opened, @before))'

/** Sessions with something in the period, with what they did in it. */
function statementFor({ connection, person, verdict, rule, opened }: OverviewSessionsQuery): string {
  const conditions = ['part.day BETWEEN @from AND @to', afterCursor]
  if (connection !== undefined) conditions.push('part.connection = @connection')
  if (person !== undefined) conditions.push('part.person = @person')
  if (rule !== undefined) conditions.push('mask.rule = @rule')
  const having: string[] = []
  if (verdict !== undefined) having.push(`sum(part.${verdict}) <> 0`)
  if (opened !== undefined) having.push('max(part.opened) = 1')
  const mask = rule === undefined ? '' : 'JOIN mask_session mask ON mask.session = part.session AND mask.day = part.day'
  return `SELECT ${facts}, ${calls} ${rule === undefined ? '' : ', sum(mask.hits) AS hits'}
    FROM session_day part JOIN session ON session.session = part.session ${mask}
    WHERE ${conditions.join(' AND ')} GROUP BY part.session ${having.length > 0 ? `HAVING ${having.join(' AND ')}` : ''}
    ORDER BY session.opened_at DESC, session.session DESC LIMIT @limit`
}

/** Sessions whose end is a gap in the evidence: all that they did. */
const gapStatement = `SELECT ${facts}, session.allowed, session.masked, session.held, session.denied FROM session
    WHERE session.end_reason = @gap AND session.opened_at >= @from AND session.opened_at < date(@to, '+1 day') AND ${afterCursor}
    ORDER BY session.opened_at DESC, session.session DESC LIMIT @limit`

function missingNumbers(database: OverviewDatabase, from: string, to: string) {
  return database
    .prepare<[string, string], { from: number; to: number; at: string }>(
      'SELECT first AS "from", last AS "to", at FROM missing_number WHERE day BETWEEN ? AND ? ORDER BY at DESC LIMIT 1000',
    )
    .all(from, to)
}

function cursorOf(cursor: string | undefined): { opened: string | null; before: string | null } {
  if (cursor === undefined) return { opened: null, before: null }
  const [opened, before, ...rest] = cursor.split(' ')
  if (opened === undefined || before === undefined || rest.length > 0) {
    throw new AppError('INVALID_REQUEST', { problem: 'cursor: not one that a page named as next' })
  }
  return { opened, before }
}
