import { useId, type ReactNode } from 'react'
import styles from './panel.module.css'

interface PanelProps {
  title?: ReactNode
  /** beside the title: a count, a hint */
  meta?: ReactNode
  /** at the right edge of its header */
  actions?: ReactNode
  /** no padding around the content: tables, code */
  flush?: boolean
  /** fills the height that is left; its content scrolls */
  fill?: boolean
  className?: string | undefined
  children?: ReactNode
}

/** A framed part of a page, with a header of 40 px if it has a title. */
export function Panel({ title, meta, actions, flush = false, fill = false, className, children }: PanelProps) {
  const titleId = useId()
  return (
    <section
      className={[styles.panel, fill ? styles.fill : '', className ?? ''].join(' ')}
      aria-labelledby={title === undefined ? undefined : titleId}
    >
      {title !== undefined && (
        <header className={styles.header}>
          <h2 id={titleId}>{title}</h2>
          {meta !== undefined && <span className="t3 small num">{meta}</span>}
          {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </header>
      )}
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  )
}
