import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { ReplayColumns } from '../../../src-protocol/desktop-library.ts'
import type { Verification } from '../../../src-protocol/verification.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { FilterBar } from './filter-bar.tsx'
import { MessageList } from './message-list.tsx'
import { MessagePane, type MessageView } from './message-pane.tsx'
import { createPlaybackStore, usePlayback, windowFrames, type PlaybackStore } from './playback-store.ts'
import { selectRow, startOfPlayback, stepMessage } from './playback.ts'
import { RecordSide } from './record-side.tsx'
import { filterRows, noFilters, type ReplayFilters } from './replay-filters.ts'
import { ReplayHeader } from './replay-header.tsx'
import { buildTimeline, kindOf, verdictOf, type Timeline } from './timeline.ts'
import { useVerification } from '../proof/use-verification.ts'
import { TimeSection } from './time-section.tsx'
import { useExchange } from './use-exchange.ts'
import { useMessageSearch } from './use-message-search.ts'
import { useReplayKeys } from './use-replay-keys.ts'
import styles from './replay.module.css'

interface ReplayProps {
  row: LibraryRow
  columns: ReplayColumns
  /** message to open at */
  seq: number | undefined
}

/** The replay of a recording that is loaded. */
export function Replay({ row, columns, seq }: ReplayProps) {
  const timeline = useMemo(() => buildTimeline(columns), [columns])
  const store = usePlaybackStore(timeline, seq)
  const [filters, setFilters] = useState<ReplayFilters>(noFilters)
  const [text, setText] = useState('')
  const { matches, found, searching } = useMessageSearch(row.session, text)
  const shown = useMemo(() => filterRows(timeline, { ...filters, matches }), [timeline, filters, matches])
  // the list answers first; the plot, which steps among the same rows, and the marks in the open message follow
  const shownNext = useDeferredValue(shown)
  const foundNext = useDeferredValue(found)
  const search = useRef<HTMLInputElement>(null)
  useReplayKeys({ timeline, store, shown, search })
  // hashing a long session takes a core for a second: what is looked at is drawn first
  const isDrawn = useIsDrawn()
  const verification = useVerification(row.session, undefined, isDrawn)
  const onStep = useCallback(
    (direction: 1 | -1) => store.update((playback) => stepMessage(playback, direction, shown, timeline)),
    [store, shown, timeline],
  )

  return (
    <div className={styles.page}>
      <Header row={row} timeline={timeline} verification={verification.data} />
      <Times timeline={timeline} store={store} shown={shownNext} />
      <FilterBar
        timeline={timeline}
        filters={filters}
        onFilters={setFilters}
        text={text}
        onText={setText}
        onStep={onStep}
        searching={searching}
        shownCount={shown.length}
        searchRef={search}
      />
      <div className={styles.columns}>
        <Messages session={row.session} timeline={timeline} store={store} shown={shown} highlight={found} />
        <Message
          row={row}
          timeline={timeline}
          store={store}
          highlight={foundNext}
          verification={verification.data}
          error={verification.error}
        />
      </div>
    </div>
  )
}

const Header = memo(ReplayHeader)
const Times = memo(TimeSection)
const Messages = memo(MessageList)

/** False until the window has had nothing to do for a moment. */
function useIsDrawn(): boolean {
  const [isDrawn, setIsDrawn] = useState(false)
  useEffect(() => {
    const handle = requestIdleCallback(() => setIsDrawn(true), { timeout: 1000 })
    return () => cancelIdleCallback(handle)
  }, [])
  return isDrawn
}

interface MessageProps {
  row: LibraryRow
  timeline: Timeline
  store: PlaybackStore
  highlight: string | undefined
  verification: Verification | undefined
  error: AppError | null
}

/** The message that the playback stands on, and what is known about it. */
const Message = memo(function Message({ row, timeline, store, highlight, verification, error }: MessageProps) {
  // at 32× rows pass faster than messages can be read: the pane may lag behind the list
  const current = useDeferredValue(usePlayback(store, (playback) => playback.row))
  const [view, setView] = useState<MessageView>('tree')
  const exchange = useExchange(row.session, timeline, current)
  if (exchange.isError) return <ErrorState error={exchange.error} onRetry={() => void exchange.refetch()} />
  if (!exchange.data) return <LoadingRows rows={10} label="Loading the message" />
  const shownRow = exchange.data.shown.seq
  // an approval is about its request: that one was held, whatever this event says
  const decidedRow = kindOf(timeline, shownRow) === 'approval' ? (timeline.exchangeHeads[shownRow] ?? shownRow) : shownRow
  return (
    <>
      <MessagePane exchange={exchange.data} view={view} onView={setView} highlight={highlight} />
      <RecordSide
        session={row.session}
        exchange={exchange.data}
        verdict={verdictOf(timeline, decidedRow)}
        proof={{ verification, error }}
      />
    </>
  )
})

function usePlaybackStore(timeline: Timeline, seq: number | undefined): PlaybackStore {
  const [store] = useState(() => createPlaybackStore(timeline, windowFrames))
  useEffect(() => {
    const row = seq !== undefined && seq < timeline.count ? seq : undefined
    store.update((playback) => selectRow(row === undefined ? startOfPlayback : playback, row ?? 0, timeline))
    return () => store.close()
  }, [store, timeline, seq])
  return store
}
