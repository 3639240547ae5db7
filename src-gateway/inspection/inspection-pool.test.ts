import { afterEach, describe, expect, test } from 'vitest'
import { pino } from 'pino'
import { loadMasking } from '../../src-core/masking/load-masking.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { createInspector, type InspectionJob } from './inspect-message.ts'
import { createInspectionPool, type InspectionPoolOptions, type Inspections } from './inspection-pool.ts'

const source = 'version: 1\nrules:\n  - { id: cards, detect: [card], because: Cards are secret. }\n'
const loaded = loadMasking(source)
if (!loaded.ok) throw new Error('the masking document is not valid')
const { version } = loaded.masking

const textOf = (text: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: `${text} ${'x'.repeat(300_000)}` }] } })
const jobOf = (text: string): InspectionJob => ({
  bytes: Buffer.from(text),
  limits: { maxBytes: 1_000_000, maxDepth: 100 },
  masking: { version, source },
  connection: 'db',
  groups: [],
  tagKey: new Uint8Array(32),
  tool: { called: 'query', id: 1 },
  progress: { progressOffset: 0 },
})
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

let pool: Inspections
afterEach(() => pool.close())

function open(options: Partial<InspectionPoolOptions> = {}): Inspections {
  pool = createInspectionPool({ scheduler: systemScheduler, logger: pino({ level: 'silent' }), ...options })
  return pool
}

/** A worker that fails as the test says: `die`, `hang`, or answers like the real one. */
const failing = new URL('../../test/fixtures/failing-inspection-worker.ts', import.meta.url)

describe('a worker', () => {
  test('finds what the main thread would find', async () => {
    const text = textOf('card 4111 1111 1111 1111')
    const inspection = await open().inspect('a', jobOf(text))
    const expected = createInspector()(jobOf(text))
    if (!inspection.ok || !expected.ok) throw new Error('it was not read')
    expect(inspection.message).toEqual({ kind: 'response', id: 1 })
    expect(Buffer.from(inspection.bytes).toString()).toBe(textOf('card [MASKED:card]'))
    expect(Buffer.from(inspection.original).toString()).toBe(text)
    expect(JSON.parse(Buffer.from(inspection.body).toString())).toBe(textOf('card [MASKED:card]'))
    expect(inspection.sha256).toBe(expected.sha256)
    expect(inspection.masks).toEqual(expected.masks)
  })

  test('takes the bytes and gives them back: they are not copied', async () => {
    const job = jobOf(textOf('nothing to mask'))
    const inspection = await open().inspect('a', job)
    expect(job.bytes.byteLength).toBe(0)
    if (!inspection.ok) throw new Error('it was not read')
    expect(inspection.bytes.buffer).toBe(inspection.original.buffer)
  })

  test('does not take a buffer that others use', async () => {
    const shared = Buffer.concat([Buffer.from(textOf('one')), Buffer.alloc(500_000)])
    const length = shared.indexOf(0)
    const inspection = await open().inspect('a', { ...jobOf(''), bytes: shared.subarray(0, length) })
    expect(inspection.ok).toBe(true)
    expect(shared.byteLength).toBe(length + 500_000)
  })

  test.for([
    ['a name twice', '{"jsonrpc":"2.0","id":1,"id":2,"result":{}}', 'MESSAGE_DUPLICATE_KEY'],
    ['no JSON', '{"jsonrpc":', 'MESSAGE_NOT_JSON'],
    ['too many bytes', textOf('x'.repeat(1_000_000)), 'BODY_TOO_LARGE'],
  ] as const)('refuses %s', async ([, text, expected]) => {
    expect(await open().inspect('a', jobOf(text))).toMatchObject({ ok: false, code: expected })
  })

  test('does not check by rules that are not those in force', async () => {
    const job = { ...jobOf(textOf('')), masking: { version: 'another', source } }
    expect(await code(open().inspect('a', job))).toBe('INSPECTION_FAILED')
  })
})

describe('a worker that fails', () => {
  test('takes only its own message with it: the next one gets a new worker', async () => {
    open({ workers: 1, workerFile: failing })
    const results = [pool.inspect('a', jobOf(textOf('die'))), pool.inspect('b', jobOf(textOf('fine')))]
    expect(await code(results[0] as Promise<unknown>)).toBe('INSPECTION_FAILED')
    expect(await results[1]).toMatchObject({ ok: true })
  })

  test('and one that does not come to an end is stopped', async () => {
    open({ workers: 1, workerFile: failing, timeLimitMs: () => 3000 })
    const hanging = pool.inspect('a', jobOf(textOf('hang')))
    const waiting = pool.inspect('b', jobOf(textOf('fine')))
    expect(await code(hanging)).toBe('INSPECTION_FAILED')
    expect(await waiting).toMatchObject({ ok: true })
  })

  test('one owner cannot take every place, nor all of them more memory than there is', async () => {
    open({ workers: 1, workerFile: failing, mostWaitingEach: 1, mostWaitingBytes: 700_000 })
    const working = code(pool.inspect('a', jobOf(textOf('hang'))))
    const waiting = code(pool.inspect('a', jobOf(textOf('fine'))))
    expect(await code(pool.inspect('a', jobOf(textOf('fine'))))).toBe('INSPECTION_FAILED')
    const other = code(pool.inspect('b', jobOf(textOf('fine'))))
    expect(await code(pool.inspect('c', jobOf(textOf('fine'))))).toBe('INSPECTION_FAILED')
    await pool.close()
    expect(await Promise.all([working, waiting, other])).toEqual(['INSPECTION_FAILED', 'INSPECTION_FAILED', 'INSPECTION_FAILED'])
  })
})
