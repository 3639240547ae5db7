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
