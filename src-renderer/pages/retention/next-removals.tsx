import { Link } from '@tanstack/react-router'
import type { RetentionOverview } from '../../../src-protocol/retention.ts'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { waitingWords } from './hold-words.ts'
import styles from './retention.module.css'

/** What the rule removes next; what a hold keeps is not among it. */
export function NextRemovals({ retention, nameOf }: { retention: RetentionOverview; nameOf: (sub: string) => string }) {
  const { next, heldDue, rule } = retention
  return (
    <Panel
      title="Next removals"
      meta={heldDue > 0 ? `${heldDue.toLocaleString('en')} that are due ${heldDue === 1 ? 'is' : 'are'} held` : undefined}
      flush
    >
      {next.length === 0 ? (
        <p className={`t2 ${styles.none}`}>{rule ? 'The rule is about no stored recording.' : 'Without a rule nothing is removed.'}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th className={styles.session}>Session</th>
              <th className={styles.connection}>Connection</th>
              <th className={styles.person}>Person</th>
              <th className={styles.time}>Ended</th>
              <th className={styles.time}>Due</th>
              <th>Waits because</th>
            </tr>
          </thead>
          <tbody>
            {next.map(({ session, connection, person, endedAt, dueAt, waits }) => (
              <tr key={session}>
                <td>
                  <Link to="/recordings/$session" params={{ session }} className="mono">
                    {session}
                  </Link>
                </td>
                <td className="ellipsis">{connection}</td>
                <td className="ellipsis">{nameOf(person)}</td>
                <td>
                  <Timestamp at={endedAt} form="date-time" />
                </td>
                <td>
                  <Timestamp at={dueAt} form="date-time" />
                </td>
                <td className="t2 ellipsis" title={waits && waitingWords[waits]}>
                  {waits && waitingWords[waits]}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
