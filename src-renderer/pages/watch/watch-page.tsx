import { useParams } from '@tanstack/react-router'
import { sessionId, type SessionId } from '../../../src-protocol/ids.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { SessionHeader } from '../session/session-header.tsx'
import { WatchedSession } from './watched-session.tsx'

/** A session of somebody else, as it happens. */
export function WatchPage() {
  const params = useParams({ from: '/sessions/$session/watch' })
  const session = sessionId.safeParse(params.session)
  if (!session.success) return <EmptyState title="There is no such session" sentence="The link does not name a session." />
  return <Watching key={session.data} id={session.data} />
}

function Watching({ id }: { id: SessionId }) {
  const detail = useDesktopQuery('sessions:get', id)
  return (
    <div className="page">
      {detail.isPending && <LoadingRows rows={10} label="Loading the session" />}
      {detail.isError && detail.data === undefined && <ErrorState error={detail.error} onRetry={() => void detail.refetch()} />}
      {detail.data !== undefined && (
        <>
          <SessionHeader session={detail.data.session} watching />
          <WatchedSession session={detail.data.session} />
        </>
      )}
    </div>
  )
}
