import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import { recordingPaths } from '../../src-node/recording-paths.ts'
import { openRecordingStore, type RecordingStore } from '../../src-node/recording-store.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import type { StorageHealth } from '../../src-protocol/storage.ts'
import { createRemovals } from '../retention/removals.ts'
import { sealRecording } from '../sessions/seal-session.ts'
import { openState, type State } from '../state/state-database.ts'
import { createArchive, type Archive } from './archive.ts'
import { createArchiveTasks } from './archive-tasks.ts'
import type { ArchiveThread } from './archive-thread.ts'
import { createNoteFinding } from './note-finding.ts'
import { createRecordingIndex, type RecordingIndex } from './recording-index.ts'
import { createRecordingScan, type RecordingScan } from './recording-scan.ts'
import { createStorage } from './storage.ts'

const logger = pino({ level: 'silent' })
const idOf = (letter: string) => sessionId.parse(`ses_${letter.repeat(16)}`)

let folder: string
let recordingsFolder: string
let state: State
let log: TransparencyLog
let recordings: RecordingStore
let thread: ArchiveThread
let archive: Archive
let scan: RecordingScan
let index: RecordingIndex
let changes: number

/** The archive's tasks in this thread: what runs them is tried elsewhere. */
function threadHere(): ArchiveThread {
  let tasks: ReturnType<typeof createArchiveTasks> | undefined
  return {
    call(task, input) {
      tasks ??= createArchiveTasks(recordingsFolder)
      return (tasks[task] as (given: unknown) => Promise<never>)(input)
    },
    async close() {
      tasks?.close()
      tasks = undefined
    },
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upkeep-'))
  recordingsFolder = join(folder, 'recordings')
  const { privateKey } = generateKeyPairSync('ed25519')
  state = await openState(folder)
  log = await openLog({ folder: join(folder, 'log'), origin: 'gate.example/log', privateKey, clock: systemClock })
  recordings = await openRecordingStore({ folder: recordingsFolder, clock: systemClock })
  thread = threadHere()
  changes = 0
  const { database } = state
  const ports = { database, thread, log, scheduler: systemScheduler, logger }
  const onFinding = createNoteFinding({ ...ports, onChanged: () => (changes += 1) })
  const removals = createRemovals({ database, log })
  archive = createArchive({ ...ports, folder: recordingsFolder, compress: true, settleMs: 0, onFinding })
  scan = createRecordingScan({ ...ports, removals, bytesPerSecond: 1e9, everyHours: 1, firstAfterMs: 0, clock: systemClock, onFinding })
  index = createRecordingIndex({ database, recordings, log, archive, removals })
})
afterEach(async () => {
  const scanned = scan.close()
  await archive.close()
  await scanned
  await recordings.close()
  await log.close()
  state.close()
  await rm(folder, { recursive: true, force: true })
})

async function record(letter: string): Promise<void> {
  const session = idOf(letter)
  const writer = await recordings.create(openRecordFixture({ session }))
  for (let seq = 1; seq <= 3; seq += 1) {
    const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(seq)
    await writer.append(draft)
  }
  const seal = await writer.close({ endReason: 'ended-by-operator', counts: { allowed: 0, masked: 0, held: 0, denied: 0 } })
  await sealRecording({ log, recordings, index }, session, seal)
}

const done = async () => {
  await expect.poll(() => archive.backlog(), { timeout: 10_000 }).toEqual({ search: 0, compression: 0 })
}
const passes = () => expect.poll(() => scan.status().last, { timeout: 10_000 }).toBeDefined()
const entries = async () => {
  const all = await Promise.all(Array.from({ length: log.size }, (_, at) => log.entry(at)))
  return all.map((bytes) => JSON.parse(Buffer.from(bytes).toString()) as { kind: string })
}
const findings = async () => (await entries()).filter(({ kind }) => kind.startsWith('recording.'))

