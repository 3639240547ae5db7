/** Times on a wall clock, and what moment they are. */

export interface LocalDate {
  year: number
  month: number
  day: number
}

const dayMs = 24 * 60 * 60 * 1000
const formatters = new Map<string, Intl.DateTimeFormat>()

/** What a clock on the wall shows in a zone at a moment, written as if the zone were UTC: only to be compared with its like. */
function wallClock(instant: number, zone: string): number {
  const formatter =
    formatters.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  formatters.set(zone, formatter)
  const parts = Object.fromEntries(formatter.formatToParts(instant).map(({ type, value }) => [type, value]))
  const { year, month, day, hour, minute, second } = parts
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}

/** The day it is in the zone. */
export function localDate(instant: number, zone: string): LocalDate {
  const wall = new Date(wallClock(instant, zone))
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() }
}

export function addDays({ year, month, day }: LocalDate, days: number): LocalDate {
  const moved = new Date(Date.UTC(year, month - 1, day + days))
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() }
}

/** 0 for Monday. */
export const weekdayIndex = ({ year, month, day }: LocalDate): number => (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7

/**
 * The first moment at which a clock on the wall shows this time of this day, or a later one: a time that is skipped in spring is where the
 * clock jumps to, one that comes twice in autumn is the first of both.
 */
export function momentOf({ year, month, day }: LocalDate, minutes: number, zone: string): number {
  const wanted = Date.UTC(year, month - 1, day) + minutes * 60_000
  // clocks are never more than a day off UTC; between the bounds they run forward but for one jump back, which the offsets of both sides name
  const offsets = [wanted - dayMs, wanted + dayMs].map((instant) => wallClock(instant, zone) - instant)
  const candidates = [...new Set(offsets.map((offset) => wanted - offset))].toSorted((a, b) => a - b)
  const exact = candidates.find((instant) => wallClock(instant, zone) === wanted)
  return exact ?? endOfGap(Math.min(...candidates), Math.max(...candidates), wanted, zone)
}

/** In a gap: between the two candidates the clock jumps over the wanted time; the moment is found by halving. */
function endOfGap(from: number, to: number, wanted: number, zone: string): number {
  let [before, after] = [from, to]
  while (after - before > 1000) {
    const middle = before + Math.floor((after - before) / 2000) * 1000
    if (wallClock(middle, zone) >= wanted) after = middle
    else before = middle
  }
  return after
}
