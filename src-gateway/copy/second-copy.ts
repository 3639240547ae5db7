import { existsSync } from 'node:fs'
import { readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { parseBase64 } from '../../src-core/log/base64.ts'
import { verifyConsistency } from '../../src-core/log/merkle-proof.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import { problemOf } from '../../src-node/durable-file.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { randomText } from '../../src-node/random-id.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { CopyHealth } from '../../src-protocol/storage.ts'
import type { Removals } from '../retention/removals.ts'
import { sealedAs } from '../recordings/sealed-as.ts'
import { createTaskThread, type TaskThread } from '../recordings/task-thread.ts'
import type { StateDatabase } from '../state/state-database.ts'
import type { CopyTasks } from './copy-tasks.ts'
import { createCopyRescan } from './rescan-copy.ts'

/** Keeps a second copy of the evidence: log and finished recordings, and nothing else. */
export interface SecondCopy {
  start(): void
  /** brings the copy up to date. @throws what it failed with; the next round goes on where it stopped */
  round(): Promise<void>
  health(): Promise<CopyHealth>
  close(): Promise<void>
}

export interface SecondCopyPorts {
  database: StateDatabase
  thread: Pick<TaskThread<CopyTasks>, 'call' | 'close'>
  log: Pick<TransparencyLog, 'origin' | 'size' | 'checkpoint' | 'entry' | 'consistencyProof'>
  removals: Pick<Removals, 'logged'>
  cosigned: () => string | undefined
  folder: string
  compress: boolean
  everyMs: number
  alarmMs: number
  /** what was copied is read again, at most so fast, and so many hours after it was last read as a whole */
  scan: { bytesPerSecond: number; everyHours: number }
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  onChanged: () => void
  /** milliseconds that only ever grow */
  upMs?: () => number
}

export const createCopyThread = (options: { recordings: string; log: string; folder: string; scheduler: Scheduler }) => {
  const { scheduler, ...workerData } = options
  return createTaskThread<CopyTasks>({ name: 'copy', file: copyWorkerFile(), workerData, scheduler })
}

export function createSecondCopy(ports: SecondCopyPorts): SecondCopy {
  const {
    database,
    thread,
    log,
    folder,
    compress,
    everyMs,
    alarmMs,
    clock,
    scheduler,
    logger,
    onChanged,
    upMs = () => performance.now(),
  } = ports
  let cancel = () => {}
  let closed = false
  let working: Promise<void> | undefined
  let copied = 0
  let lastAt: string | undefined
  let failure: string | undefined
  /** since when something is not copied that should be */
  let behindSince: { at: string; upMs: number } | undefined = { at: timestampOf(clock.now()), upMs: upMs() }
  let alarmed = false
  const isOpen = () => !closed
  const bytesPerStep = (ports.scan.bytesPerSecond * everyMs) / 1000
  const rescan = createCopyRescan({ database, thread, log, bytesPerStep, everyHours: ports.scan.everyHours, logger, isOpen, upMs })

  const rows = () => database.selectFrom('recordings')
  const uncopied = () => {
    const kept = rows().where('copied', '=', 0).where('removed_at', 'is', null).where('finding', 'is', null)
    return compress ? kept.where('stored_bytes', 'is not', null) : kept
  }
  const copiedInVain = () => rows().where('copied', '=', 1).where('removed_at', 'is not', null)
  const note = (session: string, value: 0 | 1) =>
    database.updateTable('recordings').set({ copied: value }).where('session', '=', session).execute()

  /** @throws Error that says what is wrong with the folder, or with the log */
  async function open(): Promise<void> {
    const known = await database.selectFrom('recording_copy').select('mark').where('folder', '=', folder).executeTakeFirst()
    const newMark = randomText(32)
    const opened = await thread.call('open', { origin: log.origin, newMark, ...(known && { mark: known.mark }) })
    if (opened.state !== 'open') {
      throw new Error(
        opened.state === 'absent'
          ? 'the copy is not in its folder: its disk may not be mounted'
          : 'the folder holds something else than this copy',
      )
    }
    if (!known) {
      // another folder begins with nothing, whatever the one before it had
      await database.updateTable('recordings').set({ copied: 0 }).where('copied', '=', 1).execute()
      await database.insertInto('recording_copy').values({ folder, mark: opened.mark }).execute()
    }
    if (opened.head !== undefined) await assertContinues(opened.head)
  }

  async function assertContinues(note: string): Promise<void> {
    const there = readClaimedCheckpoint(note)
    const own = readClaimedCheckpoint(log.checkpoint())
    if (!there || !own) throw new Error('the checkpoint of the copy cannot be read')
    copied = there.size
    const proof = there.size <= own.size ? await log.consistencyProof(there.size, own.size) : undefined
    const path = proof?.flatMap((hash) => parseBase64(hash) ?? [])
    if (path && path.length === proof?.length && verifyConsistency(there, own, path)) return
    logger.error({ alarm: 'log-rolled-back', copied: there.size, entries: own.size }, 'the log does not continue the second copy of it')
    throw new Error('the log does not continue its copy: it was rolled back or forked, or the copy was written to')
  }

  async function work(): Promise<void> {
    await open()
    const checkpoint = log.checkpoint()
    const size = readClaimedCheckpoint(checkpoint)?.size ?? 0
    if (size > copied) {
      const cosigned = ports.cosigned()
      await thread.call('log', { checkpoint, ...(cosigned !== undefined && { cosigned }) })
      copied = size
    }
    let after = -1
    for (;;) {
      const row = await uncopied().selectAll().where('log_index', '>', after).orderBy('log_index').limit(1).executeTakeFirst()
      if (!row || closed) break
      after = row.log_index
      if ((await thread.call('recording', await sealedAs(log, row))) === 'copied') await note(row.session, 1)
    }
    for (let from = -1; ;) {
      const row = await copiedInVain().selectAll().where('log_index', '>', from).orderBy('log_index').limit(1).executeTakeFirst()
      if (!row || closed) break
      from = row.log_index
      // only what the copied log says was removed is removed from the copy; that the state says so is not enough
      const removed = await ports.removals.logged(row)
      if (!removed || removed.logIndex >= copied) continue
      await thread.call('remove', row.session)
      await note(row.session, 0)
    }
    lastAt = timestampOf(clock.now())
    await rescan.step()
  }

  async function round(): Promise<void> {
    try {
      await work()
      if (failure !== undefined) logger.info({}, 'the second copy can be written again')
      failure = undefined
    } catch (error) {
      if (closed) throw error
      const problem = error instanceof Error && !('code' in error) ? error.message : problemOf(error)
      if (failure !== problem) logger.error({ err: error, alarm: 'copy-failing' }, 'the second copy could not be brought up to date')
      failure = problem
      throw error
    } finally {
      if (isOpen()) await look()
    }
  }

  /** Whether it is behind, and for too long. */
  async function look(): Promise<{ waiting: number; entries: number }> {
    const [{ waiting }, { removals }] = await Promise.all([
      uncopied()
        .select(({ fn }) => fn.countAll<number>().as('waiting'))
        .executeTakeFirstOrThrow(),
      copiedInVain()
        .select(({ fn }) => fn.countAll<number>().as('removals'))
        .executeTakeFirstOrThrow(),
    ])
    const entries = Math.max(0, log.size - copied)
    const wasAlarmed = alarmed
    if (entries + waiting + removals === 0) [behindSince, alarmed] = [undefined, false]
    else if (failure === undefined && lastAt !== undefined && entries > 0 && waiting + removals === 0)
      behindSince = { at: lastAt, upMs: upMs() }
    else behindSince ??= { at: timestampOf(clock.now()), upMs: upMs() }
    alarmed = behindSince !== undefined && upMs() - behindSince.upMs >= alarmMs
    if (alarmed && !wasAlarmed)
      logger.error({ alarm: 'copy-behind', entries, waiting, since: behindSince?.at }, 'the second copy is behind')
    if (alarmed !== wasAlarmed) onChanged()
    return { waiting: waiting + removals, entries }
  }

  function tick(): void {
    if (closed) return
    cancel = scheduler.after(everyMs, tick)
    // a mount that hangs holds the round; that it is behind is still told
    if (working) return void look().catch(() => undefined)
    working = round()
      .catch(() => undefined)
      .finally(() => {
        working = undefined
      })
  }

  return {
    start() {
      cancel = scheduler.after(Math.min(everyMs, 5000), tick)
    },
    round,
    async health() {
      const { waiting, entries } = await look()
      return {
        state: failure !== undefined ? 'failing' : alarmed ? 'behind' : 'ok',
        folder,
        waiting,
        entries,
        ...(lastAt !== undefined && { lastAt }),
        ...(behindSince && { behindSince: behindSince.at }),
        ...(failure !== undefined && { failure }),
      }
    },
    async close() {
      closed = true
      cancel()
      await thread.close()
      await working
    },
  }
}

/** Beside this module while it runs from its sources, beside the command where it is bundled (build/cli.vite.config.ts). */
function copyWorkerFile(): URL {
  const source = new URL('copy-worker.ts', import.meta.url)
  return existsSync(source) ? source : new URL('copy-worker.js', import.meta.url)
}
