import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import type { OverviewApprovalsQuery } from '../../../src-protocol/overview.ts'
import { desktop } from '../../api/desktop.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { chosenPeriod } from '../../components/period.ts'
import { useToday } from '../../components/use-today.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { outcomeTitles, waitingTitles, waitText } from './overview-words.ts'
import styles from './overview.module.css'

/** The requests behind a number of the overview. */
export function OverviewApprovalsPage() {
  const search = useSearch({ from: '/overview/approvals' })
  const period = chosenPeriod(search, useToday())
  const query: OverviewApprovalsQuery = { ...search, ...period }
  const found = useInfiniteQuery<DesktopOutput<'overview:approvals'>, AppError>({
    queryKey: ['overview:approvals', query],
    queryFn: ({ pageParam }) =>
      desktop.invoke('overview:approvals', { ...query, ...(typeof pageParam === 'string' && { cursor: pageParam }) }),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next,
  })
  const rows = found.data?.pages.flatMap((page) => page.rows) ?? []
  const { outcome, waited } = query
  const which = outcome === undefined ? '' : `: ${outcomeTitles[outcome].toLowerCase()}`
  const howLong = waited === undefined ? '' : `, decided ${waitingTitles[waited] ?? ''}`
  return (
    <div className="page">
      <PageHeader
        crumbs={[{ title: 'Overview', to: '/overview' }, { title: 'Approvals' }]}
        title={`Approvals${which}${howLong}`}
        meta={`${period.from} to ${period.to}, UTC`}
      />
      {found.isPending && <LoadingRows rows={10} label="Finding the requests" />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && (
        <div className="page-body">
          <Panel flush title="Requests" meta={`${rows.length.toLocaleString('en')}${found.hasNextPage ? ' and more' : ''}`}>
            {rows.length === 0 ? (
              <p className={`${styles.none} t2`}>No request is behind this number.</p>
            ) : (
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
            )}
            {found.hasNextPage && (
              <div className={styles.older}>
                <Button size="sm" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                  Show older
                </Button>
              </div>
            )}
          </Panel>
        </div>
      )}
    </div>
  )
}
