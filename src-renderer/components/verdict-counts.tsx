import type { VerdictCounts as Counts } from '../../src-protocol/model.ts'
import { VerdictCount } from './verdict-count.tsx'
import styles from './verdict-counts.module.css'

const columns = ['allowed', 'masked', 'held', 'denied'] as const

/** The four counts of a session in four columns; `VerdictCountsHead` carries the words. */
export function VerdictCounts({ counts }: { counts: Counts }) {
  return (
    <span className={styles.counts}>
      {columns.map((verdict) => (
        <VerdictCount key={verdict} verdict={verdict} count={counts[verdict]} />
      ))}
    </span>
  )
}

export function VerdictCountsHead() {
  return (
    <span className={styles.counts}>
      <span>Allowed</span>
      <span>Masked</span>
      <span>Held</span>
      <span>Denied</span>
    </span>
  )
}
