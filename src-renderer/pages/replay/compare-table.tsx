import { Link } from '@tanstack/react-router'
import { ArrowLeftRight, Equal, Minus, Plus, type LucideIcon } from 'lucide-react'
import type { LibraryRow } from '../../../src-protocol/desktop-api.ts'
import { formatDateTime } from '../../components/time.ts'
import { Verdict } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import type { ComparedCall, ComparedPair, Relation } from './compare-calls.ts'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
import styles from './compare-table.module.css'

const rowHeight = 32

const marks: Record<Relation, { icon: LucideIcon; word: string }> = {
  same: { icon: Equal, word: 'Same' },
  verdict: { icon: ArrowLeftRight, word: 'Ended differently' },
  left: { icon: Minus, word: 'Only left' },
  right: { icon: Plus, word: 'Only right' },
}

interface CompareTableProps {
  pairs: readonly ComparedPair[]
  left: LibraryRow
  right: LibraryRow
}

/** The calls of both sessions; each opens its replay at that message. */
export function CompareTable({ pairs, left, right }: CompareTableProps) {
  const { scroller, items, before, after } = useVirtualRows({ count: pairs.length, rowHeight, headHeight: 33 })
  return (
    <div ref={scroller} className={styles.scroller} tabIndex={0} role="region" aria-label="Calls of both sessions">
      <table className={`table ${styles.table}`} aria-rowcount={pairs.length + 1}>
        <colgroup>
          <col />
          <col className={styles.verdict} />
          <col className={styles.relation} />
          <col className={styles.verdict} />
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{formatDateTime(left.startedAt)}</th>
            <th scope="col">Verdict</th>
            <th scope="col">
              <span className="unseen">Relation</span>
            </th>
            <th scope="col">Verdict</th>
            <th scope="col">{formatDateTime(right.startedAt)}</th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Gap height={before} />}
          {items.map((item) => {
            const pair = pairs[item.index]
            if (!pair) return null
            const { icon: Icon, word } = marks[pair.relation]
            return (
              <tr key={item.key} aria-rowindex={item.index + 2} className={styles[pair.relation]}>
                <CallCell call={pair.left} session={left.session} />
                <td className={pair.left ? undefined : styles.nothing}>{pair.left && <Verdict verdict={pair.left.verdict} />}</td>
                <td className={styles.mark} title={word}>
                  <Icon className="small" aria-hidden />
                  <span className="unseen">{word}</span>
                </td>
                <td className={pair.right ? undefined : styles.nothing}>{pair.right && <Verdict verdict={pair.right.verdict} />}</td>
                <CallCell call={pair.right} session={right.session} />
              </tr>
            )
          })}
          {after > 0 && <Gap height={after} />}
        </tbody>
      </table>
      {pairs.length === 0 && <p className={`${styles.none} t2`}>No call passes the filters.</p>}
    </div>
  )
}

function CallCell({ call, session }: { call: ComparedCall | undefined; session: LibraryRow['session'] }) {
  if (!call) return <td className={styles.nothing} aria-label="No such call" />
  const { row } = call
  return (
    <td title={row.summary}>
      <Link to="/recordings/$session" params={{ session }} search={{ seq: row.seq }} className={styles.call}>
        <span className={`${styles.number} num`}>{row.seq}</span> <span className="mono">{row.tool ?? row.method}</span>{' '}
        <span className="t2">
          <VisibleText text={row.summary.slice(0, 200)} />
        </span>
      </Link>
    </td>
  )
}

/** Stands for the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={5} style={{ height, padding: 0, border: 0 }} />
    </tr>
  )
}
