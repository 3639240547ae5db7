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

const inPeriod = 'part.session = session.session AND part.day BETWEEN @from AND @to'
const sumOf = (column: string) => `coalesce((SELECT sum(${column}) FROM session_day part WHERE ${inPeriod}), 0) AS ${column}`
const maskedIn = 'FROM mask_session part WHERE part.rule = @rule AND'

/**
 * Sessions with something in the period, with what they did in it. They are walked from the newest one back until a page is full, so that a page
 * costs the same in a long period as in a short one. A session lasts a day at most: what began earlier is not looked at.
 */
function statementFor({ connection, person, verdict, rule, opened }: OverviewSessionsQuery): string {
  const conditions = ["session.opened_at < date(@to, '+1 day')", afterCursor]
  conditions.push(opened === undefined ? "session.opened_at >= date(@from, '-2 day')" : 'session.opened_at >= @from')
  if (connection !== undefined) conditions.push('session.connection = @connection')
  if (person !== undefined) conditions.push('session.person = @person')
  const having = verdict === undefined ? '' : `AND part.${verdict} <> 0`
  conditions.push(`EXISTS (SELECT 1 FROM session_day part WHERE ${inPeriod} ${having})`)
  if (rule !== undefined) conditions.push(`EXISTS (SELECT 1 ${maskedIn} ${inPeriod})`)
  const hits = rule === undefined ? '' : `, (SELECT sum(part.hits) ${maskedIn} ${inPeriod}) AS hits`
  return `SELECT ${facts}, ${sumOf('allowed')}, ${sumOf('masked')}, ${sumOf('held')}, ${sumOf('denied')} ${hits} FROM session
    WHERE ${conditions.join(' AND ')} ORDER BY session.opened_at DESC, session.session DESC LIMIT @limit`
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