describe('after a session is sealed', () => {
  test('its recording is indexed and compressed', async () => {
    await record('a')
    await done()
    const row = await state.database.selectFrom('recordings').selectAll().executeTakeFirstOrThrow()
    expect(row.searched).toBe(1)
    expect(row.stored_bytes).toBeLessThan(row.bytes)
    expect((await archive.find({ text: 'select' })).found).toHaveLength(1)
  })

  test('what an earlier run left undone is done', async () => {
    await record('a')
    await done()
    await state.database.updateTable('recordings').set({ searched: 0, stored_bytes: null }).execute()
    archive.sealed()
    await done()
    expect((await archive.find({ text: 'select' })).found).toHaveLength(1)
  })

  test('a recording that was altered before it could be compressed stays, and is told', async () => {
    const { finished } = recordingPaths(recordingsFolder, idOf('a'))
    await archive.close()
    await record('a')
    const altered = (await readFile(finished, 'utf8')).replace('SELECT', 'SELECt')
    await writeFile(finished, altered)
    const { database } = state
    const ports = { database, thread, log, scheduler: systemScheduler, logger }
    const onFinding = createNoteFinding({ ...ports, onChanged: () => (changes += 1) })
    archive = createArchive({ ...ports, folder: recordingsFolder, compress: true, settleMs: 0, onFinding })
    archive.sealed()
    await expect.poll(() => changes, { timeout: 10_000 }).toBe(1)
    expect(await findings()).toMatchObject([{ kind: 'recording.finding', session: idOf('a'), finding: 'altered' }])
    expect(await readFile(finished, 'utf8')).toBe(altered)
  })
})

describe('the scan', () => {
  test('of recordings as they were sealed finds nothing, and the log says that there was one', async () => {
    await record('a')
    await record('b')
    await done()
    scan.start()
    await passes()
    expect(await findings()).toMatchObject([{ kind: 'recording.scan', recordings: 2, findings: 0 }])
    expect(changes).toBe(0)
  })

  test.for([
    ['altered', async (file: string) => writeFile(file, (await readFile(file)).subarray(0, -9))],
    ['missing', (file: string) => rm(file)],
  ] as const)('finds a recording that is %s, and tells it once', async ([finding, harm]) => {
    await record('a')
    await record('b')
    await done()
    await harm(recordingPaths(recordingsFolder, idOf('b')).compressed)
    scan.start()
    await passes()
    const told = [
      { kind: 'recording.finding', session: idOf('b'), finding },
      { kind: 'recording.scan', recordings: 2, findings: 1 },
    ]
    expect(await findings()).toMatchObject(told)
    scan.start()
    await expect.poll(async () => (await findings()).length, { timeout: 10_000 }).toBe(3)
    expect(await findings()).toMatchObject([...told, { kind: 'recording.scan', findings: 1 }])
    expect(changes).toBe(1)
  })
})

describe('the room for recordings', () => {
  let free: number
  const open = () =>
    createStorage({
      database: state.database,
      recordings: recordingsFolder,
      logFolder: join(folder, 'log'),
      log,
      archive,
      scan,
      minimumFreeBytes: 1000,
      clock: systemClock,
      scheduler: systemScheduler,
      logger,
      onChanged: () => (changes += 1),
      spaceOf: (of): Promise<StorageHealth['log']> => Promise.resolve({ freeBytes: of.endsWith('log') ? free : 1e9, totalBytes: 2e9 }),
    })

  test.for([
    [1e9, 'ok', 0],
    [3999, 'low', 1],
    [999, 'full', 1],
  ] as const)('of %i bytes is %s', async ([bytes, expected, told]) => {
    free = bytes
    const storage = open()
    const health = await storage.health()
    expect(health).toMatchObject({ state: expected, log: { freeBytes: bytes }, findings: [], scan: { running: false } })
    expect(health.writeMs).toBeGreaterThan(0)
    expect(changes).toBe(told)
    if (expected === 'full') expect(() => storage.assertRoom()).toThrow(expect.objectContaining({ code: 'STORAGE_LOW' }) as Error)
    else expect(() => storage.assertRoom()).not.toThrow()
    storage.close()
  })

  test('that comes back lets sessions begin again', async () => {
    free = 0
    const storage = open()
    await storage.health()
    expect(() => storage.assertRoom()).toThrow()
    free = 1e9
    await storage.health()
    expect(() => storage.assertRoom()).not.toThrow()
    storage.close()
  })
})
