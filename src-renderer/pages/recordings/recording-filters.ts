import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { LibraryFacets, LibraryQuery, RecordQuery } from '../../../src-protocol/desktop-library.ts'
import type { ProofStateName } from '../../components/proof-state.tsx'
import { quarters } from '../../components/period.ts'

export const periods = ['today', '7 days', '30 days', 'this quarter', 'last quarter', 'this year'] as const
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
  /** of messages */
  tool: string | undefined
  rule: string | undefined
}

export const noRecordingFilters: RecordingFilters = {
  period: undefined,
  connection: undefined,
  person: undefined,
  verdict: undefined,
  proof: undefined,
  tool: undefined,
  rule: undefined,
}

export type SortKey = NonNullable<LibraryQuery['sort']>
export interface Sorting {
  key: SortKey
  descending: boolean
}

export function isFilteringRecordings(filters: RecordingFilters): boolean {
  return Object.values(filters).some((value) => value !== undefined)
}

interface Asked {
  filters: RecordingFilters
  text: string
  now: number
}

/** What is asked of the library for a table of recordings. */
export function libraryQueryOf({ filters, text, now, sorting, hereOnly }: Asked & { sorting: Sorting; hereOnly: boolean }): LibraryQuery {
  const { verdict, proof } = filters
  return {
    ...shared({ filters, text, now }),
    ...(text !== '' && { text }),
    ...(verdict !== undefined && { verdict }),
    ...(proof !== undefined && { proof }),
    ...(hereOnly && { hereOnly }),
    ...(sorting.key !== 'started' && { sort: sorting.key }),
    ...(!sorting.descending && { ascending: true }),
  }
}

/** What is asked of the library for a list of messages. */
export function recordQueryOf({ filters, text, now }: Asked): RecordQuery {
  const { verdict, tool, rule } = filters
  return {
    ...shared({ filters, text, now }),
    text,
    ...(verdict !== undefined && { verdict }),
    ...(tool !== undefined && { tool }),
    ...(rule !== undefined && { rule }),
  }
}

function shared({ filters: { period, connection, person }, now }: Asked): Pick<LibraryQuery, 'from' | 'until' | 'connection' | 'person'> {
  return {
    ...(period !== undefined && rangeOfPeriod(period, now)),
    ...(connection !== undefined && { connection }),
    ...(person !== undefined && { person }),
  }
}

/** From when on, and until before when. Periods are days of this computer's calendar; quarters are those of evidence packs, in UTC, so that both count the same. */
export function rangeOfPeriod(period: Period, now: number): { from: string; until?: string } {
  const [before, current] = quarters(new Date(now))
  if (period === 'this quarter' && current) return { from: new Date(current.from).toISOString() }
  if (period === 'last quarter' && before && current) {
    return { from: new Date(before.from).toISOString(), until: new Date(current.from).toISOString() }
  }
  const start = new Date(now)
  start.setHours(0, 0, 0, 0)
  if (period === '7 days') start.setDate(start.getDate() - 6)
  else if (period === '30 days') start.setDate(start.getDate() - 29)
  else if (period === 'this year') start.setMonth(0, 1)
  return { from: start.toISOString() }
}

export function proofOf(row: LibraryRow): ProofStateName {
  return row.here ? row.proof : 'on-gateway'
}

export function lengthOf(row: LibraryRow): number {
  return Date.parse(row.endedAt) - Date.parse(row.startedAt)
}

/** What can be chosen from: what is on this computer, and the rows of the gateway that are shown besides. */
export function withAway(facets: LibraryFacets, rows: readonly LibraryRow[]): LibraryFacets {
  const away = rows.filter((row) => !row.here)
  if (away.length === 0) return facets
  return {
    ...facets,
    connections: added(
      facets.connections,
      away.map(({ connection }) => ({ value: connection })),
    ),
    people: added(
      facets.people,
      away.map(({ person }) => ({ value: person.sub, label: person.name })),
    ),
    proofs: added(
      facets.proofs,
      away.map(() => ({ value: 'on-gateway' })),
    ),
  }
}

type Tally = LibraryFacets['people']

function added(tally: Tally, values: readonly { value: string; label?: string }[]): Tally {
  const counts = new Map(tally.map((one) => [one.value, one]))
  for (const { value, label } of values) {
    const known = counts.get(value)
    counts.set(value, {
      value,
      count: (known?.count ?? 0) + 1,
      ...((known?.label ?? label) !== undefined && { label: known?.label ?? label }),
    })
  }
  return [...counts.values()].sort((one, other) => other.count - one.count || one.value.localeCompare(other.value))
}
