import { useState } from 'react'
import { VisibleText } from '../../components/visible-text.tsx'
import styles from './message-text.module.css'

/** More than this at once makes the window slow; the rest comes on demand. */
const portion = 60_000

/** The message exactly as recorded, wrapped at any character and never re-formatted. Masked values stand as their tokens. */
export function MessageText({ text, highlight }: { text: string; highlight: string | undefined }) {
  const [limit, setLimit] = useState(portion)
  const left = text.length - limit
  return (
    <pre className={styles.text} tabIndex={0} role="region" aria-label="Message as text">
      <VisibleText text={text.slice(0, limit)} highlight={highlight} />
      {left > 0 && (
        <button type="button" className={styles.more} onClick={() => setLimit(limit + portion)}>
          Show {Math.min(left, portion).toLocaleString('en')} of {left.toLocaleString('en')} more characters
        </button>
      )}
    </pre>
  )
}
