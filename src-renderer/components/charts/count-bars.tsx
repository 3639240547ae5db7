import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import styles from './count-bars.module.css'

export interface CountBar {
  key: string
  label: ReactNode
  count: number
  /** where the rows of the number are; none for a number without rows */
  to?: { to: string; search: Record<string, unknown> } | undefined
  tone?: 'allowed' | 'masked' | 'held' | 'denied' | 'plain'
}

/** Numbers as bars beside one another; a table to whoever does not see them. Each number leads to its rows. */
export function CountBars({ bars, label, unit }: { bars: readonly CountBar[]; label: string; unit: string }) {
  const most = Math.max(1, ...bars.map(({ count }) => count))
  return (
    <table className={styles.bars} aria-label={label}>
      <thead className="unseen">
        <tr>
          <th>What</th>
          <th>{unit}</th>
        </tr>
      </thead>
      <tbody>
        {bars.map(({ key, label: text, count, to, tone = 'plain' }) => (
          <tr key={key}>
            <th scope="row">{text}</th>
            <td>
              <span className={styles.line}>
                <i className={styles[tone]} style={{ width: `${(count / most) * 100}%` }} aria-hidden />
              </span>
              <span className={`${styles.count} num`}>
                {to === undefined || count === 0 ? (
                  <span className={count === 0 ? 't3' : ''}>{count.toLocaleString('en')}</span>
                ) : (
                  <Link to={to.to} search={to.search}>
                    {count.toLocaleString('en')}
                  </Link>
                )}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
