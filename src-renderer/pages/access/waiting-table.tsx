import { Link } from '@tanstack/react-router'
import type { AccessRequest } from '../../../src-protocol/access.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { TimeLeft } from '../../components/time-left.tsx'
import { formatMinutes } from '../connections/session-length.ts'
import { waitsFor } from './access-words.ts'
import { WhyAsked, WhoAsked } from './who-asked.tsx'
import styles from './access.module.css'

/** Requests that nobody has decided yet. Deciding is the Inbox’s: here one sees that they wait. */
export function WaitingTable({ requests }: { requests: readonly AccessRequest[] }) {
  const person = usePerson()
  if (requests.length === 0) return <p className="t2">No request waits for a reviewer.</p>
  return (
    <div className="table-frame">
      <table className="table two-line">
        <thead>
          <tr>
            <th className={styles.person}>Person</th>
            <th className={styles.connection}>Connection</th>
            <th>Why</th>
            <th className={styles.time}>To decide</th>
            <th className={styles.actions}>
              <span className="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {requests.map((request) => (
            <tr key={request.id}>
              <WhoAsked person={request.requester} connection={request.connection} rule={request.ruleTitle} />
              <WhyAsked
                reason={request.reason}
                ticket={request.ticket}
                below={`${formatMinutes(request.minutes)} · waits for ${request.digestInput.approvers.join(', ')}`}
              />
              <td>
                <TimeLeft until={request.decideBy} />
              </td>
              <td>
                <div className={styles.buttons}>
                  {waitsFor(request, person) && (
                    <Link to="/inbox/{-$approval}" params={{ approval: request.id }}>
                      Decide<span className="unseen"> the request of {request.requester.name}</span>
                    </Link>
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
