import type { Overview } from '../../../src-protocol/overview.ts'
import type { VerdictBar } from '../../components/charts/verdict-bars.tsx'

const hourMs = 3_600_000

/** One bar for every hour or day of the period, also for those in which nothing happened. */
export function seriesBars({ series, grain, period, at }: Pick<Overview, 'series' | 'grain' | 'period' | 'at'>): VerdictBar[] {
  const stepMs = grain === 'hour' ? hourMs : 24 * hourMs
  const known = new Map(series.map((bucket) => [Date.parse(bucket.at), bucket]))
  const end = Math.min(Date.parse(period.to) + 24 * hourMs, Date.parse(at))
  const bars: VerdictBar[] = []
  for (let time = Date.parse(period.from); time < end; time += stepMs) {
    const { allowed = 0, masked = 0, held = 0, denied = 0 } = known.get(time) ?? {}
    bars.push({ ...titlesOf(time, grain), day: new Date(time).toISOString().slice(0, 10), counts: { allowed, masked, held, denied } })
  }
  return bars
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

function titlesOf(time: number, grain: Overview['grain']): { label: string; title: string } {
  const day = dayFormat.format(time)
  if (grain === 'day') return { label: day, title: day }
  const hour = new Date(time).toISOString().slice(11, 16)
  return { label: hour === '00:00' ? day : hour, title: `${day}, ${hour} UTC` }
}
