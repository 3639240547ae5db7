import { Link } from '@tanstack/react-router'
import { Ban, CircleCheck } from 'lucide-react'
import type { AccessRequest } from '../../../src-protocol/access.ts'
import { TimeLeft } from '../../components/time-left.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { formatMinutes } from '../connections/session-length.ts'
import styles from './inbox.module.css'

interface AccessItemsProps {
  title: string
  requests: readonly AccessRequest[]
  chosen: string | undefined
}

/** Requests for access, as the list of the Inbox shows them. */
export function AccessItems({ title, requests, chosen }: AccessItemsProps) {
  if (requests.length === 0) return null
  return (
    <>
      <h3 className={styles.section}>{title}</h3>
      <ul>
        {requests.map((request) => (
          <li key={request.id}>
            <Link
              className={styles.item}
              to="/inbox/{-$approval}"
              params={{ approval: request.id }}
              aria-current={request.id === chosen ? 'true' : undefined}
              data-decided={request.state !== 'pending' || undefined}
            >
              <span className={`${styles.who} ellipsis`}>{request.requester.name}</span>
              <span className={`${styles.when} num t2`}>
                {request.state === 'pending' ? (
                  <TimeLeft until={request.decideBy} />
                ) : (
                  <Timestamp at={request.settledAt ?? request.requestedAt} form="date-time" />
                )}
              </span>
              <span className={`${styles.line} mono ellipsis`}>{request.connection}</span>
              <span className={`${styles.line} ellipsis`}>
                {request.state === 'pending' ? (
                  `Access for ${formatMinutes(request.minutes)}, ${request.ruleTitle}`
                ) : request.state === 'granted' ? (
                  <ToneMark icon={CircleCheck} tone="allowed" word="Approved by you" />
                ) : (
                  <ToneMark icon={Ban} tone="denied" word="Denied by you" />
                )}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}
