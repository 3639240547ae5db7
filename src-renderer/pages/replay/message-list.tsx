import { ArrowLeft, ArrowRight, CircleStop, CircleX, Eye, Flag, Hourglass, RotateCw, type LucideIcon } from 'lucide-react'
import { memo, useEffect, useEffectEvent, useId, useRef, type KeyboardEvent } from 'react'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Verdict as VerdictName } from '../../../src-protocol/model.ts'
import { Verdict } from '../../components/verdict.tsx'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
import { VisibleText } from '../../components/visible-text.tsx'
import { kindTitles } from './kind-titles.ts'
import { selectRow, shownIndex } from './playback.ts'
import { usePlayback, type PlaybackStore } from './playback-store.ts'
import { kindOf, toolOf, verdictOf, type RowKind, type Timeline } from './timeline.ts'
import { useReplayRows } from './use-replay-rows.ts'
import styles from './message-list.module.css'

const rowHeight = 44

interface MessageListProps {
  session: SessionId
  timeline: Timeline
  store: PlaybackStore
  shown: Uint32Array
  highlight: string | undefined
}

/** Every message that the filters show; only those on the screen are drawn. It follows the playback. */
export function MessageList({ session, timeline, store, shown, highlight }: MessageListProps) {
  const selected = usePlayback(store, (playback) => shownIndex(shown, playback.row))
  const listId = useId()
  const { scroller, items, total, scrollTo } = useVirtualRows({ count: shown.length, rowHeight })

  const rowOf = useReplayRows(session, shown, items[0]?.index ?? 0, (items.at(-1)?.index ?? -1) + 1)

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
          const row = shown[item.index]
          const kind = row === undefined ? undefined : kindOf(timeline, row)
          return (
            row !== undefined &&
            kind && (
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
                <MessageRow
                  number={row}
                  kind={kind}
                  served={timeline.served[row] === 1}
                  tool={toolOf(timeline, row)}
                  verdict={verdictOf(timeline, row)}
                  row={rowOf(row)}
                  highlight={highlight}
                />
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}

interface MessageRowProps {
  number: number
  kind: RowKind
  /** whether the server sent it */
  served: boolean
  tool: string | undefined
  verdict: VerdictName | undefined
  /** its text, once it has come */
  row: ReplayRow | undefined
  highlight: string | undefined
}

export const MessageRow = memo(function MessageRow({ number, kind, served, tool, verdict, row, highlight }: MessageRowProps) {
  const { icon: Icon, word } = markOf(kind, served)
  const named = kind === 'approval' ? undefined : (tool ?? row?.method)
  // the approval's id is in its record; here it would hide what happened
  const summary = kind === 'approval' ? row?.summary.replace(/^Approval apr_\w+ /, '') : row?.summary
  return (
    <>
      <span className={styles.number}>{number}</span>
      <span className={styles.mark} title={word}>
        <Icon className="small" aria-hidden />
        <span className="unseen">{word}</span>
      </span>
      <span className={styles.text}>
        <span className={`${named === undefined ? 'medium' : 'mono'} ellipsis`}>
          <VisibleText text={named ?? kindTitles[kind]} />
        </span>
        <span className={`${styles.summary} ellipsis`}>
          {summary === undefined ? '\u00a0' : <VisibleText text={summary.slice(0, 240)} highlight={highlight} />}
        </span>
      </span>
      {verdict && <Verdict verdict={verdict} />}
    </>
  )
})

function markOf(kind: RowKind, served: boolean): { icon: LucideIcon; word: string } {
  switch (kind) {
    case 'open':
      return { icon: Flag, word: kindTitles.open }
    case 'close':
      return { icon: CircleStop, word: kindTitles.close }
    case 'approval':
      return { icon: Hourglass, word: kindTitles.approval }
    case 'resume':
      return { icon: RotateCw, word: kindTitles.resume }
    case 'live-watch':
      return { icon: Eye, word: kindTitles['live-watch'] }
    case 'error':
      return { icon: CircleX, word: kindTitles.error }
    default:
      return served ? { icon: ArrowLeft, word: 'From the server' } : { icon: ArrowRight, word: 'To the server' }
  }
}
