import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { LibraryFacets, LibraryQuery } from '../../../src-protocol/desktop-library.ts'

/** Filters, sorts and cuts rows as the library does; a cursor is a number of rows. */
export function pageOfRows(rows: readonly LibraryRow[], query: LibraryQuery): { rows: LibraryRow[]; next?: string } {
  const { limit = 100, ascending = false, sort = 'started' } = query
  const wanted = rows.filter((row) => isWanted(row, query))
  const direction = ascending ? 1 : -1
  const sorted = wanted.sort((one, other) => {
    const [a, b] = [valueOf(one, sort), valueOf(other, sort)]
    return direction * (a < b ? -1 : a > b ? 1 : 0) || other.startedAt.localeCompare(one.startedAt)
  })
  const from = Number(query.cursor ?? 0)
  return { rows: sorted.slice(from, from + limit), ...(sorted.length > from + limit && { next: String(from + limit) }) }
}

export function facetsOf(rows: readonly LibraryRow[]): LibraryFacets {
  const tally = (valueOf: (row: LibraryRow) => [value: string, label?: string]) => {
    const counts = new Map<string, LibraryFacets['people'][number]>()
    for (const row of rows) {
      const [value, label] = valueOf(row)
      counts.set(value, { value, count: (counts.get(value)?.count ?? 0) + 1, ...(label !== undefined && { label }) })
    }
    return [...counts.values()].sort((one, other) => other.count - one.count)
  }
  return {
    connections: tally((row) => [row.connection]),
    people: tally((row) => [row.person.sub, row.person.name]),
    proofs: tally((row) => [row.proof]),
    tools: [
      { value: 'execute_sql', count: 1204 },
      { value: 'search_objects', count: 118 },
    ],
    rules: [
      { value: 'read-orders', count: 911 },
      { value: 'detect-card', count: 240 },
    ],
  }
}

function isWanted(row: LibraryRow, { text = '', from, connection, person, verdict, proof }: LibraryQuery): boolean {
  return (
    [row.connection, row.person.name, row.reason].join(' ').toLowerCase().includes(text.trim().toLowerCase()) &&
    (from === undefined || row.startedAt >= from) &&
    (connection === undefined || row.connection === connection) &&
    (person === undefined || row.person.sub === person) &&
    (verdict === undefined || row.counts[verdict] > 0) &&
    (proof === undefined || (row.here ? row.proof : 'on-gateway') === proof)
  )
}

function valueOf(row: LibraryRow, sort: NonNullable<LibraryQuery['sort']>): string | number {
  switch (sort) {
    case 'started':
      return row.startedAt
    case 'person':
      return row.person.name
    case 'connection':
    case 'reason':
      return row[sort]
    case 'length':
      return Date.parse(row.endedAt) - Date.parse(row.startedAt)
    default:
      return row.counts[sort]
  }
}
