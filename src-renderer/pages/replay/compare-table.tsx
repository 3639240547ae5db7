import { Link } from '@tanstack/react-router'
import { ArrowLeftRight, Equal, Minus, Plus, type LucideIcon } from 'lucide-react'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import { formatDateTime } from '../../components/time.ts'
import { Verdict } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
import { relationOf, verdictOfCode, type ComparedPairs, type Relation } from './compared-pairs.ts'
import { useReplayRows } from './use-replay-rows.ts'
import styles from './compare-table.module.css'

const rowHeight = 32

const marks: Record<Relation, { icon: LucideIcon; word: string }> = {
  same: { icon: Equal, word: 'Same' },
  verdict: { icon: ArrowLeftRight, word: 'Ended differently' },
  left: { icon: Minus, word: 'Only left' },
  right: { icon: Plus, word: 'Only right' },
}

interface CompareTableProps {
  pairs: ComparedPairs
  left: LibraryRow
  right: LibraryRow
}

/** The calls of both sessions; each opens its replay at that message. */
export function CompareTable({ pairs, left, right }: CompareTableProps) {
  const { scroller, items, before, after } = useVirtualRows({ count: pairs.count, rowHeight, headHeight: 33 })
  const [first, end] = [items[0]?.index ?? 0, (items.at(-1)?.index ?? -1) + 1]
  const leftRow = useReplayRows(left.session, pairs.left, first, end)
  const rightRow = useReplayRows(right.session, pairs.right, first, end)
  return (
    <div ref={scroller} className={styles.scroller} tabIndex={0} role="region" aria-label="Calls of both sessions">
      <table className={`table ${styles.table}`} aria-rowcount={pairs.count + 1}>
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
            const [one, other] = [pairs.left[item.index] ?? -1, pairs.right[item.index] ?? -1]
            const relation = relationOf(pairs, item.index)
            const { icon: Icon, word } = marks[relation]
            return (
              <tr key={item.key} aria-rowindex={item.index + 2} className={styles[relation]}>
                <CallCell seq={one} row={leftRow(one)} session={left.session} />
                <VerdictCell code={pairs.leftVerdicts[item.index]} />
                <td className={styles.mark} title={word}>
                  <Icon className="small" aria-hidden />
                  <span className="unseen">{word}</span>
                </td>
                <VerdictCell code={pairs.rightVerdicts[item.index]} />
                <CallCell seq={other} row={rightRow(other)} session={right.session} />
              </tr>
            )
          })}
          {after > 0 && <Gap height={after} />}
        </tbody>
      </table>
      {pairs.count === 0 && <p className={`${styles.none} t2`}>No call passes the filters.</p>}
    </div>
  )
}

function VerdictCell({ code }: { code: number | undefined }) {
  const verdict = verdictOfCode(code)
  return <td className={verdict ? undefined : styles.nothing}>{verdict && <Verdict verdict={verdict} />}</td>
}

/** `row` is the text of the call, once it has come. */
function CallCell({ seq, row, session }: { seq: number; row: ReplayRow | undefined; session: LibraryRow['session'] }) {
  if (seq < 0) return <td className={styles.nothing} aria-label="No such call" />
  return (
    <td title={row?.summary}>
      <Link to="/recordings/$session" params={{ session }} search={{ seq }} className={styles.call}>
        <span className={`${styles.number} num`}>{seq}</span> <span className="mono">{row?.tool ?? row?.method}</span>{' '}
        <span className="t2">{row && <VisibleText text={row.summary.slice(0, 200)} />}</span>
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
