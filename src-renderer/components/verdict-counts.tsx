import { Link } from '@tanstack/react-router'
import type { VerdictCounts as Counts, Verdict } from '../../src-protocol/model.ts'
import { VerdictCount } from './verdict-count.tsx'
import { verdictLook } from './verdict.tsx'
import styles from './verdict-counts.module.css'

const columns = ['allowed', 'masked', 'held', 'denied'] as const

interface VerdictCountsProps {
  counts: Counts
  /** where the rows behind each number are, and of what they are, for a screen reader */
  rows?: { of: string; search: (verdict: Verdict) => Record<string, unknown> }
}

/** The four counts of a session in four columns; `VerdictCountsHead` carries the words. */
export function VerdictCounts({ counts, rows }: VerdictCountsProps) {
  return (
    <span className={`${styles.counts} ${rows === undefined ? '' : styles.wide}`}>
      {columns.map((verdict) => {
        const count = counts[verdict]
        if (rows === undefined) return <VerdictCount key={verdict} verdict={verdict} count={count} />
        if (count === 0) return <VerdictCount key={verdict} verdict={verdict} count={0} />
        return (
          <Link
            key={verdict}
            to="/overview/sessions"
            search={rows.search(verdict)}
            aria-label={`${count.toLocaleString('en')} calls ${verdictLook[verdict].word.toLowerCase()}, ${rows.of}`}
          >
            <VerdictCount verdict={verdict} count={count} wide />
          </Link>
        )
      })}
    </span>
  )
}

export function VerdictCountsHead({ wide = false }: { wide?: boolean }) {
  return (
    <span className={`${styles.counts} ${wide ? styles.wide : ''}`}>
      <span>Allowed</span>
      <span>Masked</span>
      <span>Held</span>
      <span>Denied</span>
    </span>
  )
}
