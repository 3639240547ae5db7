import { formatCountdown, formatDateTime } from './time.ts'
import { useNow } from './use-now.ts'

/** A countdown, renewed every second, with the time of its end on hover. */
export function TimeLeft({ until }: { until: string }) {
  const now = useNow()
  return (
    <time dateTime={until} title={formatDateTime(until, now)} className="num">
      {formatCountdown(Date.parse(until) - now)}
    </time>
  )
}
