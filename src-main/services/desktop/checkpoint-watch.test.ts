import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { signCheckpoint } from '../../../src-core/log/checkpoint.ts'
import { emptyRoot } from '../../../src-core/log/merkle-hash.ts'
import { formatVerifierKey, verifierKeyOf } from '../../../src-core/log/signed-note.ts'
import { fixtureKey } from '../../../src-core/recording/sealed-recording.fixture.ts'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { PinnedCheckpoint } from '../../../src-protocol/model.ts'
import type { GatewayApi } from '../gateway-api.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'
import { createCheckpointWatch, type CheckpointWatch } from './checkpoint-watch.ts'

type PinResult = Awaited<ReturnType<RemoteLibrary['pin']>>

let pinned: { note: string; key: string }[]
let results: ((note: string) => PinResult | Promise<PinResult>) | undefined
let away: boolean
let key: string
let changes: number
let watch: CheckpointWatch

const checkpoint = (note: string): PinnedCheckpoint => ({ origin: 'o', size: 1, root: 'r', seenAt: '2026-11-22T10:00:00.000Z', note })
const pinnedNotes = () => pinned.map(({ note }) => note)

beforeEach(() => {
  pinned = []
  results = undefined
  away = false
  key = 'key'
  changes = 0
  const call = async (name: string) => {
    if (away) throw new AppError('GATEWAY_UNREACHABLE', { gateway: 'g' })
    return name === 'logCheckpoint' ? { note: 'newest', key } : { hashes: [] }
  }
  watch = createCheckpointWatch({
    gatewayUrl: 'https://gate.example',
    api: { call: call as GatewayApi['call'] },
    library: {
      pinnedFor: async () => checkpoint('of an earlier start'),
      witnesses: async () => [],
      seeCosigned: async () => ({}),
      async pin(_gateway, note, signedBy) {
        pinned.push({ note, key: signedBy })
        return (await results?.(note)) ?? { ok: true, pinned: checkpoint(note) }
      },
    },
    log: pino({ level: 'silent' }),
    onChange: () => (changes += 1),
  })
})

test('knows what was pinned before, and pins the newest when asked', async () => {
  await expect.poll(() => watch.pinned?.note).toBe('of an earlier start')
  await watch.refresh()
  expect(watch.pinned?.note).toBe('newest')
  expect([watch.alarm, changes]).toEqual([undefined, 2])
})

test('of many checkpoints only the newest waits while one is compared', async () => {
  const first = Promise.withResolvers<void>()
  results = async (note) => {
    if (note === 'a') await first.promise
    return { ok: true, pinned: checkpoint(note) }
  }
  for (const note of ['a', 'b', 'c', 'd']) watch.seen(note)
  await expect.poll(pinnedNotes).toEqual(['a'])
  first.resolve()
  await expect.poll(() => watch.pinned?.note).toBe('d')
  expect(pinnedNotes()).toEqual(['a', 'd'])
})

test('a log that does not extend what was pinned raises an alarm, which stays, and the pin stays too', async () => {
  results = (note) =>
    note === 'forked' ? { ok: false, reason: 'log-forked', alarm: 'History was rewritten.' } : { ok: true, pinned: checkpoint(note) }
  watch.seen('forked')
  await expect.poll(() => watch.alarm).toBe('History was rewritten.')
  expect(watch.pinned?.note).toBe('of an earlier start')
  watch.seen('good')
  await expect.poll(() => watch.pinned?.note).toBe('good')
  expect(watch.alarm).toBe('History was rewritten.')
})

test('no answer is no alarm', async () => {
  away = true
  await watch.refresh()
  watch.seen('unheard')
  await expect.poll(() => changes).toBe(1)
  expect([pinned, watch.alarm]).toEqual([[], undefined])
  away = false
  watch.seen('heard')
  await expect.poll(pinnedNotes).toEqual(['heard'])
})

test('a gateway that signs with another key since it was started again is asked for its key anew', async () => {
  const origin = 'gate.example/log'
  const [old, fresh] = [1, 2].map((seed) => ({
    key: formatVerifierKey(verifierKeyOf(origin, fixtureKey(seed))),
    note: (size: number) => signCheckpoint({ origin, size, root: emptyRoot }, fixtureKey(seed)),
  }))
  if (!old || !fresh) throw new Error('there are two')
  key = old.key
  watch.seen(old.note(1))
  await expect.poll(() => pinned).toHaveLength(1)
  watch.seen(old.note(2))
  await expect.poll(() => pinned).toHaveLength(2)
  key = fresh.key
  watch.seen(fresh.note(3))
  await expect.poll(() => pinned).toHaveLength(3)
  expect(pinned.map((one) => one.key)).toEqual([old.key, old.key, fresh.key])
})
