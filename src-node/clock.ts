/** Time is a dependency: everything that asks for the time takes a clock, so that tests decide what time it is. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** RFC 3339, UTC, milliseconds: the one form in which times are stored and sent. */
export function timestampOf(date: Date): string {
  const milliseconds = date.getTime()
  // many records share a millisecond, and nearly all a minute; the rest is arithmetic
  if (milliseconds === latest.milliseconds) return latest.text
  const sinceMinute = milliseconds - latest.minute
  if (!(sinceMinute >= 0 && sinceMinute < 60_000)) {
    const text = date.toISOString()
    latest = { milliseconds, minute: Math.floor(milliseconds / 60_000) * 60_000, prefix: text.slice(0, -7), text }
    return text
  }
  const text = `${latest.prefix}${twoDigits(Math.floor(sinceMinute / 1000))}.${threeDigits(sinceMinute % 1000)}Z`
  latest.milliseconds = milliseconds
  latest.text = text
  return text
}

let latest = { milliseconds: Number.NaN, minute: Number.NaN, prefix: '', text: '' }

const twoDigits = (number: number): string => (number < 10 ? `0${number}` : `${number}`)
const threeDigits = (number: number): string => (number < 100 ? `0${twoDigits(number)}` : `${number}`)
