import type { VerdictCounts } from '../../src-protocol/model.ts'
import {
  approvalOutcome,
  waitingBounds,
  type ApprovalOutcome,
  type EvidenceGap,
  type Overview,
  type Period,
} from '../../src-protocol/overview.ts'
import type { OverviewDatabase } from './overview-database.ts'

export interface OverviewSums {
  overview(period: Period, at: string): Overview
  entries(period: Period): ReadonlyMap<string, number>
}

/** rows of "who used what" that one answer holds */
const accessRows = 100
const calls = 'sum(allowed) AS allowed, sum(masked) AS masked, sum(held) AS held, sum(denied) AS denied'
const badEnds = ['gateway-crash', 'recording-unavailable', 'recording-altered'] as const

interface AccessRow extends VerdictCounts {
  person: string
  connection: string
  sessions: number
}

/** Everything is a sum over days or hours: a period of a month reads some thousands of rows, however many sessions it had. */
export function createOverviewSums(database: OverviewDatabase, personOf: (sub: string) => { sub: string; name: string }): OverviewSums {
  const inPeriod = 'day BETWEEN @from AND @to'
  const statements = {
    access: database.prepare<[Period], AccessRow>(
      `SELECT person, connection, sum(sessions) AS sessions, ${calls} FROM access_day WHERE ${inPeriod}
       GROUP BY person, connection ORDER BY sum(allowed + masked + held + denied) DESC, sessions DESC, person, connection`,
    ),
    series: {
      hour: database.prepare<[Period], VerdictCounts & { at: string; sessions: number }>(
        `SELECT hour AS at, sessions, allowed, masked, held, denied FROM hour WHERE hour >= @from AND hour < date(@to, '+1 day') ORDER BY hour`,
      ),
      day: database.prepare<[Period], VerdictCounts & { at: string; sessions: number }>(
        `SELECT day AS at, sum(sessions) AS sessions, ${calls} FROM access_day WHERE ${inPeriod} GROUP BY day ORDER BY day`,
      ),
    },
    outcomes: database.prepare<[Period], { outcome: ApprovalOutcome; count: number }>(
      `SELECT outcome, count(*) AS count FROM approval WHERE requested_at >= @from AND requested_at < date(@to, '+1 day') GROUP BY outcome`,
    ),
    waits: database.prepare<[Period], { waited: number }>(
      `SELECT waited_ms AS waited FROM approval
       WHERE requested_at >= @from AND requested_at < date(@to, '+1 day') AND outcome IN ('approved', 'denied') ORDER BY waited_ms`,
    ),
    masks: database.prepare<[Period], { rule: string; values: number }>(
      `SELECT rule, sum(hits) AS "values" FROM mask_day WHERE ${inPeriod} GROUP BY rule ORDER BY sum(hits) DESC, rule`,
    ),
    ended: database.prepare<[Period & { reason: string }], { count: number }>(
      `SELECT count(*) AS count FROM session
       WHERE end_reason IN ('gateway-crash', 'recording-unavailable', 'recording-altered') AND end_reason = @reason
         AND opened_at >= @from AND opened_at < date(@to, '+1 day')`,
    ),
    missing: database.prepare<[Period], { count: number | null }>(
      `SELECT sum(last - first + 1) AS count FROM missing_number WHERE ${inPeriod}`,
    ),
    entries: database.prepare<[Period], { kind: string; entries: number }>(
      `SELECT kind, sum(entries) AS entries FROM entry_day WHERE ${inPeriod} GROUP BY kind`,
    ),
  }

  function gaps(period: Period): Overview['gaps'] {
    const counts: { gap: EvidenceGap; count: number }[] = [
      { gap: 'missing-number', count: statements.missing.get(period)?.count ?? 0 },
      ...badEnds.map((gap) => ({ gap, count: statements.ended.get({ ...period, reason: gap })?.count ?? 0 })),
    ]
    return counts
  }

  return {
    overview(period, at) {
      const access = statements.access.all(period)
      const grain = Date.parse(period.to) - Date.parse(period.from) <= 86_400_000 ? 'hour' : 'day'
      const outcomes = new Map(statements.outcomes.all(period).map(({ outcome, count }) => [outcome, count]))
      const waits = statements.waits.all(period).map(({ waited }) => waited / 1000)
      const middle = waits[Math.floor((waits.length - 1) / 2)]
      const longest = waits.at(-1)
      return {
        period,
        at,
        sessions: access.reduce((sum, row) => sum + row.sessions, 0),
        people: new Set(access.map(({ person }) => person)).size,
        calls: {
          allowed: access.reduce((sum, row) => sum + row.allowed, 0),
          masked: access.reduce((sum, row) => sum + row.masked, 0),
          held: access.reduce((sum, row) => sum + row.held, 0),
          denied: access.reduce((sum, row) => sum + row.denied, 0),
        },
        series: statements.series[grain].all(period).map((row) => ({ ...row, at: grain === 'hour' ? `${row.at}:00:00.000Z` : row.at })),
        grain,
        approvals: {
          outcomes: approvalOutcome.options.map((outcome) => ({ outcome, count: outcomes.get(outcome) ?? 0 })),
          waiting: countWaits(waits),
          ...(middle !== undefined && { medianSeconds: middle }),
          ...(longest !== undefined && { longestSeconds: longest }),
        },
        access: access.slice(0, accessRows).map(({ person, connection, sessions, allowed, masked, held, denied }) => ({
          person: personOf(person),
          connection,
          sessions,
          calls: { allowed, masked, held, denied },
        })),
        accessMore: Math.max(0, access.length - accessRows),
        masks: statements.masks.all(period),
        gaps: gaps(period),
      }
    },
    entries: (period) => new Map(statements.entries.all(period).map(({ kind, entries }) => [kind, entries])),
  }
}

function countWaits(waits: readonly number[]): number[] {
  const counts = Array.from({ length: waitingBounds.length + 1 }, () => 0)
  for (const waited of waits) {
    const bucket = waitingBounds.findIndex((bound) => waited <= bound)
    const at = bucket < 0 ? waitingBounds.length : bucket
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}
