import { useEffect, useEffectEvent, useId, type KeyboardEvent } from 'react'
import type { WatchedRows } from '../../../src-protocol/desktop-api.ts'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import type { MissedRecords } from '../../../src-protocol/watch.ts'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
import { MessageRow } from '../replay/message-list.tsx'
import list from '../replay/message-list.module.css'
import styles from './watch.module.css'

const rowHeight = 44

interface WatchedListProps {
  rows: readonly ReplayRow[]
  missed: readonly MissedRecords[]
  selected: number
  onSelect: (index: number) => void
  state: WatchedRows['state']
}

/** The rows of the replay, as they come. A line above a row says that something before it was not shown. */
export function WatchedList({ rows, missed, selected, onSelect, state }: WatchedListProps) {
  const listId = useId()
  const { scroller, items, total, scrollTo } = useVirtualRows({ count: rows.length, rowHeight })
  const afterGap = new Set(missed.map(({ to }) => to + 1))
  const show = useEffectEvent((index: number) => {
    if (index >= 0) scrollTo(index, 'auto')
  })
  useEffect(() => show(selected), [selected])

  const onKeyDown = (event: KeyboardEvent): void => {
    const targets: Record<string, number> = { ArrowDown: selected + 1, ArrowUp: selected - 1, Home: 0, End: rows.length - 1 }
    const target = targets[event.key]
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey || rows.length === 0) return
    event.preventDefault()
    onSelect(Math.min(Math.max(0, target), rows.length - 1))
  }

  return (
    <div
      ref={scroller}
      className={list.list}
      role="listbox"
      aria-label="Messages as they come"
      tabIndex={0}
      aria-activedescendant={selected >= 0 ? `${listId}${selected}` : undefined}
      onKeyDown={onKeyDown}
    >
      {rows.length === 0 && (
        <p className={`${list.none} t2`}>{state === 'starting' ? 'Waiting for the first record …' : 'No record yet.'}</p>
      )}
      <div role="presentation" className={list.space} style={{ height: total }}>
        {items.map((item) => {
          const row = rows[item.index]
          return (
            row && (
              <div
                key={item.key}
                id={`${listId}${item.index}`}
                role="option"
                aria-selected={item.index === selected}
                aria-posinset={item.index + 1}
                aria-setsize={rows.length}
                className={`${list.row} ${item.index === selected ? list.selected : ''} ${afterGap.has(row.seq) ? styles.gap : ''}`}
                title={afterGap.has(row.seq) ? 'Records before this one were not shown.' : undefined}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onSelect(item.index)}
              >
                <MessageRow
                  number={row.seq}
                  kind={row.kind}
                  served={row.direction === 'server'}
                  tool={row.tool}
                  verdict={row.verdict}
                  row={row}
                  highlight={undefined}
                />
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}
