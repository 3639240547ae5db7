import { useParams } from '@tanstack/react-router'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { CallsPanel } from './calls-panel.tsx'
import { ConnectClient } from './connect-client.tsx'
import { SessionHeader } from './session-header.tsx'
import { shortId } from './short-id.ts'
import { SessionSummary } from './session-summary.tsx'
import { Tester } from './tester.tsx'
import styles from './session.module.css'

/** One session: to its operator the place to connect a client and to see what became of each call; to others, to watch. */
export function SessionPage() {
  const { session: id } = useParams({ from: '/sessions/$session' })
  const detail = useDesktopQuery('sessions:get', id)
  return (
    <div className="page">
      {detail.data !== undefined && <SessionDetail key={id} {...detail.data} />}
      {detail.data === undefined && (
        <PageHeader crumbs={[{ title: 'Sessions', to: '/sessions' }, { title: shortId(id) }]} title="Session" />
      )}
      {detail.isPending && <LoadingPage rows={10} label="Loading the session" />}
      {detail.isError && detail.data === undefined && <ErrorState error={detail.error} onRetry={() => void detail.refetch()} />}
    </div>
  )
}

function SessionDetail({ session, calls }: DesktopOutput<'sessions:get'>) {
  const person = usePerson()
  const own = person?.sub === session.person.sub
  return (
    <>
      <SessionHeader session={session} />
      <div className={styles.columns}>
        <div className={`${styles.left} ${own ? styles.own : ''}`}>
          {own && session.state === 'live' ? (
            <>
              <ConnectClient session={session} />
              <Tester session={session.id} />
            </>
          ) : (
            <SessionSummary session={session} />
          )}
        </div>
        <CallsPanel session={session} calls={calls} own={own} />
      </div>
    </>
  )
}
