import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import styles from './use-shown.module.css'

/** Rows drawn at first, and added each time: a list of thousands would be slow to draw and to walk through. */
const rowsAtOnce = 200

/** The first rows of a long list, and the foot that shows more; undefined where all are shown. */
export function useShown<T>(rows: readonly T[]): { shown: readonly T[]; more: ReactNode } {
  const [limit, setLimit] = useState(rowsAtOnce)
  if (rows.length <= limit) return { shown: rows, more: undefined }
  const next = Math.min(rowsAtOnce, rows.length - limit)
  const more = (
    <div className={styles.more}>
      <Button size="sm" onClick={() => setLimit(limit + rowsAtOnce)}>
        Show {next.toLocaleString('en')} more
      </Button>
      <span className="small t3 num">
        {limit.toLocaleString('en')} of {rows.length.toLocaleString('en')}
      </span>
    </div>
  )
  return { shown: rows.slice(0, limit), more }
}
