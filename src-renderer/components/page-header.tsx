import { Link } from '@tanstack/react-router'
import { Fragment, type ReactNode } from 'react'
import styles from './page-header.module.css'

export interface Crumb {
  title: string
  /** a path of the router; the last crumb has none */
  to?: string
}

interface PageHeaderProps {
  crumbs?: readonly Crumb[]
  title: ReactNode
  badge?: ReactNode
  /** right of the title: the person's reason, a count */
  meta?: ReactNode
  /** at the right edge */
  actions?: ReactNode
}

const noCrumbs: readonly Crumb[] = []

/** Title, state and actions of a page. */
export function PageHeader({ crumbs = noCrumbs, title, badge, meta, actions }: PageHeaderProps) {
  return (
    <header className={styles.head}>
      <div className="grow">
        {crumbs.length > 0 && (
          <nav className={styles.crumbs} aria-label="Breadcrumb">
            {crumbs.map((crumb, index) => (
              <Fragment key={crumb.title}>
                {index > 0 && ' / '}
                {crumb.to === undefined ? <span aria-current="page">{crumb.title}</span> : <Link to={crumb.to}>{crumb.title}</Link>}
              </Fragment>
            ))}
          </nav>
        )}
        <div className={styles.title}>
          <h1 className="ellipsis">{title}</h1>
          {badge}
          {meta !== undefined && <span className={`${styles.meta} t2 ellipsis`}>{meta}</span>}
        </div>
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  )
}
