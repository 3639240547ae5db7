import { formatDateTime, formatRelative, formatTime, formatUtc } from './time.ts'
import { useNow } from './use-now.ts'

interface TimestampProps {
  at: string
  form?: 'time' | 'date-time' | 'relative'
}

/** A local time, with UTC on hover. */
export function Timestamp({ at, form = 'time' }: TimestampProps) {
  return (
    <time dateTime={at} title={formatUtc(at)} className="num">
      {form === 'relative' ? <Relative at={at} /> : form === 'time' ? formatTime(at) : formatDateTime(at)}
    </time>
  )
}

function Relative({ at }: { at: string }) {
  return formatRelative(at, useNow())
}
