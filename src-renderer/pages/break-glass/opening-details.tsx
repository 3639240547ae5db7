import { Button, Textarea } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Ban, Check } from 'lucide-react'
import { useState } from 'react'
import type { BreakGlassOpening } from '../../../src-protocol/break-glass.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { Hash, spokenDigest } from '../../components/hash.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { awaitsReviewBy, endOf } from './break-glass-words.ts'
import styles from './break-glass.module.css'

const shortestWords = 10

/** Everything about one opening: why, what ran, how it ended; and the review, for whom it is. */
export function OpeningDetails({ opening, onClose }: { opening: BreakGlassOpening; onClose: () => void }) {
  const mine = awaitsReviewBy(opening, usePerson())
  const { input, person, statement, review, uses } = opening
  return (
    <Dialog onClose={onClose} title={`${person.name} broke the glass of ${input.connection}`} size={640}>
      <div className="stack">
        <Facts
          items={[
            { label: 'Reason', value: <VisibleText text={input.reason} /> },
            {
              label: 'When',
              value: (
                <>
                  <Timestamp at={opening.startsAt} form="date-time" />, for {input.minutes} minutes
                </>
              ),
            },
            { label: 'End', value: endOf(opening) },
            { label: 'Tools', value: <span className="mono">{input.tools.join(', ')}</span> },
            {
              label: 'Signed in anew',
              value: statement.stepUp ? <Timestamp at={statement.stepUp.at} form="date-time" /> : 'no',
            },
            { label: 'Digest', value: <Hash value={opening.digest} label="digest" length={6} /> },
            { label: 'Reviewers', value: input.reviewers.join(', ') },
            ...(review ? [{ label: 'Review', value: `${review.person.name}: “${review.reason}”` }] : []),
          ]}
        />
        <section aria-label="Calls">
          <h3 className={styles.calls}>{uses.length === 0 ? 'No call ran under it' : 'Calls that ran without approval'}</h3>
          <ul className={styles.uses}>
            {uses.map(({ at, approval, tool, session }) => (
              <li key={approval} className="row">
                <Timestamp at={at} form="time" />
                <span className="mono grow ellipsis">{tool}</span>
                <Link to="/inbox/{-$approval}" params={{ approval }}>
                  Arguments
                  <span className="unseen"> of {approval}</span>
                </Link>
                <Link to="/sessions/$session" params={{ session }}>
                  Session
                  <span className="unseen"> of {approval}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
        {mine ? (
          <Review opening={opening} onClose={onClose} />
        ) : (
          <DialogButtons>
            <Button onClick={onClose} data-autofocus>
              Done
            </Button>
          </DialogButtons>
        )}
      </div>
    </Dialog>
  )
}

function Review({ opening, onClose }: { opening: BreakGlassOpening; onClose: () => void }) {
  const [words, setWords] = useState('')
  const [checked, setChecked] = useState(false)
  const review = useDesktopMutation('break-glass:review', onClose)
  const problem =
    words.trim().length < shortestWords ? `At least ${shortestWords} characters: what you looked at, and what you found.` : undefined
  const sign = (decision: 'approve' | 'deny'): void => {
    setChecked(true)
    if (problem === undefined) review.mutate({ id: opening.id, digest: opening.digest, decision, reason: words.trim() })
  }
  return (
    <>
      <Textarea
        label="Your review"
        description="It is signed with your key and stands in the log for good."
        rows={3}
        maxLength={1000}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        error={checked ? problem : undefined}
        data-autofocus
      />
      {review.error !== null && <ErrorNote error={review.error} />}
      <DialogButtons onCancel={onClose} cancel="Later" hint={<span className="mono">{spokenDigest(opening.digest)}</span>}>
        <Button
          variant="danger"
          loading={review.isPending}
          leftSection={<Ban className="small" aria-hidden />}
          onClick={() => sign('deny')}
        >
          Not justified
        </Button>
        <Button
          variant="filled"
          loading={review.isPending}
          leftSection={<Check className="small" aria-hidden />}
          onClick={() => sign('approve')}
        >
          Justified
        </Button>
      </DialogButtons>
    </>
  )
}
