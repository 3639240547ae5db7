import Database from 'better-sqlite3'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { signCheckpoint } from '../../../src-core/log/checkpoint.ts'
import { formatVerifierKey, verifierKeyOf } from '../../../src-core/log/signed-note.ts'
import {
  fixtureKey,
  fixtureOrigin,
  fixtureSession,
  fixtureVerifierKey,
  logLeavesFixture,
  proofFixture,
  recordingText,
  recordsFixture,
} from '../../../src-core/recording/sealed-recording.fixture.ts'
import { rootOf } from '../../../src-core/log/merkle-frontier.ts'
import { openDownloadStore } from '../downloads/download-store.ts'
import { openLibrary } from '../library.ts'
import { openLibraryThreads } from './library-threads.ts'

/** What lies on the disk of this computer was not always left by this version, in order. */
let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-damaged-'))
  file = join(folder, 'library.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const text = recordingText(recordsFixture(4))
const opening = async (use: (library: ReturnType<typeof openLibraryThreads>) => Promise<unknown>) => {
  const library = openLibraryThreads({ file, log: pino({ level: 'silent' }) })
  try {
    return await use(library)
  } finally {
    await library.close()
  }
}

describe('a library', () => {
  test('that a newer version made is not written to, and it says so', async () => {
    await opening((library) => library.add(text, proofFixture(text), fixtureVerifierKey))
    const newer = new Database(file)
    newer.pragma('user_version = 99')
    newer.close()
    await expect(opening((library) => library.totals())).rejects.toMatchObject({
      code: 'LIBRARY_UNREADABLE',
      message: expect.stringContaining('newer version'),
    })
    const after = new Database(file)
    expect(after.pragma('user_version', { simple: true })).toBe(99)
    after.close()
  })
  test.for<[string, () => Buffer]>([
    ['is no database', () => Buffer.from('hello, '.repeat(1000))],
    ['was overwritten in its middle', () => Buffer.concat([readFileSync(file).subarray(0, 100), Buffer.alloc(200_000, 7)])],
  ])('that %s says so, whatever is asked of it, and is left as it is', async ([, damage]) => {
    await opening((library) => library.add(text, proofFixture(text), fixtureVerifierKey))
    const damaged = damage()
    writeFileSync(file, damaged)
    for (const ask of [(library) => library.totals(), (library) => library.pinnedFor('https://gate.example')] satisfies Parameters<
      typeof opening
    >[0][]) {
      await expect(opening(ask)).rejects.toMatchObject({ code: 'LIBRARY_UNREADABLE', message: expect.stringContaining('damaged') })
    }
    expect(readFileSync(file).equals(damaged)).toBe(true)
  })
})

test('a damaged queue of downloads is begun anew', () => {
  const queue = join(folder, 'downloads.sqlite')
  writeFileSync(queue, 'hello, '.repeat(1000))
  const store = openDownloadStore(queue)
  store.add('https://gate.example', [{ session: fixtureSession }])
  expect(store.counts('https://gate.example')).toMatchObject({ total: 1 })
  store.close()
})

describe('a recording that verifies', () => {
  const stranger = formatVerifierKey(verifierKeyOf('evil.example/log', fixtureKey(2)))
  const foreign = recordingText(recordsFixture(4, { logOrigin: 'evil.example/log', reason: 'Nothing happened' }))
  const clock = { now: () => new Date('2026-11-22T16:05:00.123Z') }
  test('is not replaced by another one of the same session, which a log of somebody else proves', () => {
    const library = openLibrary({ file: ':memory:', clock })
    library.add(text, proofFixture(text), fixtureVerifierKey)
    const proof = proofFixture(foreign, { origin: 'evil.example/log', privateKey: fixtureKey(2) })
    // by itself it would be as good as any
    const other = openLibrary({ file: ':memory:', clock })
    expect(other.add(foreign, proof, stranger)).toMatchObject({ proof: 'verified' })
    other.close()
    expect(() => library.add(foreign, proof, stranger)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
    expect(library.page().rows).toMatchObject([{ reason: 'Refund 88121 is stuck' }])
    library.close()
  })
  test('keeps its key and proof when another key of the same name proves it', () => {
    const library = openLibrary({ file: ':memory:', clock })
    library.add(text, proofFixture(text), fixtureVerifierKey)
    const forger = formatVerifierKey(verifierKeyOf(fixtureOrigin, fixtureKey(2)))
    library.add(text, proofFixture(text, { privateKey: fixtureKey(2) }), forger)
    expect(readFileSync(library.exportTo(folder, [fixtureSession]).find((path) => path.endsWith('.pub')) ?? '', 'utf8')).toBe(
      `${fixtureVerifierKey}\n`,
    )
    library.close()
  })
})

test('a second gateway that calls its log by the name of another one’s does not take its place', async () => {
  let now = 0
  const library = openLibrary({ file: ':memory:', clock: { now: () => new Date(Date.UTC(2026, 0, 1) + (now += 1000)) } })
  const { leaves } = logLeavesFixture(text)
  const note = (key: number) => signCheckpoint({ origin: fixtureOrigin, size: leaves.length, root: rootOf(leaves) }, fixtureKey(key))
  await library.pin('https://gate.example', note(1), fixtureVerifierKey, async () => [])
  await library.pin('https://a.evil.example', note(2), formatVerifierKey(verifierKeyOf(fixtureOrigin, fixtureKey(2))), async () => [])
  expect(library.add(text, proofFixture(text), fixtureVerifierKey)).toMatchObject({ proof: 'verified' })
  library.close()
})
