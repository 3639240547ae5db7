import { Link, useSearch } from '@tanstack/react-router'
import type { OverviewApprovalsQuery } from '../../../src-protocol/overview.ts'
import { useDesktopPages } from '../../api/use-desktop-pages.ts'
import { chosenPeriod } from '../../components/period.ts'
import { useToday } from '../../components/use-today.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { outcomeTitles, waitingTitles, waitText } from './overview-words.ts'
import { RowsPage } from './rows-page.tsx'

/** The requests behind a number of the overview. */
export function OverviewApprovalsPage() {
  const search = useSearch({ from: '/overview/approvals' })
  const period = chosenPeriod(search, useToday())
  const query: OverviewApprovalsQuery = { ...search, ...period }
  const found = useDesktopPages('overview:approvals', query)
  const rows = found.data?.pages.flatMap((page) => page.rows) ?? []
  const { outcome, waited } = query
  const which = outcome === undefined ? '' : `: ${outcomeTitles[outcome].toLowerCase()}`
  const howLong = waited === undefined ? '' : `, decided ${waitingTitles[waited] ?? ''}`
  return (
    <RowsPage
      crumb="Approvals"
      title={`Approvals${which}${howLong}`}
      period={period}
      found={found}
      rows="Requests"
      count={rows.length}
      none="No request is behind this number."
    >
      <table className="table">
        <thead>
          <tr>
            <th>Asked</th>
            <th>Tool</th>
            <th>Connection</th>
            <th>Who asked</th>
            <th>Who voted</th>
            <th>Outcome</th>
            <th className="numeric">Waited</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ approval, session, tool, connection, requester, deciders, requestedAt, outcome: state, waitedSeconds }) => (
            <tr key={approval}>
              <td>
                <Timestamp at={requestedAt} form="date-time" />
              </td>
              <td className="mono">{tool}</td>
              <td>
                <Link to="/recordings/$session" params={{ session }}>
                  {connection}
                </Link>
              </td>
              <td title={requester.sub}>{requester.name}</td>
              <td>{deciders.map(({ name }) => name).join(', ') || <span className="t3">nobody</span>}</td>
              <td>{outcomeTitles[state]}</td>
              <td className="numeric">{waitedSeconds === undefined ? '' : waitText(waitedSeconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </RowsPage>
  )
}
