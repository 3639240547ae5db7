import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { checkStore } from '../../src-node/check-store.ts'
import { systemClock } from '../../src-node/clock.ts'
import { compressRecording } from '../../src-node/compress-recording.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import { makeQuickFolder } from '../../src-node/quick-folder.fixture.ts'
import { recordingPaths } from '../../src-node/recording-paths.ts'
import { openRecordingStore, type RecordingStore } from '../../src-node/recording-store.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import { sessionId, type SessionId } from '../../src-protocol/ids.ts'
import { idleArchive } from '../recordings/idle-archive.fixture.ts'
import { createRecordingIndex, type RecordingIndex } from '../recordings/recording-index.ts'
import type { TaskThread } from '../recordings/task-thread.ts'
import { createRemovals } from '../retention/removals.ts'
import { sealRecording } from '../sessions/seal-session.ts'
import { openState, type State } from '../state/state-database.ts'
import { createCopyTasks, type CopyTasks } from './copy-tasks.ts'
import { folderTarget, type CopyTarget } from './copy-target.ts'
import { createCopyThread, createSecondCopy, type SecondCopy } from './second-copy.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const canary = 'canary-of-a-secret'
const idOf = (counter: number) => sessionId.parse(`ses_${String(counter).padStart(16, '0')}`)

let folder: string
let state: State
let log: TransparencyLog
let recordings: RecordingStore
let index: RecordingIndex
let copy: SecondCopy
let alarms: unknown[]
let up: number
const at = (...parts: string[]) => join(folder, ...parts)

const logger = pino({ level: 'error' }, { write: (line: string) => void alarms.push((JSON.parse(line) as { alarm: unknown }).alarm) })
/** The tasks in this thread; that a thread does them is tried once. */
function threadHere(change: (target: CopyTarget) => CopyTarget = (target) => target): Pick<TaskThread<CopyTasks>, 'call' | 'close'> {
  const tasks = createCopyTasks(change(folderTarget(at('copy'))), { recordings: at('recordings'), log: at('log') })
  return { call: (task, input) => (tasks[task] as (given: unknown) => Promise<never>)(input), close: () => Promise.resolve() }
}
const openCopy = (thread: Pick<TaskThread<CopyTasks>, 'call' | 'close'> = threadHere()) =>
  createSecondCopy({
    database: state.database,
    thread,
    log,
    removals: createRemovals({ database: state.database, log }),
    cosigned: () => undefined,
    folder: at('copy'),
    compress: true,
    everyMs: 1000,
    alarmMs: 60_000,
    scan: { bytesPerSecond: 1e9, everyHours: 1 },
    clock: systemClock,
    scheduler: systemScheduler,
    logger,
    onChanged: () => undefined,
    upMs: () => up,
  })

beforeEach(async () => {
  folder = await makeQuickFolder('second-copy-')
  ;[alarms, up] = [[], 0]
  mkdirSync(at('data'))
  mkdirSync(at('copy'))
  state = await openState(at('data'))
  log = await openLog({ folder: at('log'), origin: 'gate.example/log', privateKey, clock: systemClock })
  recordings = await openRecordingStore({ folder: at('recordings'), clock: systemClock })
  index = createRecordingIndex({
    database: state.database,
    recordings,
    log,
    archive: idleArchive,
    removals: createRemovals({ database: state.database, log }),
  })
  copy = openCopy()
})
afterEach(async () => {
  await copy.close()
  await recordings.close()
  await log.close()
  state.close()
  await rm(folder, { recursive: true, force: true })
})

async function record(counter: number): Promise<SessionId> {
  const session = idOf(counter)
  const open = openRecordFixture({ session, counter })
  const { connection, policyVersion, maskingVersion } = open
  await log.append({ kind: 'session.open', session, counter, person: open.person.sub, connection, policyVersion, maskingVersion })
  const writer = await recordings.create(open)
  const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(1)
  await writer.append(draft)
  const seal = await writer.close({ endReason: 'ended-by-operator', counts: { allowed: 0, masked: 0, held: 0, denied: 0 } })
  await sealRecording({ log, recordings, index }, session, seal)
  const compressed = await compressRecording(at('recordings'), session, seal)
  if (compressed.state !== 'compressed') throw new Error(compressed.state)
  await state.database.updateTable('recordings').set({ stored_bytes: compressed.bytes }).where('session', '=', session).execute()
  return session
}

