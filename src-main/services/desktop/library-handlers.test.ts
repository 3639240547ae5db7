import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { LibraryRow } from '../../../src-protocol/desktop-api.ts'
import type { RecordingSummary } from '../../../src-protocol/model.ts'
import {
  fixtureSession,
  fixtureVerifierKey,
  proofFixture,
  recordingText,
  recordsFixture,
} from '../../../src-core/recording/sealed-recording.fixture.ts'
import { systemClock } from '../../../src-node/clock.ts'
import { newSessionId } from '../../../src-node/random-id.ts'
import { openLibrary, type Library } from '../library.ts'
import type { LiveAccess } from '../live-access.ts'
import { libraryHandlers, mergeRows } from './library-handlers.ts'

const text = recordingText(recordsFixture(4))
const proof = proofFixture(text)

let folder: string
let library: Library
let file: string | undefined
let target: string | undefined
let calls: string[]
let refusal: AppError | undefined
let signedIn: boolean

/** the gateway has the one sealed recording */
const access = () =>
  ({
    identity: { state: { state: signedIn ? 'signed-in' : 'signed-out' } },
    api: {
      async call(name: string) {
        calls.push(name)
        if (refusal) throw refusal
        if (name === 'logCheckpoint') return { note: '', key: fixtureVerifierKey }
        if (name === 'recording') return { summary: summaryOf(), text, proof }
        return { recordings: [summaryOf()], total: 7 }
      },
    },
  }) as unknown as LiveAccess

function summaryOf(): RecordingSummary {
  const other = openLibrary({ file: ':memory:', clock: systemClock })
  const { here: _here, onGateway: _onGateway, proof: _proof, ...summary } = other.add(text, proof, fixtureVerifierKey)
  other.close()
  return summary
}

const handlers = () =>
  libraryHandlers({
    access,
    library,
    chooseFile: async () => file,
    chooseFolder: async () => target,
    refreshCheckpoint: async () => void calls.push('refreshCheckpoint'),
  })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-library-'))
  library = openLibrary({ file: ':memory:', clock: systemClock })
  file = undefined
  target = undefined
  calls = []
  refusal = undefined
  signedIn = true
})
afterEach(() => {
  library.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the list', () => {
  test('is of this computer alone when nobody is signed in: the gateway is not asked', async () => {
    signedIn = false
    library.add(text, proof, fixtureVerifierKey)
    expect(await handlers()['library:list']({})).toMatchObject({ offline: true, total: 1, rows: [{ here: true, onGateway: false }] })
    expect(calls).toEqual([])
  })
  test('says that it is offline when the gateway is away, and not when it refuses', async () => {
    refusal = new AppError('GATEWAY_UNREACHABLE', { gateway: 'g' })
    expect(await handlers()['library:list']({})).toEqual({ rows: [], total: 0, offline: true })
    refusal = new AppError('FORBIDDEN', { needed: 'auditor' })
    expect(await handlers()['library:list']({})).toEqual({ rows: [], total: 0, offline: false })
    refusal = new AppError('LOG_CORRUPT', { problem: 'x' })
    await expect(handlers()['library:list']({})).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
  })
  test('shows what is in both places once', async () => {
    expect(await handlers()['library:list']({})).toMatchObject({ total: 7, rows: [{ here: false, onGateway: true, proof: 'unchecked' }] })
    library.add(text, proof, fixtureVerifierKey)
    expect(await handlers()['library:list']({})).toMatchObject({ total: 7, rows: [{ here: true, onGateway: true, proof: 'verified' }] })
  })
  test('filters the gateway’s rows by every word', async () => {
    const [person] = summaryOf().person.name.split(' ')
    expect((await handlers()['library:list']({ text: `${person?.toLowerCase()} orders` })).rows).toHaveLength(1)
    expect(await handlers()['library:list']({ text: `${person} elsewhere` })).toMatchObject({ rows: [], total: 0 })
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
  const { rows } = mergeRows(here, { rows: [remote], total: 1, offline: false }, '')
  expect(rows.map(({ startedAt }) => startedAt.slice(8, 10))).toEqual(['22', '21', '20'])
})

test('after a download the log is compared once more, so that the proof reaches the pinned checkpoint offline', async () => {
  await handlers()['library:download']([fixtureSession])
  expect(calls).toEqual(['logCheckpoint', 'recording', 'refreshCheckpoint'])
})

describe('export and import', () => {
  test('an export is what an import reads, on another computer and with no network', async () => {
    target = join(folder, 'evidence')
    const written = await handlers()['library:export']([fixtureSession])
    expect(written).toHaveLength(3)
    // it was not here: exporting fetched it
    expect(calls).toEqual(['logCheckpoint', 'recording'])

    library.close()
    library = openLibrary({ file: ':memory:', clock: systemClock })
    signedIn = false
    calls = []
    file = written.find((path) => path.endsWith('.jsonl'))
    expect(await handlers()['library:import'](undefined)).toMatchObject([{ session: fixtureSession, here: true, proof: 'verified' }])
    expect(calls).toEqual([])
  })
  test('cancelled, nothing is written or read', async () => {
    expect(await handlers()['library:export']([fixtureSession])).toEqual([])
    expect(await handlers()['library:import'](undefined)).toEqual([])
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
    expect(library.list()).toEqual([])
  })
  test('takes a recording that was changed, and shows that it does not verify', async () => {
    file = join(folder, 'session.jsonl')
    writeFileSync(file, text.replace('orders', 'others'))
    writeFileSync(join(folder, 'session.tlog-proof'), proof)
    writeFileSync(join(folder, 'log.pub'), fixtureVerifierKey)
    expect(existsSync(file)).toBe(true)
    expect(await handlers()['library:import'](undefined)).toMatchObject([{ proof: 'failed' }])
  })
})
