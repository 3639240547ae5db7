import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowLeft, ArrowRight, CircleStop, CircleX, Flag, Hourglass, type LucideIcon } from 'lucide-react'
import { memo, useEffect, useId, useRef, type KeyboardEvent } from 'react'
import type { ReplayRow } from '../../../src-protocol/desktop-api.ts'
import { Verdict } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { kindTitles } from './kind-titles.ts'
import { selectRow, shownIndex } from './playback.ts'
import { usePlayback, type PlaybackStore } from './playback-store.ts'
import type { Timeline } from './timeline.ts'
import styles from './message-list.module.css'

const rowHeight = 44

interface MessageListProps {
  timeline: Timeline
  store: PlaybackStore
  shown: Uint32Array
  highlight: string | undefined
}

/** Every message that the filters show; only those on the screen are drawn. It follows the playback. */
export function MessageList({ timeline, store, shown, highlight }: MessageListProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const selected = usePlayback(store, (playback) => shownIndex(shown, playback.row))
  const listId = useId()
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  })

  const { scrollToIndex } = virtual
  const opened = useRef(false)
  useEffect(() => {
    if (selected < 0) return
    // at first in the middle, so that what came before and after is seen; later only as far as needed
    scrollToIndex(selected, { align: opened.current ? 'auto' : 'center' })
    opened.current = selected > 0
  }, [selected, scrollToIndex])

  const select = (index: number): void => {
    const row = shown[Math.min(Math.max(0, index), shown.length - 1)]
    if (row !== undefined) store.update((playback) => selectRow(playback, row, timeline))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1)
    const targets: Record<string, number> = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      PageDown: selected + page,
      PageUp: selected - page,
      Home: 0,
      End: shown.length - 1,
    }
    const target = targets[event.key]
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    select(target)
  }

  return (
    <div
      ref={scroller}
      className={styles.list}
      role="listbox"
      aria-label="Messages"
      tabIndex={0}
      aria-activedescendant={selected >= 0 ? `${listId}${selected}` : undefined}
      onKeyDown={onKeyDown}
    >
      {shown.length === 0 && <p className={`${styles.none} t2`}>No message passes the filters.</p>}
      <div role="presentation" className={styles.space} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = timeline.rows[shown[item.index] ?? -1]
          return (
            row && (
              <div
                key={item.key}
                id={`${listId}${item.index}`}
                role="option"
                aria-selected={item.index === selected}
                aria-posinset={item.index + 1}
                aria-setsize={shown.length}
                className={`${styles.row} ${item.index === selected ? styles.selected : ''}`}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => select(item.index)}
              >
                <MessageRow row={row} highlight={highlight} />
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}

const MessageRow = memo(function MessageRow({ row, highlight }: { row: ReplayRow; highlight: string | undefined }) {
  const { icon: Icon, word } = markOf(row)
  return (
    <>
      <span className={styles.number}>{row.seq}</span>
      <span className={styles.mark} title={word}>
        <Icon className="small" aria-hidden />
        <span className="unseen">{word}</span>
      </span>
      <span className={styles.text}>
        <span className={`${row.tool === undefined && row.method === undefined ? 'medium' : 'mono'} ellipsis`}>
          <VisibleText text={row.tool ?? row.method ?? kindTitles[row.kind]} />
        </span>
        <span className={`${styles.summary} ellipsis`}>
          <VisibleText text={row.summary.slice(0, 240)} highlight={highlight} />
        </span>
      </span>
      {row.verdict && <Verdict verdict={row.verdict} />}
    </>
  )
})

function markOf(row: ReplayRow): { icon: LucideIcon; word: string } {
  switch (row.kind) {
    case 'open':
      return { icon: Flag, word: kindTitles.open }
    case 'close':
      return { icon: CircleStop, word: kindTitles.close }
    case 'approval':
      return { icon: Hourglass, word: kindTitles.approval }
    case 'error':
      return { icon: CircleX, word: kindTitles.error }
    default:
      return row.direction === 'server' ? { icon: ArrowLeft, word: 'From the server' } : { icon: ArrowRight, word: 'To the server' }
  }
}
