import { generateKeyPairSync } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import { makeQuickFolder } from '../../src-node/quick-folder.fixture.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { openRecordingStore, type OpenDraft, type RecordingStore } from '../../src-node/recording-store.ts'
import type { RecordingWriter } from '../../src-node/recording-writer.ts'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { createRecordingIndex, type RecordingIndex } from '../recordings/recording-index.ts'
import { openState, type State } from '../state/state-database.ts'
import { recoverSessions } from './recover-sessions.ts'
import type { InterruptedSession } from './resume-session.ts'
import { createSessionStore, type SessionStore } from './session-store.ts'
import { idleArchive } from '../recordings/idle-archive.fixture.ts'
import { createRemovals } from '../retention/removals.ts'

const { privateKey } = generateKeyPairSync('ed25519')
export const person = { sub: 'mira', name: 'Mira', groups: [], roles: ['operator' as const] }
export const auditor = { sub: 'helene', name: 'Helene', groups: [], roles: ['auditor' as const] }

export let folder: string
export let state: State
export let log: TransparencyLog
export let recordings: RecordingStore
export let index: RecordingIndex
export let store: SessionStore
export let session: SessionId

/** of gateways that were killed, too: here their files would stay open */
let opened: RecordingStore[] = []

async function open(): Promise<void> {
  state = await openState(folder)
  log = await openLog({ folder: join(folder, 'log'), origin: 'gatehouse.example/log', privateKey, clock: systemClock })
  recordings = await openRecordingStore({ folder: join(folder, 'recordings'), clock: systemClock })
  opened.push(recordings)
  index = createRecordingIndex({
    database: state.database,
    recordings,
    log,
    archive: idleArchive,
    removals: createRemovals({ database: state.database, log }),
  })
  store = createSessionStore(state.database)
}

/** What a new process finds. */
export async function crash(): Promise<void> {
  await log.close()
  state.close()
  await open()
}

export const logger = pino({ level: 'silent' })
export const recover = () => recoverSessions({ store, index, log, recordings, clock: systemClock, gateway: 'http://gateway', logger })

/** what `resume` went on with */
export let wentOn: InterruptedSession[]
/** As a gateway that goes on with its sessions. */
export const resume = () => {
  const ports = { store, index, log, recordings, clock: systemClock, gateway: 'http://gateway', logger }
  return recoverSessions({ ...ports, resume: async (interrupted) => void wentOn.push(interrupted) })
}

/** A gateway's stores in a folder of their own, for each test. */
export function useStores(): void {
  beforeEach(async () => {
    folder = await makeQuickFolder('gatehouse-recover-')
    session = newSessionId()
    wentOn = []
    await open()
  })
  afterEach(async () => {
    for (const recorded of opened) await recorded.close()
    opened = []
    await log.close()
    state.close()
    await rm(folder, { recursive: true, force: true })
  })
}

/** Makes the steps that follow those of another session. */
export function nextSession(): void {
  session = newSessionId()
}

// the steps of a session's life, as open-session.ts and end-session.ts take them
export const numbered = () =>
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
export const logged = async (counter: number) => {
  const versions = { policyVersion: 'p', maskingVersion: 'm' }
  await log.append({ kind: 'session.open', session, counter, person: person.sub, connection: 'echo' as ConnectionName, ...versions })
  await store.logged(session)
}
export const recorded = (counter: number): Promise<RecordingWriter> => {
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
export const closed = (writer: RecordingWriter) =>
  writer.close({ endReason: 'ended-by-operator', counts: { allowed: 0, masked: 0, held: 0, denied: 0 } })

export async function entries(kind: LogEntry['kind']): Promise<LogEntry[]> {
  const all: LogEntry[] = []
  for (let at = 0; at < log.size; at += 1) all.push(JSON.parse(Buffer.from(await log.entry(at)).toString()) as LogEntry)
  return all.filter((entry) => entry.kind === kind)
}

export async function expectSealed(endReason: string): Promise<void> {
  const { summary, text, proof } = await index.handOut(session, auditor)
  expect(summary.endReason).toBe(endReason)
  expect(verifyRecording({ recording: Buffer.from(text), proof, key: log.verifierKey })).toMatchObject({ verified: true })
  expect(await store.find(session)).toMatchObject({ state: 'ended', endReason })
  expect(await store.unsealed()).toEqual([])
  expect((await entries('session.open')).length).toBeGreaterThan(0)
}
