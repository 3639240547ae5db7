import { Link } from '@tanstack/react-router'
import { Timestamp } from '../../components/timestamp.tsx'
import { callsOf, lateness } from './break-glass-words.ts'
import { useReviewsDue } from './use-break-glass.ts'
import styles from '../inbox/inbox.module.css'

/** In the list of the Inbox: what was opened without approval, and waits for a review. */
export function ReviewsDue() {
  const due = useReviewsDue()
  if (due.length === 0) return null
  return (
    <>
      <h3 className={styles.section}>Break glass, to review</h3>
      <ul>
        {due.map((opening) => (
          <li key={opening.id}>
            <Link className={styles.item} to="/break-glass" search={{ opening: opening.id }}>
              <span className={`${styles.who} ellipsis`}>{opening.person.name}</span>
              <span className={`${styles.when} num t2`}>
                <Timestamp at={opening.startsAt} form="date-time" />
              </span>
              <span className={`${styles.line} mono ellipsis`}>{opening.input.connection}</span>
              <span className={`${styles.line} ellipsis`}>
                {callsOf(opening)}, not reviewed: {lateness(opening)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}
