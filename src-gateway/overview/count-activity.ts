import type { VerdictCounts } from '../../src-protocol/model.ts'
import type { OverviewStore } from './overview-database.ts'

export interface Tally {
  calls: VerdictCounts
  /** values by masking rule */
  masks: Readonly<Record<string, number>>
}

export interface SessionTally extends Tally {
  session: string
  /** nothing can come any more */
  final: boolean
}

/** Adds to the sums what a session's tally has grown by: so nothing counts twice, whoever counts again. */
export interface ActivityCounts {
  /** `at`: when they did it. @returns sessions that the log has not told of yet */
  settle(tallies: readonly SessionTally[], at: string): string[]
  /** the next sessions that ended and that nobody counted: `tally` reads their recordings; undefined: it cannot be read, what is counted stays */
  settleEnded(most: number, tally: (session: string) => Promise<Tally | undefined>): Promise<{ left: boolean; unreadable: string[] }>
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

export function createActivityCounts({ database, change }: Pick<OverviewStore, 'database' | 'change'>): ActivityCounts {
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
    // of one that a gateway found days later: when its time was over
    unsettled: database.prepare<[number], { session: string; at: string }>(
      `SELECT session, min(closed_at, strftime('%Y-%m-%dT%H:%M:%fZ', opened_at, '+1 day')) AS at
       FROM session WHERE final = 0 AND closed_at IS NOT NULL LIMIT ?`,
    ),
  }

  function settle({ session, calls, masks, final }: SessionTally, at: string): boolean {
    const known = statements.session.get(session)
    if (!known) return false
    if (known.final === 1) return true
    const { connection, person } = known
    const grown = { ...calls }
    for (const verdict of verdicts) grown[verdict] -= known[verdict]
    const day = at.slice(0, 10)
    statements.counted.run({ session, ...grown, masks: JSON.stringify(masks), final: final ? 1 : 0 })
    if (verdicts.some((verdict) => grown[verdict] !== 0)) {
      statements.day.run({ day, session, connection, person, ...grown })
      statements.access.run({ day, connection, person, ...grown })
      statements.hour.run({ hour: at.slice(0, 13), ...grown })
    }
    const before = JSON.parse(known.masks) as Record<string, number>
    for (const [rule, count] of Object.entries(masks)) {
      const hits = count - (before[rule] ?? 0)
      if (hits === 0) continue
      statements.day.run({ day, session, connection, person, allowed: 0, masked: 0, held: 0, denied: 0 })
      statements.maskDay.run({ day, rule, hits })
      statements.maskSession.run({ rule, day, session, hits })
    }
    return true
  }

  return {
    settle(tallies, at) {
      const unknown: string[] = []
      if (tallies.length > 0) change(() => tallies.forEach((tally) => void (settle(tally, at) || unknown.push(tally.session))))
      return unknown
    },
    async settleEnded(most, tallyOf) {
      const unreadable: string[] = []
      for (const { session, at } of statements.unsettled.all(most)) {
        const tally = await tallyOf(session)
        if (!tally) unreadable.push(session)
        change(() => void (tally ? settle({ session, ...tally, final: true }, at) : statements.leave.run(session)))
      }
      return { left: statements.unsettled.all(1).length > 0, unreadable }
    },
  }
}
