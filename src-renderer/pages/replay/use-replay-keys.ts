import { useEffect, useEffectEvent, type RefObject } from 'react'
import { stepCall, stepMessage, togglePlaying } from './playback.ts'
import type { PlaybackStore } from './playback-store.ts'
import type { Timeline } from './timeline.ts'

interface ReplayKeys {
  timeline: Timeline
  store: PlaybackStore
  shown: Uint32Array
  search: RefObject<HTMLInputElement | null>
}

/** Elements that use these keys themselves. */
const ownKeys = 'input, textarea, select, [role=menu], [role=dialog], [role=tree], [role=slider], [contenteditable=true]'

/** Space plays, arrows step (with Shift by call), / searches: wherever the focus is, unless it is where the key means something else. */
export function useReplayKeys({ timeline, store, shown, search }: ReplayKeys): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target : undefined
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target?.closest(ownKeys)) return
    if (event.key === ' ') {
      if (target?.closest('button, a, [role=option]')) return
      store.update((playback) => togglePlaying(playback, timeline))
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const direction = event.key === 'ArrowRight' ? 1 : -1
      const step = event.shiftKey ? stepCall : stepMessage
      store.update((playback) => step(playback, direction, shown, timeline))
    } else if (event.key === '/') search.current?.focus()
    else return
    event.preventDefault()
  })
  useEffect(() => {
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
