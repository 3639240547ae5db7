import { expect, test, vi } from 'vitest'
import type { LogEntryDraft } from '../../src-node/log-store.ts'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { startHeartbeats } from './log-heartbeats.ts'

function setUp(fails: () => boolean = () => false) {
  const written: LogEntryDraft[] = []
  const scheduler = createManualScheduler()
  const logger = { warn: vi.fn<(...given: unknown[]) => void>() }
  let up = 1000.4
  const log = {
    async append(draft: LogEntryDraft) {
      if (fails()) throw new AppError('LOG_UNAVAILABLE', { problem: 'the disk is full' })
      written.push(draft)
      return { index: written.length - 1 }
    },
  }
  const start = () => startHeartbeats({ log, everyMinutes: 10, scheduler, logger: logger as never, upMs: () => (up += 600_000) })
  return { written, scheduler, logger, start }
}

test('a heartbeat at the start, at each interval and at the stop, and none after it', async () => {
  const { written, scheduler, start } = setUp()
  const stop = await start()
  scheduler.run(600_000)
  scheduler.run(600_000)
  await stop()
  expect(scheduler.waiting).toEqual([])
  expect(written.map((draft) => 'moment' in draft && [draft.moment, draft.everySeconds, draft.upMs])).toEqual([
    ['start', 600, 601_000],
    ['interval', 600, 1_201_000],
    ['interval', 600, 1_801_000],
    ['stop', 600, 2_401_000],
  ])
})

test('a log that cannot be written keeps the gateway from starting, and neither from running nor from stopping', async () => {
  let broken = true
  const { written, scheduler, logger, start } = setUp(() => broken)
  await expect(start()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  broken = false
  const stop = await start()
  broken = true
  scheduler.run(600_000)
  await stop()
  expect(written).toHaveLength(1)
  expect(logger.warn).toHaveBeenCalledTimes(2)
})
