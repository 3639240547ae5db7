import type { Selectable } from 'kysely'
import type { Clock } from '../../src-node/clock.ts'
import { timestampOf } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { StorageHealth } from '../../src-protocol/storage.ts'
import type { Removals } from '../retention/removals.ts'
import type { RecordingRow } from '../state/schema.ts'
import type { LogListener } from '../state/replay-log.ts'
import type { StateDatabase } from '../state/state-database.ts'
import type { ArchiveThread } from './archive-thread.ts'
import type { NoteFinding } from './note-finding.ts'
import { sealedAs } from './sealed-as.ts'

/** Holds stored recordings against the log, slowly, all the time: what somebody changed on the disk is found before an auditor asks for it. */
export interface RecordingScan {
  /** what the log says of earlier passes */
  listener: LogListener
  start(): void
  status(): StorageHealth['scan']
  close(): Promise<void>
}

export interface RecordingScanPorts {
  database: StateDatabase
  thread: ArchiveThread
  log: Pick<TransparencyLog, 'entry' | 'append'>
  bytesPerSecond: number
  /** from the end of one pass to the beginning of the next */
  everyHours: number
  /** from the start of the gateway to the first pass: others have more to do then */
  firstAfterMs?: number
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  removals: Removals
  onFinding: NoteFinding
}

/** between two recordings, however small they are */
const shortestRestMs = 20
const hourMs = 3_600_000

export function createRecordingScan(ports: RecordingScanPorts): RecordingScan {
  const { database, thread, log, bytesPerSecond, everyHours, firstAfterMs = 5000, clock, scheduler, logger, removals, onFinding } = ports
  let pass: { startedAt: string; checked: number; findings: number; recordings: number } | undefined
  let last: StorageHealth['scan']['last']
  let working: Promise<void> | undefined
  let cancel = () => {}
  let closed = false
  const isOpen = () => !closed

  async function runPass(): Promise<void> {
    const started = { startedAt: timestampOf(clock.now()), checked: 0, findings: 0, recordings: await countKept() }
    pass = started
    let row = await next(-1)
    while (row && isOpen()) {
      const result = await look(row)
      if (result !== 'removed') {
        started.checked += 1
        if (result !== 'intact') {
          started.findings += 1
          // a finding is told once; it stays one
          if (row.finding !== result) await onFinding(row.session, result)
        }
      }
      await rest(result === 'removed' ? 1 : Math.max(shortestRestMs, (row.bytes / bytesPerSecond) * 1000))
      row = await next(row.log_index)
    }
    pass = undefined
    if (closed || started.checked === 0) return
    const { startedAt, checked: recordings, findings } = started
    await log.append({ kind: 'recording.scan', startedAt, recordings, findings })
    last = { startedAt, finishedAt: timestampOf(clock.now()), recordings, findings }
  }

  const next = (after: number) =>
    database.selectFrom('recordings').selectAll().where('log_index', '>', after).orderBy('log_index').limit(1).executeTakeFirst()

  /** That it was removed, too, is believed if the log says so, and not because the state does. */
  async function look(row: Selectable<RecordingRow>): Promise<'intact' | 'altered' | 'missing' | 'removed'> {
    if (row.removed_at !== null) {
      if (await removals.logged(row)) return 'removed'
      logger.error(
        { session: row.session, alarm: 'recording-altered' },
        'the state says that a recording was removed, and the log does not',
      )
      await database.updateTable('recordings').set({ removed_at: null, removed_index: null }).where('session', '=', row.session).execute()
    }
    const result = await thread.call('check', await sealedAs(log, row))
    return result === 'missing' && (await removals.search(row)) ? 'removed' : result
  }

  async function countKept(): Promise<number> {
    const { recordings } = await database
      .selectFrom('recordings')
      .where('removed_at', 'is', null)
      .select(({ fn }) => fn.countAll<number>().as('recordings'))
      .executeTakeFirstOrThrow()
    return recordings
  }

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const stop = scheduler.after(ms, resolve)
      cancel = () => {
        stop()
        resolve()
      }
    })

  function start(): void {
    if (closed) return
    working = runPass()
      .catch((error: unknown) => {
        if (isOpen()) logger.error({ err: error }, 'stored recordings could not be held against the log')
      })
      .finally(() => {
        pass = undefined
        working = undefined
        if (isOpen()) cancel = scheduler.after(everyHours * hourMs, start)
      })
  }

  return {
    listener: {
      mark: '"kind":"recording.scan"',
      note(entry) {
        if (entry.kind !== 'recording.scan') return
        const { startedAt, at, recordings, findings } = entry
        last = { startedAt, finishedAt: at, recordings, findings }
      },
    },
    start() {
      cancel = scheduler.after(firstAfterMs, start)
    },
    status: () => ({
      running: pass !== undefined,
      ...(pass && { startedAt: pass.startedAt }),
      checked: pass?.checked ?? 0,
      // counted once for a pass: with a million rows that takes a moment
      recordings: pass?.recordings ?? last?.recordings ?? 0,
      ...(last && { last }),
    }),
    async close() {
      closed = true
      cancel()
      await working
    },
  }
}
