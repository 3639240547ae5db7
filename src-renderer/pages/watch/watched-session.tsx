import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Eye, Radio } from 'lucide-react'
import { useState } from 'react'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Session } from '../../../src-protocol/model.ts'
import { sessionRecord } from '../../../src-protocol/recording.ts'
import { desktop } from '../../api/desktop.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { FilterChip } from '../../components/filter-chip.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { Note } from '../../components/note.tsx'
import { MessagePane, type MessageView } from '../replay/message-pane.tsx'
import type { Exchange } from '../replay/use-exchange.ts'
import { missedText } from './missed-text.ts'
import { useWatch, type Watched } from './use-watch.ts'
import { WatchedList } from './watched-list.tsx'
import styles from './watch.module.css'

/** What passes, row by row, with the message that is looked at beside it. */
export function WatchedSession({ session }: { session: Session }) {
  const { watched, again } = useWatch(session.id)
  const [follow, setFollow] = useState(true)
  const [chosen, setChosen] = useState(-1)
  const selected = follow ? watched.rows.length - 1 : chosen
  const seq = watched.rows[selected]?.seq
  const select = (index: number) => {
    setFollow(index >= watched.rows.length - 1)
    setChosen(index)
  }
  return (
    <div className={styles.watch}>
      <div className={styles.bar}>
        <WatchState watched={watched} session={session} onAgain={again} />
        <span className={styles.space} />
        {watched.missed.length > 0 && (
          <span className="small t2" role="status">
            {missedText(watched.missed)}
          </span>
        )}
        <FilterChip
          pressed={follow}
          onChange={(pressed) => {
            setChosen(watched.rows.length - 1)
            setFollow(pressed)
          }}
        >
          <Radio className="small" aria-hidden /> Follow
        </FilterChip>
      </div>
      <div className={styles.columns}>
        <WatchedList rows={watched.rows} missed={watched.missed} selected={selected} onSelect={select} state={watched.state} />
        {seq === undefined ? (
          <p className={`${styles.none} t2`}>Nothing to show yet.</p>
        ) : (
          <WatchedMessage session={session.id} watched={watched} selected={selected} />
        )}
      </div>
    </div>
  )
}

function WatchState({ watched: { state, error }, session, onAgain }: { watched: Watched; session: Session; onAgain: () => void }) {
  if (state === 'failed' && error !== undefined) {
    return <ErrorNote error={error} {...(session.state === 'live' && error.code !== 'FORBIDDEN' && { onRetry: onAgain })} />
  }
  if (state === 'ended' || session.state === 'ended') return <Note title="The session has ended.">What was recorded can be replayed.</Note>
  return (
    <Note icon={Eye} title={state === 'starting' ? 'Beginning to watch …' : 'You are watching.'}>
      You see what is recorded: masked. That you watch is recorded, and {session.person.name} is told.
    </Note>
  )
}

function WatchedMessage({ session, watched, selected }: { session: SessionId; watched: Watched; selected: number }) {
  const [view, setView] = useState<MessageView>('tree')
  const row = watched.rows[selected]
  const request =
    row?.exchange === undefined
      ? undefined
      : watched.rows.find(({ kind, direction, exchange }) => kind === 'request' && direction === 'client' && exchange === row.exchange)
  const found = useQuery<Exchange, AppError>({
    queryKey: ['watched-record', session, row?.seq, request?.seq],
    queryFn: () => loadExchange(session, row?.seq ?? 0, request?.seq),
    enabled: row !== undefined,
    placeholderData: (before) => before,
    gcTime: 10_000,
  })
  if (found.isError) return <ErrorNote error={found.error} />
  if (!found.data) return <LoadingRows rows={8} label="Loading the message" />
  return <MessagePane exchange={found.data} view={view} onView={setView} highlight={undefined} />
}

async function loadExchange(session: SessionId, seq: number, requestSeq: number | undefined): Promise<Exchange> {
  const shown = await loadRecord(session, seq)
  const request = requestSeq === undefined ? undefined : requestSeq === seq ? shown : await loadRecord(session, requestSeq)
  return { shown, request: request && isRequest(request) ? request : undefined, approvals: [] }
}

async function loadRecord(session: SessionId, seq: number): Promise<Exchange['shown']> {
  const { line, leaf } = await desktop.invoke('watch:record', { session, seq })
  return { seq, line, leaf, record: sessionRecord.safeParse(JSON.parse(line)).data }
}

function isRequest(stored: Exchange['shown']): stored is NonNullable<Exchange['request']> {
  return stored.record?.kind === 'request'
}

/** A button for the pages of sessions that are somebody else's. */
export function WatchButton({ onClick }: { onClick: () => void }) {
  return (
    <Button variant="filled" leftSection={<Eye aria-hidden />} onClick={onClick}>
      Watch live
    </Button>
  )
}
