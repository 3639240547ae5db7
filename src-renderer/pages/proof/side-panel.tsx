import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './side-panel.module.css'

/** A small panel beside the steps. */
export function SidePanel({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.panel}>
      <div className={styles.head}>
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  )
}

/** Statements, each with its mark. */
export function Statements({ icon: Icon, items }: { icon: LucideIcon; items: readonly string[] }) {
  return (
    <ul className={styles.statements}>
      {items.map((item) => (
        <li key={item}>
          <Icon className="small" aria-hidden />
          <span>{item}</span>
        </li>
      ))}
    </ul>
  )
}
