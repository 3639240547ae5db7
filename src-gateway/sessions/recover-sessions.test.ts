import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src-node/clock.ts'
import type { RecordingIndex } from '../recordings/recording-index.ts'
import { recoverSessions } from './recover-sessions.ts'
import { sealRecording } from './seal-session.ts'
import {
  auditor,
  folder,
  log,
  recordings,
  index,
  store,
  session,
  nextSession,
  crash,
  logger,
  recover,
  numbered,
  logged,
  recorded,
  closed,
  entries,
  expectSealed,
  useStores,
} from './recover-sessions.fixture.ts'

useStores()

test('a crash after the number: logged, recorded and sealed as never run', async () => {
  await numbered()
  await crash()
  expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
  await expectSealed('gateway-crash')
  expect(await entries('session.open')).toHaveLength(1)
})

test('a crash after the log entry: recorded and sealed', async () => {
  await logged(await numbered())
  await crash()
  expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
  await expectSealed('gateway-crash')
  expect(await entries('session.open')).toHaveLength(1)
})

test('a crash while it runs: closed where the recording ends, without the torn line', async () => {
  const counter = await numbered()
  await logged(counter)
  const writer = await recorded(counter)
  await writer.append({ kind: 'error', code: 'INTERNAL', message: 'the last that was durable' })
  await appendFile(join(folder, 'recordings', 'open', `${session}.jsonl`), '{"v":1,"seq":2,"kind":"err')
  await crash()
  expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
  await expectSealed('gateway-crash')
  const text = await recordings.readText(session)
  expect(text).toContain('the last that was durable')
  expect(text.trimEnd().split('\n')).toHaveLength(3)
})

test('a crash after the recording was closed: its root is logged, with the reason that it had', async () => {
  const counter = await numbered()
  await logged(counter)
  await closed(await recorded(counter))
  await crash()
  expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
  await expectSealed('ended-by-operator')
})

test('a crash after the root was logged: indexed', async () => {
  const counter = await numbered()
  await logged(counter)
  const { root, count, endReason } = await closed(await recorded(counter))
  await log.append({ kind: 'session.close', session, root, count, endReason })
  await crash()
  expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
  await expectSealed('ended-by-operator')
})

test('a crash after it was indexed changes nothing but the state', async () => {
  const counter = await numbered()
  await logged(counter)
  await sealRecording({ log, recordings, index }, session, await closed(await recorded(counter)))
  await crash()
  expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
  await expectSealed('ended-by-operator')
  expect((await index.list({})).total).toBe(1)
})

test('a recording that the state does not know is sealed all the same', async () => {
  await recorded(1)
  await crash()
  expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
  const { summary } = await index.handOut(session, auditor)
  expect(summary.endReason).toBe('gateway-crash')
})

test('twice is as good as once', async () => {
  await logged(await numbered())
  await crash()
  expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
  await crash()
  expect(await recover()).toEqual({ sealed: 0, resumed: 0 })
  await expectSealed('gateway-crash')
})

describe('many sessions', () => {
  const many = 40

  async function crashWithMany(): Promise<void> {
    for (let number = 0; number < many; number += 1) {
      nextSession()
      const counter = await numbered()
      // every fourth crashed before its number was logged
      if (counter % 4 === 0) continue
      await logged(counter)
      await recorded(counter)
    }
    await crash()
  }

  test('are all sealed, and those that were not in the log are logged in the order of their numbers', async () => {
    await crashWithMany()
    const before = (await entries('session.open')).length
    expect(await recover()).toEqual({ sealed: many, resumed: 0 })
    expect(await store.unsealed()).toEqual([])
    const added = (await entries('session.open')).slice(before)
    expect(added.map((entry) => entry.kind === 'session.open' && entry.counter)).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 36, 40])
    expect(await entries('session.close')).toHaveLength(many)
    expect((await index.list({})).total).toBe(many)
  })

  test('one that cannot be sealed keeps the gateway from starting, and nothing is written after that is told', async () => {
    await crashWithMany()
    let failed = false
    const failing: RecordingIndex = {
      ...index,
      async add(...row) {
        if (failed) return index.add(...row)
        failed = true
        throw new Error('the disk is full')
      },
    }
    const ports = { store, index: failing, log, recordings, clock: systemClock, gateway: 'http://gateway', logger }
    await expect(recoverSessions(ports)).rejects.toThrow('the disk is full')
    const size = log.size
    expect((await entries('session.close')).length).toBeLessThan(many)
    await new Promise((resolve) => setImmediate(resolve))
    expect(log.size).toBe(size)
    // and the next start finishes it
    await crash()
    expect((await recover()).sealed).toBeGreaterThan(0)
    expect(await store.unsealed()).toEqual([])
    expect((await index.list({})).total).toBe(many)
  })
})
