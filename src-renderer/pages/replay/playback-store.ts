import { useSyncExternalStore } from 'react'
import { advance, startOfPlayback, type Playback } from './playback.ts'
import type { Timeline } from './timeline.ts'

/** Where frames come from: the window, or a test's hand. */
export interface FrameSource {
  /** calls back once, before the next frame, with a time in ms that only grows; returns what cancels it */
  request(callback: (time: number) => void): () => void
}

/**
 * A playback that runs. It lives outside React, so that a frame redraws the scrubber and nothing else: components subscribe to
 * the part they show.
 */
export interface PlaybackStore {
  get(): Playback
  update(change: (playback: Playback) => Playback): void
  subscribe(listener: () => void): () => void
  close(): void
}

export const windowFrames: FrameSource = {
  request(callback) {
    const handle = requestAnimationFrame(callback)
    return () => cancelAnimationFrame(handle)
  },
}

/** A window in the background gets no frames; the first one after that must not leap by the whole pause. */
const longestFrame = 250

export function createPlaybackStore(timeline: Timeline, frames: FrameSource, start: Playback = startOfPlayback): PlaybackStore {
  const listeners = new Set<() => void>()
  let playback = start
  let cancelFrame: (() => void) | undefined
  let lastFrame: number | undefined

  const set = (next: Playback): void => {
    if (next === playback) return
    playback = next
    for (const listener of listeners) listener()
  }
  const frame = (time: number): void => {
    cancelFrame = undefined
    const elapsed = lastFrame === undefined ? 0 : Math.min(time - lastFrame, longestFrame)
    lastFrame = time
    set(advance(playback, elapsed, timeline))
    run()
  }
  const run = (): void => {
    if (playback.playing) cancelFrame ??= frames.request(frame)
    else lastFrame = undefined
  }

  return {
    get: () => playback,
    update(change) {
      set(change(playback))
      run()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      cancelFrame?.()
      cancelFrame = undefined
      playback = { ...playback, playing: false }
    },
  }
}

/** A part of the playback; the component draws again only when that part changes. */
export function usePlayback<T extends string | number | boolean>(store: PlaybackStore, select: (playback: Playback) => T): T {
  return useSyncExternalStore(
    (listener) => store.subscribe(listener),
    () => select(store.get()),
  )
}
