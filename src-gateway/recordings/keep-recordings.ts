import type { Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import { createCopyThread, createSecondCopy } from '../copy/second-copy.ts'
import { createRemovals } from '../retention/removals.ts'
import { createRetention, type Retention } from '../retention/retention.ts'
import type { LogListener } from '../state/replay-log.ts'
import type { StateDatabase } from '../state/state-database.ts'
import type { Witnesses } from '../state/witnesses.ts'
import { createArchive } from './archive.ts'
import { createArchiveThread } from './archive-thread.ts'
import { createNoteFinding } from './note-finding.ts'
import { createRecordingIndex, type RecordingIndex } from './recording-index.ts'
import { createRecordingParts, type RecordingParts } from './recording-parts.ts'
import { createRecordingScan } from './recording-scan.ts'
import { createStorage, type Storage } from './storage.ts'

/** What becomes of recordings after their sessions: found, handed out, compressed, looked at, copied, removed. */
export interface KeptRecordings {
  index: RecordingIndex
  parts: RecordingParts
  storage: Storage
  retention: Retention
  /** what learns from the log at start */
  listeners: readonly LogListener[]
  /** goes on with what an earlier run left undone; after the log was replayed */
  start(): Promise<void>
  close(): Promise<void>
}

/** @param ports.onChanged the state of the storage is another one */
export function keepRecordings(ports: {
  config: GatewayConfig
  database: StateDatabase
  log: TransparencyLog
  recordings: RecordingStore
  witnesses: Pick<Witnesses, 'cosigned'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  onChanged: () => void
}): KeptRecordings {
  const { config, database, log, recordings, witnesses, clock, scheduler, logger, onChanged } = ports
  const onFinding = createNoteFinding({ database, log, logger, onChanged })
  const thread = createArchiveThread({ folder: config.recordings, scheduler })
  const removals = createRemovals({ database, log })
  const { scanMegabytesPerSecond, scanEveryHours, minimumFreeMegabytes } = config.archive
  const scan = createRecordingScan({
    database,
    thread,
    log,
    bytesPerSecond: scanMegabytesPerSecond * 1_000_000,
    everyHours: scanEveryHours,
    clock,
    scheduler,
    logger,
    removals,
    onFinding,
  })
  const archive = createArchive({
    database,
    thread,
    log,
    folder: config.recordings,
    compress: config.archive.compression === 'zstd',
    scheduler,
    logger,
    onFinding,
  })
  const retention = createRetention({
    database,
    thread,
    log,
    removals,
    terms: config.archive.retention,
    releaseApprovals: config.archive.holds.releaseApprovals,
    compress: config.archive.compression === 'zstd',
    onFinding,
    onChanged,
    scheduler,
    logger,
  })
  const { copy: copied } = config.archive
  const copy =
    copied &&
    createSecondCopy({
      database,
      thread: createCopyThread({ recordings: config.recordings, log: config.log.folder, folder: copied.folder, scheduler }),
      log,
      removals,
      cosigned: () => witnesses.cosigned(),
      folder: copied.folder,
      compress: config.archive.compression === 'zstd',
      everyMs: copied.afterSeconds * 1000,
      alarmMs: copied.alarmMinutes * 60_000,
      scan: { bytesPerSecond: scanMegabytesPerSecond * 1_000_000, everyHours: scanEveryHours },
      clock,
      scheduler,
      logger,
      onChanged,
    })
  const storage = createStorage({
    database,
    recordings: config.recordings,
    logFolder: config.log.folder,
    log,
    archive,
    scan,
    copy,
    minimumFreeBytes: minimumFreeMegabytes * 1_000_000,
    clock,
    scheduler,
    logger,
    onChanged,
  })

  return {
    index: createRecordingIndex({ database, recordings, log, archive, removals }),
    parts: createRecordingParts({ database, recordings, log, removals }),
    storage,
    retention,
    listeners: [scan.listener, ...retention.listeners],
    async start() {
      archive.sealed()
      scan.start()
      await retention.start()
      copy?.start()
    },
    async close() {
      storage.close()
      const others = Promise.all([scan.close(), retention.close(), copy?.close()])
      await archive.close()
      await others
    },
  }
}
