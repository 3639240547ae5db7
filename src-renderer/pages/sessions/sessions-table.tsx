import { Link, useNavigate } from '@tanstack/react-router'
import type { Session } from '../../../src-protocol/model.ts'
import { endReasonText } from '../../components/end-reason.ts'
import { TimeLeft } from '../../components/time-left.tsx'
import { formatLength } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { useShown } from '../../components/use-shown.tsx'
import { VerdictCounts, VerdictCountsHead } from '../../components/verdict-counts.tsx'
import styles from './sessions.module.css'

/** Sessions that are all live or all ended: the last columns say how long is left, or why and after how long they ended. */
export function SessionsTable({ sessions }: { sessions: readonly Session[] }) {
  const live = sessions[0]?.state === 'live'
  const { shown, more } = useShown(sessions)
  return (
    <>
      <table className={`table ${styles.table}`}>
        <thead>
          <tr>
            <th className={styles.started}>Started</th>
            <th className={styles.connection}>Connection</th>
            <th className={styles.person}>Person</th>
            <th>Reason</th>
            <th className={styles.counts}>
              <VerdictCountsHead />
            </th>
            <th className={styles.last}>{live ? 'Client' : 'End'}</th>
            <th className={`${styles.time} numeric`}>{live ? 'Left' : 'Length'}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </tbody>
      </table>
      {more}
    </>
  )
}

function SessionRow({ session }: { session: Session }) {
  const navigate = useNavigate()
  const { id, connection, person, reason, startedAt, endedAt, endsAt, endReason, client, counts, state } = session
  return (
    <tr className="opens" onClick={() => void navigate({ to: '/sessions/$session', params: { session: id } })}>
      <td>
        <Timestamp at={startedAt} form="date-time" />
      </td>
      <td title={connection}>
        <Link
          className={`${styles.link} medium`}
          to="/sessions/$session"
          params={{ session: id }}
          onClick={(event) => event.stopPropagation()}
        >
          {connection}
        </Link>
      </td>
      <td title={person.email}>{person.name}</td>
      <td className="t2" title={reason}>
        {reason}
      </td>
      <td>
        <VerdictCounts counts={counts} />
      </td>
      {state === 'live' ? (
        <>
          <td className={client === undefined ? 't3' : 't2'} title={client}>
            {client ?? 'none yet'}
          </td>
          <td className="numeric medium">
            <TimeLeft until={endsAt} />
          </td>
        </>
      ) : (
        <>
          <td className="t2" title={endReason && endReasonText(endReason)}>
            {endReason && endReasonText(endReason)}
          </td>
          <td className="numeric t2">{formatLength(Date.parse(endedAt ?? endsAt) - Date.parse(startedAt))}</td>
        </>
      )}
    </tr>
  )
}
