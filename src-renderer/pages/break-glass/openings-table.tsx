import { Button } from '@mantine/core'
import { Ban, CircleCheck, Hourglass } from 'lucide-react'
import type { BreakGlassOpening } from '../../../src-protocol/break-glass.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { TimeLeft } from '../../components/time-left.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { WhoAsked, WhyAsked } from '../access/who-asked.tsx'
import { awaitsReviewBy, callsOf, endOf, isOpen, lateness } from './break-glass-words.ts'
import styles from './break-glass.module.css'

interface OpeningsTableProps {
  openings: readonly BreakGlassOpening[]
  onOpen: (opening: BreakGlassOpening) => void
  /** absent: the person may not close what is open */
  onStop?: ((opening: BreakGlassOpening) => void) | undefined
}

/** Who broke the glass, where, why, and what became of it. */
export function OpeningsTable({ openings, onOpen, onStop }: OpeningsTableProps) {
  const person = usePerson()
  return (
    <table className="table two-line">
      <thead>
        <tr>
          <th className={styles.person}>Person</th>
          <th className={styles.connection}>Connection</th>
          <th>Why</th>
          <th className={styles.when}>When</th>
          <th className={styles.outcome}>Review</th>
          <th className={styles.actions}>
            <span className="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {openings.map((opening) => (
          <tr key={opening.id}>
            <WhoAsked person={opening.person} connection={opening.input.connection} rule={opening.ruleTitle} />
            <WhyAsked reason={opening.input.reason} below={`${callsOf(opening)}; ${isOpen(opening) ? 'open' : endOf(opening)}`} />
            <td>
              {isOpen(opening) ? (
                <div className="medium">
                  <TimeLeft until={opening.endsAt} /> left
                </div>
              ) : (
                <Timestamp at={opening.startsAt} form="date-time" />
              )}
              <div className="small t3">for {opening.input.minutes} min</div>
            </td>
            <td>
              <Outcome opening={opening} />
            </td>
            <td>
              <div className={styles.buttons}>
                {isOpen(opening) && onStop && (
                  <Button size="sm" variant="danger" onClick={() => onStop(opening)}>
                    Close
                    <span className="unseen"> the glass that {opening.person.name} broke</span>
                  </Button>
                )}
                <Button size="sm" onClick={() => onOpen(opening)}>
                  {awaitsReviewBy(opening, person) ? 'Review' : 'Details'}
                  <span className="unseen">
                    {' '}
                    of {opening.person.name} on {opening.input.connection}
                  </span>
                </Button>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Outcome({ opening }: { opening: BreakGlassOpening }) {
  const { review } = opening
  if (isOpen(opening)) return <span className="t3">after its end</span>
  if (!review) {
    return (
      <>
        <ToneMark icon={Hourglass} tone="held" word="Not reviewed" />
        <div className="small t3">{lateness(opening)}</div>
      </>
    )
  }
  const justified = review.decision === 'approve'
  return (
    <>
      <ToneMark
        icon={justified ? CircleCheck : Ban}
        tone={justified ? 'allowed' : 'denied'}
        word={justified ? 'Justified' : 'Not justified'}
      />
      <div className="small t3 ellipsis">by {review.person.name}</div>
    </>
  )
}
