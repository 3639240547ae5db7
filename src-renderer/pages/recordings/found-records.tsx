import { useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useId, useState, type KeyboardEvent } from 'react'
import type { RecordHit, RecordQuery } from '../../../src-protocol/desktop-library.ts'
import { useDesktopPages } from '../../api/use-desktop-pages.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
import { Verdict } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { kindTitles } from '../replay/kind-titles.ts'
import styles from './found-records.module.css'

const rowHeight = 64
/** rows before the end at which the next page is asked for */
const askedAhead = 20

/** Messages of all sessions on this computer in which the words are, each with the place where they are. Enter opens the replay there. */
export function FoundRecords({ query }: { query: RecordQuery }) {
  const found = useDesktopPages('library:find', query)
  if (found.isPending) return <LoadingRows rows={8} label="Searching the messages" />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return (
    <Hits
      key={JSON.stringify(query)}
      hits={found.data.pages.flatMap((page) => page.hits)}
      more={found.hasNextPage && !found.isFetching}
      complete={!found.hasNextPage}
      onMore={() => void found.fetchNextPage()}
    />
  )
}

interface HitsProps {
  hits: readonly RecordHit[]
  more: boolean
  complete: boolean
  onMore: () => void
}

function Hits({ hits, more, complete, onMore }: HitsProps) {
  const navigate = useNavigate()
  const listId = useId()
  const [selected, setSelected] = useState(0)
  const { scroller, items, total, scrollTo } = useVirtualRows({ count: hits.length, rowHeight })
  const lastDrawn = items.at(-1)?.index ?? -1
  const ask = useEffectEvent((waiting: boolean, last: number) => {
    if (waiting && last >= hits.length - askedAhead) onMore()
  })
  useEffect(() => ask(more, lastDrawn), [more, lastDrawn])

  const open = ({ session, row: { seq } }: RecordHit): void =>
    void navigate({ to: '/recordings/$session', params: { session }, search: { seq } })
  const onKeyDown = (event: KeyboardEvent): void => {
    const targets: Record<string, number> = { ArrowDown: selected + 1, ArrowUp: selected - 1, Home: 0, End: hits.length - 1 }
    const target = targets[event.key]
    const chosen = hits[selected]
    if (event.key === 'Enter' && chosen) open(chosen)
    else if (target === undefined) return
    else {
      const next = Math.min(Math.max(0, target), hits.length - 1)
      setSelected(next)
      scrollTo(next, 'auto')
    }
    event.preventDefault()
  }

  return (
    <section className={styles.panel} aria-label="Messages found">
      <p className={`${styles.count} small t3`} role="status">
        {hits.length === 0
          ? 'No message on this computer has these words.'
          : `${hits.length.toLocaleString('en')}${complete ? '' : ' and more'} ${hits.length === 1 ? 'message' : 'messages'}, the newest session first`}
      </p>
      <div
        ref={scroller}
        className={styles.list}
        role="listbox"
        aria-label="Messages"
        tabIndex={0}
        aria-activedescendant={hits.length > 0 ? `${listId}${selected}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div role="presentation" className={styles.space} style={{ height: total }}>
          {items.map((item) => {
            const hit = hits[item.index]
            return (
              hit && (
                <div
                  key={item.key}
                  id={`${listId}${item.index}`}
                  role="option"
                  aria-selected={item.index === selected}
                  aria-posinset={item.index + 1}
                  aria-setsize={complete ? hits.length : -1}
                  className={`${styles.row} ${item.index === selected ? styles.selected : ''}`}
                  style={{ transform: `translateY(${item.start}px)` }}
                  onClick={() => open(hit)}
                >
                  <Hit hit={hit} />
                </div>
              )
            )
          })}
        </div>
      </div>
    </section>
  )
}

function Hit({ hit: { connection, person, row, excerpt, marks } }: { hit: RecordHit }) {
  return (
    <>
      <span className={styles.head}>
        <Timestamp at={row.at} form="date-time" />
        <span className="medium">{connection}</span>
        <span className="t2 ellipsis">
          <VisibleText text={person} />
        </span>
        <span className="mono ellipsis">
          <VisibleText text={row.tool ?? row.method ?? kindTitles[row.kind]} />
        </span>
        <span className="t3 small num">{row.seq}</span>
        <span className="right">{row.verdict && <Verdict verdict={row.verdict} />}</span>
      </span>
      <span className={`${styles.excerpt} mono`}>
        <Marked text={excerpt} marks={marks} />
      </span>
    </>
  )
}

/** A text of a recording, as text, with the words that were found marked. */
function Marked({ text, marks }: { text: string; marks: RecordHit['marks'] }) {
  const pieces: { at: number; text: string; hit: boolean }[] = []
  let from = 0
  for (const [start, end] of marks) {
    if (start < from || end <= start) continue
    pieces.push({ at: from, text: text.slice(from, start), hit: false }, { at: start, text: text.slice(start, end), hit: true })
    from = end
  }
  pieces.push({ at: from, text: text.slice(from), hit: false })
  return pieces.map((piece) =>
    piece.hit ? <mark key={piece.at}>{piece.text}</mark> : <VisibleText key={`text ${piece.at}`} text={piece.text} />,
  )
}
