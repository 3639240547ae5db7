import type { Logger } from '../../src-node/logger.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { sealedAs } from '../recordings/sealed-as.ts'
import type { TaskThread } from '../recordings/task-thread.ts'
import type { StateDatabase } from '../state/state-database.ts'
import type { CopyTasks } from './copy-tasks.ts'

/** Holds what was copied against the store, some of it after each round, all of it again and again: a copy that rots is one only by name. */
export interface CopyRescan {
  /** looks at some of it; what is not as it was written is written again. @throws what the disk says */
  step(): Promise<void>
}

const hourMs = 3_600_000

export function createCopyRescan(ports: {
  database: StateDatabase
  thread: Pick<TaskThread<CopyTasks>, 'call'>
  log: Pick<TransparencyLog, 'entry' | 'checkpoint'>
  /** of recordings that one step reads */
  bytesPerStep: number
  everyHours: number
  logger: Logger
  isOpen: () => boolean
  upMs: () => number
}): CopyRescan {
  const { database, thread, log, bytesPerStep, everyHours, logger, isOpen, upMs } = ports
  /** where the pass that runs goes on */
  let after: number | undefined
  let nextAt = 0

  const next = (from: number) =>
    database
      .selectFrom('recordings')
      .selectAll()
      .where('copied', '=', 1)
      .where('removed_at', 'is', null)
      .where('finding', 'is', null)
      .where('log_index', '>', from)
      .orderBy('log_index')
      .limit(1)
      .executeTakeFirst()

  return {
    async step() {
      if (after === undefined) {
        if (upMs() < nextAt) return
        if ((await thread.call('rescanLog', { checkpoint: log.checkpoint() })) === 'mended')
          logger.error({ alarm: 'copy-altered' }, 'the second copy of the log was not as it was written; it was written again')
        after = -1
      }
      for (let bytes = 0; bytes < bytesPerStep && isOpen();) {
        const row = await next(after)
        if (!row) {
          after = undefined
          nextAt = upMs() + everyHours * hourMs
          return
        }
        if ((await thread.call('rescan', await sealedAs(log, row))) === 'mended')
          logger.error(
            { alarm: 'copy-altered', session: row.session },
            'the second copy of a recording was not as it was written; it was written again',
          )
        after = row.log_index
        bytes += row.stored_bytes ?? row.bytes
      }
    },
  }
}
