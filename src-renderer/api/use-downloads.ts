import { useEffect, useState } from 'react'
import type { DownloadsState } from '../../src-protocol/downloads.ts'
import { desktop } from './desktop.ts'
import { useDesktopEvent } from './use-desktop-event.ts'

/** How far the downloads of this computer are; `onArrived` is called when more has arrived. */
export function useDownloads(onArrived?: () => void): DownloadsState | undefined {
  const [state, setState] = useState<DownloadsState>()
  useDesktopEvent('downloads:changed', (next) => {
    if (state !== undefined && next.recordings.done > state.recordings.done) onArrived?.()
    setState(next)
  })
  useEffect(() => {
    let isShown = true
    void desktop.invoke('downloads:get').then(
      (known) => isShown && setState((told) => told ?? known),
      () => undefined,
    )
    return () => {
      isShown = false
    }
  }, [])
  return state
}
