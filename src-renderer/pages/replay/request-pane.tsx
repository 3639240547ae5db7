import { useMemo, useState } from 'react'
import type { MessageRecord } from '../../../src-protocol/recording.ts'
import { JsonValueText } from '../../components/json-value-text.tsx'
import { MaskPlaces } from '../../components/mask-places.ts'
import { SqlText } from '../../components/sql-text.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { formatSql } from './format-sql.ts'
import { argumentsOf } from './message-content.ts'
import styles from './request-pane.module.css'

interface RequestPaneProps {
  request: MessageRecord
  /** the request is the message above: only its arguments are worth showing again */
  isShown: boolean
  highlight: string | undefined
}

/** What was asked: the SQL of a call, or its arguments. */
export function RequestPane({ request, isShown, highlight }: RequestPaneProps) {
  const [raw, setRaw] = useState(false)
  const masks = useMemo(() => new MaskPlaces(request.masks), [request])
  const args = useMemo(() => argumentsOf(request), [request])
  const formatted = useMemo(() => (args?.language === 'sql' ? formatSql(args.text) : undefined), [args])
  if (args === undefined || (isShown && args.language === 'json')) return null
  return (
    <div className={styles.pane}>
      <header className={styles.head}>
        <h3 className="nowrap">{isShown ? (args.language === 'sql' ? 'SQL' : 'Arguments') : `Request ${request.seq}`}</h3>
        {!isShown && (
          <span className="t3">
            <Timestamp at={request.at} />
            {request.id !== undefined && request.id !== null && `, id ${request.id}`}
          </span>
        )}
        <button type="button" className={styles.raw} aria-pressed={raw} onClick={() => setRaw(!raw)}>
          {raw ? (args.language === 'sql' ? 'Show SQL' : 'Show formatted') : 'Show raw'}
        </button>
      </header>
      <pre
        className={`${styles.code} ${raw ? styles.wrap : ''}`}
        tabIndex={0}
        role="region"
        aria-label={raw ? 'Arguments exactly as recorded' : args.language === 'sql' ? 'SQL' : 'Arguments'}
      >
        {raw ? (
          <VisibleText text={args.raw} highlight={highlight} />
        ) : args.language === 'json' || masks.at(args.path).length > 0 ? (
          <JsonValueText text={args.text} path={args.path} masks={masks} highlight={highlight} />
        ) : (
          <SqlText text={formatted ?? args.text} highlight={highlight} />
        )}
      </pre>
    </div>
  )
}
