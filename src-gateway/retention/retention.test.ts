import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { createRetentionBook } from '../../src-core/retention/retention-book.ts'
import { checkStore } from '../../src-node/check-store.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import { makeQuickFolder } from '../../src-node/quick-folder.fixture.ts'
import { recordingPaths } from '../../src-node/recording-paths.ts'
import { openRecordingStore, type RecordingStore } from '../../src-node/recording-store.ts'
import { connectionName, sessionId, type SessionId } from '../../src-protocol/ids.ts'
import { logEntry } from '../../src-protocol/log-entry.ts'
import type { Person } from '../../src-protocol/model.ts'
import { retentionTerms, type HoldSelection } from '../../src-protocol/retention.ts'
import { createArchiveTasks } from '../recordings/archive-tasks.ts'
import type { ArchiveThread } from '../recordings/archive-thread.ts'
import { idleArchive } from '../recordings/idle-archive.fixture.ts'
import { createNoteFinding } from '../recordings/note-finding.ts'
import { createRecordingIndex, type RecordingIndex } from '../recordings/recording-index.ts'
import { createRecordingParts } from '../recordings/recording-parts.ts'
import { createRecordingScan } from '../recordings/recording-scan.ts'
import { sealRecording } from '../sessions/seal-session.ts'
import { openState, type State } from '../state/state-database.ts'
import { createRemovals } from './removals.ts'
import { createRetention, type Retention, type RetentionPorts } from './retention.ts'
import { alwaysADay, isShareSpent } from './remove-recordings.ts'

const day = 24 * 60 * 60 * 1000
const logger = pino({ level: 'silent' })
const { privateKey } = generateKeyPairSync('ed25519')
const idOf = (letter: string) => sessionId.parse(`ses_${letter.repeat(16)}`)
const terms = retentionTerms.parse({ days: 40, noticeDays: 3, connections: { 'kept-db': 'keep' } })
const named = (sub: string): Person => ({ sub, name: sub, groups: [], roles: ['administrator'] })

let folder: string
let recordingsFolder: string
let state: State
let log: TransparencyLog
let recordings: RecordingStore
let index: RecordingIndex
let retention: Retention
let wall: number
let up: number
let findings: string[]
let tasks: ReturnType<typeof createArchiveTasks>

/** The archive's tasks in this thread: what runs them is tried elsewhere. */
const thread: ArchiveThread = {
  call: (task, input) => (tasks[task] as (given: unknown) => Promise<never>)(input),
  close: () => Promise.resolve(),
}
const clock = { now: () => new Date(wall) }
const scheduler = { after: (_ms: number, task: () => void) => (queueMicrotask(task), () => undefined) }
const portsOf = () => ({ database: state.database, log, removals: createRemovals({ database: state.database, log }), thread, logger })
const openRetention = (changed: Partial<RetentionPorts> = {}) => {
  const noteFinding = createNoteFinding({ ...portsOf(), onChanged: () => undefined })
  return createRetention({
    ...portsOf(),
    terms,
    releaseApprovals: 1,
    compress: false,
    onFinding: (session, finding) => (findings.push(`${session} ${finding}`), noteFinding(session, finding)),
    onChanged: () => undefined,
    // its rounds are begun by the tests
    scheduler: { after: (ms, task) => (ms > 30_000 ? () => undefined : scheduler.after(ms, task)) },
    ...changed,
  })
}

beforeEach(async () => {
  folder = await makeQuickFolder('retention-')
  recordingsFolder = join(folder, 'recordings')
  ;[wall, up, findings] = [Date.parse('2026-01-01T00:00:00.000Z'), 0, []]
  state = await openState(folder)
  log = await openLog({ folder: join(folder, 'log'), origin: 'gate.example/log', privateKey, clock })
  recordings = await openRecordingStore({ folder: recordingsFolder, clock })
  tasks = createArchiveTasks(recordingsFolder)
  index = createRecordingIndex({ ...portsOf(), recordings, archive: idleArchive })
  await beat('start')
  retention = openRetention()
  await retention.start()
})
afterEach(async () => {
  await retention.close()
  tasks.close()
  await recordings.close()
  await log.close()
  state.close()
  await rm(folder, { recursive: true, force: true })
})

