import { dayMs, daysFor } from '../../src-core/retention/judge-removal.ts'
import { timestampOf } from '../../src-node/clock.ts'
import type { RetentionTerms } from '../../src-protocol/retention.ts'
import type { Selectable } from 'kysely'
import type { RecordingRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'

export interface DueRow {
  row: Selectable<RecordingRow>
  days: number
}

const pageSize = 200

/** Where to look first: what the state says of kept recordings that a rule is about, connection by connection, the oldest first. The log decides about each. */
export async function* kept(
  database: StateDatabase,
  terms: RetentionTerms,
  options: { endedBefore?: (days: number) => string; each?: number },
): AsyncGenerator<DueRow> {
  const { endedBefore, each = Infinity } = options
  const rows = database.selectFrom('recordings').where('removed_at', 'is', null)
  // one step in the index for each connection, however many recordings it has
  const nextConnection = async (after: string) =>
    (await rows.select('connection').where('connection', '>', after).orderBy('connection').limit(1).executeTakeFirst())?.connection
  for (let connection = await nextConnection(''); connection !== undefined; connection = await nextConnection(connection)) {
    const days = daysFor(terms, connection)
    if (days === undefined) continue
    const own = rows.selectAll().where('connection', '=', connection).orderBy('ended_at').orderBy('session')
    const due = endedBefore ? own.where('ended_at', '<', endedBefore(days)) : own
    let after: Selectable<RecordingRow> | undefined
    let given = 0
    do {
      const from = after
      const page = await (
        from ? due.where((is) => is(is.refTuple('ended_at', 'session'), '>', is.tuple(from.ended_at, from.session))) : due
      )
        .limit(Math.min(pageSize, each - given))
        .execute()
      for (const row of page) yield { row, days }
      given += page.length
      after = page.length === pageSize && given < each ? page.at(-1) : undefined
    } while (after)
  }
}

export const before = (now: string, days: number): string => timestampOf(new Date(Date.parse(now) - days * dayMs))
export const after = (then: string, days: number): string => timestampOf(new Date(Date.parse(then) + days * dayMs))
