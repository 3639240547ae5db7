import { memo, useRef, type KeyboardEvent, type PointerEvent } from 'react'
import { verdictLook } from '../../components/verdict.tsx'
import { formatShortTime, formatTime } from '../../components/time.ts'
import { positionAt, xOf, type Density } from './density.ts'
import { seek, selectRow, stepMessage } from './playback.ts'
import { usePlayback, type PlaybackStore } from './playback-store.ts'
import { clockText, stepText } from './session-clock.ts'
import { timeOf, type Timeline } from './timeline.ts'
import styles from './density-plot.module.css'

const barsTop = 24
const barsHeight = 52
const axisY = 76
const plotHeight = 96

interface DensityPlotProps {
  density: Density
  timeline: Timeline
  store: PlaybackStore
  /** rows that the filters show: the arrow keys step among them */
  shown: Uint32Array
}

/** Messages over the whole session, with what was held or denied above them, and the scrubber. */
export function DensityPlot({ density, timeline, store, shown }: DensityPlotProps) {
  const dragging = useRef(false)

  const seekTo = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect()
    const position = positionAt(timeline, event.clientX - box.left, box.width)
    store.update((playback) => seek(playback, position, timeline))
  }
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button'))) return
    dragging.current = true
    event.currentTarget.setPointerCapture(event.pointerId)
    seekTo(event)
  }

  return (
    <div
      className={styles.plot}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => dragging.current && seekTo(event)}
      onPointerUp={() => (dragging.current = false)}
      onPointerCancel={() => (dragging.current = false)}
    >
      <Bars density={density} />
      <Markers density={density} timeline={timeline} store={store} />
      <Scrubber timeline={timeline} store={store} width={density.width} shown={shown} />
    </div>
  )
}

const Bars = memo(function Bars({ density }: { density: Density }) {
  const { width, barWidth, peak, step } = density
  const inner = Math.max(1, barWidth - 2)
  // a column that is nearly empty still shows one message
  const heightOf = (count: number): number => (count === 0 ? 0 : Math.max(3, (count / peak) * barsHeight))
  const bars = Array.from(density.allowed, (allowed, bar) => {
    const masked = density.masked[bar] ?? 0
    const x = bar * barWidth + 1
    const solid = heightOf(allowed)
    const outlined = heightOf(masked)
    return (
      <g key={bar}>
        {allowed > 0 && <rect className={styles.allowed} x={x} y={axisY - solid} width={inner} height={solid} />}
        {masked > 0 && (
          <rect
            className={styles.masked}
            x={x + 0.5}
            y={axisY - solid - outlined + 0.5}
            width={Math.max(1, inner - 1)}
            height={Math.max(1, outlined - 1)}
          />
        )}
        {allowed + masked === 0 && <rect className={styles.none} x={x} y={axisY - 1} width={inner} height={1} />}
      </g>
    )
  })
  return (
    <svg
      width={width}
      height={plotHeight}
      role="img"
      aria-label={`Messages over time, in steps of ${stepText(step)}; at most ${peak} in one step.`}
    >
      {density.idle.map((gap) => (
        <g key={gap.from}>
          <rect className={styles.idle} x={gap.x} y={barsTop} width={gap.width} height={barsHeight} />
          <text className={styles.label} x={gap.x + gap.width / 2} y={axisY - 8} textAnchor="middle">
            idle {clockText(gap.to - gap.from)}
          </text>
        </g>
      ))}
      {bars}
      <line className={styles.axis} x1={0} x2={width} y1={axisY + 0.5} y2={axisY + 0.5} />
      {density.ticks.map((tick) => (
        <text
          key={tick.at}
          className={styles.label}
          x={Math.min(Math.max(tick.x, 0), width)}
          y={axisY + 15}
          textAnchor={tick.x < 24 ? 'start' : tick.x > width - 24 ? 'end' : 'middle'}
        >
          {density.secondsOnTicks ? formatTime(new Date(tick.at).toISOString()) : formatShortTime(new Date(tick.at).toISOString())}
        </text>
      ))}
    </svg>
  )
})

const Markers = memo(function Markers({ density, timeline, store }: { density: Density; timeline: Timeline; store: PlaybackStore }) {
  return density.markers.map(({ x, verdict, row, count }) => {
    const { icon: Icon, word } = verdictLook[verdict]
    const at = timeOf(timeline, row)
    const label = `${count > 1 ? `${count} messages held or refused here, first: ` : ''}${word} at ${formatTime(at)}`
    return (
      <button
        key={row}
        type="button"
        tabIndex={-1}
        className={`${styles.marker} ${styles[verdict]}`}
        style={{ left: Math.min(Math.max(x, 12), density.width - 12) }}
        title={label}
        aria-label={label}
        onClick={() => store.update((playback) => selectRow(playback, row, timeline))}
      >
        <Icon aria-hidden />
        {count > 1 && <span className={styles.count}>{count}</span>}
      </button>
    )
  })
})

interface ScrubberProps extends Omit<DensityPlotProps, 'density'> {
  width: number
}

function Scrubber({ timeline, store, width, shown }: ScrubberProps) {
  // whole pixels: the scrubber draws again only when it moves on the screen
  const x = usePlayback(store, (playback) => Math.round(xOf(timeline, playback.position, width)))
  const second = usePlayback(store, (playback) => Math.floor(playback.position / 1000))
  const row = usePlayback(store, (playback) => playback.row)
  const time = formatTime(new Date(timeline.startedAt + Math.min(second * 1000, timeline.duration)).toISOString())

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const jump = { Home: 0, End: timeline.duration, PageUp: 'back', PageDown: 'on' }[event.key]
    if (event.key === 'ArrowLeft' || event.key === 'ArrowDown') store.update((playback) => stepMessage(playback, -1, shown, timeline))
    else if (event.key === 'ArrowRight' || event.key === 'ArrowUp') store.update((playback) => stepMessage(playback, 1, shown, timeline))
    else if (typeof jump === 'number') store.update((playback) => seek(playback, jump, timeline))
    else if (jump !== undefined) {
      const by = (jump === 'on' ? 1 : -1) * (timeline.duration / 20)
      store.update((playback) => seek(playback, playback.position + by, timeline))
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div
      className={styles.scrubber}
      style={{ left: x }}
      role="slider"
      tabIndex={0}
      aria-label="Position in the session"
      aria-valuemin={0}
      aria-valuemax={Math.round(timeline.duration / 1000)}
      aria-valuenow={second}
      aria-valuetext={`${time}, message ${row}`}
      onKeyDown={onKeyDown}
    >
      <span className={styles.knob} />
      <span className={`${styles.time} num`} style={{ transform: `translateX(${timeLabelShift(x, width)}px)` }}>
        {time}
      </span>
    </div>
  )
}

/** Keeps the label, 62 px wide and centred on the scrubber, inside the plot. */
function timeLabelShift(x: number, width: number): number {
  return -31 + Math.max(0, 31 - x) - Math.max(0, x + 31 - width)
}
