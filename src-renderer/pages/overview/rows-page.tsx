import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { Period } from '../../../src-protocol/overview.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { periodText } from './overview-words.ts'
import styles from './overview.module.css'

/** What this page needs to know of an answer in pages. */
interface Found {
  isPending: boolean
  isSuccess: boolean
  error: AppError | null
  hasNextPage: boolean
  isFetchingNextPage: boolean
  refetch: () => Promise<unknown>
  fetchNextPage: () => Promise<unknown>
}

interface RowsPageProps {
  crumb: string
  title: string
  period: Period
  found: Found
  /** the head of the panel, and how many rows it has so far */
  rows: string
  count: number
  /** said where there are none */
  none: string
  children: ReactNode
}

/** The rows behind a number of the overview, a page after the other. */
export function RowsPage({ crumb, title, period, found, rows, count, none, children }: RowsPageProps) {
  return (
    <div className="page">
      <PageHeader crumbs={[{ title: 'Overview', to: '/overview' }, { title: crumb }]} title={title} meta={periodText(period)} />
      {found.isPending && <LoadingPage rows={10} label={`Finding the ${rows.toLowerCase()}`} />}
      {found.error !== null && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && (
        <div className="page-body">
          <Panel
            flush
            title={rows}
            meta={found.hasNextPage ? (count === 0 ? undefined : `${count.toLocaleString('en')} and more`) : count.toLocaleString('en')}
          >
            {count === 0 ? <p className={`${styles.none} t2`}>{found.hasNextPage ? 'None among the newest.' : none}</p> : children}
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
