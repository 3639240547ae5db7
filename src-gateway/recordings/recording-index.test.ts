import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { RecordingSummary } from '../../src-protocol/model.ts'
import { openState, type State } from '../state/state-database.ts'
import { createRecordingIndex } from './recording-index.ts'
import { idleArchive } from './idle-archive.fixture.ts'

let folder: string
let state: State

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-index-'))
  state = await openState(folder)
})
afterEach(async () => {
  state.close()
  await rm(folder, { recursive: true })
})

const unused = () => Promise.reject(new Error('not part of this test'))
const openIndex = () =>
  createRecordingIndex({
    database: state.database,
    recordings: { readText: unused },
    archive: idleArchive,
    removals: { logged: () => Promise.resolve(undefined) },
    log: { append: unused, tlogProof: unused } as unknown as Parameters<typeof createRecordingIndex>[0]['log'],
  })

const summary = (number: number): RecordingSummary => ({
  session: `ses_${String(number).padStart(16, '0')}` as SessionId,
  connection: 'orders-db' as RecordingSummary['connection'],
  person: { sub: 'u-1', name: 'Mira Okafor', email: 'mira@acme.example' },
  reason: 'Refund 88121 is stuck',
  startedAt: '2026-11-22T10:00:00.000Z',
  endedAt: '2026-11-22T10:10:00.000Z',
  endReason: 'ended-by-operator',
  records: 12,
  bytes: 4096,
  counts: { allowed: 5, masked: 0, held: 0, denied: 0 },
  policyVersion: 'p'.repeat(64),
  maskingVersion: 'm'.repeat(64),
})

test('the total follows what is added while it is counted, and after', async () => {
  const earlier = openIndex()
  await earlier.add(summary(1), 10)
  await earlier.add(summary(2), 20)
  const index = openIndex()
  // not awaited: the count of the start and these run at the same time
  const adding = [index.add(summary(3), 30), index.add(summary(4), 40)]
  await Promise.all(adding)
  expect((await index.list({})).total).toBe(4)
  await index.add(summary(5), 50)
  expect((await index.list({})).total).toBe(5)
})

test('a recording that is added again, as after a crash, counts once', async () => {
  const index = openIndex()
  await index.add(summary(1), 10)
  await index.add(summary(1), 12)
  expect(await index.list({})).toMatchObject({ total: 1, recordings: [{ session: summary(1).session }] })
})

test('pages follow each other from the newest to the oldest', async () => {
  const index = openIndex()
  for (const number of [1, 2, 3]) await index.add(summary(number), number * 10)
  const first = await index.list({ limit: 2 })
  expect(first.recordings.map(({ session }) => session)).toEqual([summary(3).session, summary(2).session])
  const second = await index.list({ limit: 2, cursor: first.next })
  expect(second.recordings.map(({ session }) => session)).toEqual([summary(1).session])
  expect(second.next).toBeUndefined()
  expect(second.total).toBe(3)
})

test('a cursor that no page named is refused', async () => {
  await expect(openIndex().list({ cursor: 'newest' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
})
