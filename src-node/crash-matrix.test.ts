import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyRecording } from '../src-core/recording/verify-recording.ts'
import { messageRecordFixture, openRecordFixture } from '../src-core/recording/sealed-recording.fixture.ts'
import { verifierKeyOf } from '../src-core/log/signed-note.ts'
import { sessionId } from '../src-protocol/ids.ts'
import { AppError } from '../src-protocol/app-error.ts'
import { checkStore } from './check-store.ts'
import { systemClock } from './clock.ts'
import { failAt, type Failure, type FailingDisk } from './failing-disk.fixture.ts'
import { openLog, type LogEntryDraft } from './log-store.ts'
import { openRecordingStore } from './recording-store.ts'

const origin = 'gate.example/log'
const [privateKey, nextKey] = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey]
const session = sessionId.parse('ses_aaaaaaaaaaaaaaaa')
const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }

let folder: string
let disk: FailingDisk | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crash-matrix-'))
})
afterEach(async () => {
  disk?.restore()
  disk = undefined
  await rm(folder, { recursive: true, force: true })
})

const open = (at: string) => openLog({ folder: join(folder, at), origin, privateKey, nextKey, clock: systemClock })
const draft = (number: number): LogEntryDraft => ({ kind: 'identity', act: 'signed-in', person: `u-${number}` })

/** Each step of some work fails once, on a copy of its own. @returns what the steps were */
async function atEachStep<T extends { close(): Promise<unknown> }>(
  failure: Failure,
  attempt: {
    prepare: (at: string) => Promise<T>
    work: (on: T) => Promise<unknown>
    check: (at: string, failed: boolean) => Promise<void>
  },
): Promise<readonly string[]> {
  for (let step = 0; step < 300; step += 1) {
    const at = `step-${step}`
    const on = await attempt.prepare(at)
    disk = failAt(step, failure)
    await attempt.work(on)
    await on.close().catch(() => undefined)
    const { hasFailed, steps } = disk
    disk.restore()
    disk = undefined
    await attempt.check(at, hasFailed)
    if (!hasFailed) return steps
  }
  throw new Error('it never ends')
}

const codesOf = (refused: readonly unknown[]) => [
  ...new Set(refused.map((error) => (error instanceof AppError ? error.code : String(error)))),
]

