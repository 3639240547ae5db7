import { mkdir, open, rm, statfs } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { StorageHealth } from '../../src-protocol/storage.ts'
import type { SecondCopy } from '../copy/second-copy.ts'
import type { StateDatabase } from '../state/state-database.ts'
import type { Archive } from './archive.ts'
import type { RecordingScan } from './recording-scan.ts'

/** Watches the disks that hold the evidence: a session that would fail in the middle is not begun. */
export interface Storage {
  /** @throws AppError STORAGE_LOW */
  assertRoom(): void
  health(): Promise<StorageHealth>
  close(): void
}

export interface StoragePorts {
  database: StateDatabase
  recordings: string
  logFolder: string
  log: Pick<TransparencyLog, 'onCheckpoint'>
  archive: Pick<Archive, 'backlog'>
  scan: Pick<RecordingScan, 'status'>
  copy?: Pick<SecondCopy, 'health'> | undefined
  minimumFreeBytes: number
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  /** it became another state, or there is a finding */
  onChanged: () => void
  /** stands for the disk in tests */
  spaceOf?: (folder: string) => Promise<StorageHealth['recordings']>
}

const lookEveryMs = 10_000
/** of the minimum: below it somebody should act */
const lowFactor = 4
const listedFindings = 50

export function createStorage(ports: StoragePorts): Storage {
  const { database, recordings, logFolder, minimumFreeBytes, clock, scheduler, logger, onChanged, spaceOf = spaceOnDisk } = ports
  let state: StorageHealth['state'] = 'ok'
  let least = Number.POSITIVE_INFINITY
  let checkpointAt: string | undefined
  let cancel = () => {}
  let closed = false
  const stopListening = ports.log.onCheckpoint(() => {
    checkpointAt = timestampOf(clock.now())
  })

  async function look(): Promise<Pick<StorageHealth, 'recordings' | 'log'>> {
    const [own, log] = await Promise.all([spaceOf(recordings), spaceOf(logFolder)])
    least = Math.min(own.freeBytes, log.freeBytes)
    const before = state
    state = least < minimumFreeBytes ? 'full' : least < minimumFreeBytes * lowFactor ? 'low' : 'ok'
    if (state !== before) {
      if (state === 'ok') logger.info({ freeBytes: least }, 'there is room for recordings again')
      else logger.error({ freeBytes: least, minimumFreeBytes, state }, 'the disk of the recordings or of the log fills up')
      onChanged()
    }
    return { recordings: own, log }
  }

  const tick = () => {
    look()
      .catch((error: unknown) => logger.error({ err: error }, 'the room for recordings is not known'))
      .finally(() => {
        if (!closed) cancel = scheduler.after(lookEveryMs, tick)
      })
  }
  tick()

  return {
    assertRoom() {
      if (state !== 'full') return
      throw new AppError('STORAGE_LOW', { free: Math.floor(least / 1_000_000), minimum: Math.floor(minimumFreeBytes / 1_000_000) })
    },
    async health() {
      const [space, writeMs, backlog, copy, findings] = await Promise.all([
        look(),
        timeDurableWrite(recordings),
        ports.archive.backlog(),
        ports.copy?.health(),
        database
          .selectFrom('recordings')
          .select(['session', 'finding'])
          .where('finding', 'is not', null)
          .orderBy('log_index', 'desc')
          .limit(listedFindings)
          .execute(),
      ])
      return {
        state,
        ...space,
        minimumFreeBytes,
        writeMs,
        ...(checkpointAt !== undefined && { checkpointAt }),
        backlog,
        scan: ports.scan.status(),
        findings: findings.map(({ session, finding }) => ({ session, finding: finding === 'missing' ? 'missing' : 'altered' })),
        ...(copy && { copy }),
      }
    },
    close() {
      closed = true
      cancel()
      stopListening()
    },
  }
}

async function spaceOnDisk(folder: string): Promise<StorageHealth['recordings']> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

/** As long as a record waits for the disk at this moment. */
async function timeDurableWrite(recordings: string): Promise<number> {
  const folder = join(recordings, 'search')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'probe')
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600)
  try {
    const started = performance.now()
    await file.write(Buffer.alloc(512))
    await file.datasync()
    return performance.now() - started
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}
