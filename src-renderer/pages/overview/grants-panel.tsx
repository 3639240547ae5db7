import type { AccessGrant } from '../../../src-protocol/access.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { useShown } from '../../components/use-shown.tsx'
import { endOfGrant } from '../access/access-words.ts'
import { WhoAsked, WhyAsked } from '../access/who-asked.tsx'
import styles from './overview.module.css'

/** Access that was given: to whom, when, by whom, and how it ended; the newest first. */
export function GrantsPanel({ grants }: { grants: readonly AccessGrant[] }) {
  const people = useDesktopQuery('people:list').data
  const nameOf = (sub: string): string => people?.find(({ person }) => person.sub === sub)?.person.name ?? sub
  const { shown, more } = useShown(grants)
  return (
    <Panel flush title="Access that was given" meta={grants.length.toLocaleString('en')}>
      {grants.length === 0 ? (
        <p className={`${styles.none} t2`}>None was given. Connections without an access rule are open to their groups.</p>
      ) : (
        <table className="table two-line">
          <thead>
            <tr>
              <th>Person</th>
              <th>Connection</th>
              <th>Why</th>
              <th>From</th>
              <th>Until</th>
              <th>Given by</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((grant) => (
              <tr key={grant.id}>
                <WhoAsked person={grant.person} connection={grant.connection} rule={grant.ruleTitle} />
                <WhyAsked
                  reason={grant.reason}
                  ticket={grant.ticket}
                  below={grant.endedAt === undefined ? 'in force' : endOfGrant(grant, nameOf)}
                />
                <td>
                  <Timestamp at={grant.startsAt} form="date-time" />
                </td>
                <td>
                  <Timestamp at={grant.endedAt ?? grant.endsAt} form="date-time" />
                </td>
                <td>{grant.approvedBy?.name ?? <span className="t3">the rule, without approval</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {more}
      <p className={`${styles.more} small t3`}>
        Every step is an entry of the log; an evidence pack lists all of them in population/access.csv.
      </p>
    </Panel>
  )
}
