import styles from './loading-rows.module.css'

/** Grey bars where rows will be; widths vary so that it reads as a table. */
export function LoadingRows({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className={styles.rows}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={styles.row} aria-hidden>
          <i style={{ width: `${12 + ((row * 7) % 9)}%` }} />
          <i style={{ width: `${30 + ((row * 13) % 25)}%` }} />
          <i style={{ width: `${8 + ((row * 5) % 7)}%` }} />
        </div>
      ))}
    </div>
  )
}
