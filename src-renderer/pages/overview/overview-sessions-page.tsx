import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import type { OverviewSession, OverviewSessionsQuery } from '../../../src-protocol/overview.ts'
import { desktop } from '../../api/desktop.ts'
import { endReasonText } from '../../components/end-reason.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { chosenPeriod } from '../../components/period.ts'
import { useToday } from '../../components/use-today.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { VerdictCounts, VerdictCountsHead } from '../../components/verdict-counts.tsx'
import { gapText } from './overview-words.ts'
import styles from './overview.module.css'

/** The sessions behind a number of the overview. */
export function OverviewSessionsPage() {
  const search = useSearch({ from: '/overview/sessions' })
  const period = chosenPeriod(search, useToday())
  const query: OverviewSessionsQuery = { ...search, ...period }
  const found = useInfiniteQuery<DesktopOutput<'overview:sessions'>, AppError>({
    queryKey: ['overview:sessions', query],
    queryFn: ({ pageParam }) =>
      desktop.invoke('overview:sessions', { ...query, ...(typeof pageParam === 'string' && { cursor: pageParam }) }),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next,
  })
  const rows = found.data?.pages.flatMap((page) => page.rows) ?? []
  const missing = found.data?.pages.flatMap((page) => page.missing) ?? []
  return (
    <div className="page">
      <PageHeader
        crumbs={[{ title: 'Overview', to: '/overview' }, { title: 'Sessions' }]}
        title={titleOf(query, rows)}
        meta={`${period.from} to ${period.to}, UTC`}
      />
      {found.isPending && <LoadingRows rows={10} label="Finding the sessions" />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && (
        <div className="page-body">
          {query.gap === 'missing-number' ? (
            <MissingNumbers missing={missing} />
          ) : (
            <Panel flush title="Sessions" meta={`${rows.length.toLocaleString('en')}${found.hasNextPage ? ' and more' : ''}`}>
              <SessionRows rows={rows} query={query} />
              {found.hasNextPage && (
                <div className={styles.older}>
                  <Button size="sm" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                    Show older
                  </Button>
                </div>
              )}
            </Panel>
          )}
        </div>
      )}
    </div>
  )
}

function titleOf({ verdict, rule, gap, person, connection, opened }: OverviewSessionsQuery, rows: readonly OverviewSession[]): string {
  if (gap !== undefined) return `Gaps: ${gapText(gap, 2)}`
  if (rule !== undefined) return `Sessions in which ${rule} masked something`
  if (verdict !== undefined) return `Sessions with ${verdict} calls`
  if (person !== undefined) return `Sessions of ${rows[0]?.person.name ?? person}${connection === undefined ? '' : ` on ${connection}`}`
  return opened === undefined ? 'Sessions' : 'Sessions opened'
}

function SessionRows({ rows, query }: { rows: readonly OverviewSession[]; query: OverviewSessionsQuery }) {
  if (rows.length === 0) return <p className={`${styles.none} t2`}>No session is behind this number.</p>
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
    <Panel title="Numbers of sessions that the log does not have" meta={missing.length} flush>
      {missing.length === 0 ? (
        <p className={`${styles.none} t2`}>None is missing.</p>
      ) : (
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
      )}
    </Panel>
  )
}
