import { longestDelegationDays } from '../../../src-protocol/delegation.ts'

export interface StandInDraft {
  delegate: string | null
  groups: readonly string[]
  /** days as a date field has them: `2026-11-23` */
  first: string
  last: string
  reason: string
}

const dayMs = 24 * 60 * 60 * 1000

/** The day of a moment, by this computer’s clock. */
export function dayOf(moment: number): string {
  const date = new Date(moment)
  const two = (count: number): string => String(count).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** From the beginning of the first day, or from now if that is over, to the end of the last one; undefined if a day is none. */
export function awayPeriod(first: string, last: string, now: number): { from: string; until: string } | undefined {
  const [begin, lastDay] = [Date.parse(`${first}T00:00:00`), new Date(`${last}T00:00:00`)]
  lastDay.setDate(lastDay.getDate() + 1)
  if (Number.isNaN(begin) || Number.isNaN(lastDay.getTime())) return undefined
  return { from: new Date(Math.max(begin, now)).toISOString(), until: lastDay.toISOString() }
}

/** What is missing or cannot be, by field. The gateway looks again. */
export function problemsOfStandIn(draft: StandInDraft, now: number): Partial<Record<keyof StandInDraft, string>> {
  const { delegate, groups, first, last, reason } = draft
  const period = awayPeriod(first, last, now)
  const length = period ? Date.parse(period.until) - Date.parse(period.from) : 0
  return {
    ...(delegate === null && { delegate: 'Choose who decides in your place.' }),
    ...(groups.length === 0 && { groups: 'Choose at least one group.' }),
    ...(!(first >= dayOf(now)) && { first: 'It is over already.' }),
    ...(!(length > 0) && { last: 'It lies before the first day.' }),
    ...(length > longestDelegationDays * dayMs && { last: `At most ${longestDelegationDays} days.` }),
    ...(reason.trim().length < 3 && { reason: 'Say in a few words why.' }),
  }
}
