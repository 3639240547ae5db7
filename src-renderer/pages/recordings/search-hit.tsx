import { Link } from '@tanstack/react-router'
import { mostCountedCalls, type RecordingExcerpt, type RecordingHit } from '../../../src-protocol/recording-search.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { formatTime } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { VerdictCounts } from '../../components/verdict-counts.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import styles from './search-page.module.css'

/** One session with the places where the words stand, each a link to that moment of its replay. */
export function SearchHit({ hit: { summary, calls, excerpts } }: { hit: RecordingHit }) {
  const { session, connection, person, reason, startedAt, counts } = summary
  return (
    <li className={styles.hit}>
      <div className={styles.head}>
        <Link to="/recordings/$session" params={{ session }} className="medium">
          <Timestamp at={startedAt} form="date-time" />
        </Link>
        <span className="medium">{connection}</span>
        <span className="t2">
          <VisibleText text={person.name} />
        </span>
        <span className={`${styles.reason} t2 ellipsis`}>
          <VisibleText text={reason} />
        </span>
        {calls > 0 && <span className="t3 small num">{callsOf(calls)}</span>}
        <VerdictCounts counts={counts} />
      </div>
      {excerpts.length > 0 && (
        <ul className={styles.excerpts}>
          {excerpts.map((excerpt) => (
            <Excerpt key={excerpt.seq} session={session} excerpt={excerpt} />
          ))}
        </ul>
      )}
    </li>
  )
}

function Excerpt({ session, excerpt: { seq, at, subject, parts } }: { session: SessionId; excerpt: RecordingExcerpt }) {
  return (
    <li>
      <Link to="/recordings/$session" params={{ session }} search={{ seq }} className={styles.excerpt}>
        <span className="t3 num">{formatTime(at)}</span>
        <span className={`${styles.subject} mono ellipsis`}>
          <VisibleText text={subject} />
        </span>
        <span className={styles.text}>
          {parts.map(({ text, hit }, place) =>
            hit ? (
              <mark key={place} className={styles.found}>
                {text}
              </mark>
            ) : (
              <VisibleText key={place} text={text} />
            ),
          )}
        </span>
      </Link>
    </li>
  )
}

function callsOf(calls: number): string {
  if (calls >= mostCountedCalls) return `${mostCountedCalls.toLocaleString('en')} calls or more`
  return calls === 1 ? '1 call' : `${calls} calls`
}
