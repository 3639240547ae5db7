import { AppError } from '../../src-protocol/app-error.ts'
import type { HttpOutput } from '../../src-protocol/http-api.ts'
import type { ApprovalId, SessionId } from '../../src-protocol/ids.ts'
import { waitingBounds, type ApprovalOutcome, type OverviewApprovalsQuery } from '../../src-protocol/overview.ts'
import type { OverviewDatabase } from './overview-database.ts'

interface Row {
  approval: ApprovalId
  session: SessionId
  connection: string
  tool: string
  requester: string
  requested_at: string
  outcome: ApprovalOutcome
  settled_at: string | null
  waited_ms: number | null
  deciders: string
}

const pageSize = 100

/** The requests behind a number of the overview, the latest first. @throws AppError INVALID_REQUEST */
export function createApprovalRows(database: OverviewDatabase, personOf: (sub: string) => { sub: string; name: string }) {
  return ({ from, to, outcome, waited, cursor }: OverviewApprovalsQuery): HttpOutput<'overviewApprovals'> => {
    const conditions = ["requested_at >= @from AND requested_at < date(@to, '+1 day')"]
    if (outcome !== undefined) conditions.push('outcome = @outcome')
    const values: Record<string, string | number> = { from, to, limit: pageSize + 1, ...(outcome !== undefined && { outcome }) }
    if (waited !== undefined) {
      conditions.push("outcome IN ('approved', 'denied')")
      const most = waitingBounds[waited]
      const least = waited === 0 ? undefined : waitingBounds[waited - 1]
      if (most !== undefined) conditions.push(`waited_ms <= ${most * 1000}`)
      if (least !== undefined) conditions.push(`waited_ms > ${least * 1000}`)
    }
    if (cursor !== undefined) {
      const [before, id, ...rest] = cursor.split(' ')
      if (before === undefined || id === undefined || rest.length > 0)
        throw new AppError('INVALID_REQUEST', { problem: 'cursor: not one that a page named as next' })
      conditions.push('(requested_at, approval) < (@before, @id)')
      Object.assign(values, { before, id })
    }
    const found = database
      .prepare<[object], Row>(
        `SELECT * FROM approval WHERE ${conditions.join(' AND ')} ORDER BY requested_at DESC, approval DESC LIMIT @limit`,
      )
      .all(values)
    const rows = found.slice(0, pageSize)
    const last = found.length > pageSize ? rows.at(-1) : undefined
    return {
      rows: rows.map((row) => ({
        approval: row.approval,
        session: row.session,
        connection: row.connection,
        tool: row.tool,
        requester: personOf(row.requester),
        requestedAt: row.requested_at,
        outcome: row.outcome,
        ...(row.settled_at !== null && { settledAt: row.settled_at }),
        ...(row.waited_ms !== null && { waitedSeconds: row.waited_ms / 1000 }),
        deciders: (JSON.parse(row.deciders) as string[]).map(personOf),
      })),
      ...(last && { next: `${last.requested_at} ${last.approval}` }),
    }
  }
}
