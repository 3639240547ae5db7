import { useElementSize } from '@mantine/hooks'
import { useMemo } from 'react'
import { binDensity } from './density.ts'
import { DensityPlot } from './density-plot.tsx'
import { PlaybackBar } from './playback-bar.tsx'
import type { PlaybackStore } from './playback-store.ts'
import type { Timeline } from './timeline.ts'
import styles from './time-section.module.css'

interface TimeSectionProps {
  timeline: Timeline
  store: PlaybackStore
  /** rows that the filters show: keys and buttons step among them */
  shown: Uint32Array
}

/** The session over time, and what plays it. */
export function TimeSection({ timeline, store, shown }: TimeSectionProps) {
  const { ref, width } = useElementSize<HTMLDivElement>()
  const density = useMemo(() => binDensity(timeline, width || 1, utcOffsetAt(timeline.startedAt)), [timeline, width])
  return (
    <div className={styles.section}>
      <div ref={ref} className={styles.plot}>
        {width > 0 && <DensityPlot density={density} timeline={timeline} store={store} shown={shown} />}
      </div>
      <PlaybackBar timeline={timeline} store={store} shown={shown} barStep={density.step} />
    </div>
  )
}

function utcOffsetAt(time: number): number {
  return -new Date(time).getTimezoneOffset() * 60_000
}
