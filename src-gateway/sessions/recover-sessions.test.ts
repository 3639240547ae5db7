import { generateKeyPairSync } from 'node:crypto'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { openRecordingStore, type OpenDraft, type RecordingStore } from '../../src-node/recording-store.ts'
import type { RecordingWriter } from '../../src-node/recording-writer.ts'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { createRecordingIndex, type RecordingIndex } from '../recordings/recording-index.ts'
import { openState, type State } from '../state/state-database.ts'
import { recoverSessions } from './recover-sessions.ts'
import type { InterruptedSession } from './resume-session.ts'
import { sealRecording } from './seal-session.ts'
import { createSessionStore, type SessionStore } from './session-store.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const person = { sub: 'mira', name: 'Mira', groups: [], roles: ['operator' as const] }
const auditor = { sub: 'helene', name: 'Helene', groups: [], roles: ['auditor' as const] }

let folder: string
let state: State
let log: TransparencyLog
let recordings: RecordingStore
let index: RecordingIndex
let store: SessionStore
let session: SessionId

async function open(): Promise<void> {
  state = await openState(folder)
  log = await openLog({ folder: join(folder, 'log'), origin: 'gatehouse.example/log', privateKey, clock: systemClock })
  recordings = await openRecordingStore({ folder: join(folder, 'recordings'), clock: systemClock })
  index = createRecordingIndex({ database: state.database, recordings, log })
  store = createSessionStore(state.database)
}

/** What a new process finds. */
async function crash(): Promise<void> {
  await log.close()
  state.close()
  await open()
}

const logger = pino({ level: 'silent' })
const recover = () => recoverSessions({ store, index, log, recordings, clock: systemClock, gateway: 'http://gateway', logger })

/** As a gateway that goes on with its sessions; what it went on with is kept. */
let wentOn: InterruptedSession[]
const resume = () => {
  const ports = { store, index, log, recordings, clock: systemClock, gateway: 'http://gateway', logger }
  return recoverSessions({ ...ports, resume: async (interrupted) => void wentOn.push(interrupted) })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-recover-'))
  session = newSessionId()
  wentOn = []
  await open()
})
afterEach(async () => {
  await log.close()
  state.close()
  await rm(folder, { recursive: true, force: true })
})

// the steps of a session's life, as open-session.ts and end-session.ts take them
const numbered = () =>
  store.insert({
    id: session,
    connection: 'echo',
    agent_id: 'agt_AAAAAAAAAAAAAAAA',
    agent_name: 'agent',
    server: 'echo',
    person_sub: person.sub,
    person: JSON.stringify(person),
    reason: 'a test',
    started_at: '2026-11-22T16:00:00.000Z',
    ends_at: '2026-11-22T17:00:00.000Z',
    ended_at: null,
    end_reason: null,
    client: null,
    policy_version: 'p',
    masking_version: 'm',
    records: 0,
    counts: JSON.stringify({ allowed: 0, masked: 0, held: 0, denied: 0 }),
    sign_in: 'sign-in',
    salt: '00',
    started: 0,
    stopped: 0,
    logged: 0,
    sealed: 0,
  })
const logged = async (counter: number) => {
  const versions = { policyVersion: 'p', maskingVersion: 'm' }
  await log.append({ kind: 'session.open', session, counter, person: person.sub, connection: 'echo' as ConnectionName, ...versions })
  await store.logged(session)
}
const recorded = (counter: number): Promise<RecordingWriter> => {
  const draft: OpenDraft = {
    session,
    counter,
    gateway: 'http://gateway',
    logOrigin: log.origin,
    person,
    connection: 'echo' as ConnectionName,
    agent: { id: 'agt_AAAAAAAAAAAAAAAA', name: 'agent' },
    server: 'echo',
    reason: 'a test',
    endsAt: '2026-11-22T17:00:00.000Z',
    policyVersion: 'p',
    maskingVersion: 'm',
  }
  return recordings.create(draft)
}
const closed = (writer: RecordingWriter) =>
  writer.close({ endReason: 'ended-by-operator', counts: { allowed: 0, masked: 0, held: 0, denied: 0 } })

async function entries(kind: LogEntry['kind']): Promise<LogEntry[]> {
  const all: LogEntry[] = []
  for (let at = 0; at < log.size; at += 1) all.push(JSON.parse(Buffer.from(await log.entry(at)).toString()) as LogEntry)
  return all.filter((entry) => entry.kind === kind)
}

async function expectSealed(endReason: string): Promise<void> {
  const { summary, text, proof } = await index.handOut(session, auditor)
  expect(summary.endReason).toBe(endReason)
  expect(verifyRecording({ recording: Buffer.from(text), proof, key: log.verifierKey })).toMatchObject({ verified: true })
  expect(await store.find(session)).toMatchObject({ state: 'ended', endReason })
  expect(await store.unsealed()).toEqual([])
  expect((await entries('session.open')).length).toBeGreaterThan(0)
}

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
      session = newSessionId()
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
    expect((await recover()).sealed).toBeGreaterThan(0)
    expect(await store.unsealed()).toEqual([])
    expect((await index.list({})).total).toBe(many)
  })
})

