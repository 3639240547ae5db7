import { Link, useSearch } from '@tanstack/react-router'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import type { OverviewSession, OverviewSessionsQuery } from '../../../src-protocol/overview.ts'
import { useDesktopPages } from '../../api/use-desktop-pages.ts'
import { endReasonText } from '../../components/end-reason.ts'
import { chosenPeriod } from '../../components/period.ts'
import { useToday } from '../../components/use-today.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { VerdictCounts, VerdictCountsHead } from '../../components/verdict-counts.tsx'
import { gapText } from './overview-words.ts'
import { RowsPage } from './rows-page.tsx'
import styles from './overview.module.css'

/** The sessions behind a number of the overview. */
export function OverviewSessionsPage() {
  const search = useSearch({ from: '/overview/sessions' })
  const period = chosenPeriod(search, useToday())
  const query: OverviewSessionsQuery = { ...search, ...period }
  const found = useDesktopPages('overview:sessions', query)
  const rows = found.data?.pages.flatMap((page) => page.rows) ?? []
  const missing = found.data?.pages.flatMap((page) => page.missing) ?? []
  const gone = query.gap === 'missing-number'
  return (
    <RowsPage
      crumb="Sessions"
      title={titleOf(query, rows)}
      period={period}
      found={found}
      rows={gone ? 'Numbers of sessions that the log does not have' : 'Sessions'}
      count={gone ? missing.length : rows.length}
      none={gone ? 'None is missing.' : 'No session is behind this number.'}
    >
      {gone ? <MissingNumbers missing={missing} /> : <SessionRows rows={rows} query={query} />}
    </RowsPage>
  )
}

function titleOf({ verdict, rule, gap, person, connection, opened }: OverviewSessionsQuery, rows: readonly OverviewSession[]): string {
  if (gap !== undefined) return `Gaps: ${gapText(gap, 2)}`
  if (rule !== undefined) return `Sessions in which ${rule} masked something`
  const whose = person === undefined ? '' : ` of ${rows[0]?.person.name ?? person}`
  const where = connection === undefined ? '' : ` on ${connection}`
  const what = verdict === undefined ? '' : ` with ${verdict} calls`
  const which = `${whose}${where}${what}`
  return which === '' && opened !== undefined ? 'Sessions opened' : `Sessions${which}`
}

function SessionRows({ rows, query }: { rows: readonly OverviewSession[]; query: OverviewSessionsQuery }) {
  const sum = query.rule === undefined ? undefined : rows.reduce((total, { values = 0 }) => total + values, 0)
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Opened</th>
          <th>Connection</th>
          <th>Person</th>
          <th className={styles.counts}>
            <VerdictCountsHead />
          </th>
          {sum !== undefined && <th className="numeric">Values ({sum.toLocaleString('en')})</th>}
          <th>End</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ session, connection, person, openedAt, closedAt, endReason, calls, values }) => (
          <tr key={session}>
            <td>
              <Timestamp at={openedAt} form="date-time" />
            </td>
            <td>
              {closedAt === undefined ? (
                <Link className="medium" to="/sessions/$session" params={{ session }}>
                  {connection}
                </Link>
              ) : (
                <Link className="medium" to="/recordings/$session" params={{ session }}>
                  {connection}
                </Link>
              )}
            </td>
            <td title={person.sub}>{person.name}</td>
            <td>
              <VerdictCounts counts={calls} />
            </td>
            {sum !== undefined && <td className="numeric">{(values ?? 0).toLocaleString('en')}</td>}
            <td className="t2">{endReason === undefined ? 'still runs' : endReasonText(endReason)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function MissingNumbers({ missing }: { missing: DesktopOutput<'overview:sessions'>['missing'] }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Noticed</th>
          <th>Numbers</th>
        </tr>
      </thead>
      <tbody>
        {missing.map(({ from, to, at }) => (
          <tr key={from}>
            <td>
              <Timestamp at={at} form="date-time" />
            </td>
            <td className="num">{from === to ? from : `${from} to ${to}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
