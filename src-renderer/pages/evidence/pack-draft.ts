import type { PackRequest } from '../../../src-protocol/evidence.ts'

/** What is in the fields of the page. */
export interface PackDraft {
  /** days in UTC, `2026-07-01`; the last one is part of the period */
  from: string
  to: string
  seed: string
  sampleSize: number | string
}

export type PackProblems = Partial<Record<keyof PackDraft, string>>

const dayMs = 24 * 3600 * 1000
const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

export function packProblems({ from, to, seed, sampleSize }: PackDraft): PackProblems {
  return {
    ...(!isDay(from) && { from: 'A day is needed.' }),
    ...(!isDay(to) && { to: 'A day is needed.' }),
    ...(isDay(from) && isDay(to) && to < from && { to: 'It lies before the first day.' }),
    ...(seed.trim() === '' && { seed: 'The sample follows from it: choose any text.' }),
    ...(seed.length > 200 && { seed: 'At most 200 characters.' }),
    ...((typeof sampleSize !== 'number' || !Number.isInteger(sampleSize) || sampleSize < 1 || sampleSize > 1000) && {
      sampleSize: 'A number from 1 to 1000.',
    }),
  }
}

/** The request; only for a draft without problems. */
export const packRequestOf = ({ from, to, seed, sampleSize }: PackDraft): PackRequest => ({
  from: new Date(from).toISOString(),
  to: new Date(Date.parse(to) + dayMs).toISOString(),
  seed: seed.trim(),
  sampleSize: Number(sampleSize),
})

/** The quarter before the one of `now`, and this one, as people ask for them. */
export function quarters(now: Date): { label: string; from: string; to: string }[] {
  const current = now.getUTCFullYear() * 4 + Math.floor(now.getUTCMonth() / 3)
  return [current - 1, current].map((quarter) => {
    const [year, index] = [Math.floor(quarter / 4), quarter % 4]
    const [start, end] = [Date.UTC(year, index * 3, 1), Date.UTC(year, index * 3 + 3, 1) - dayMs]
    return { label: `Q${index + 1} ${year}`, from: dayOf(start), to: dayOf(end) }
  })
}
