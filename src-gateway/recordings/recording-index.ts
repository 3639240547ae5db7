import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Insertable, Selectable } from 'kysely'
import { AppError } from '../../src-protocol/app-error.ts'
import type { HttpInput, HttpOutput } from '../../src-protocol/http-api.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { RecordingQuery } from '../../src-protocol/recording-search.ts'
import { recordingSummary, type Person, type RecordingSummary } from '../../src-protocol/model.ts'
import type { Removals } from '../retention/removals.ts'
import type { RecordingRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'
import type { Archive } from './archive.ts'

/** Sealed recordings: which there are, and each with the proof that it is in the log. */
export interface RecordingIndex {
  add(summary: RecordingSummary, logIndex: number): Promise<void>
  list(page: HttpInput<'recordings'>): Promise<HttpOutput<'recordings'>>
  /**
   * Searches all of them, also in their messages. A search for words shows pieces of recordings: who saw them, and of which sessions, is in the log
   * before they are handed out; what was searched for is not.
   */
  search(query: RecordingQuery, by: Person): Promise<HttpOutput<'searchRecordings'>>
  /** Who takes a recording out of the gateway stands in the log before it is handed out. */
  handOut(session: SessionId, to: Person): Promise<HttpOutput<'recording'>>
}

const defaultPage = 100

export function createRecordingIndex(ports: {
  database: StateDatabase
  recordings: Pick<RecordingStore, 'readText'>
  log: TransparencyLog
  archive: Pick<Archive, 'sealed' | 'find' | 'backlog'>
  removals: Pick<Removals, 'logged'>
}): RecordingIndex {
  const { database, recordings, log, archive, removals } = ports
  /** Counted once: with a million rows it costs as much as the page. It is asked before the first insert can be, so none counts twice. */
  let total = database
    .selectFrom('recordings')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
    .then((row) => row.total)
  total.catch(() => {})

  return {
    async add(summary, logIndex) {
      const row: Insertable<RecordingRow> = {
        session: summary.session,
        connection: summary.connection,
        person: JSON.stringify(summary.person),
        reason: summary.reason,
        started_at: summary.startedAt,
        ended_at: summary.endedAt,
        end_reason: summary.endReason,
        records: summary.records,
        bytes: summary.bytes,
        counts: JSON.stringify(summary.counts),
        policy_version: summary.policyVersion,
        masking_version: summary.maskingVersion,
        log_index: logIndex,
      }
      const { numInsertedOrUpdatedRows = 0n } = await database
        .insertInto('recordings')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      total = total.then((before) => before + Number(numInsertedOrUpdatedRows))
      total.catch(() => {})
      archive.sealed()
    },

    async list({ cursor, limit }) {
      const size = Number(limit ?? defaultPage)
      const newest = database.selectFrom('recordings').selectAll().orderBy('log_index', 'desc').limit(size)
      const rows = await (cursor === undefined ? newest : newest.where('log_index', '<', cursorOf(cursor))).execute()
      const last = rows.at(-1)
      return {
        recordings: await Promise.all(rows.map(withRemoval)),
        total: await total,
        ...(rows.length === size && last && { next: String(last.log_index) }),
      }
    },

    async search(query, by) {
      const [{ found, next }, { search: waiting }] = await Promise.all([archive.find(query), archive.backlog()])
      const rows =
        found.length === 0
          ? []
          : await database
              .selectFrom('recordings')
              .selectAll()
              .where(
                'session',
                'in',
                found.map(({ session }) => session),
              )
              .execute()
      const known = new Map(rows.map((row) => [row.session, row]))
      const hits = found.flatMap(({ session, calls, excerpts }) => {
        const row = known.get(session)
        return row ? [{ summary: toSummary(row), calls, excerpts }] : []
      })
      if (query.text && hits.length > 0) {
        await log.append({ kind: 'view', act: 'search', by: by.sub, sessions: hits.map(({ summary }) => summary.session) })
      }
      return { hits, waiting, ...(next !== undefined && { next: String(next) }) }
    },

    async handOut(session, to) {
      const row = await database.selectFrom('recordings').selectAll().where('session', '=', session).executeTakeFirst()
      if (!row) throw new AppError('NOT_FOUND', { what: `A sealed recording of session ${session}` })
      const removed = await removals.logged(row)
      if (removed) throw new AppError('RECORDING_REMOVED', { session, at: removed.at, index: removed.logIndex })
      await log.append({ kind: 'export', by: to.sub, session })
      return { summary: toSummary(row), text: await recordings.readText(session), proof: await log.tlogProof(row.log_index) }
    },
  }

  async function withRemoval(row: Selectable<RecordingRow>): Promise<RecordingSummary> {
    const removed = await removals.logged(row)
    return { ...toSummary(row), ...(removed && { removed }) }
  }
}

function cursorOf(text: string): number {
  const cursor = Number(text)
  if (!Number.isSafeInteger(cursor)) throw new AppError('INVALID_REQUEST', { problem: 'cursor: not one that a page named as next' })
  return cursor
}

const toSummary = (row: Selectable<RecordingRow>): RecordingSummary =>
  recordingSummary.parse({
    session: row.session,
    connection: row.connection,
    person: JSON.parse(row.person),
    reason: row.reason,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    endReason: row.end_reason,
    records: row.records,
    bytes: row.bytes,
    counts: JSON.parse(row.counts),
    policyVersion: row.policy_version,
    maskingVersion: row.masking_version,
  })
