import { useHotkeys } from '@mantine/hooks'
import { useNavigate, useParams } from '@tanstack/react-router'
import type { Approval } from '../../../src-protocol/model.ts'
import { useDesktopQuery, useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { useHasRole, usePerson } from '../../api/use-desktop-state.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { useReviewsDue } from '../break-glass/use-break-glass.ts'
import { AccessRequestPage } from './access-request-page.tsx'
import { inboxLists } from './inbox-lists.ts'
import { InboxList } from './inbox-list.tsx'
import { isAccessRequest, useAccessInInbox } from './use-access-in-inbox.ts'
import { useReceivedDelegations } from './places.ts'
import { RequestPage } from './request-page.tsx'
import styles from './inbox.module.css'

/** Requests that wait for a decision, and the one that is read. */
export function InboxPage() {
  const approvals = useDesktopQuery('approvals:list')
  if (approvals.isSuccess) return <Inbox approvals={approvals.data} />
  return (
    <div className="page">
      <PageHeader title="Inbox" />
      {approvals.isPending ? (
        <LoadingRows label="Loading requests" />
      ) : (
        <ErrorState error={approvals.error} onRetry={() => void approvals.refetch()} />
      )}
    </div>
  )
}

function Inbox({ approvals }: { approvals: readonly Approval[] }) {
  const { approval: wanted } = useParams({ from: '/inbox/{-$approval}' })
  const navigate = useNavigate()
  const reviewer = useHasRole('reviewer')
  const lists = inboxLists(approvals, usePerson(), useReceivedDelegations())
  const { access, asked } = useAccessInInbox()
  const order: { id: string }[] = [...lists.waiting, ...access.waiting, ...lists.own, ...lists.others, ...lists.decided, ...access.decided]
  const due = useReviewsDue()
  const chosen = wanted ?? order[0]?.id
  const listed = approvals.find((approval) => approval.id === chosen)
  const request = asked.find(({ id }) => id === chosen)
  // a link may lead to a request that the list does not have (any more)
  const fetched = useDesktopQueryWith({
    channel: 'approvals:get',
    input: [chosen ?? ''],
    enabled: chosen !== undefined && listed === undefined && !isAccessRequest(chosen),
  })
  const shown = listed ?? fetched.data

  const step = (by: 1 | -1): void => {
    const next = order[order.findIndex(({ id }) => id === chosen) + by]
    if (next !== undefined) void navigate({ to: '/inbox/{-$approval}', params: { approval: next.id } })
  }
  useHotkeys([
    ['J', () => step(1)],
    ['K', () => step(-1)],
    ['W', () => shown && void navigate({ to: '/sessions/$session', params: { session: shown.session } })],
  ])

  if (order.length === 0 && due.length === 0 && wanted === undefined) {
    return (
      <div className="page">
        <PageHeader title="Inbox" />
        <EmptyState
          title="Nothing waits for you"
          sentence={
            reviewer
              ? 'When a rule holds a call for one of your groups, it appears here and as a notification. You see exactly what would run, and decide.'
              : 'Calls of yours that a rule holds appear here while they wait.'
          }
        />
      </div>
    )
  }
  return (
    <div className={styles.columns}>
      <InboxList {...lists} access={access} chosen={chosen} />
      <section className={styles.detail} aria-label="Request">
        {shown !== undefined && <RequestPage key={shown.id} approval={shown} />}
        {request !== undefined && <AccessRequestPage key={request.id} request={request} />}
        {chosen === undefined && (
          <EmptyState title="No request waits" sentence="What is in the list was run without an approval, and waits for a review." />
        )}
        {chosen !== undefined && shown === undefined && request === undefined && fetched.isPending && (
          <LoadingRows label="Loading the request" />
        )}
        {shown === undefined && fetched.isError && <ErrorState error={fetched.error} onRetry={() => void fetched.refetch()} />}
      </section>
    </div>
  )
}
