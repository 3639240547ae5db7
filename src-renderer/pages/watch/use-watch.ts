import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { WatchedRows } from '../../../src-protocol/desktop-api.ts'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { desktop } from '../../api/desktop.ts'
import { asAppError } from '../../api/query-client.ts'
import { useDesktopEvent } from '../../api/use-desktop-event.ts'

export interface Watched extends Pick<WatchedRows, 'missed' | 'state'> {
  rows: readonly ReplayRow[]
  error?: AppError
}

const nothing: Watched = { rows: [], missed: [], state: 'starting' }

/** Watches while the page is open: main keeps what comes, and the window takes it as fast as it draws. */
export function useWatch(session: SessionId): { watched: Watched; again: () => void } {
  const [watched, setWatched] = useState(nothing)
  const known = useRef<ReplayRow[]>([])
  const pulling = useRef(false)
  const asked = useRef(false)

  async function takeAll(): Promise<void> {
    for (;;) {
      asked.current = false
      const { rows, missed, total, state, error } = await desktop.invoke('watch:rows', { session, after: known.current.length })
      known.current.push(...rows)
      setWatched({ rows: known.current.slice(), missed, state, ...(error && { error: AppError.from(error) }) })
      if (!asked.current && known.current.length >= total) return
    }
  }
  const pull = useEffectEvent(() => {
    asked.current = true
    if (pulling.current) return
    pulling.current = true
    takeAll()
      .catch((error: unknown) => setWatched((before) => ({ ...before, state: 'failed', error: asAppError(error) })))
      .finally(() => (pulling.current = false))
  })
  const start = useEffectEvent(async () => {
    await desktop.invoke('watch:start', session)
    pull()
  })

  useEffect(() => {
    void start()
    return () => void desktop.invoke('watch:stop', session)
  }, [session])
  useDesktopEvent('watch:changed', ({ session: changed }) => {
    if (changed === session) pull()
  })

  const again = () => {
    known.current = []
    setWatched(nothing)
    void desktop.invoke('watch:start', session)
  }
  return { watched, again }
}
