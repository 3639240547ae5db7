import { expect, test } from 'vitest'
import { createPlaybackStore, type FrameSource } from './playback-store.ts'
import { startOfPlayback, togglePlaying } from './playback.ts'
import { rowsAt, timelineOf } from './timeline.example.ts'

class HandFrames implements FrameSource {
  waiting: ((time: number) => void) | undefined
  request(callback: (time: number) => void): () => void {
    this.waiting = callback
    return () => {
      this.waiting = undefined
    }
  }
  fire(time: number): void {
    const callback = this.waiting
    this.waiting = undefined
    callback?.(time)
  }
}

const timeline = timelineOf(rowsAt([0, 1_000, 2_000]))
const open = () => {
  const frames = new HandFrames()
  const store = createPlaybackStore(timeline, frames, { ...startOfPlayback, speed: 1 })
  return { frames, store }
}

test('frames run while it plays, and only then', () => {
  const { frames, store } = open()
  expect(frames.waiting).toBeUndefined()
  store.update((playback) => togglePlaying(playback, timeline))
  frames.fire(1_000)
  frames.fire(1_100)
  expect(store.get().position).toBe(100)
  store.update((playback) => togglePlaying(playback, timeline))
  frames.fire(1_200)
  expect(store.get().position).toBe(100)
  expect(frames.waiting).toBeUndefined()
})

test('the time of a pause is not played', () => {
  const { frames, store } = open()
  store.update((playback) => togglePlaying(playback, timeline))
  frames.fire(0)
  store.update((playback) => togglePlaying(playback, timeline))
  frames.fire(100)
  store.update((playback) => togglePlaying(playback, timeline))
  frames.fire(60_000)
  frames.fire(60_050)
  expect(store.get().position).toBe(50)
})

test('a window that was in the background does not leap', () => {
  const { frames, store } = open()
  store.update((playback) => togglePlaying(playback, timeline))
  frames.fire(0)
  frames.fire(90_000)
  expect(store.get().position).toBe(250)
})

test('listeners hear of changes, and no more after they left', () => {
  const { store } = open()
  let heard = 0
  const leave = store.subscribe(() => (heard += 1))
  store.update((playback) => ({ ...playback, speed: 8 }))
  store.update((playback) => playback)
  leave()
  store.update((playback) => ({ ...playback, speed: 16 }))
  expect(heard).toBe(1)
})

test('a closed store stops', () => {
  const { frames, store } = open()
  store.update((playback) => togglePlaying(playback, timeline))
  store.close()
  expect(frames.waiting).toBeUndefined()
})
