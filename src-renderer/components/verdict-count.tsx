import type { Verdict as VerdictName } from '../../src-protocol/model.ts'
import { verdictLook } from './verdict.tsx'
import styles from './verdict.module.css'

/** A number of calls with one verdict, for a column whose head carries the word. Zero is a grey 0. */
export function VerdictCount({ verdict, count }: { verdict: VerdictName; count: number }) {
  const { icon: Icon, word, tone } = verdictLook[verdict]
  if (count === 0) return <span className={`${styles.zero} num`}>0</span>
  return (
    <span className={`${styles.mark} ${styles.count} ${styles[tone]}`} title={`${count} ${word.toLowerCase()}`}>
      <Icon className="small" aria-hidden />
      {count}
    </span>
  )
}
