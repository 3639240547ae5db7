import type { VerdictCounts } from '../../src-protocol/model.ts'
import type { OverviewDatabase } from './overview-database.ts'

export interface Tally {
  calls: VerdictCounts
  /** values by masking rule */
  masks: Readonly<Record<string, number>>
}

/** Adds to the sums what a session's tally has grown by: so nothing counts twice, whoever counts again. */
export interface ActivityCounts {
  /** false if the log has not told of this session yet */
  settle(session: string, tally: Tally, at: string, final: boolean): boolean
  /** its recording cannot be read: what is counted stays */
  leave(session: string): void
  /** `at`: when it ended; of one that a gateway found days later, when its time was over */
  unsettled(limit: number): { session: string; at: string }[]
}

interface CountedSession {
  connection: string
  person: string
  allowed: number
  masked: number
  held: number
  denied: number
  masks: string
  final: number
}

const verdicts = ['allowed', 'masked', 'held', 'denied'] as const
const sums = 'allowed = allowed + @allowed, masked = masked + @masked, held = held + @held, denied = denied + @denied'

export function createActivityCounts(database: OverviewDatabase): ActivityCounts {
  const statements = {
    session: database.prepare<[string], CountedSession>('SELECT * FROM session WHERE session = ?'),
    counted: database.prepare(`UPDATE session SET ${sums}, masks = @masks, final = @final WHERE session = @session`),
    day: database.prepare(
      `INSERT INTO session_day (day, session, connection, person, allowed, masked, held, denied)
       VALUES (@day, @session, @connection, @person, @allowed, @masked, @held, @denied) ON CONFLICT DO UPDATE SET ${sums}`,
    ),
    access: database.prepare(
      `INSERT INTO access_day (day, connection, person, allowed, masked, held, denied)
       VALUES (@day, @connection, @person, @allowed, @masked, @held, @denied) ON CONFLICT DO UPDATE SET ${sums}`,
    ),
    hour: database.prepare(
      `INSERT INTO hour (hour, allowed, masked, held, denied) VALUES (@hour, @allowed, @masked, @held, @denied) ON CONFLICT DO UPDATE SET ${sums}`,
    ),
    maskDay: database.prepare('INSERT INTO mask_day VALUES (@day, @rule, @hits) ON CONFLICT DO UPDATE SET hits = hits + @hits'),
    maskSession: database.prepare(
      'INSERT INTO mask_session (rule, day, session, hits) VALUES (@rule, @day, @session, @hits) ON CONFLICT DO UPDATE SET hits = hits + @hits',
    ),
    leave: database.prepare<[string]>('UPDATE session SET final = 1 WHERE session = ?'),
    unsettled: database.prepare<[number], { session: string; at: string }>(
      `SELECT session, min(closed_at, strftime('%Y-%m-%dT%H:%M:%fZ', opened_at, '+1 day')) AS at
       FROM session WHERE final = 0 AND closed_at IS NOT NULL LIMIT ?`,
    ),
  }

  const settle = database.transaction((session: string, tally: Tally, at: string, final: boolean): boolean => {
    const known = statements.session.get(session)
    if (!known) return false
    if (known.final === 1) return true
    const { connection, person } = known
    const grown = { ...tally.calls }
    for (const verdict of verdicts) grown[verdict] -= known[verdict]
    const day = at.slice(0, 10)
    statements.counted.run({ session, ...grown, masks: JSON.stringify(tally.masks), final: final ? 1 : 0 })
    if (verdicts.some((verdict) => grown[verdict] !== 0)) {
      statements.day.run({ day, session, connection, person, ...grown })
      statements.access.run({ day, connection, person, ...grown })
      statements.hour.run({ hour: at.slice(0, 13), ...grown })
    }
    const before = JSON.parse(known.masks) as Record<string, number>
    for (const [rule, count] of Object.entries(tally.masks)) {
      const hits = count - (before[rule] ?? 0)
      if (hits === 0) continue
      statements.day.run({ day, session, connection, person, allowed: 0, masked: 0, held: 0, denied: 0 })
      statements.maskDay.run({ day, rule, hits })
      statements.maskSession.run({ rule, day, session, hits })
    }
    return true
  })

  return { settle, leave: (session) => void statements.leave.run(session), unsettled: (limit) => statements.unsettled.all(limit) }
}