const beat = (moment: 'start' | 'interval' = 'interval') => log.append({ kind: 'heartbeat', moment, everySeconds: 86_400, upMs: up })
async function pass(days: number, { wallDays = days } = {}): Promise<void> {
  wall += wallDays * day
  up += days * day
  await beat()
}

let counter = 0
async function record(letter: string, { connection = 'orders-db', person = 'olivia' } = {}): Promise<SessionId> {
  const session = idOf(letter)
  counter += 1
  const open = openRecordFixture({ session, counter, connection: connectionName.parse(connection), at: clock.now().toISOString() })
  const { policyVersion, maskingVersion } = open
  open.person = { ...open.person, sub: person }
  await log.append({ kind: 'session.open', session, counter, person, connection: open.connection, policyVersion, maskingVersion })
  const writer = await recordings.create(open)
  const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(1)
  await writer.append(draft)
  const seal = await writer.close({ endReason: 'ended-by-operator', counts: { allowed: 0, masked: 0, held: 0, denied: 0 } })
  await sealRecording({ log, recordings, index }, session, seal)
  const row = await state.database.selectFrom('recordings').selectAll().where('session', '=', session).executeTakeFirstOrThrow()
  await thread.call('index', {
    logIndex: row.log_index,
    session,
    connection,
    person,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    bytes: row.bytes,
  })
  await state.database.updateTable('recordings').set({ searched: 1 }).where('session', '=', session).execute()
  await beat()
  return session
}

const fileOf = (session: SessionId) => recordingPaths(recordingsFolder, session).finished
const isStored = (session: SessionId) => existsSync(fileOf(session))
const rowOf = (session: SessionId) =>
  state.database.selectFrom('recordings').selectAll().where('session', '=', session).executeTakeFirstOrThrow()
const searched = async () => (await tasks.find({ text: 'select' })).found.map(({ session }) => session)
async function removals(): Promise<string[]> {
  const all = await Promise.all(Array.from({ length: log.size }, (_, at) => log.entry(at)))
  const entries = all.map((bytes) => logEntry.parse(JSON.parse(Buffer.from(bytes).toString())))
  return entries.flatMap((entry) => (entry.kind === 'recording.removed' ? [entry.session] : []))
}
async function audited(): Promise<{ removed: number; codes: string[] }> {
  const key = parseVerifierKey(log.verifierKey)
  if (!key.ok) throw new Error(key.problem)
  const check = await checkStore({ log: join(folder, 'log'), recordings: recordingsFolder }, key.key)
  const about = /^(?:removed|hold|recording)/
  return { removed: check.removed, codes: check.findings.map(({ code }) => code).filter((code) => about.test(code)) }
}

test('what is older than its rule says is removed: the entry, the file, what was searched, and the row; other recordings stay', async () => {
  const [old, held, other] = [await record('a'), await record('b', { connection: 'kept-db' }), await record('c')]
  expect((await searched()).toSorted()).toEqual([old, held, other])
  await pass(39)
  const young = await record('d')
  expect(await retention.round()).toBe(0)
  await pass(2)
  expect(await retention.round()).toBe(2)
  expect([old, held, other, young].map(isStored)).toEqual([false, true, false, true])
  expect(await removals()).toEqual([old, other])
  expect((await searched()).toSorted()).toEqual([held, young])
  expect(await audited()).toEqual({ removed: 2, codes: [] })
  const row = await rowOf(old)
  await expect(index.handOut(old, named('ada'))).rejects.toMatchObject({ code: 'RECORDING_REMOVED', data: { index: row.removed_index } })
  // nor part by part, and nobody is told to have taken it out
  const parts = createRecordingParts({ ...portsOf(), recordings })
  const before = log.size
  await expect(parts.part(old, 0, named('ada'))).rejects.toMatchObject({ code: 'RECORDING_REMOVED', data: { index: row.removed_index } })
  expect(log.size).toBe(before)
  expect((await parts.part(young, 0, named('ada'))).size).toBeGreaterThan(0)
  const { recordings: listed } = await index.list({})
  expect(listed.filter(({ removed }) => removed).map(({ session }) => session)).toEqual([other, old])
  expect(await retention.overview()).toMatchObject({ removed: { total: 2 }, next: [{ session: young }], rule: { countsFrom: 'now' } })
})

