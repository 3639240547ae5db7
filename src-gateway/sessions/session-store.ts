import { sql } from 'kysely'
import type { SessionId } from '../../src-protocol/ids.ts'
import { session as sessionSchema, type EndReason, type Session } from '../../src-protocol/model.ts'
import type { SessionRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'
import { toSession, type LiveSession } from './live-session.ts'

export interface SessionStore {
  /** Numbers the session: one more than the last, without a gap. */
  insert(row: Omit<SessionRow, 'counter' | 'ended_by'>): Promise<number>
  logged(id: SessionId): Promise<void>
  /** only while its number was not logged: the next session then gets it */
  withdraw(id: SessionId): Promise<void>
  /** in the log, but it could not be recorded */
  failed(id: SessionId, at: string): Promise<void>
  /** somebody else ends it: kept before its recording is closed, so that no crash in between lets it go on */
  ending(id: SessionId, end: { reason: EndReason; by: NonNullable<Session['endedBy']> }): Promise<void>
  close(live: LiveSession, sealed: boolean): Promise<void>
  find(id: string): Promise<Session | undefined>
  newest(limit: number, personSub?: string): Promise<Session[]>
  /** its server runs: from now on it outlives the gateway's process */
  started(id: SessionId): Promise<void>
  /** the gateway stops while they run */
  stopped(ids: readonly SessionId[]): Promise<void>
  /** the gateway goes on with it */
  resumed(id: SessionId): Promise<void>
  unsealed(): Promise<SessionRow[]>
  recovered(id: string, end: { at: string; reason: string; records: number; counts: string }): Promise<void>
}

export function createSessionStore(database: StateDatabase): SessionStore {
  return {
    async insert(row) {
      const inserted = await database
        .insertInto('sessions')
        .values({
          ...row,
          counter: sql<number>`(SELECT coalesce(max(counter), 0) + 1 FROM sessions)`,
        })
        .returning('counter')
        .executeTakeFirstOrThrow()
      return inserted.counter
    },

    async logged(id) {
      await database.updateTable('sessions').set({ logged: 1 }).where('id', '=', id).execute()
    },

    async withdraw(id) {
      await database.deleteFrom('sessions').where('id', '=', id).execute()
    },

    async failed(id, at) {
      await database.updateTable('sessions').set({ ended_at: at, end_reason: 'recording-unavailable' }).where('id', '=', id).execute()
    },

    async ending(id, { reason, by }) {
      await database
        .updateTable('sessions')
        .set({ end_reason: reason, ended_by: JSON.stringify(by) })
        .where('id', '=', id)
        .execute()
    },

    async close(live, sealed) {
      const session = toSession(live)
      await database
        .updateTable('sessions')
        .set({
          ended_at: session.endedAt ?? null,
          end_reason: session.endReason ?? null,
          client: session.client ?? null,
          records: session.records,
          counts: JSON.stringify(session.counts),
          sealed: sealed ? 1 : 0,
          salt: null,
        })
        .where('id', '=', live.id)
        .execute()
    },

    async find(id) {
      const row = await database.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
      return row && fromRow(row)
    },

    async newest(limit, personSub) {
      const query = database.selectFrom('sessions').selectAll().orderBy('counter', 'desc').limit(limit)
      const rows = await (personSub === undefined ? query : query.where('person_sub', '=', personSub)).execute()
      return rows.map(fromRow)
    },

    async started(id) {
      await database.updateTable('sessions').set({ started: 1 }).where('id', '=', id).execute()
    },

    async stopped(ids) {
      if (ids.length === 0) return
      await database.updateTable('sessions').set({ stopped: 1 }).where('id', 'in', ids).execute()
    },

    async resumed(id) {
      await database.updateTable('sessions').set({ stopped: 0 }).where('id', '=', id).execute()
    },

    unsealed: () => database.selectFrom('sessions').selectAll().where('sealed', '=', 0).orderBy('counter').execute(),

    async recovered(id, { at, reason, records, counts }) {
      await database
        .updateTable('sessions')
        .set({ ended_at: at, end_reason: reason, records, counts, sealed: 1, salt: null })
        .where('id', '=', id)
        .execute()
    },
  }
}

function fromRow(row: SessionRow): Session {
  return sessionSchema.parse({
    id: row.id,
    connection: row.connection,
    person: JSON.parse(row.person),
    reason: row.reason,
    startedAt: row.started_at,
    endsAt: row.ends_at,
    endedAt: row.ended_at ?? undefined,
    endReason: row.end_reason ?? undefined,
    ...(row.ended_by !== null && { endedBy: JSON.parse(row.ended_by) as unknown }),
    state: row.ended_at === null ? 'live' : 'ended',
    client: row.client ?? undefined,
    policyVersion: row.policy_version,
    maskingVersion: row.masking_version,
    records: row.records,
    counts: JSON.parse(row.counts),
  })
}
