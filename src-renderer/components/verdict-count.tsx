import type { Verdict as VerdictName } from '../../src-protocol/model.ts'
import { verdictLook } from './verdict.tsx'
import styles from './verdict.module.css'

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

interface VerdictCountProps {
  verdict: VerdictName
  count: number
  /** the column has room for every digit; otherwise `88.9k` stands for what is over 9,999 */
  wide?: boolean
}

/** A number of calls with one verdict, for a column whose head carries the word. Zero is a grey 0. */
export function VerdictCount({ verdict, count, wide = false }: VerdictCountProps) {
  const { icon: Icon, word, tone } = verdictLook[verdict]
  if (count === 0) return <span className={`${styles.zero} num`}>0</span>
  const exact = count.toLocaleString('en')
  return (
    <span className={`${styles.mark} ${styles.count} ${styles[tone]}`} title={`${exact} ${word.toLowerCase()}`}>
      <Icon className="small" aria-hidden />
      {wide || count < 10_000 ? exact : compact.format(count).toLowerCase()}
    </span>
  )
}
