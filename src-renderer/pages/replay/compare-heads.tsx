import { Link } from '@tanstack/react-router'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import { Hash } from '../../components/hash.tsx'
import { formatDateTime, formatLength } from '../../components/time.ts'
import { VerdictCount } from '../../components/verdict-count.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import styles from './compare-heads.module.css'

/** What both sessions were, side by side; what differs in the rules that applied is said. */
export function CompareHeads({ left, right }: { left: LibraryRow; right: LibraryRow }) {
  return (
    <div className={styles.heads}>
      <Head row={left} other={right} side="Left" />
      <Head row={right} other={left} side="Right" />
    </div>
  )
}

function Head({ row, other, side }: { row: LibraryRow; other: LibraryRow; side: string }) {
  return (
    <section className={styles.head} aria-label={`${side} session`}>
      <h2 className="ellipsis">
        <Link to="/recordings/$session" params={{ session: row.session }}>
          {row.connection}, {formatDateTime(row.startedAt)}
        </Link>
      </h2>
      <p className="t2 ellipsis" title={row.reason}>
        {row.person.name} · {formatLength(Date.parse(row.endedAt) - Date.parse(row.startedAt))} · <VisibleText text={row.reason} />
      </p>
      <div className={styles.facts}>
        <VerdictCount verdict="allowed" count={row.counts.allowed} />
        <VerdictCount verdict="masked" count={row.counts.masked} />
        <VerdictCount verdict="held" count={row.counts.held} />
        <VerdictCount verdict="denied" count={row.counts.denied} />
        <Version label="Policy" value={row.policyVersion} other={other.policyVersion} />
        <Version label="Masking" value={row.maskingVersion} other={other.maskingVersion} />
      </div>
    </section>
  )
}

function Version({ label, value, other }: { label: string; value: string; other: string }) {
  return (
    <span className="t3 small">
      {label} <Hash value={value} label={`${label.toLowerCase()} version`} />{' '}
      {value === other ? 'same' : <b className={styles.differs}>differs</b>}
    </span>
  )
}
