import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { fixtureVerifierKey, proofFixture, recordingText, recordsFixture } from '../../../src-core/recording/sealed-recording.fixture.ts'
import { newSessionId } from '../../../src-node/random-id.ts'
import { systemScheduler } from '../../../src-node/scheduler.ts'
import type { GatewayApi } from '../gateway-api.ts'
import { openInlineLibrary } from '../library/inline-library.fixture.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'
import { openDownloadStore } from './download-store.ts'
import { createDownloads, type Downloads } from './downloads.ts'
import { partFileOf } from './fetch-recording.ts'

interface Recording {
  text: string
  proof: string
}

/** A gateway with recordings, that hands out parts of so many bytes. */
const partBytes = 400
let recordings: Map<SessionId, Recording>
let asked: string[]
let trouble: ((name: string, session: SessionId | undefined, offset: number) => void | Promise<void>) | undefined
let signedIn: boolean
let limitBytes: number
let freeBytes: number
let folder: string
let library: RemoteLibrary
let downloads: Downloads

function seal(reason: string): SessionId {
  const session = newSessionId()
  const text = recordingText(recordsFixture(6, { session, reason }))
  recordings.set(session, { text, proof: proofFixture(text, { entry: { session } }) })
  return session
}

const api = {
  async call(name: string, input: { id?: SessionId; offset?: number; cursor?: string }) {
    const { id, offset = 0, cursor = '0' } = input ?? {}
    asked.push(id === undefined ? name : `${name} ${[...recordings.keys()].indexOf(id)}@${offset}`)
    await trouble?.(name, id, offset)
    if (name === 'logCheckpoint') return { note: '', key: fixtureVerifierKey }
    if (name === 'searchRecordings') {
      const page = [...recordings.keys()].slice(Number(cursor), Number(cursor) + 2)
      const next = Number(cursor) + 2
      const hits = page.map((session) => ({
        summary: { session, bytes: recordings.get(session)?.text.length ?? 0 },
        calls: 1,
        excerpts: [],
      }))
      return { hits, waiting: 3, ...(next < recordings.size && { next: String(next) }) }
    }
    const found = id && recordings.get(id)
    if (!found) throw new AppError('NOT_FOUND', { what: 'It' })
    const bytes = Buffer.from(found.text)
    if (offset > bytes.length) throw new AppError('INVALID_REQUEST', { problem: 'offset' })
    const part = bytes.subarray(offset, offset + partBytes)
    const end = offset + part.length
    return { part: part.toString('base64'), size: bytes.length, ...(end < bytes.length ? { next: end } : { proof: found.proof }) }
  },
} as unknown as GatewayApi

const start = (): Downloads =>
  createDownloads({
    store: openDownloadStore(join(folder, 'downloads.sqlite')),
    folder: join(folder, 'parts'),
    library,
    room: async () => ({ recordings: 0, usedBytes: 0, recordedBytes: 0, limitBytes, freeBytes }),
    gateway: () => ({ url: 'https://gate.example', api, signedIn }),
    refreshCheckpoint: async () => void asked.push('refreshCheckpoint'),
    scheduler: systemScheduler,
    log: { warn: () => undefined, error: () => undefined } as never,
    tell: () => undefined,
  })

