import { ArrowLeft, ArrowRight, CircleStop, CircleX, Flag, Hourglass, RotateCw, type LucideIcon } from 'lucide-react'
import { memo, useEffect, useEffectEvent, useId, useRef, type KeyboardEvent } from 'react'
import type { ReplayRow } from '../../../src-protocol/desktop-api.ts'
import { Verdict } from '../../components/verdict.tsx'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
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
  const selected = usePlayback(store, (playback) => shownIndex(shown, playback.row))
  const listId = useId()
  const { scroller, items, total, scrollTo } = useVirtualRows({ count: shown.length, rowHeight })

  const opened = useRef(false)
  const showRow = useEffectEvent((index: number) => {
    if (index < 0) return
    // at first in the middle, so that what came before and after is seen; later only as far as needed
    scrollTo(index, opened.current ? 'auto' : 'center')
    opened.current = index > 0
  })
  useEffect(() => showRow(selected), [selected])

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
      <div role="presentation" className={styles.space} style={{ height: total }}>
        {items.map((item) => {
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
  const named = row.kind === 'approval' ? undefined : (row.tool ?? row.method)
  // the approval's id is in its record; here it would hide what happened
  const summary = row.kind === 'approval' ? row.summary.replace(/^Approval apr_\w+ /, '') : row.summary
  return (
    <>
      <span className={styles.number}>{row.seq}</span>
      <span className={styles.mark} title={word}>
        <Icon className="small" aria-hidden />
        <span className="unseen">{word}</span>
      </span>
      <span className={styles.text}>
        <span className={`${named === undefined ? 'medium' : 'mono'} ellipsis`}>
          <VisibleText text={named ?? kindTitles[row.kind]} />
        </span>
        <span className={`${styles.summary} ellipsis`}>
          <VisibleText text={summary.slice(0, 240)} highlight={highlight} />
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
    case 'resume':
      return { icon: RotateCw, word: kindTitles.resume }
    case 'error':
      return { icon: CircleX, word: kindTitles.error }
    default:
      return row.direction === 'server' ? { icon: ArrowLeft, word: 'From the server' } : { icon: ArrowRight, word: 'To the server' }
  }
}