// a disk that is full stands for every one that refuses: one that is read-only, or fails, throws at the same places
describe.for<Failure>(['crash', 'torn', 'ENOSPC'])('%s at every step of', (failure) => {
  /** opens it as the next start would, goes on, and has it checked as an auditor would */
  async function expectWhole(at: string, sizes: [least: number, most: number], acknowledged: ReadonlyMap<number, string>): Promise<void> {
    const log = await open(at)
    expect(log.size).toBeGreaterThanOrEqual(sizes[0])
    expect(log.size).toBeLessThanOrEqual(sizes[1])
    for (const [index, person] of acknowledged) expect(JSON.parse(Buffer.from(await log.entry(index)).toString())).toMatchObject({ person })
    const { index } = await log.append(draft(999))
    expect(await log.tlogProof(index)).toContain('c2sp.org/tlog-proof@v1')
    await log.close()
    const { findings } = await checkStore({ log: join(folder, at) }, verifierKeyOf(origin, privateKey))
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  }

  test('appending to the log, over the end of a tile', { timeout: 60_000 }, async () => {
    const full = await open('base')
    await Promise.all(Array.from({ length: 255 }, (_, number) => full.append(draft(number))))
    await full.close()
    let acknowledged = new Map<number, string>()
    let refused: unknown[] = []
    const steps = await atEachStep(failure, {
      async prepare(at) {
        acknowledged = new Map()
        refused = []
        await cp(join(folder, 'base'), join(folder, at), { recursive: true })
        return open(at)
      },
      async work(log) {
        for (const number of [1, 2]) {
          const done = await log.append(draft(number)).catch((error: unknown) => void refused.push(error))
          if (done) acknowledged.set(done.index, `u-${number}`)
        }
      },
      async check(at, failed) {
        // a partial tile that cannot be removed is no reason to refuse anything
        expect(codesOf(refused)).toEqual(acknowledged.size === 2 ? [] : ['LOG_UNAVAILABLE'])
        if (!failed) expect(acknowledged.size).toBe(2)
        await expectWhole(at, [255 + acknowledged.size, 257], acknowledged)
      },
    })
    expect(new Set(steps)).toEqual(new Set(['mkdir', 'open', 'write', 'sync', 'rename', 'rm']))
    expect(steps.length).toBeGreaterThan(30)
  })

  test('replacing the key of the log', { timeout: 60_000 }, async () => {
    const first = await open('base')
    await first.append(draft(1))
    await first.close()
    await atEachStep(failure, {
      async prepare(at) {
        await cp(join(folder, 'base'), join(folder, at), { recursive: true })
        return open(at)
      },
      work: (log) => log.rotate(nextKey).catch(() => undefined),
      check: (at, failed) => expectWhole(at, [failed ? 1 : 2, 2], new Map()),
    })
  })

  test('writing a recording', { timeout: 60_000 }, async () => {
    let acknowledged = new Set<number>()
    let refused: unknown[] = []
    const steps = await atEachStep(failure, {
      async prepare(at) {
        acknowledged = new Set()
        refused = []
        return openRecordingStore({ folder: join(folder, at), clock: systemClock })
      },
      async work(store) {
        try {
          const writer = await store.create(openRecordFixture({ session, counter: 1 }))
          acknowledged.add(0)
          for (let seq = 1; seq <= 3; seq += 1) {
            const { v: _v, seq: _seq, at: _at, ...record } = messageRecordFixture(seq)
            acknowledged.add(await writer.append(record))
          }
          await writer.close({ endReason: 'ended-by-operator', counts })
          acknowledged.add(4)
        } catch (error) {
          refused.push(error)
        }
      },
      async check(at, failed) {
        expect(codesOf(refused)).toEqual(acknowledged.size === 5 ? [] : ['RECORDING_UNAVAILABLE'])
        if (!failed) expect(acknowledged.size).toBe(5)
        await expectRecorded(at, acknowledged)
      },
    })
    expect(steps.filter((step) => step === 'write').length).toBeGreaterThanOrEqual(3)
  })

  /** what was acknowledged is there, and what is there can be sealed and proven */
  async function expectRecorded(at: string, acknowledged: ReadonlySet<number>): Promise<void> {
    const store = await openRecordingStore({ folder: join(folder, at), clock: systemClock })
    const [unsealed] = await store.recover()
    const seal = unsealed
      ? await unsealed.writer.close({ endReason: 'gateway-crash', counts: unsealed.counts })
      : await store.sealOf(session).catch(() => undefined)
    if (!seal) return expect(acknowledged.size).toBe(0)
    const text = await store.readText(session)
    const seqs = new Set(
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { seq: number }).seq),
    )
    expect(acknowledged.isSubsetOf(seqs)).toBe(true)
    const log = await openLog({ folder: join(folder, `${at}-log`), origin, privateKey, clock: systemClock })
    const { index } = await log.append({ kind: 'session.close', session, ...seal })
    const verification = verifyRecording({ recording: Buffer.from(text), proof: await log.tlogProof(index), key: log.verifierKey })
    expect(verification).toMatchObject({ verified: true })
    await log.close()
    await store.close()
  }
})

test('a folder that may not be written: the log says so, and does not open a second history', { timeout: 20_000 }, async () => {
  const log = await open('log')
  await log.append(draft(1))
  await log.close()
  const again = await open('log')
  disk = failAt(0, 'EROFS')
  await expect(again.append(draft(2))).rejects.toMatchObject({
    code: 'LOG_UNAVAILABLE',
    data: { problem: 'the folder may not be written' },
  })
  disk.restore()
  await expect(again.append(draft(2))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  await again.close()
  expect((await open('log')).size).toBe(1)
})

test('a clock that jumps changes no order and breaks no proof: entries stand as they were appended, and the audit names the jump', async () => {
  let now = Date.parse('2026-07-01T12:00:00Z')
  const log = await openLog({ folder: join(folder, 'log'), origin, privateKey, clock: { now: () => new Date(now) } })
  for (const hours of [0, 24, -48, 1]) {
    now += hours * 3_600_000
    await log.append(draft(hours))
  }
  await log.close()
  const { entries, findings } = await checkStore({ log: join(folder, 'log') }, verifierKeyOf(origin, privateKey))
  expect([entries, findings.map(({ code, place, severity }) => [severity, code, place])]).toEqual([
    4,
    [['note', 'clock-backwards', 'entry 2']],
  ])
})
