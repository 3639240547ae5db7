import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { ImportState, LibraryQuery } from '../../../src-protocol/desktop-library.ts'
import type { RecordingSummary } from '../../../src-protocol/model.ts'
import {
  fixtureSession,
  fixtureVerifierKey,
  proofFixture,
  recordingText,
  recordsFixture,
} from '../../../src-core/recording/sealed-recording.fixture.ts'
import { newSessionId } from '../../../src-node/random-id.ts'
import { openLibraryDatabase, recordIdBase } from '../library/library-database.ts'
import { createRecordingPages } from '../library/recording-pages.ts'
import { openInlineLibrary } from '../library/inline-library.fixture.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'
import type { LiveAccess } from '../live-access.ts'
import { libraryHandlers } from './library-handlers.ts'
import { createLibraryImports } from './library-imports.ts'
import { mergePage } from './merge-page.ts'

const text = recordingText(recordsFixture(4))
const proof = proofFixture(text)

let folder: string
let library: RemoteLibrary
let file: string | undefined
let target: string | undefined
let calls: string[]
let refusal: AppError | undefined
let signedIn: boolean
let told: ImportState[]

/** the gateway has the one sealed recording */
const access = () =>
  ({
    identity: { state: { state: signedIn ? 'signed-in' : 'signed-out' } },
    api: {
      async call(name: string) {
        calls.push(name)
        if (refusal) throw refusal
        return { recordings: [summaryOf()], total: 7 }
      },
    },
  }) as unknown as LiveAccess

function summaryOf(): RecordingSummary {
  const { service } = openInlineLibrary()
  const { here: _here, onGateway: _onGateway, proof: _proof, ...summary } = service.add(text, proof, fixtureVerifierKey)
  return summary
}

/** The library's own pages over rows that no recording stands behind. */
function pagesOf(rows: readonly LibraryRow[]) {
  const database = openLibraryDatabase(':memory:')
  const pages = createRecordingPages(database)
  const add =
    database.prepare(`INSERT INTO recording (session, summary, connection, person, person_name, reason, allowed, masked, held, denied, length,
    bytes, origin, proof, verifier_key, proof_state, first_record, records, tallies)
    VALUES (?, ?, '', '', '', '', 0, 0, 0, ?, 0, 0, '', '', '', 'verified', ?, 1, '[]')`)
  const put = () => {
    for (const row of rows) add.run(row.session, JSON.stringify(row), row.counts.denied, recordIdBase(row.startedAt))
  }
  return { library: (query: LibraryQuery) => pages.page(query, undefined), put }
}

const handlers = () =>
  libraryHandlers({
    access,
    library,
    fetchNow: async (session) => {
      calls.push(`fetch ${session}`)
      await library.add(text, proof, fixtureVerifierKey)
    },
    imports: createLibraryImports({ library, tell: (state) => void told.push(state) }),
    chooseFile: async () => file,
    chooseFolder: async () => target,
    refreshCheckpoint: async () => void calls.push('refreshCheckpoint'),
  })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-library-'))
  library = openInlineLibrary().library
  file = undefined
  target = undefined
  calls = []
  told = []
  refusal = undefined
  signedIn = true
})
afterEach(async () => {
  await library.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the list', () => {
  test('is of this computer alone when nobody is signed in: the gateway is not asked', async () => {
    signedIn = false
    await library.add(text, proof, fixtureVerifierKey)
    expect(await handlers()['library:list']({})).toMatchObject({ offline: true, total: 1, rows: [{ here: true, onGateway: false }] })
    expect(calls).toEqual([])
  })
  test('says that it is offline when the gateway is away, and not when it refuses', async () => {
    refusal = new AppError('GATEWAY_UNREACHABLE', { gateway: 'g' })
    expect(await handlers()['library:list']({})).toEqual({ rows: [], total: 0, here: 0, offline: true })
    refusal = new AppError('FORBIDDEN', { needed: 'auditor' })
    expect(await handlers()['library:list']({})).toEqual({ rows: [], total: 0, here: 0, offline: false })
    refusal = new AppError('LOG_CORRUPT', { problem: 'x' })
    await expect(handlers()['library:list']({})).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
  })
  test('shows what is in both places once', async () => {
    expect(await handlers()['library:list']({})).toMatchObject({ total: 7, rows: [{ here: false, onGateway: true, proof: 'unchecked' }] })
    await library.add(text, proof, fixtureVerifierKey)
    expect(await handlers()['library:list']({})).toMatchObject({ total: 7, rows: [{ here: true, onGateway: true, proof: 'verified' }] })
  })
  test('filters the gateway’s rows by every word', async () => {
    const [person] = summaryOf().person.name.split(' ')
    expect((await handlers()['library:list']({ text: `${person?.toLowerCase()} orders` })).rows).toHaveLength(1)
    expect(await handlers()['library:list']({ text: `${person} elsewhere` })).toMatchObject({ rows: [] })
  })
})

test('merged rows are ordered by time, newest first', () => {
  const row = (startedAt: string): LibraryRow => ({
    ...summaryOf(),
    session: newSessionId(),
    startedAt,
    here: true,
    onGateway: false,
    proof: 'verified',
  })
  const remote = { ...summaryOf(), startedAt: '2026-11-21T00:00:00.000Z' }
  const here = [row('2026-11-22T00:00:00.000Z'), row('2026-11-20T00:00:00.000Z')]
  const { rows } = mergePage({}, { rows: here }, { rows: [remote], away: [remote] })
  expect(rows.map(({ startedAt }) => startedAt.slice(8, 10))).toEqual(['22', '21', '20'])
})

