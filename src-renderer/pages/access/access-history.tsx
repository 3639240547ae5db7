import type { AccessGrant, AccessRequest } from '../../../src-protocol/access.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { useShown } from '../../components/use-shown.tsx'
import { endOfGrant, endOfRequest } from './access-words.ts'
import { WhoAsked, WhyAsked } from './who-asked.tsx'
import styles from './access.module.css'

interface AccessHistoryProps {
  requests: readonly AccessRequest[]
  grants: readonly AccessGrant[]
}

interface Past {
  key: string
  at: string
  what: string
  subject: Pick<AccessGrant, 'person' | 'connection' | 'ruleTitle' | 'reason' | 'ticket'>
}

/** What is over: access that ended, requests that gave none; the latest first. */
export function AccessHistory({ requests, grants }: AccessHistoryProps) {
  const people = useDesktopQuery('people:list').data
  const nameOf = (sub: string): string => people?.find(({ person }) => person.sub === sub)?.person.name ?? sub
  const past = pastOf(requests, grants, nameOf)
  const { shown, more } = useShown(past)
  if (past.length === 0) return <p className="t2">Nothing is over yet.</p>
  return (
    <>
      <div className="table-frame">
        <table className="table two-line">
          <thead>
            <tr>
              <th className={styles.person}>Person</th>
              <th className={styles.connection}>Connection</th>
              <th>What became of it</th>
              <th className={styles.time}>When</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ key, at, what, subject }) => (
              <tr key={key}>
                <WhoAsked person={subject.person} connection={subject.connection} rule={subject.ruleTitle} />
                <WhyAsked reason={what} below={[subject.ticket, subject.reason].filter(Boolean).join(' · ') || 'no reason'} />
                <td>
                  <Timestamp at={at} form="date-time" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {more}
      </div>
      <p className={`${styles.hint} small t3`}>
        Every step is an entry of the log; an evidence pack lists all of them in population/access.csv.
      </p>
    </>
  )
}

function pastOf(requests: readonly AccessRequest[], grants: readonly AccessGrant[], nameOf: (sub: string) => string): Past[] {
  const ended = grants.flatMap((grant): Past[] =>
    grant.endedAt === undefined ? [] : [{ key: grant.id, at: grant.endedAt, what: endOfGrant(grant, nameOf), subject: grant }],
  )
  const refused = requests.flatMap((request): Past[] => {
    const { id, state, settledAt, requester } = request
    if (state === 'pending' || state === 'granted' || settledAt === undefined) return []
    return [{ key: id, at: settledAt, what: endOfRequest(request), subject: { ...request, person: requester } }]
  })
  return [...ended, ...refused].toSorted((a, b) => b.at.localeCompare(a.at))
}