describe('nothing is removed', () => {
  test.for<[string, () => Promise<unknown>]>([
    ['when the clock is set forwards by a year', () => pass(5, { wallDays: 370 })],
    [
      'when the gateway was stopped, and the clock says for a year',
      async () => {
        wall += 365 * day
        await beat('start')
        await pass(5)
      },
    ],
    ['that is too young', () => pass(39)],
  ])('%s', async ([, happens]) => {
    const session = await record('a')
    await pass(0)
    await happens()
    expect(await retention.round()).toBe(0)
    expect([isStored(session), await removals()]).toEqual([true, []])
  })

  test('by a rule that is new, until its notice is over', async () => {
    await record('a')
    await pass(50)
    const stricter = openRetention({ terms: { ...terms, days: 30 } })
    await stricter.start()
    await beat()
    expect((await stricter.overview()).next).toMatchObject([{ waits: 'notice' }])
    expect(await stricter.round()).toBe(0)
    await pass(4)
    expect(await stricter.round()).toBe(1)
    await stricter.close()
    expect((await audited()).codes).toEqual([])
  })

  test('without a rule', async () => {
    await record('a')
    await pass(50)
    const without = openRetention({ terms: undefined })
    await without.start()
    expect(await without.round()).toBe(0)
    await without.close()
  })

  test('that was altered, or is gone already: both are findings, and neither is called removed by retention', async () => {
    const [altered, gone] = [await record('a'), await record('b')]
    await pass(50)
    await writeFile(fileOf(altered), (await readFile(fileOf(altered), 'utf8')).replace('SELECT', 'SELECt'))
    await rm(fileOf(gone))
    expect(await retention.round()).toBe(0)
    expect(findings).toEqual([`${altered} altered`, `${gone} missing`])
    expect(await removals()).toEqual([])
    expect((await audited()).codes.toSorted()).toEqual(['recording-differs', 'recording-missing'])
  })

  test.for<[string, (session: SessionId) => Promise<unknown>]>([
    ['its end', () => state.database.updateTable('recordings').set({ ended_at: '2020-01-01T00:00:00.000Z' }).execute()],
    ['another entry of the log', () => state.database.updateTable('recordings').set({ log_index: 1 }).execute()],
  ])('because somebody wrote into the state about %s', async ([, write]) => {
    const session = await record('a')
    await pass(30)
    await write(session)
    await retention.round().catch(() => undefined)
    expect([isStored(session), await removals()]).toEqual([true, []])
  })

  test('of a connection that is kept, or of a person that is held, because somebody wrote another one into the state', async () => {
    const [kept, held] = [await record('a', { connection: 'kept-db' }), await record('b', { person: 'otto' })]
    await retention.placeHold({ selection: { person: 'otto' }, reason: 'a lawsuit' }, named('ada'))
    await pass(50)
    const { database } = state
    await database
      .updateTable('recordings')
      .set({ connection: 'orders-db', person: JSON.stringify({ sub: 'olivia', name: 'O' }) })
      .execute()
    expect(await retention.round()).toBe(0)
    expect([isStored(kept), isStored(held), await removals()]).toEqual([true, true, []])
  })

  test('more in a day than the share that is allowed', () => {
    const book = createRetentionBook()
    const at = '2026-01-01T00:00:00.000Z'
    book.apply({ v: 1, at, kind: 'recording.retention', terms }, 0)
    const removed = {
      v: 1 as const,
      at,
      kind: 'recording.removed' as const,
      session: idOf('a'),
      count: 1,
      root: '',
      closed: 0,
      rule: 0,
      days: 40,
    }
    for (let index = 1; index <= alwaysADay; index += 1) book.apply({ ...removed }, index)
    expect([isShareSpent(book, 100), isShareSpent(book, 10_000)]).toEqual([true, false])
  })
})