const here = async () => Object.values(await library.proofStates([...recordings.keys()]))
const settled = (state: string) => vi.waitFor(() => expect(downloads.state.state).toBe(state), { timeout: 10_000 })
const parts = () => readdirSync(join(folder, 'parts'))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-downloads-'))
  library = openInlineLibrary().library
  recordings = new Map()
  asked = []
  trouble = undefined
  signedIn = true
  limitBytes = 1e9
  freeBytes = 1e12
  downloads = start()
})
afterEach(async () => {
  await downloads.close()
  await library.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('what matches', () => {
  test('is listed page by page and fetched part by part; what is here already is left out', async () => {
    const [first = newSessionId()] = ['one', 'two', 'three'].map(seal)
    await downloads.fetchNow(first)
    asked = []
    downloads.addMatching({ connection: 'orders' as never })
    await settled('idle')
    expect(await here()).toEqual(['verified', 'verified', 'verified'])
    expect(downloads.state).toMatchObject({ recordings: { total: 2, done: 2, failed: 0 }, unsearched: 3 })
    expect(downloads.state.bytes.done).toBe(downloads.state.bytes.total)
    expect(asked.filter((name) => name === 'searchRecordings')).toHaveLength(2)
    expect(asked.some((name) => name.startsWith('recordingPart 0'))).toBe(false)
    expect(asked.at(-1)).toBe('refreshCheckpoint')
    expect(parts()).toEqual([])
  })

  test('goes on after a restart where it stopped, in the middle of a recording too', async () => {
    ;['one', 'two'].forEach(seal)
    const { promise: reached, resolve } = Promise.withResolvers<void>()
    const { promise: hold, resolve: goOn } = Promise.withResolvers<void>()
    trouble = async (name, _session, offset) => {
      if (name !== 'recordingPart' || offset < 2 * partBytes) return
      resolve()
      await hold
    }
    downloads.addMatching({})
    await reached
    const closing = downloads.close()
    goOn()
    await closing
    expect(await here()).toEqual([])
    expect(parts()).toHaveLength(1)

    asked = []
    trouble = undefined
    downloads = start()
    downloads.kick()
    await settled('idle')
    expect(await here()).toEqual(['verified', 'verified'])
    // not a byte of the first was asked for again, and nothing was listed again
    expect(asked.find((name) => name.startsWith('recordingPart'))).toBe(`recordingPart 0@${3 * partBytes}`)
    expect(asked).not.toContain('searchRecordings')
  })
})

describe('somebody', () => {
  test('pauses: nothing more is asked for, also after a restart, until they resume', async () => {
    ;['one', 'two'].forEach(seal)
    trouble = (name) => {
      if (name === 'recordingPart') downloads.pause()
    }
    downloads.addMatching({})
    await settled('paused')
    await downloads.close()
    asked = []
    trouble = undefined
    downloads = start()
    downloads.kick()
    expect(downloads.state.state).toBe('paused')
    expect(asked).toEqual([])
    downloads.resume()
    await settled('idle')
    expect(await here()).toEqual(['verified', 'verified'])
  })

  test('cancels: what has arrived stays, the rest is forgotten with its parts', async () => {
    ;['one', 'two'].forEach(seal)
    trouble = (name, session, offset) => {
      if (name === 'recordingPart' && session === [...recordings.keys()][1] && offset > 0) downloads.pause()
    }
    downloads.addMatching({})
    await settled('paused')
    await vi.waitFor(() => expect(parts()).toHaveLength(1))
    await downloads.cancel()
    expect(await here()).toEqual(['verified'])
    expect(parts()).toEqual([])
    expect(downloads.state).toMatchObject({ state: 'idle', recordings: { total: 1, done: 1 } })
  })
})

describe('what goes wrong', () => {
  test('of one recording is told with its code, and the others are fetched; it can be tried again', async () => {
    const [, bad = newSessionId()] = ['one', 'two', 'three'].map(seal)
    const whole = recordings.get(bad)
    recordings.delete(bad)
    downloads.add([...recordings.keys(), bad])
    await settled('idle')
    expect(await here()).toEqual(['verified', 'verified'])
    expect(downloads.state).toMatchObject({ recordings: { done: 2, failed: 1 }, failures: [{ session: bad, code: 'NOT_FOUND' }] })
    if (whole) recordings.set(bad, whole)
    downloads.retry()
    await settled('idle')
    expect(await here()).toHaveLength(3)
  })

  test.for([
    ['changed', (text: string) => text.replace('orders', 'others')],
    ['cut short at a line', (text: string) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)],
    ['cut in the middle of a line', (text: string) => text.slice(0, -20)],
  ] as const)('a recording that is %s never counts as in the library', async ([, change]) => {
    const session = seal('one')
    const { text, proof } = recordings.get(session) ?? { text: '', proof: '' }
    recordings.set(session, { text: change(text), proof })
    downloads.add([session])
    await settled('idle')
    expect(await here()).toEqual([])
    expect(['DOWNLOAD_UNVERIFIED', 'RECORDING_INVALID']).toContain(downloads.state.failures[0]?.code)
    expect(parts()).toEqual([])
  })

  test('a part that somebody changed on this computer is thrown away, and the recording fetched from its beginning', async () => {
    const session = seal('one')
    writeFileSync(partFileOf(join(folder, 'parts'), session), 'x'.repeat(partBytes))
    downloads.add([session])
    await settled('idle')
    expect(await here()).toEqual(['verified'])
    expect(asked).toContain('recordingPart 0@0')
  })

  test('a gateway that is away, or nobody signed in: it waits, and goes on by itself', async () => {
    seal('one')
    signedIn = false
    downloads.addMatching({})
    await settled('waiting')
    expect(downloads.state.problem).toMatchObject({ code: 'SIGN_IN_REQUIRED' })
    expect(asked).toEqual([])
    signedIn = true
    trouble = () => {
      throw new AppError('GATEWAY_UNREACHABLE', { gateway: 'g' })
    }
    downloads.kick()
    await vi.waitFor(() => expect(downloads.state.problem).toMatchObject({ code: 'GATEWAY_UNREACHABLE' }))
    trouble = undefined
    downloads.kick()
    await settled('idle')
    expect(await here()).toEqual(['verified'])
  })

  test('somebody without the role: it stops and says so', async () => {
    seal('one')
    trouble = () => {
      throw new AppError('FORBIDDEN', { needed: 'the role auditor' })
    }
    downloads.addMatching({})
    await settled('paused')
    expect(downloads.state.problem).toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('without room', () => {
  test('in the library it stops before it fetches, removes nothing, and goes on when there is room', async () => {
    const [first = newSessionId()] = ['one', 'two'].map(seal)
    await downloads.fetchNow(first)
    limitBytes = 100
    downloads.addMatching({})
    await settled('paused')
    expect(downloads.state.problem).toMatchObject({ code: 'LIBRARY_FULL', remedy: expect.stringContaining('the oldest first') })
    expect(await here()).toEqual(['verified'])
    expect(parts()).toEqual([])
    await expect(downloads.fetchNow([...recordings.keys()][1] ?? first)).rejects.toMatchObject({ code: 'LIBRARY_FULL' })
    limitBytes = 1e9
    downloads.resume()
    await settled('idle')
    expect(await here()).toEqual(['verified', 'verified'])
  })

  test('on the disk: the same, before and in the middle of a write', async () => {
    const session = seal('one')
    freeBytes = 1000
    downloads.add([session])
    await settled('paused')
    expect(downloads.state.problem).toMatchObject({ code: 'DISK_FULL' })
    freeBytes = 1e12
    if (process.platform !== 'linux') return
    // a file to which the system writes nothing more
    mkdirSync(join(folder, 'parts'), { recursive: true })
    symlinkSync('/dev/full', partFileOf(join(folder, 'parts'), session))
    downloads.resume()
    await settled('paused')
    expect(downloads.state.problem).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining('no room') })
    rmSync(partFileOf(join(folder, 'parts'), session))
    expect(existsSync('/dev/full')).toBe(true)
    downloads.resume()
    await settled('idle')
    expect(await here()).toEqual(['verified'])
  })
})
