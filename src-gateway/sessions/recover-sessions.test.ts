import { generateKeyPairSync } from 'node:crypto'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
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

const recover = () =>
  recoverSessions({ store, index, log, recordings, clock: systemClock, gateway: 'http://gateway', logger: pino({ level: 'silent' }) })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-recover-'))
  session = newSessionId()
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
