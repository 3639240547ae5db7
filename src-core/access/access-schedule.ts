import type { AccessSchedule, AccessWindow, Weekday } from '../../src-protocol/access.ts'
import { weekday } from '../../src-protocol/access.ts'
import { addDays, localDate, momentOf, weekdayIndex } from './local-time.ts'

export type ScheduleState =
  | { open: true; /** undefined: it stays open for more than a week */ closesAt: Date | undefined }
  | { open: false; /** undefined: within the next week it does not open */ opensAt: Date | undefined }

interface Span {
  from: number
  to: number
}

const daysAhead = 9
const horizonMs = 7 * 24 * 60 * 60 * 1000 + 1

/**
 * Whether a schedule is open at a moment. A window opens when a clock in its zone first shows its begin and closes when that clock first shows its
 * end: an hour that comes twice in autumn counts once, one that is skipped in spring shortens the window. Windows that touch are one.
 */
export function scheduleAt(schedule: AccessSchedule | undefined, now: Date): ScheduleState {
  if (schedule === undefined) return { open: true, closesAt: undefined }
  const at = now.getTime()
  const spans = joined(spansAround(schedule, at))
  const current = spans.find(({ from, to }) => from <= at && at < to)
  if (current) return { open: true, closesAt: current.to - at > horizonMs ? undefined : new Date(current.to) }
  const next = spans.find(({ from }) => from > at)
  return { open: false, opensAt: next && new Date(next.from) }
}

/** Every window from the day before yesterday (it may last until today) to beyond a week. */
function spansAround({ zone, windows }: AccessSchedule, at: number): Span[] {
  const today = localDate(at, zone)
  const spans: Span[] = []
  for (let offset = -2; offset <= daysAhead; offset += 1) {
    const date = addDays(today, offset)
    const name = weekday.options[weekdayIndex(date)]
    for (const window of windows) {
      if (name === undefined || !window.days.includes(name)) continue
      const [from, to] = [minutesOf(window.from), minutesOf(window.to)]
      const lastDay = to <= from ? addDays(date, 1) : date
      spans.push({ from: momentOf(date, from, zone), to: momentOf(lastDay, to, zone) })
    }
  }
  return spans.filter(({ from, to }) => from < to)
}

function joined(spans: Span[]): Span[] {
  const result: Span[] = []
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to)
    else result.push({ ...span })
  }
  return result
}

function minutesOf(time: string): number {
  const [hours = '', minutes = ''] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}

/** `Monday to Friday 09:00–17:00, Saturday 22:00–02:00 (Europe/Berlin)` */
export const describeSchedule = (schedule: AccessSchedule): string => `${describeWindows(schedule)} (${schedule.zone})`

/** The same without the zone. */
export const describeWindows = ({ windows }: AccessSchedule): string => windows.map(describeWindow).join(', ')

function describeWindow({ days, from, to }: AccessWindow): string {
  const hours = from === to ? `from ${from} for a day` : `${from}–${to}`
  return `${describeDays(days)} ${hours}`
}

/** Runs of three days and more are told by their ends. */
function describeDays(days: readonly Weekday[]): string {
  const ordered = weekday.options.filter((day) => days.includes(day))
  if (ordered.length === weekday.options.length) return 'every day'
  const runs: Weekday[][] = []
  for (const day of ordered) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run && last && weekday.options.indexOf(day) === weekday.options.indexOf(last) + 1) run.push(day)
    else runs.push([day])
  }
  return runs.map((run) => (run.length > 2 ? `${title(run[0])} to ${title(run.at(-1))}` : run.map(title).join(', '))).join(', ')
}

const title = (day: string | undefined): string => (day === undefined ? '' : day.charAt(0).toUpperCase() + day.slice(1))

/** `Monday 23 November, 09:00 (Europe/Berlin)`: a moment in the words of a schedule's zone. */
export function describeMoment(moment: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(moment)
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('weekday')} ${part('day')} ${part('month')}, ${part('hour')}:${part('minute')} (${zone})`
}