test('what is only on the gateway stands on the page whose rows it lies between, once, whatever the rows are ordered by', () => {
  const row = (day: number, denied: number, here: boolean): LibraryRow => ({
    ...summaryOf(),
    session: newSessionId(),
    startedAt: `2026-11-${day}T00:00:00.000Z`,
    counts: { allowed: 0, masked: 0, held: 0, denied },
    here,
    onGateway: !here,
    proof: here ? 'verified' : 'unchecked',
  })
  const here = [row(26, 1, true), row(24, 5, true), row(22, 3, true), row(20, 2, true)]
  const away = [row(27, 0, false), row(25, 9, false), row(23, 3, false), row(19, 4, false)]
  const { library: own, put } = pagesOf(here)
  const days = (query: LibraryQuery) => {
    const seen: string[] = []
    for (let cursor: string | undefined; ;) {
      const asked = { ...query, limit: 2, ...(cursor === undefined ? {} : { cursor }) }
      const page = mergePage(asked, own(asked), { rows: away, away })
      seen.push(...page.rows.map(({ startedAt }) => startedAt.slice(8, 10)))
      if (page.next === undefined) return seen.join(' ')
      cursor = page.next
    }
  }
  put()
  expect(days({})).toBe('27 26 25 24 23 22 20 19')
  expect(days({ ascending: true })).toBe('19 20 22 23 24 25 26 27')
  expect(days({ sort: 'denied' })).toBe('25 24 19 23 22 20 26 27')
  expect(days({ sort: 'denied', verdict: 'denied' })).toBe('25 24 19 23 22 20 26')
  expect(days({ from: '2026-11-20T00:00:00.000Z', until: '2026-11-25T00:00:00.000Z' })).toBe('24 23 22 20')
  expect(days({ proof: 'on-gateway' })).toBe('27 25 23 19')
})

test('after a download the log is compared once more, so that the proof reaches the pinned checkpoint offline', async () => {
  await handlers()['library:download']([fixtureSession])
  expect(calls).toEqual([`fetch ${fixtureSession}`, 'refreshCheckpoint'])
})

describe('export and import', () => {
  test('an export is what an import reads, on another computer and with no network', async () => {
    target = join(folder, 'evidence')
    const written = await handlers()['library:export']([fixtureSession])
    expect(written).toHaveLength(3)
    // it was not here: exporting fetched it
    expect(calls).toEqual([`fetch ${fixtureSession}`])

    await library.close()
    library = openInlineLibrary().library
    signedIn = false
    calls = []
    file = written.find((path) => path.endsWith('.jsonl'))
    expect(await handlers()['library:import'](undefined)).toMatchObject({
      rows: [{ session: fixtureSession, here: true, proof: 'verified' }],
    })
    expect(told).toMatchObject([{ state: 'running' }, { state: 'running' }, { state: 'finished', recordings: 1, failed: 0 }])
    expect(calls).toEqual([])
  })
  test('cancelled, nothing is written or read', async () => {
    expect(await handlers()['library:export']([fixtureSession])).toEqual([])
    expect(await handlers()['library:import'](undefined)).toEqual({ rows: [] })
    expect(calls).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })

  interface Parts {
    recording?: string
    proof?: string
    key?: string
  }
  test.for([
    ['no proof beside it', { recording: text, key: fixtureVerifierKey }, 'PROOF_FILE_INVALID'],
    ['no key beside it', { recording: text, proof }, 'KEY_INVALID'],
    ['the key of another log', { recording: text, proof, key: fixtureVerifierKey.replace('gate.example', 'evil.example') }, 'KEY_INVALID'],
    ['something that is no recording', { recording: 'hello\n', proof, key: fixtureVerifierKey }, 'RECORDING_INVALID'],
    ['a file that is not there', { proof, key: fixtureVerifierKey }, 'RECORDING_INVALID'],
  ] as [string, Parts, string][])('refuses %s', async ([, parts, code]) => {
    file = join(folder, 'session.jsonl')
    if (parts.recording !== undefined) writeFileSync(file, parts.recording)
    if (parts.proof !== undefined) writeFileSync(join(folder, 'session.tlog-proof'), parts.proof)
    if (parts.key !== undefined) writeFileSync(join(folder, 'log.pub'), `${parts.key}\n`)
    await expect(handlers()['library:import'](undefined)).rejects.toMatchObject({ code })
    expect(told.at(-1)).toMatchObject({ state: 'failed', code })
    expect((await library.page({})).rows).toEqual([])
  })
  test('takes a recording that was changed, and shows that it does not verify', async () => {
    file = join(folder, 'session.jsonl')
    writeFileSync(file, text.replace('orders', 'others'))
    writeFileSync(join(folder, 'session.tlog-proof'), proof)
    writeFileSync(join(folder, 'log.pub'), fixtureVerifierKey)
    expect(existsSync(file)).toBe(true)
    expect(await handlers()['library:import'](undefined)).toMatchObject({ rows: [{ proof: 'failed' }] })
  })
})
