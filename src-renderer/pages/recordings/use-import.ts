import { useEffect, useState } from 'react'
import type { ImportState } from '../../../src-protocol/desktop-library.ts'
import { desktop } from '../../api/desktop.ts'
import { useDesktopEvent } from '../../api/use-desktop-event.ts'

/** The import that runs or ran last, whoever began it: this window, or a file that was opened with the application. */
export interface Import {
  state: ImportState | undefined
  running: boolean
  begin: () => void
  cancel: () => void
  /** takes the outcome from the screen */
  dismiss: () => void
}

export function useImport(onFinished: () => void): Import {
  const [state, setState] = useState<ImportState>()
  useDesktopEvent('library:import-changed', (next) => {
    setState(next)
    if (next.state !== 'running') onFinished()
  })
  // a file that was opened with the application may have been read before this page was there
  useEffect(() => {
    let isShown = true
    void desktop.invoke('library:import-state').then(
      (known) => isShown && known && setState((told) => told ?? known),
      () => undefined,
    )
    return () => {
      isShown = false
    }
  }, [])
  return {
    state,
    running: state?.state === 'running',
    // what becomes of it is told by the event
    begin: () => void desktop.invoke('library:import').catch(() => undefined),
    cancel: () => void desktop.invoke('library:cancel-import').catch(() => undefined),
    dismiss: () => setState(undefined),
  }
}