describe('a session that ran', () => {
  const file = () => join(folder, 'recordings', 'open', `${session}.jsonl`)
  const word = (text: string) => ({ kind: 'error' as const, code: 'INTERNAL', message: text })

  /** Its server was started, and four records are written, of which the log knows. */
  async function running(): Promise<RecordingWriter> {
    const counter = await numbered()
    await logged(counter)
    const writer = await recorded(counter)
    await store.started(session)
    for (const text of ['one', 'two', 'three']) await writer.append(word(text))
    await log.append({ kind: 'session.checkpoint', session, ...(await writer.durable()) })
    return writer
  }

  const lines = async () => (await readFile(file(), 'utf8')).trimEnd().split('\n')

  async function expectAltered(altered: { intact: number; logged: number; found: number } | undefined): Promise<void> {
    expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
    expect(wentOn).toEqual([])
    const { summary, text, proof } = await index.handOut(session, auditor)
    expect(summary.endReason).toBe('recording-altered')
    expect(JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ kind: 'close', ...(altered && { altered }) })
    expect(verifyRecording({ recording: Buffer.from(text), proof, key: log.verifierKey })).toMatchObject({
      verified: false,
      reason: 'recording-altered',
    })
    expect(await store.find(session)).toMatchObject({ state: 'ended', endReason: 'recording-altered' })
    expect(await store.unsealed()).toEqual([])
  }

  test('goes on where its recording ends, without the torn line', async () => {
    await running()
    await appendFile(file(), '{"v":1,"seq":4,"kind":"err')
    await crash()
    expect(await resume()).toEqual({ sealed: 0, resumed: 1 })
    const [interrupted] = wentOn
    expect(interrupted).toMatchObject({ cause: 'gateway-crash', row: { sign_in: 'sign-in', salt: '00' }, recording: { count: 4 } })
    expect(interrupted?.recording.tornBytes).toBeGreaterThan(0)
    await interrupted?.recording.writer.append(word('four'))
    const numbers = (await lines()).map((line) => (JSON.parse(line) as { seq: number }).seq)
    expect(numbers).toEqual([0, 1, 2, 3, 4])
  })

  test('and whose gateway was stopped, is told apart from a crash', async () => {
    await running()
    await store.stopped([session])
    await crash()
    await resume()
    expect(wentOn).toMatchObject([{ cause: 'gateway-stopped' }])
    await store.resumed(session)
    await crash()
    await resume()
    expect(wentOn.at(-1)).toMatchObject({ cause: 'gateway-crash' })
  })

  test('is sealed by a gateway that goes on with none', async () => {
    await running()
    await crash()
    expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
    await expectSealed('gateway-crash')
  })

  test('whose server was never started, is sealed', async () => {
    const counter = await numbered()
    await logged(counter)
    await recorded(counter)
    await crash()
    expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
    await expectSealed('gateway-crash')
  })

  test('and has ended, does not run again', async () => {
    await running()
    await store.failed(session, '2026-11-22T16:30:00.000Z')
    await crash()
    expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
    await expectSealed('recording-unavailable')
  })

  test('its salt is erased when it is sealed', async () => {
    await running()
    await crash()
    await recover()
    const row = await state.database.selectFrom('sessions').select('salt').where('id', '=', session).executeTakeFirstOrThrow()
    expect(row.salt).toBeNull()
  })

  describe('and whose recording is not the one of which the log knows, is sealed as altered', () => {
    test('records were cut off: a torn line does not excuse it', async () => {
      await running()
      await crash()
      await writeFile(file(), `${(await lines()).slice(0, 3).join('\n')}\n{"v":1,"se`)
      await expectAltered({ intact: 0, logged: 4, found: 3 })
    })

    test('and an earlier checkpoint tells what is as it was', async () => {
      const writer = await running()
      for (const text of ['four', 'five']) await writer.append(word(text))
      await log.append({ kind: 'session.checkpoint', session, ...(await writer.durable()) })
      await crash()
      await writeFile(file(), (await readFile(file(), 'utf8')).replace('five', 'nine'))
      await expectAltered({ intact: 4, logged: 6, found: 6 })
    })

    test('a record in the middle was taken out: what is left stays as it is', async () => {
      await running()
      await crash()
      await writeFile(file(), `${(await lines()).toSpliced(1, 1).join('\n')}\n`)
      await expectAltered({ intact: 0, logged: 4, found: 3 })
      expect(await recordings.readText(session)).toContain('three')
    })

    test('a word was changed', async () => {
      await running()
      await crash()
      await writeFile(file(), (await readFile(file(), 'utf8')).replace('two', 'owt'))
      await expectAltered({ intact: 0, logged: 4, found: 4 })
    })

    test('also if the state does not know the session any more', async () => {
      await running()
      await crash()
      await writeFile(file(), `${(await lines()).slice(0, 3).join('\n')}\n`)
      await state.database.deleteFrom('sessions').execute()
      expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
      expect((await index.handOut(session, auditor)).summary.endReason).toBe('recording-altered')
    })

    test('the file is gone, or empty', async () => {
      await running()
      await crash()
      await writeFile(file(), '')
      await expectAltered({ intact: 0, logged: 4, found: 0 })
    })

    test('somebody closed it', async () => {
      await running()
      await crash()
      const close = { v: 1, seq: 1, at: '2026-11-22T16:30:00.000Z', kind: 'close', session, endReason: 'ended-by-operator' }
      const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }
      await writeFile(file(), `${(await lines())[0]}\n${JSON.stringify({ ...close, counts })}\n`)
      await expectAltered(undefined)
    })

    test('and it was put among the finished ones', async () => {
      const writer = await running()
      await closed(writer)
      await crash()
      const finished = join(folder, 'recordings', session.slice(4, 6), `${session}.jsonl`)
      await writeFile(finished, (await readFile(finished, 'utf8')).replace('two', 'owt'))
      await expectAltered(undefined)
    })
  })
})
