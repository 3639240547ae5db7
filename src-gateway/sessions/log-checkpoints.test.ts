import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { LogEntryDraft, TransparencyLog } from '../../src-node/log-store.ts'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import type { RecordedSoFar } from '../../src-node/recording-writer.ts'
import type { LiveSession } from './live-session.ts'
import { logCheckpoints } from './log-checkpoints.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** A session whose records are on the disk when the test says so. */
function session(id: string) {
  const waiting: ((recorded: RecordedSoFar) => void)[] = []
  const own = {
    id,
    ended: undefined,
    recording: { count: 1, durable: () => new Promise<RecordedSoFar>((resolve) => waiting.push(resolve)) },
  }
  return {
    live: own as unknown as LiveSession,
    grow: () => void (own.recording.count += 1),
    write: async () => {
      for (const resolve of waiting.splice(0)) resolve({ count: own.recording.count, root: `root of ${own.recording.count}` })
      await settled()
    },
  }
}

function start(running: LiveSession[], append?: () => Promise<never>) {
  const scheduler = createManualScheduler()
  const logged: LogEntryDraft[] = []
  const log = { append: append ?? (async (draft: LogEntryDraft) => ({ index: logged.push(draft) })) } as unknown as TransparencyLog
  const checkpoints = logCheckpoints({ log, scheduler, logger: pino({ level: 'silent' }), checkpointSeconds: 30 }, () => running)
  return { scheduler, logged, checkpoints }
}

test('a root is logged once its records are on the disk, and again only when there are more', async () => {
  const { live, grow, write } = session('ses_a')
  const { scheduler, logged } = start([live])
  scheduler.run(30_000)
  await settled()
  expect(logged).toEqual([])
  await write()
  expect(logged).toEqual([{ kind: 'session.checkpoint', session: 'ses_a', count: 1, root: 'root of 1' }])
  scheduler.run(30_000)
  await write()
  expect(logged).toHaveLength(1)
  grow()
  scheduler.run(30_000)
  await write()
  expect(logged.at(-1)).toMatchObject({ count: 2 })
})

test('those of all sessions come in one turn, and a session that has ended has no more', async () => {
  const sessions = [session('ses_a'), session('ses_b'), session('ses_c')]
  Object.assign(sessions[2]?.live ?? {}, { ended: { reason: 'expired' } })
  const { scheduler, logged } = start(sessions.map(({ live }) => live))
  scheduler.run(30_000)
  for (const { write } of sessions) await write()
  expect(logged.map((entry) => 'session' in entry && entry.session)).toEqual(['ses_a', 'ses_b'])
})

test('a log that fails once is tried again; stopped, nothing waits', async () => {
  const { live, write } = session('ses_a')
  const { scheduler, checkpoints } = start([live], () => Promise.reject(new Error('full')))
  scheduler.run(30_000)
  await write()
  expect(scheduler.waiting).toEqual([30_000])
  checkpoints.stop()
  expect(scheduler.waiting).toEqual([])
})

test('stopped while one is under way, nothing follows', async () => {
  const { live, write } = session('ses_a')
  const { scheduler, checkpoints } = start([live])
  scheduler.run(30_000)
  checkpoints.stop()
  await write()
  expect(scheduler.waiting).toEqual([])
})
