import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { LibraryQuery } from '../../../src-protocol/desktop-library.ts'
import type { RecordingSummary } from '../../../src-protocol/model.ts'
import { recordIdBase } from '../library/library-database.ts'
import { parsePageCursor, type RecordingPage } from '../library/recording-pages.ts'

/**
 * A page of what is here with what lies between its rows on the gateway. Pages end where those of this computer end; the last one has all that is left, so
 * that every recording of the gateway is on one page.
 */
export function mergePage(
  query: LibraryQuery,
  page: RecordingPage,
  gateway: { rows: readonly RecordingSummary[]; away: readonly RecordingSummary[] },
): { rows: LibraryRow[]; next?: string } {
  const onGateway = new Set(gateway.rows.flatMap(({ session, removed }) => (removed ? [] : [session])))
  const place = createOrder(query)
  const from = query.cursor === undefined ? undefined : parsePageCursor(query.cursor)
  const until = page.next === undefined ? undefined : parsePageCursor(page.next)
  const away = gateway.away
    .filter((summary) => isWanted(query, summary))
    .map((summary): LibraryRow => ({ ...summary, here: false, onGateway: true, proof: 'unchecked' }))
    .filter(
      (row) => (from === undefined || place(keyOf(query, row), from) > 0) && (until === undefined || place(keyOf(query, row), until) <= 0),
    )
  const rows = [...page.rows.map((row) => ({ ...row, onGateway: onGateway.has(row.session) })), ...away]
  rows.sort((one, other) => place(keyOf(query, one), keyOf(query, other)))
  return { rows, ...(page.next !== undefined && { next: page.next }) }
}

type Key = readonly [value: string | number, id: number]

function keyOf({ sort = 'started' }: LibraryQuery, row: LibraryRow): Key {
  const id = recordIdBase(row.startedAt)
  switch (sort) {
    case 'started':
      return [Date.parse(row.startedAt), id]
    case 'connection':
    case 'reason':
      return [row[sort], id]
    case 'person':
      return [row.person.name, id]
    case 'length':
      return [Math.max(0, Date.parse(row.endedAt) - Date.parse(row.startedAt)), id]
    default:
      return [row.counts[sort], id]
  }
}

/** As the database orders: texts by their bytes, equal values by time, the newest first, which has the smallest id. */
function createOrder({ sort = 'started', ascending = false }: LibraryQuery): (one: Key, other: Key) => number {
  const direction = ascending ? 1 : -1
  const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)
  if (sort === 'started') return (one, other) => direction * compare(other[1], one[1])
  return (one, other) => direction * compare(one[0], other[0]) || compare(one[1], other[1])
}

function isWanted(query: LibraryQuery, summary: RecordingSummary): boolean {
  const { from, until, connection, person, verdict, proof, text = '' } = query
  return (
    (proof === undefined || proof === 'on-gateway') &&
    (from === undefined || summary.startedAt >= from) &&
    (until === undefined || summary.startedAt < until) &&
    (connection === undefined || summary.connection === connection) &&
    (person === undefined || summary.person.sub === person) &&
    (verdict === undefined || summary.counts[verdict] > 0) &&
    matches(summary, text)
  )
}

/** Of what is on the gateway only the heading can be searched. */
function matches(summary: RecordingSummary, text: string): boolean {
  const words = text.toLowerCase().replaceAll('"', ' ').split(/\s+/).filter(Boolean)
  const { session, connection, person, reason, endReason } = summary
  const searched = [session, connection, person.name, person.email ?? '', reason, endReason].join(' ').toLowerCase()
  return words.every((word) => searched.includes(word))
}
