import { useId, useMemo, useState, type KeyboardEvent } from 'react'
import type { ReplayColumns } from '../../../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../../../src-protocol/ids.ts'
import { SearchField } from '../../../components/search-field.tsx'
import { useVirtualRows } from '../../../components/use-virtual-rows.ts'
import { MessageRow } from '../../replay/message-list.tsx'
import { buildTimeline, toolOf, verdictOf } from '../../replay/timeline.ts'
import { useMessageSearch } from '../../replay/use-message-search.ts'
import { useReplayRows } from '../../replay/use-replay-rows.ts'
import { responsesOf } from './recorded-response.ts'
import styles from './recorded-responses.module.css'

const rowHeight = 44

interface RecordedResponsesProps {
  session: SessionId
  columns: ReplayColumns
  /** sequence number of the chosen one */
  chosen: number | undefined
  onChoose: (seq: number) => void
  /** Enter, or a double click */
  onTake: () => void
}

/** What the server answered in one recording, the newest first. Its texts are asked for as they come onto the screen, and found by their words. */
export function RecordedResponses({ session, columns, chosen, onChoose, onTake }: RecordedResponsesProps) {
  const [text, setText] = useState('')
  const listId = useId()
  const timeline = useMemo(() => buildTimeline(columns), [columns])
  const { matches, found, searching } = useMessageSearch(session, text)
  const all = useMemo(() => responsesOf(timeline, undefined), [timeline])
  const shown = useMemo(() => (matches ? responsesOf(timeline, matches) : all), [timeline, matches, all])
  const { scroller, items, total, scrollTo } = useVirtualRows({ count: shown.length, rowHeight })
  const rowOf = useReplayRows(session, shown, items[0]?.index ?? 0, (items.at(-1)?.index ?? -1) + 1)
  const at = chosen === undefined ? -1 : shown.indexOf(chosen)

  const choose = (index: number): void => {
    const place = Math.min(Math.max(0, index), shown.length - 1)
    const seq = shown[place]
    if (seq === undefined) return
    onChoose(seq)
    scrollTo(place, 'auto')
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1)
    const targets: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: shown.length - 1,
    }
    const target = targets[event.key]
    if (target !== undefined) choose(target)
    else if (event.key === 'Enter' && at >= 0) onTake()
    else return
    event.preventDefault()
  }

  if (all.length === 0) return <p className="t2">It has no response.</p>
  return (
    <div className={styles.responses}>
      <div className={styles.head}>
        <SearchField small label="Find in responses" value={text} onChange={setText} onStep={(direction) => choose(at + direction)} />
        <span className="small t3 num" role="status">
          {searching
            ? 'Searching…'
            : shown.length === all.length
              ? `${all.length.toLocaleString('en')} ${all.length === 1 ? 'response' : 'responses'}`
              : `${shown.length.toLocaleString('en')} of ${all.length.toLocaleString('en')}`}
        </span>
      </div>
      {shown.length === 0 && <p className={`${styles.none} t2`}>No response has these words.</p>}
      <div
        ref={scroller}
        className={styles.list}
        // a list of nothing is none
        hidden={shown.length === 0}
        role="listbox"
        aria-label="Responses, the newest first"
        tabIndex={0}
        aria-activedescendant={at >= 0 ? `${listId}${at}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div role="presentation" className={styles.space} style={{ height: total }}>
          {items.map((item) => {
            const seq = shown[item.index]
            return (
              seq !== undefined && (
                <div
                  key={item.key}
                  id={`${listId}${item.index}`}
                  role="option"
                  aria-selected={item.index === at}
                  aria-posinset={item.index + 1}
                  aria-setsize={shown.length}
                  className={`${styles.row} ${item.index === at ? styles.chosen : ''}`}
                  style={{ transform: `translateY(${item.start}px)` }}
                  onClick={() => choose(item.index)}
                  onDoubleClick={onTake}
                >
                  <MessageRow
                    number={seq}
                    kind="response"
                    served
                    tool={toolOf(timeline, seq)}
                    verdict={verdictOf(timeline, seq)}
                    row={rowOf(seq)}
                    highlight={found}
                  />
                </div>
              )
            )
          })}
        </div>
      </div>
    </div>
  )
}
