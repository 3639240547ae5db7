import { sql } from 'kysely'
import { approval as approvalSchema, vote as voteSchema, type Approval, type ApprovalState, type Vote } from '../../src-protocol/model.ts'
import type { ApprovalRow } from '../state/schema.ts'
import type { BrokenGlass } from '../break-glass/break-glass.ts'
import type { StateDatabase } from '../state/state-database.ts'

export interface ApprovalStore {
  /** `logIndex`: of the log entry that it was requested with */
  insert(approval: Approval, retryKey: string, logIndex: number): Promise<void>
  addVote(id: string, vote: Vote): Promise<void>
  /** False if the approval was no longer in the state `from`: somebody else was faster, and nothing was changed. */
  move(from: ApprovalState, to: Approval): Promise<boolean>
  find(id: string): Promise<Approval | undefined>
  logIndexOf(id: string): Promise<number | undefined>
  openByRetryKey(retryKey: string): Promise<Approval[]>
  open(session?: string): Promise<Approval[]>
  /** how often the same call was asked for */
  askedSince(retryKey: string, since: Date): Promise<number>
  newest(limit: number, requester?: string): Promise<Approval[]>
  /** earlier requests for the same connection, tool and rule */
  similar(call: { connection: string; tool: string; rule: string }, limit: number): Promise<Approval[]>
}

const openStates = ['pending', 'approved']

/** @param useOf which opening an approval goes back to, by the log */
export function createApprovalStore(database: StateDatabase, useOf: BrokenGlass['useOf'] = () => undefined): ApprovalStore {
  const rows = () => database.selectFrom('approvals').selectAll()

  async function withVotes(found: ApprovalRow[]): Promise<Approval[]> {
    if (found.length === 0) return []
    const ids = found.map(({ id }) => id)
    // as they were cast: the times that voters signed are by their own clocks
    const cast = sql`rowid`
    const votes = await database.selectFrom('votes').select(['approval', 'vote']).where('approval', 'in', ids).orderBy(cast).execute()
    return found.map((row) => {
      const own = votes.filter(({ approval }) => approval === row.id)
      return toApproval(
        row,
        own.map(({ vote }) => voteSchema.parse(JSON.parse(vote))),
        useOf(row.id)?.id,
      )
    })
  }

  return {
    async insert(approval, retryKey, logIndex) {
      const { id, state, session, requester, connection, tool, rule, requestedAt } = approval
      await database
        .insertInto('approvals')
        .values({
          id,
          state,
          session,
          requester: requester.sub,
          connection,
          tool,
          rule,
          retry_key: retryKey,
          requested_at: requestedAt,
          run_by: null,
          executed_at: null,
          void_reason: null,
          document: JSON.stringify(approval),
          log_index: logIndex,
          reported: null,
        })
        .execute()
    },

    async addVote(id, vote) {
      await database
        .insertInto('votes')
        .values({ approval: id, person_sub: vote.person.sub, at: vote.at, vote: JSON.stringify(vote) })
        .execute()
    },

    async move(from, { id, state, runBy, executedAt, voidReason, reported }) {
      const moved = await database
        .updateTable('approvals')
        .set({
          state,
          run_by: runBy ?? null,
          executed_at: executedAt ?? null,
          void_reason: voidReason ?? null,
          reported: reported ? JSON.stringify(reported) : null,
        })
        .where('id', '=', id)
        .where('state', '=', from)
        .executeTakeFirstOrThrow()
      return moved.numUpdatedRows === 1n
    },

    async find(id) {
      const [approval] = await withVotes(await rows().where('id', '=', id).execute())
      return approval
    },

    async logIndexOf(id) {
      const row = await database.selectFrom('approvals').select('log_index').where('id', '=', id).executeTakeFirst()
      return row?.log_index ?? undefined
    },

    openByRetryKey: async (retryKey) =>
      withVotes(await rows().where('retry_key', '=', retryKey).where('state', 'in', openStates).execute()),

    async open(session) {
      const all = rows().where('state', 'in', openStates)
      return withVotes(await (session === undefined ? all : all.where('session', '=', session)).execute())
    },

    async askedSince(retryKey, since) {
      const same = database.selectFrom('approvals').where('retry_key', '=', retryKey).where('requested_at', '>', since.toISOString())
      return Number((await same.select(({ fn }) => fn.countAll().as('count')).executeTakeFirstOrThrow()).count)
    },

    async newest(limit, requester) {
      const all = rows().orderBy('requested_at', 'desc').limit(limit)
      return withVotes(await (requester === undefined ? all : all.where('requester', '=', requester)).execute())
    },

    similar: async ({ connection, tool, rule }, limit) =>
      withVotes(
        await rows()
          .where('connection', '=', connection)
          .where('tool', '=', tool)
          .where('rule', '=', rule)
          .orderBy('requested_at', 'desc')
          .limit(limit)
          .execute(),
      ),
  }
}

function toApproval(row: ApprovalRow, votes: Vote[], brokeGlass: Approval['brokeGlass']): Approval {
  return approvalSchema.parse({
    ...(JSON.parse(row.document) as Approval),
    state: row.state,
    runBy: row.run_by ?? undefined,
    executedAt: row.executed_at ?? undefined,
    voidReason: row.void_reason ?? undefined,
    reported: row.reported === null ? undefined : (JSON.parse(row.reported) as Approval['reported']),
    votes,
    brokeGlass,
  })
}
