import type { Period } from '../../src-protocol/overview.ts'

const dayMs = 86_400_000

/** The day of UTC that a moment lies in. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

export interface NamedPeriod {
  id: 'today' | '7' | '30'
  title: string
  days: number
}
export const namedPeriods: readonly NamedPeriod[] = [
  { id: 'today', title: 'Today', days: 1 },
  { id: '7', title: '7 days', days: 7 },
  { id: '30', title: '30 days', days: 30 },
]

export const periodOfDays = (days: number, now: number): Period => ({ from: dayOf(now - (days - 1) * dayMs), to: dayOf(now) })

export const daysOf = ({ from, to }: Period): number => Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1

/** `?from=2026-11-01&to=2026-11-30`: what is no day is left out. */
export function validatePeriod(search: Record<string, unknown>): { from?: string; to?: string } {
  const day = (value: unknown) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined
  const from = day(search.from)
  const to = day(search.to)
  return from !== undefined && to !== undefined && from <= to ? { from, to } : {}
}

/** What the address asks for, or the last 30 days. */
export const chosenPeriod = ({ from, to }: { from?: string; to?: string }, now: number): Period =>
  from !== undefined && to !== undefined ? { from, to } : periodOfDays(30, now)

/** The quarter before the one of `now`, and this one, as people ask for them. */
export function quarters(now: Date): { label: string; from: string; to: string }[] {
  const current = now.getUTCFullYear() * 4 + Math.floor(now.getUTCMonth() / 3)
  return [current - 1, current].map((quarter) => {
    const [year, index] = [Math.floor(quarter / 4), quarter % 4]
    const [start, end] = [Date.UTC(year, index * 3, 1), Date.UTC(year, index * 3 + 3, 1) - dayMs]
    return { label: `Q${index + 1} ${year}`, from: dayOf(start), to: dayOf(end) }
  })
}
