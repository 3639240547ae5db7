import { Eye } from 'lucide-react'
import type { Session } from '../../../src-protocol/model.ts'
import { endReasonText } from '../../components/end-reason.ts'
import { Facts } from '../../components/facts.tsx'
import { Note } from '../../components/note.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatLength } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { VerdictCount } from '../../components/verdict-count.tsx'
import styles from './session.module.css'

/** Facts of a session that one watches, or that is over. */
export function SessionSummary({ session }: { session: Session }) {
  const { person, reason, client, startedAt, endedAt, endReason, endedBy, counts } = session
  return (
    <>
      {session.state === 'live' && (
        <Note icon={Eye} title="Not watched by you.">
          Watch live to see what passes, as it is recorded: masked. {person.name} is told, and it stands in the recording.
        </Note>
      )}
      <Panel title="Session">
        <Facts
          items={[
            {
              label: 'Who',
              value: (
                <>
                  <span className="medium">{person.name}</span> <span className="t3">{person.groups.join(', ')}</span>
                </>
              ),
            },
            { label: 'Reason', value: reason },
            { label: 'Client', value: client ?? <span className="t3">none connected</span> },
            { label: 'Started', value: <Timestamp at={startedAt} form="date-time" /> },
            ...(endedAt === undefined || endReason === undefined
              ? []
              : [
                  {
                    label: 'Ended',
                    value: (
                      <>
                        <Timestamp at={endedAt} form="date-time" />, after {formatLength(Date.parse(endedAt) - Date.parse(startedAt))}
                      </>
                    ),
                  },
                  { label: 'Why', value: endedBy === undefined ? endReasonText(endReason) : `${endedBy.name} ended it: ${endedBy.reason}` },
                ]),
            {
              label: 'Calls',
              value: (
                <span className={styles.counts}>
                  {(['allowed', 'masked', 'held', 'denied'] as const).map((verdict) => (
                    <VerdictCount key={verdict} verdict={verdict} count={counts[verdict]} />
                  ))}
                </span>
              ),
            },
          ]}
        />
      </Panel>
    </>
  )
}
