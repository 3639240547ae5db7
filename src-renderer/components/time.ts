/** How times read: local, in one style; UTC for the tooltip. All take RFC 3339 texts. */

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const shortTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayAndYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** `14:18:31` */
export function formatTime(at: string): string {
  return time.format(new Date(at))
}

/** `14:18` */
export function formatShortTime(at: string): string {
  return shortTime.format(new Date(at))
}

/** `21 Nov` this year, `21 Nov 2025` in any other */
export function formatDay(at: string, now: number = Date.now()): string {
  const date = new Date(at)
  return (date.getFullYear() === new Date(now).getFullYear() ? day : dayAndYear).format(date).replace('Sept', 'Sep')
}

/** `21 Nov 16:32` */
export function formatDateTime(at: string, now: number = Date.now()): string {
  return `${formatDay(at, now)} ${formatShortTime(at)}`
}

/** `2026-11-21 15:32:07 UTC` */
export function formatUtc(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `12 s ago`, `4 min ago`, `3 h ago`, `2 d ago`; `in 5 min` for what is to come */
export function formatRelative(at: string, now: number): string {
  const seconds = Math.round((now - Date.parse(at)) / 1000)
  const text = formatSpan(Math.abs(seconds))
  if (Math.abs(seconds) < 2) return 'now'
  return seconds > 0 ? `${text} ago` : `in ${text}`
}

function formatSpan(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** Time left, as a countdown: `41:29`, `1:02:15`, `2 d`; `0:00` when it is over. */
export function formatCountdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  if (seconds >= 86_400) return `${Math.floor(seconds / 86_400)} d`
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** How long something lasted: `38 min`, `1 h`, `1 h 52`, `9 s`. */
export function formatLength(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${String(rest).padStart(2, '0')}`
}

/** How long a call took: `38 ms`, `1.2 s`, `3 min`. */
export function formatTook(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  return formatLength(milliseconds)
}
