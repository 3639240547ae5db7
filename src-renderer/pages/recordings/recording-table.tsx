import { Button, Checkbox } from '@mantine/core'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useEffect, useEffectEvent, useState, type KeyboardEvent } from 'react'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
import { RecordingRow } from './recording-row.tsx'
import type { SortKey, Sorting } from './recording-filters.ts'
import { SelectionFoot } from './selection-foot.tsx'
import styles from './recording-table.module.css'

const rowHeight = 32
const headHeight = 33
/** rows before the end at which the next page is asked for */
const askedAhead = 40

const columns: readonly { key: SortKey; title: string; className?: string | undefined }[] = [
  { key: 'started', title: 'Started' },
  { key: 'connection', title: 'Connection' },
  { key: 'person', title: 'Person' },
  { key: 'reason', title: 'Reason' },
  { key: 'allowed', title: 'Allowed' },
  { key: 'masked', title: 'Masked' },
  { key: 'held', title: 'Held' },
  { key: 'denied', title: 'Denied' },
  { key: 'length', title: 'Length', className: styles.right },
]

interface RecordingTableProps {
  rows: readonly LibraryRow[]
  sorting: Sorting
  onSorting: (sorting: Sorting) => void
  offline: boolean
  busy: boolean
  /** there are more rows than have been asked for */
  more: boolean
  onMore: () => void
  /** the library changed: ask for it again */
  onChanged: () => void
  /** takes the filters away; undefined if there are none */
  onClear: (() => void) | undefined
}

/** The recordings; only rows on the screen are drawn. Arrow keys go from row to row. */
export function RecordingTable({ rows, sorting, onSorting, offline, busy, more, onMore, onChanged, onClear }: RecordingTableProps) {
  const [selected, setSelected] = useState<ReadonlySet<SessionId>>(new Set())
  const { scroller, items, before, after, visible, scrollTo } = useVirtualRows({ count: rows.length, rowHeight, headHeight })
  const lastDrawn = items.at(-1)?.index ?? -1
  const ask = useEffectEvent((waiting: boolean, last: number) => {
    if (waiting && last >= rows.length - askedAhead) onMore()
  })
  const waiting = more && !busy
  useEffect(() => ask(waiting, lastDrawn), [lastDrawn, waiting])
  const chosen = rows.filter((row) => selected.has(row.session))

  const select = (session: SessionId, on: boolean): void => {
    const next = new Set(selected)
    if (on) next.add(session)
    else next.delete(session)
    setSelected(next)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTableSectionElement>): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const row = event.target instanceof Element ? event.target.closest('tr') : null
    if (by === undefined || !row) return
    event.preventDefault()
    const next = Number(row.ariaRowIndex) - 2 + by
    const control = event.target instanceof HTMLInputElement ? 'input' : 'a'
    scrollTo(Math.min(Math.max(0, next), rows.length - 1), 'auto')
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`tr[aria-rowindex="${next + 2}"] ${control}`)?.focus())
  }

  return (
    <section className={styles.panel} aria-label="Recordings">
      <div ref={scroller} className={styles.scroller} aria-busy={busy}>
        <table className={`table ${styles.table}`} aria-rowcount={more ? -1 : rows.length + 1}>
          <colgroup>
            {['check', ...columns.map(({ key }) => key), 'here', 'proof'].map((name) => (
              <col key={name} className={styles[name]} />
            ))}
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col">
                <Checkbox
                  size="xs"
                  aria-label="Select all that are shown"
                  checked={chosen.length > 0 && chosen.length === rows.length}
                  indeterminate={chosen.length > 0 && chosen.length < rows.length}
                  onChange={({ currentTarget }) => setSelected(new Set(currentTarget.checked ? rows.map((row) => row.session) : []))}
                />
              </th>
              {columns.map(({ key, title, className }) => (
                <SortHead key={key} column={key} title={title} className={className} sorting={sorting} onSorting={onSorting} />
              ))}
              <th scope="col">Here</th>
              <th scope="col">Proof</th>
            </tr>
          </thead>
          <tbody onKeyDown={onKeyDown}>
            {before > 0 && <Gap height={before} />}
            {items.map((item) => {
              const row = rows[item.index]
              return (
                row && (
                  <RecordingRow
                    key={row.session}
                    row={row}
                    index={item.index}
                    selected={selected.has(row.session)}
                    onSelect={(on) => select(row.session, on)}
                  />
                )
              )
            })}
            {after > 0 && <Gap height={after} />}
          </tbody>
        </table>
        {rows.length === 0 && (
          <div className={styles.none}>
            <p className="t2">{onClear ? 'No recording matches the search and the filters.' : 'No recordings to show.'}</p>
            {onClear && (
              <Button size="sm" onClick={onClear}>
                Show all
              </Button>
            )}
          </div>
        )}
      </div>
      <SelectionFoot
        rows={chosen}
        offline={offline}
        onChanged={onChanged}
        onDone={() => setSelected(new Set())}
        range={
          visible.end === 0
            ? ''
            : `${(visible.first + 1).toLocaleString('en')}–${visible.end.toLocaleString('en')} of ${rows.length.toLocaleString('en')}${more ? ' and more' : ''}`
        }
      />
    </section>
  )
}

interface SortHeadProps {
  column: SortKey
  title: string
  className: string | undefined
  sorting: Sorting
  onSorting: (sorting: Sorting) => void
}

function SortHead({ column, title, className, sorting, onSorting }: SortHeadProps) {
  const active = sorting.key === column
  const Arrow = sorting.descending ? ArrowDown : ArrowUp
  const sort = active ? (sorting.descending ? 'descending' : 'ascending') : undefined
  return (
    <th scope="col" className={className} aria-sort={sort}>
      <button
        type="button"
        className={styles.sort}
        onClick={() => onSorting({ key: column, descending: active ? !sorting.descending : startsDescending(column) })}
      >
        {title}
        {active && <Arrow className="small" aria-hidden />}
      </button>
    </th>
  )
}

const startsDescending = (column: SortKey): boolean => !['connection', 'person', 'reason'].includes(column)

/** Stands for the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={columns.length + 3} className={styles.gap} style={{ height }} />
    </tr>
  )
}
