import { Fragment, type ReactNode } from 'react'
import styles from './facts.module.css'

export interface Fact {
  label: string
  value: ReactNode
}

/** Labels and values, in one or two columns of pairs. */
export function Facts({ items, columns = 1 }: { items: readonly Fact[]; columns?: 1 | 2 }) {
  return (
    <dl className={columns === 2 ? styles.two : styles.one}>
      {items.map(({ label, value }, index) => (
        <Fragment key={`${index} ${label}`}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  )
}