/** As whoever finds the copy does: `gatehouse log check` on it. */
async function check(from = at('copy')): Promise<{ entries: number; recordings: number; errors: string[] }> {
  const key = parseVerifierKey(log.verifierKey)
  if (!key.ok) throw new Error(key.problem)
  const {
    entries,
    recordings: found,
    findings,
  } = await checkStore({ log: join(from, 'log'), recordings: join(from, 'recordings') }, key.key)
  return { entries, recordings: found, errors: findings.filter(({ severity }) => severity === 'error').map(({ code }) => code) }
}
const copiedFiles = () =>
  readdirSync(at('copy'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(at('copy').length + 1))

test('log and finished recordings are copied, grow together, and are audited as the store itself is; nothing else is there', async () => {
  for (const place of [
    'recordings/search/words.db',
    'recordings/open/stray',
    'recordings/stray.jsonl',
    'log/key.pem',
    'data/log-key.pem',
  ]) {
    mkdirSync(join(at(place), '..'), { recursive: true })
    writeFileSync(at(place), canary)
  }
  await record(1)
  await copy.round()
  expect(await check()).toEqual({ entries: 2, recordings: 1, errors: [] })
  await record(2)
  for (let beat = 0; beat < 270; beat += 1) void log.append({ kind: 'heartbeat', moment: 'interval', everySeconds: 1, upMs: beat })
  await log.append({ kind: 'gateway.start', gateway: 'gate.example', version: '0' })
  expect(await copy.health()).toMatchObject({ state: 'ok', waiting: 1, entries: 273 })
  await copy.round()
  expect(await check()).toEqual({ entries: 275, recordings: 2, errors: [] })
  expect(await copy.health()).toMatchObject({ state: 'ok', waiting: 0, entries: 0 })
  const files = copiedFiles()
  const expected = /^(?:gatehouse-copy\.json|log[/\\](?:checkpoint|tile[/\\].+)|recordings[/\\]00[/\\]ses_\d{16}\.jsonl\.zst)$/
  expect(files.filter((name) => !expected.test(name))).toEqual([])
  expect(files.filter((name) => readFileSync(at('copy', name)).includes(canary))).toEqual([])
  expect(alarms).toEqual([])
})

test('a thread of its own does it', async () => {
  await record(1)
  await copy.close()
  copy = openCopy(createCopyThread({ recordings: at('recordings'), log: at('log'), folder: at('copy'), scheduler: systemScheduler }))
  await copy.round()
  expect(await check()).toEqual({ entries: 2, recordings: 1, errors: [] })
})

describe('a copy that fails', () => {
  test('at any write goes on where it stopped, and the copy is whole at each moment', async () => {
    await record(1)
    await copy.round()
    await record(2)
    let failures = 0
    for (let fails = 1; ; fails += 1) {
      let writes = 0
      const failing = (target: CopyTarget): CopyTarget => {
        const counted = <T>(write: () => Promise<T>) => ((writes += 1) === fails ? Promise.reject(new Error('the mount is gone')) : write())
        const write: CopyTarget['write'] = (name, bytes) => counted(() => target.write(name, bytes))
        return { ...target, write, writeFile: (name, path) => counted(() => target.writeFile(name, path)) }
      }
      // each time from the same copy
      await rm(at('before'), { recursive: true, force: true })
      await cp(at('copy'), at('before'), { recursive: true })
      await state.database.updateTable('recordings').set({ copied: 0 }).where('session', '=', idOf(2)).execute()
      const broken = openCopy(threadHere(failing))
      const ended = await broken.round().then(
        () => 'done',
        () => 'failed',
      )
      if (ended === 'done') break
      failures += 1
      expect(await broken.health()).toMatchObject({ state: 'failing', failure: 'the mount is gone' })
      expect((await check()).errors.filter((code) => code !== 'recording-missing')).toEqual([])
      await rm(at('copy'), { recursive: true })
      await rename(at('before'), at('copy'))
    }
    // bundle, tile, checkpoint, recording
    expect(failures).toBe(4)
    expect(await check()).toEqual({ entries: 4, recordings: 2, errors: [] })
  })

  test('is told at once, and when it stays behind', async () => {
    await record(1)
    await copy.round()
    await rm(at('copy'), { recursive: true })
    mkdirSync(at('copy'))
    await record(2)
    await expect(copy.round()).rejects.toThrow('the copy is not in its folder: its disk may not be mounted')
    // an empty mount point is not filled
    expect(copiedFiles()).toEqual([])
    expect(alarms).toEqual(['copy-failing'])
    up += 61_000
    await expect(copy.round()).rejects.toThrow()
    expect(alarms).toEqual(['copy-failing', 'copy-behind'])
    expect(await copy.health()).toMatchObject({ state: 'failing', waiting: 1 })
  })

  test('into a folder of somebody else, it writes nothing', async () => {
    writeFileSync(at('copy', 'theirs'), 'x')
    await expect(copy.round()).rejects.toThrow('the folder holds something else than this copy')
    expect(copiedFiles()).toEqual(['theirs'])
  })
})

test('a recording that is not the one of the log is not copied', async () => {
  const session = await record(1)
  await record(2)
  const { compressed } = recordingPaths(at('recordings'), session)
  writeFileSync(compressed, readFileSync(compressed).subarray(0, -9))
  await copy.round()
  expect(await check()).toMatchObject({ recordings: 1, errors: ['recording-missing'] })
  expect(await copy.health()).toMatchObject({ waiting: 1 })
})

test('a log that was rolled back does not replace the copy of what it was', async () => {
  await record(1)
  await log.close()
  await cp(at('log'), at('log-before'), { recursive: true })
  log = await openLog({ folder: at('log'), origin: 'gate.example/log', privateKey, clock: systemClock })
  copy = openCopy()
  await log.append({ kind: 'gateway.start', gateway: 'gate.example', version: '0' })
  await copy.round()
  await log.close()
  await rm(at('log'), { recursive: true })
  await rename(at('log-before'), at('log'))
  log = await openLog({ folder: at('log'), origin: 'gate.example/log', privateKey, clock: systemClock })
  for (const version of ['1', '2']) await log.append({ kind: 'gateway.start', gateway: 'gate.example', version })
  copy = openCopy()
  await expect(copy.round()).rejects.toThrow('the log does not continue its copy')
  expect(alarms).toEqual(['log-rolled-back', 'copy-failing'])
  expect((await check()).entries).toBe(3)
})

test('what a rule removed goes from the copy too, once the copy’s log says so', async () => {
  const session = await record(1)
  await copy.round()
  const removed = { kind: 'recording.removed' as const, session, count: 3, root: 'ab'.repeat(32), closed: 1, rule: 0, days: 40 }
  const set = (removed_index: number) => state.database.updateTable('recordings').set({ removed_at: 'then', removed_index }).execute()
  const file = recordingPaths(at('copy', 'recordings'), session).compressed
  // a state that says so while the log does not
  for (const index of [0, 99]) {
    await set(index)
    await copy.round()
    expect(existsSync(file)).toBe(true)
  }
  await set((await log.append(removed)).index)
  await copy.round()
  expect(existsSync(file)).toBe(false)
  expect(await copy.health()).toMatchObject({ state: 'ok', waiting: 0, entries: 0 })
})

describe('what rots in the copy is found, and written again from the store:', () => {
  const bundle = (name: string) => name.startsWith(join('log', 'tile', 'entries'))
  const damages: Record<string, (file: string) => void> = {
    'it is gone': (file) => rmSync(file),
    'a byte is another one': (file) => writeFileSync(file, readFileSync(file).fill(1, 20, 21)),
    'its end is cut off': (file) => writeFileSync(file, readFileSync(file).subarray(0, -1)),
  }
  test.for(Object.entries(damages))('%s', async ([, damage]) => {
    await record(1)
    for (let beat = 0; beat < 260; beat += 1) void log.append({ kind: 'heartbeat', moment: 'interval', everySeconds: 1, upMs: beat })
    await record(2)
    await copy.round()
    // not yet: all of it was read a moment ago
    const files = copiedFiles().filter((name) => name.endsWith('.zst') || bundle(name))
    expect(files).toHaveLength(4)
    for (const name of files) damage(at('copy', name))
    await copy.round()
    expect((await check()).errors).not.toEqual([])
    up += 3_600_000
    await copy.round()
    expect(await check()).toEqual({ entries: 264, recordings: 2, errors: [] })
    expect(alarms.filter((alarm) => alarm === 'copy-altered')).toHaveLength(3)
  })

  test('but not from a store that is altered itself', async () => {
    const session = await record(1)
    await copy.round()
    const { compressed } = recordingPaths(at('recordings'), session)
    writeFileSync(compressed, readFileSync(compressed).subarray(0, -9))
    up += 3_600_000
    await copy.round()
    expect([(await check()).errors, alarms]).toEqual([[], []])
  })
})
