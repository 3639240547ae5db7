import { Eye } from 'lucide-react'
import type { Session } from '../../../src-protocol/model.ts'
import { endReasonText } from '../../components/end-reason.ts'
import { Facts } from '../../components/facts.tsx'
import { Note } from '../../components/note.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatLength } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { VerdictCount } from '../../components/verdict-count.tsx'

/** Facts of a session that one watches, or that is over. */
export function SessionSummary({ session }: { session: Session }) {
  const { person, reason, client, startedAt, endedAt, endReason, counts } = session
  return (
    <>
      {session.state === 'live' && (
        <Note icon={Eye} title="You are watching.">
          New calls appear as they are decided. You see what is recorded: masked.
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
                  { label: 'Why', value: endReasonText(endReason) },
                ]),
            {
              label: 'Calls',
              value: (
                <span className="row">
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
