import type { LibraryRow } from '../../../src-protocol/desktop-api.ts'
import type { ProofStateName } from '../../components/proof-state.tsx'

export const periods = ['today', '7 days', '30 days', 'this year'] as const
export type Period = (typeof periods)[number]

export const seriousVerdicts = ['masked', 'held', 'denied'] as const
type SeriousVerdict = (typeof seriousVerdicts)[number]

/** What the table shows of the library; undefined: no restriction. */
export interface RecordingFilters {
  period: Period | undefined
  connection: string | undefined
  /** a person's `sub` */
  person: string | undefined
  /** at least one call had this verdict */
  verdict: SeriousVerdict | undefined
  proof: ProofStateName | undefined
}

export const noRecordingFilters: RecordingFilters = {
  period: undefined,
  connection: undefined,
  person: undefined,
  verdict: undefined,
  proof: undefined,
}

export type SortKey = 'started' | 'connection' | 'person' | 'reason' | 'allowed' | 'masked' | 'held' | 'denied' | 'length'
export interface Sorting {
  key: SortKey
  descending: boolean
}

export function isFilteringRecordings(filters: RecordingFilters): boolean {
  return Object.values(filters).some((value) => value !== undefined)
}

export function filterRecordings(rows: readonly LibraryRow[], filters: RecordingFilters, now: number): LibraryRow[] {
  const from = filters.period && startOfPeriod(filters.period, now)
  return rows.filter(
    (row) =>
      (from === undefined || Date.parse(row.startedAt) >= from) &&
      (filters.connection === undefined || row.connection === filters.connection) &&
      (filters.person === undefined || row.person.sub === filters.person) &&
      (filters.verdict === undefined || row.counts[filters.verdict] > 0) &&
      (filters.proof === undefined || proofOf(row) === filters.proof),
  )
}

/** Periods are days of this computer's calendar. */
function startOfPeriod(period: Period, now: number): number {
  const start = new Date(now)
  start.setHours(0, 0, 0, 0)
  if (period === '7 days') start.setDate(start.getDate() - 6)
  else if (period === '30 days') start.setDate(start.getDate() - 29)
  else if (period === 'this year') start.setMonth(0, 1)
  return start.getTime()
}

export function proofOf(row: LibraryRow): ProofStateName {
  return row.here ? row.proof : 'on-gateway'
}

export function lengthOf(row: LibraryRow): number {
  return Date.parse(row.endedAt) - Date.parse(row.startedAt)
}

export function sortRecordings(rows: readonly LibraryRow[], { key, descending }: Sorting): LibraryRow[] {
  const valueOf = sortValues[key]
  const direction = descending ? -1 : 1
  // equal values keep the newest first, whichever way the column is sorted
  return [...rows].sort((a, b) => direction * compare(valueOf(a), valueOf(b)) || compare(b.startedAt, a.startedAt))
}

const sortValues: Record<SortKey, (row: LibraryRow) => string | number> = {
  started: (row) => row.startedAt,
  connection: (row) => row.connection,
  person: (row) => row.person.name,
  reason: (row) => row.reason,
  allowed: (row) => row.counts.allowed,
  masked: (row) => row.counts.masked,
  held: (row) => row.counts.held,
  denied: (row) => row.counts.denied,
  length: lengthOf,
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en')
  return Number(a) - Number(b)
}

/** The values that a filter can take in these rows, with how often each occurs, the most frequent first. */
export function tally<T extends string>(rows: readonly LibraryRow[], valueOf: (row: LibraryRow) => T): { value: T; count: number }[] {
  const counts = new Map<T, number>()
  for (const row of rows) {
    const value = valueOf(row)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || a.value.localeCompare(b.value))
}
