import { Button } from '@mantine/core'
import type { AccessGrant } from '../../../src-protocol/access.ts'
import { TimeLeft } from '../../components/time-left.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { WhyAsked, WhoAsked } from './who-asked.tsx'
import styles from './access.module.css'

interface GrantsTableProps {
  grants: readonly AccessGrant[]
  /** undefined: the person may not end access */
  onEnd: ((grant: AccessGrant) => void) | undefined
}

/** Access that stands at this moment, the one that ends first on top. */
export function GrantsTable({ grants, onEnd }: GrantsTableProps) {
  if (grants.length === 0) return <p className="t2">Nobody has access through a rule at this moment.</p>
  return (
    <div className="table-frame">
      <table className="table two-line">
        <thead>
          <tr>
            <th className={styles.person}>Person</th>
            <th className={styles.connection}>Connection</th>
            <th>Why</th>
            <th className={styles.time}>Ends</th>
            <th className={styles.actions}>
              <span className="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {grants
            .toSorted((a, b) => a.endsAt.localeCompare(b.endsAt))
            .map((grant) => (
              <tr key={grant.id}>
                <WhoAsked person={grant.person} connection={grant.connection} rule={grant.ruleTitle} />
                <WhyAsked
                  reason={grant.reason}
                  ticket={grant.ticket}
                  below={grant.approvedBy ? `approved by ${grant.approvedBy.name}` : 'by the rule, without approval'}
                />
                <td>
                  <div className="medium">
                    <TimeLeft until={grant.endsAt} /> left
                  </div>
                  <div className="small t3">
                    <Timestamp at={grant.endsAt} form="date-time" />
                  </div>
                </td>
                <td>
                  <div className={styles.buttons}>
                    {onEnd && (
                      <Button size="sm" onClick={() => onEnd(grant)}>
                        Revoke
                        <span className="unseen">
                          {' '}
                          access of {grant.person.name} to {grant.connection}
                        </span>
                      </Button>
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