describe('a crash', () => {
  test.for([1, 2, 3, 4] as const)('before step %i leaves nothing half done', async (at) => {
    const session = await record('a')
    await pass(50)
    const crash = () => new Error('the power is gone')
    const dying = openRetention({
      step(number) {
        if (number === at) throw crash()
      },
    })
    await expect(dying.round()).rejects.toThrow('the power is gone')
    await dying.close()
    expect([isStored(session), (await removals()).length]).toEqual([at < 4, at > 2 ? 1 : 0])
    // whoever audits it at this moment finds nothing missing
    expect((await audited()).codes).toEqual(at === 3 ? ['recording-kept'] : [])
    await retention.round()
    expect([isStored(session), await removals()]).toEqual([false, [session]])
    expect(await rowOf(session)).toMatchObject({ removed_index: log.size - 1 })
    expect((await audited()).codes).toEqual([])
  })

  test('of the state, which is restored: what the log says was removed is not missing', async () => {
    const session = await record('a')
    await pass(50)
    await retention.round()
    await state.database.updateTable('recordings').set({ removed_at: null, removed_index: null }).execute()
    await scanOnce()
    expect(findings).toEqual([])
    expect(await rowOf(session)).toMatchObject({ removed_at: expect.any(String) })
  })
})

test('a state that says that a recording was removed is not believed: the scan finds it missing', async () => {
  const session = await record('a')
  await pass(1)
  await rm(fileOf(session))
  await state.database.updateTable('recordings').set({ removed_at: clock.now().toISOString(), removed_index: 1 }).execute()
  expect((await index.list({})).recordings[0]?.removed).toBeUndefined()
  await scanOnce()
  expect(findings).toEqual([`${session} missing`])
})

async function scanOnce(): Promise<void> {
  const manual = createManualScheduler()
  const scan = createRecordingScan({
    ...portsOf(),
    bytesPerSecond: 1e9,
    everyHours: 1,
    clock,
    scheduler: { after: (ms, task) => (ms < 3000 ? scheduler.after(ms, task) : manual.after(ms, task)) },
    onFinding: async (session, finding) => void findings.push(`${session} ${finding}`),
  })
  scan.start()
  manual.run()
  await expect.poll(() => manual.waiting.length).toBe(1)
  await scan.close()
}

describe('a hold', () => {
  const holdOn = (selection: HoldSelection, by = 'ada') => retention.placeHold({ selection, reason: 'a lawsuit' }, named(by))

  test('keeps what it is about, until it is released', async () => {
    const [held, free] = [await record('a', { person: 'otto' }), await record('b')]
    const { id } = await holdOn({ person: 'otto' })
    await pass(50)
    expect(await retention.overview()).toMatchObject({ heldDue: 1, next: [{ session: free }], holds: [{ id, by: 'ada', approvals: 1 }] })
    await retention.round()
    expect([isStored(held), isStored(free)]).toEqual([true, false])
    expect(await retention.releaseHold(id, 'it is settled', named('ben'))).toMatchObject({
      released: { by: 'ben', reason: 'it is settled' },
    })
    await retention.round()
    expect(isStored(held)).toBe(false)
    expect((await audited()).codes).toEqual([])
    await expect(retention.releaseHold(id, 'once more', named('ben'))).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(retention.releaseHold('hld_0000000000000009', 'none', named('ben'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('that is placed while a recording is being looked at keeps it', async () => {
    const session = await record('a')
    await pass(50)
    const slow: RetentionPorts['thread'] = {
      call(task, input) {
        const meanwhile = task === 'examine' ? holdOn({ sessions: [session] }) : Promise.resolve()
        return meanwhile.then(() => thread.call(task, input))
      },
    }
    await retention.close()
    retention = openRetention({ thread: slow })
    expect(await retention.round()).toBe(0)
    expect([isStored(session), await removals()]).toEqual([true, []])
  })

  test('that takes two administrators is released by another one than the one who asked, and not after a refusal', async () => {
    retention = openRetention({ releaseApprovals: 2 })
    const { id } = await holdOn({ person: 'otto' })
    await expect(retention.refuseRelease(id, 'nobody asked', named('ben'))).rejects.toMatchObject({ code: 'CONFLICT' })
    const asked = await retention.releaseHold(id, 'it is settled', named('ada'))
    expect([asked.asked?.by, asked.released]).toEqual(['ada', undefined])
    await expect(retention.releaseHold(id, 'it is settled', named('ada'))).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect((await retention.refuseRelease(id, 'the appeal runs', named('ben'))).asked).toBeUndefined()
    expect((await retention.releaseHold(id, 'now it is', named('ben'))).released).toBeUndefined()
    expect((await retention.releaseHold(id, 'I agree', named('ada'))).released).toMatchObject({ by: 'ada' })
    expect((await audited()).codes).toEqual([])
  })
})
