import { existsSync } from 'node:fs'
import type { Logger } from '../../src-node/logger.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { RecordingQuery } from '../../src-protocol/recording-search.ts'
import type { StateDatabase } from '../state/state-database.ts'
import type { ArchiveThread } from './archive-thread.ts'
import type { FoundPage } from './archive-tasks.ts'
import type { NoteFinding } from './note-finding.ts'
import { sealedAs } from './sealed-as.ts'
import { searchFileOf } from './search-database.ts'

/** What is done with recordings once they are sealed, by and by, while nobody waits for it. What a crash leaves undone is done after the next start. */
export interface Archive {
  /** there is a recording that was not there before */
  sealed(): void
  find(query: RecordingQuery): Promise<FoundPage>
  /** recordings that are not indexed or compressed yet */
  backlog(): Promise<{ search: number; compression: number }>
  close(): Promise<void>
}

export interface ArchivePorts {
  database: StateDatabase
  thread: ArchiveThread
  log: Pick<TransparencyLog, 'entry'>
  /** folder of the recordings */
  folder: string
  compress: boolean
  scheduler: Scheduler
  logger: Logger
  /** from a sealed recording to the beginning of the work */
  settleMs?: number
  /** a recording is not the one of which the log knows */
  onFinding: NoteFinding
}

/** how it stands with a recording in the index: 0 is waiting */
const searched = { yes: 1, failed: 2 } as const

/** It rests as long as it worked, and no longer than this. */
const longestRestMs = 500

export function createArchive(ports: ArchivePorts): Archive {
  const { database, thread, log, folder, compress, scheduler, logger, settleMs = 1500 } = ports
  let working: Promise<void> | undefined
  let again = false
  let closed = false
  let endRest = () => {}
  let prepared = false
  /** log index of the last recording that was tried, in this round */
  let compressedTo = -1

  /** An index that is gone is made again: what was remembered of it does not count. */
  async function prepare(): Promise<void> {
    if (prepared) return
    const known = existsSync(searchFileOf(folder))
    const { fresh } = await thread.call('open', undefined)
    if (fresh || !known) await database.updateTable('recordings').set({ searched: 0 }).where('searched', '!=', 0).execute()
    prepared = true
  }

  const waiting = (column: 'searched' | 'stored_bytes') => {
    const kept = database.selectFrom('recordings').where('removed_at', 'is', null)
    return column === 'searched' ? kept.where('searched', '=', 0) : kept.where('stored_bytes', 'is', null).where('finding', 'is', null)
  }

  async function indexNext(): Promise<boolean> {
    const row = await waiting('searched').selectAll().orderBy('log_index', 'desc').limit(1).executeTakeFirst()
    if (!row) return false
    await prepare()
    const there = await tried(row.session, () =>
      thread.call('index', {
        logIndex: row.log_index,
        session: row.session,
        connection: row.connection,
        person: String((JSON.parse(row.person) as { sub: unknown }).sub),
        startedAt: row.started_at,
        endedAt: row.ended_at,
        bytes: row.bytes,
      }),
    )
    await database
      .updateTable('recordings')
      .set({ searched: there ? searched.yes : searched.failed })
      .where('session', '=', row.session)
      .execute()
    return true
  }

  async function compressNext(): Promise<boolean> {
    if (!compress) return false
    const row = await waiting('stored_bytes')
      .selectAll()
      .where('log_index', '>', compressedTo)
      .orderBy('log_index')
      .limit(1)
      .executeTakeFirst()
    if (!row) return false
    compressedTo = row.log_index
    const compression = await tried(row.session, async () => thread.call('compress', await sealedAs(log, row)))
    if (!compression) return true
    if (compression.state === 'compressed') {
      await database.updateTable('recordings').set({ stored_bytes: compression.bytes }).where('session', '=', row.session).execute()
    } else await ports.onFinding(row.session, compression.state)
    return true
  }

  /** One recording that cannot be worked on does not keep the others from it. */
  async function tried<T>(session: string, task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task()
    } catch (error) {
      if (closed) throw error
      logger.error({ err: error, session }, 'a recording could not be indexed or compressed')
      return undefined
    }
  }

  const rest = (ms: number, longest = longestRestMs) =>
    new Promise<void>((resolve) => {
      const cancel = scheduler.after(Math.min(ms, longest), resolve)
      endRest = () => {
        cancel()
        resolve()
      }
    })

  async function work(): Promise<void> {
    do {
      again = false
      compressedTo = -1
      await untilDone(indexNext)
      await untilDone(compressNext)
    } while (isWanted())
  }

  async function untilDone(next: () => Promise<boolean>): Promise<void> {
    for (let started = performance.now(); isOpen() && (await next()); started = performance.now()) {
      if (isOpen()) await rest(performance.now() - started)
    }
  }

  const isOpen = () => !closed
  const isWanted = () => again && !closed

  function sealed(): void {
    if (closed) return
    again = true
    // what ends together is worked on together, and a gateway that stops at once starts no thread for it
    working ??= rest(settleMs, settleMs)
      .then(work)
      .catch((error: unknown) => {
        if (!closed) logger.error({ err: error }, 'recordings could not be indexed or compressed; it is tried again with the next one')
      })
      .finally(() => {
        working = undefined
      })
  }

  return {
    sealed,
    async find(query) {
      await prepare()
      // an index that was just made anew
      if ((await backlogOf('searched')) > 0) sealed()
      return thread.call('find', query)
    },
    backlog: async () => ({ search: await backlogOf('searched'), compression: compress ? await backlogOf('stored_bytes') : 0 }),
    async close() {
      closed = true
      endRest()
      await thread.close()
      await working
    },
  }

  async function backlogOf(column: 'searched' | 'stored_bytes'): Promise<number> {
    const { waits } = await waiting(column)
      .select(({ fn }) => fn.countAll<number>().as('waits'))
      .executeTakeFirstOrThrow()
    return waits
  }
}
