import { ActionIcon, Checkbox } from '@mantine/core'
import { Pause, Play, SkipBack, SkipForward } from 'lucide-react'
import { KeyHint } from '../../components/key-hint.tsx'
import { speeds, stepCall, togglePlaying } from './playback.ts'
import { usePlayback, type PlaybackStore } from './playback-store.ts'
import { clockText, stepText } from './session-clock.ts'
import type { Timeline } from './timeline.ts'
import styles from './playback-bar.module.css'

interface PlaybackBarProps {
  timeline: Timeline
  store: PlaybackStore
  shown: Uint32Array
  /** ms of session time in one bar of the plot */
  barStep: number
}

/** Play, step, speed, and where the replay stands. */
export function PlaybackBar({ timeline, store, shown, barStep }: PlaybackBarProps) {
  const playing = usePlayback(store, (playback) => playback.playing)
  const speed = usePlayback(store, (playback) => playback.speed)
  const skipIdle = usePlayback(store, (playback) => playback.skipIdle)
  const step = (direction: 1 | -1): void => store.update((playback) => stepCall(playback, direction, shown, timeline))
  return (
    <div className={styles.bar}>
      <ActionIcon aria-label="Previous call" title="Previous call (Shift ←)" onClick={() => step(-1)}>
        <SkipBack aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="filled"
        aria-label={playing ? 'Pause' : 'Play'}
        title={playing ? 'Pause (Space)' : 'Play (Space)'}
        onClick={() => store.update((playback) => togglePlaying(playback, timeline))}
      >
        {playing ? <Pause aria-hidden /> : <Play aria-hidden />}
      </ActionIcon>
      <ActionIcon aria-label="Next call" title="Next call (Shift →)" onClick={() => step(1)}>
        <SkipForward aria-hidden />
      </ActionIcon>
      <Place timeline={timeline} store={store} />
      <span className={styles.legend} aria-hidden>
        <i className={styles.allowed} /> allowed <i className={styles.masked} /> masked · per {stepText(barStep)}
      </span>
      <Checkbox
        className={styles.skip}
        size="xs"
        label="Skip idle"
        title="After a second of silence, playing goes on at the next message"
        checked={skipIdle}
        onChange={({ currentTarget: { checked } }) => store.update((playback) => ({ ...playback, skipIdle: checked }))}
      />
      <div className={styles.speeds} role="group" aria-label="Speed">
        {speeds.map((choice) => (
          <button
            key={choice}
            type="button"
            aria-pressed={choice === speed}
            onClick={() => store.update((playback) => ({ ...playback, speed: choice }))}
          >
            {choice}×
          </button>
        ))}
      </div>
      <span className={`${styles.keys} small t3`}>
        <KeyHint>Space</KeyHint> play <KeyHint>←</KeyHint>
        <KeyHint>→</KeyHint> step
      </span>
    </div>
  )
}

function Place({ timeline, store }: { timeline: Timeline; store: PlaybackStore }) {
  const second = usePlayback(store, (playback) => Math.floor(playback.position / 1000))
  const row = usePlayback(store, (playback) => playback.row)
  const last = Math.max(0, timeline.count - 1)
  return (
    <>
      <span className={`${styles.clock} num`}>
        <b>{clockText(second * 1000)}</b> of {clockText(timeline.duration)}
      </span>
      <span className={`${styles.message} num t3`}>
        message {row.toLocaleString('en')} of {last.toLocaleString('en')}
      </span>
    </>
  )
}
