import { createHash } from 'node:crypto'
import { createReplayRows } from '../../src-core/recording/replay-rows.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { WatchedRows } from '../../src-protocol/desktop-api.ts'
import type { ReplayRow } from '../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { sessionRecord } from '../../src-protocol/recording.ts'
import { missedRecords, watchEvent, type MissedRecords } from '../../src-protocol/watch.ts'
import type { Tunnel } from './tunnel.ts'

/** Sessions of other people that this window watches. What comes is kept as the window asks for it; the oldest goes first. */
export interface SessionWatching {
  start(session: SessionId): void
  stop(session: SessionId): void
  /** @throws AppError SESSION_UNKNOWN: it is not watched */
  rows(session: SessionId, after: number): WatchedRows
  /** @throws AppError NOT_FOUND */
  record(session: SessionId, seq: number): { line: string; leaf: string }
  close(): void
}

interface Watch {
  rows: ReplayRow[]
  missed: MissedRecords[]
  lines: Map<number, string>
  bytes: number
  state: WatchedRows['state']
  error?: AppError
  leave: () => void
}

/** what one watch keeps: rows, and the characters of the records behind them */
const mostRows = 20_000
const mostCharacters = 32 * 1024 * 1024
/** rows of one answer to the window */
const rowsAtOnce = 1000
const tellEveryMs = 100

export function createSessionWatching(ports: {
  tunnel: () => Pick<Tunnel, 'watch'>
  scheduler: Scheduler
  onChanged: (session: SessionId) => void
}): SessionWatching {
  const watches = new Map<SessionId, Watch>()
  const told = new Set<SessionId>()

  function changed(session: SessionId): void {
    if (told.has(session)) return
    told.add(session)
    ports.scheduler.after(tellEveryMs, () => {
      told.delete(session)
      ports.onChanged(session)
    })
  }

  function start(session: SessionId): void {
    watches.get(session)?.leave()
    const watch: Watch = { rows: [], missed: [], lines: new Map(), bytes: 0, state: 'starting', leave: () => {} }
    watches.set(session, watch)
    const rowOf = createReplayRows()
    const over = (state: 'ended' | 'failed', error?: AppError) => {
      watch.state = state
      if (error) watch.error = error
      changed(session)
    }
    watch.leave = ports.tunnel().watch(
      { watch: session },
      {
        head() {
          watch.state = 'watching'
          changed(session)
        },
        message(head, body) {
          const text = Buffer.from(body).toString('utf8')
          if (head.event === watchEvent.records) for (const line of text.split('\n')) take(watch, rowOf, line)
          if (head.event === watchEvent.missed) miss(watch, text)
          changed(session)
        },
        keepAlive: () => {},
        end: () => over('ended'),
        abort: (error) => over('failed', error),
      },
    )
    changed(session)
  }

  const find = (session: SessionId): Watch => {
    const watch = watches.get(session)
    if (!watch) throw new AppError('SESSION_UNKNOWN')
    return watch
  }

  return {
    start,
    stop(session) {
      watches.get(session)?.leave()
      watches.delete(session)
    },
    rows(session, after) {
      const { rows, missed, state, error } = find(session)
      return { rows: rows.slice(after, after + rowsAtOnce), missed, total: rows.length, state, ...(error && { error: error.toJSON() }) }
    },
    record(session, seq) {
      const line = find(session).lines.get(seq)
      if (line === undefined) throw new AppError('NOT_FOUND', { what: `Record ${seq}, which is kept in the recording only,` })
      const leaf = createHash('sha256').update(Buffer.of(0)).update(line, 'utf8').digest('hex')
      return { line, leaf }
    },
    close() {
      for (const { leave } of watches.values()) leave()
      watches.clear()
    },
  }
}

/** Every line is checked: what comes over the wire is not trusted, and neither is what a server said. */
function take(watch: Watch, rowOf: ReturnType<typeof createReplayRows>, line: string): void {
  if (line === '' || watch.rows.length >= mostRows) return
  const record = parse(line)
  if (!record) return
  watch.rows.push(rowOf(record))
  watch.lines.set(record.seq, line)
  watch.bytes += line.length
  for (const [seq, oldest] of watch.lines) {
    if (watch.bytes <= mostCharacters) break
    watch.lines.delete(seq)
    watch.bytes -= oldest.length
  }
}

function miss(watch: Watch, text: string): void {
  const checked = missedRecords.safeParse(parseJson(text))
  if (checked.success && watch.missed.length < mostRows) watch.missed.push(checked.data)
}

const parse = (line: string) => sessionRecord.safeParse(parseJson(line)).data

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
