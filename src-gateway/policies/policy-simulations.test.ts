import { expect, test, vi } from 'vitest'
import { closeRecordFixture, messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { createLogger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Person, RecordingSummary } from '../../src-protocol/model.ts'
import { createPolicySimulations } from './policy-simulations.ts'

const ada: Person = { sub: 'u-9', name: 'Ada', groups: [], roles: ['administrator'] }
const request = {
  text: 'version: 1\nrules:\n  - { id: no, match: {}, effect: deny, because: Nothing goes. }\n',
  filter: { limit: 10 },
}
const decision = { effect: 'allow' as const, rule: 'then', policyVersion: 'p', because: 'Then.' }
const whole = [
  openRecordFixture(),
  messageRecordFixture(1, { kind: 'request', direction: 'client', decision }),
  messageRecordFixture(2, { kind: 'request', direction: 'client', decision }),
  closeRecordFixture(3),
]
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')

/** Recordings by session; every look at the clock is a slice later, and each rest waits for `rest`. */
function world(texts: readonly (string | AppError)[], bytes = 1000) {
  const summaries = texts.map((_, at) => ({ session: `s${at}`, connection: 'orders-db', bytes, startedAt: '1', endedAt: '2' }))
  const rests: (() => void)[] = []
  let time = 0
  let reads = 0
  const simulations = createPolicySimulations({
    index: {
      list: async ({ cursor, limit }) => {
        const start = Number(cursor ?? 0)
        const recordings = summaries.slice(start, start + Number(limit)) as unknown as RecordingSummary[]
        const next = start + recordings.length
        return { recordings, total: summaries.length, ...(next < summaries.length && { next: String(next) }) }
      },
    },
    recordings: {
      async readText(session) {
        reads += 1
        const text = texts[Number(session.slice(1))] ?? ''
        if (text instanceof AppError) throw text
        return text
      },
    },
    clock: { now: () => new Date((time += 10)) },
    scheduler: {
      after(_milliseconds, task) {
        rests.push(task)
        return () => void rests.splice(rests.indexOf(task), 1)
      },
    },
    logger: createLogger('test'),
  })
  const rest = () => vi.waitFor(() => expect(rests).toHaveLength(1)).then(() => rests.shift()?.())
  const toEnd = async (id: string) => {
    while (simulations.find(id).state === 'running') await (rests.length > 0 ? rests.shift()?.() : new Promise(setImmediate))
    return simulations.find(id)
  }
  return { simulations, rests, rest, toEnd, reads: () => reads }
}

test('it rests after each slice of work, and goes on', async () => {
  const { simulations, rest, toEnd } = world([lines(whole), lines(whole)])
  const { id } = await simulations.start(request, ada)
  await rest()
  expect(simulations.find(id).state).toBe('running')
  expect(await toEnd(id)).toMatchObject({ state: 'done', done: 2, total: 2, result: { sessions: 2, messages: 4 } })
})

test('cancelled, it stops where it is and reads no more', async () => {
  const { simulations, rests, rest, reads } = world([lines(whole), lines(whole)])
  const { id } = await simulations.start(request, ada)
  await rest()
  await vi.waitFor(() => expect(reads()).toBe(1))
  await vi.waitFor(() => expect(rests).toHaveLength(1))
  expect(simulations.cancel(id)).toMatchObject({ state: 'cancelled' })
  await new Promise(setImmediate)
  expect(rests).toEqual([])
  expect(reads()).toBe(1)
  expect(simulations.find(id)).not.toHaveProperty('result')
})

test('one at a time; when it is over, the next takes its place', async () => {
  const { simulations, toEnd } = world([lines(whole)])
  const { id } = await simulations.start(request, ada)
  await expect(simulations.start(request, { ...ada, sub: 'u-8' })).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { problem: expect.stringContaining('Ada') },
  })
  await toEnd(id)
  const next = await simulations.start(request, ada)
  expect(() => simulations.find(id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  simulations.close()
  expect(simulations.find(next.id).state).toBe('cancelled')
})

test('a person who starts another one ends the own before it', async () => {
  const { simulations, rest, toEnd, reads } = world([lines(whole), lines(whole)])
  await simulations.start(request, ada)
  await rest()
  await vi.waitFor(() => expect(reads()).toBe(1))
  const { id } = await simulations.start(request, ada)
  expect(await toEnd(id)).toMatchObject({ state: 'done', done: 2, result: { sessions: 2, messages: 4 } })
  expect(reads()).toBe(3)
})

test.for<[string, string | AppError]>([
  ['that the disk does not give', new AppError('RECORDING_UNAVAILABLE', { problem: 'EIO' })],
  ['that is cut off', lines(whole).slice(0, -5)],
  ['with a line that is no record', `${lines(whole)}{}\n`],
])('a recording %s is counted as skipped, and the others count', async ([, broken]) => {
  const { simulations, toEnd } = world([broken, lines(whole)])
  const { id } = await simulations.start(request, ada)
  expect(await toEnd(id)).toMatchObject({ state: 'done', done: 2, skipped: 1, result: { messages: expect.any(Number) } })
})

test('a recording that is too large is not read; a message that is too long is counted', async () => {
  const large = world([lines(whole)], 129 * 1024 * 1024)
  const { id } = await large.simulations.start(request, ada)
  expect(await large.toEnd(id)).toMatchObject({ skipped: 1, result: { sessions: 0 } })
  expect(large.reads()).toBe(0)
  const body = 'x'.repeat(1024 * 1024)
  const [open, asked, , close] = whole
  const long = world([lines([open!, asked!, { ...asked, body }, { ...messageRecordFixture(3, { kind: 'response' }), body }, close!])])
  const run = await long.simulations.start(request, ada)
  expect(await long.toEnd(run.id)).toMatchObject({ skipped: 0, result: { sessions: 1, messages: 1, unreadable: 1 } })
})
