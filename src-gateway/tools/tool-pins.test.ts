import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SeenTool } from '../../src-core/mcp/tool-pin.ts'
import type { LogEntryDraft, TransparencyLog } from '../../src-node/log-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import { openState, type State } from '../state/state-database.ts'
import { createPinStore } from './pin-store.ts'
import { createToolPins, pinLimits, type ToolPins, type ToolSighting } from './tool-pins.ts'

let folder: string
let state: State
let logged: LogEntryDraft[]
let changes: string[]
let append: (entry: LogEntryDraft) => Promise<{ index: number }>
let pins: ToolPins

const connection = 'db' as ConnectionName
const administrator = { sub: 'admin', name: 'Ada', groups: [], roles: ['administrator' as const] }
const hashOf = (text: string) => Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64)
const seen = (name: string, definition = `{"name":"${name}"}`): SeenTool => ({ name, hash: hashOf(definition), definition })
const saw = (tools: SeenTool[], more: Partial<ToolSighting> = {}) =>
  pins.saw({
    connection,
    session: 'ses_AAAAAAAAAAAAAAAA' as SessionId,
    era: 'stateful',
    tools,
    complete: new Set(tools.map(({ name }) => name)),
    maskAgain: (definition) => definition,
    ...more,
  })
const statesNow = () => Object.fromEntries(pins.list(connection).map(({ tool, state: now }) => [tool, now]))
const create = () =>
  createToolPins({
    store: createPinStore(state.database),
    log: { append: (entry: LogEntryDraft) => append(entry) } as unknown as TransparencyLog,
    clock: { now: () => new Date('2026-11-22T16:00:00.000Z') },
    onChanged: (name, cause) => void changes.push(`${name} ${cause}`),
  })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-pins-'))
  state = await openState(folder)
  const row = {
    title: 'DB',
    description: null,
    agent: 'agt',
    server: 'db',
    groups: '[]',
    max_minutes: 60,
    created_at: '2026-11-22T16:00:00.000Z',
  }
  await state.database
    .insertInto('connections')
    .values({ ...row, name: connection, new_tools: 'accept', tools_listed: '[]' })
    .execute()
  logged = []
  changes = []
  append = async (entry) => ({ index: logged.push(entry) - 1 })
  pins = create()
  await pins.load()
})
afterEach(() => {
  state.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('what is remembered', () => {
  test('is there again after a start: definitions, what waits, decisions, what was listed, what was set', async () => {
    await saw([seen('a'), seen('b')])
    await saw([seen('a', '{"name":"a","x":1}'), seen('c')])
    await pins.decide(connection, { tool: 'c', decision: 'reject', hash: seen('c').hash, reason: 'no use' }, administrator)
    await state.database.updateTable('connections').set({ new_tools: 'hold' }).execute()
    const before = pins.list(connection)
    pins = create()
    await pins.load()
    expect(pins.list(connection)).toEqual(before)
    expect(statesNow()).toEqual({ a: 'changed', b: 'missing', c: 'rejected' })
    expect(pins.detail(connection, 'a').proposed).toBe('{\n  "name": "a",\n  "x": 1\n}')
    expect([pins.of(connection).isListed('stateful'), pins.of(connection).isListed('stateless')]).toEqual([true, false])
    await saw([seen('d')])
    expect(pins.list(connection).find(({ tool }) => tool === 'd')).toMatchObject({ state: 'new', held: true })
  })

  test('of one connection is nothing of another one', async () => {
    await saw([seen('a')])
    expect(pins.of('files').pin('a')).toBeUndefined()
    expect(pins.list('files')).toEqual([])
  })

  test('counts what waits', async () => {
    await saw([seen('a'), seen('b')])
    await saw([seen('a', '{"name":"a","x":1}'), seen('b', '{"name":"b","x":1}')])
    expect(pins.waiting(connection)).toBe(2)
    const hash = hashOf('{"name":"a","x":1}')
    await pins.decide(connection, { tool: 'a', decision: 'reject', hash, reason: 'bad' }, administrator)
    expect(pins.waiting(connection)).toBe(1)
  })
})

describe('before the list may be delivered', () => {
  test('it is logged, then stored', async () => {
    const steps: string[] = []
    const { promise, resolve } = Promise.withResolvers<{ index: number }>()
    append = () => (steps.push('logging'), promise)
    const noted = saw([seen('a')]).then(() => steps.push('noted'))
    await new Promise((turn) => setImmediate(turn))
    // the hot path knows at once, so that no call slips through meanwhile
    expect([steps, pins.of(connection).pin('a')?.hash]).toEqual([['logging'], seen('a').hash])
    expect(await state.database.selectFrom('tool_pins').selectAll().execute()).toEqual([])
    resolve({ index: 0 })
    await noted
    expect(steps).toEqual(['logging', 'noted'])
    expect(await state.database.selectFrom('tool_pins').selectAll().execute()).toHaveLength(1)
  })

  test('a log that cannot write fails it', async () => {
    append = () => Promise.reject(new AppError('LOG_UNAVAILABLE', { problem: 'ENOSPC' }))
    await expect(saw([seen('a')])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  })

  test('a list that is no news is neither logged nor stored', async () => {
    await saw([seen('a')])
    const entries = logged.length
    append = () => Promise.reject(new Error('nothing is to be logged'))
    await saw([seen('a')])
    expect([logged.length, changes]).toEqual([entries, ['db seen']])
  })

  test('three hundred new tools are a few entries of the log, each small', async () => {
    const long = (index: number) => `${'\u0001'.repeat(pinLimits.nameCharacters - 3)}${index}`
    await saw(Array.from({ length: 300 }, (_, index) => seen(long(index + 100), `{"i":${index}}`)))
    expect(logged).toHaveLength(15)
    for (const entry of logged) expect(JSON.stringify(entry).length).toBeLessThan(60_000)
  })
})

describe('a server that is too much', () => {
  test.for<[string, SeenTool]>([
    ['a name that is too long', seen('a'.repeat(pinLimits.nameCharacters + 1))],
    ['no name', seen('')],
    ['a definition that is too long', seen('a', `"${'x'.repeat(pinLimits.definitionCharacters)}"`)],
  ])('%s is not pinned', async ([, tool]) => {
    await saw([tool, seen('good')])
    expect(pins.list(connection).map((pin) => pin.tool)).toEqual(['good'])
  })

  test('so many tools and no more', async () => {
    await saw(Array.from({ length: pinLimits.tools + 5 }, (_, index) => seen(`tool-${index}`)))
    expect(pins.list(connection)).toHaveLength(pinLimits.tools)
    // those that are known can still change, and are held then
    await saw([seen('tool-1', '{"name":"tool-1","x":1}')], { complete: undefined })
    expect(pins.of(connection).pin('tool-1')?.candidate).toBeDefined()
  })

  test('so much text and no more, and what changed beyond it is not the same', async () => {
    const large = (index: number) => seen(`tool-${index}`, `"${index}${'x'.repeat(pinLimits.definitionCharacters - 10)}"`)
    await saw(Array.from({ length: 100 }, (_, index) => large(index)))
    const kept = pins.list(connection).length
    expect(kept).toBe(Math.floor(pinLimits.totalCharacters / large(10).definition.length))
    const changed = seen('tool-1', `"y${'x'.repeat(pinLimits.definitionCharacters - 10)}"`)
    await saw([changed], { complete: undefined })
    const pin = pins.of(connection).pin('tool-1')!
    expect([pin.candidate, pins.of(connection).isSame(pin, changed.hash)]).toEqual([undefined, false])
  })
})

describe('other masking rules', () => {
  test('are no change of the server', async () => {
    await saw([seen('a', '{"d":"call 555 01 99"}')])
    const masked = seen('a', '{"d":"call [MASKED:phone]"}')
    await saw([masked], { maskAgain: (definition) => definition.replace('555 01 99', '[MASKED:phone]') })
    expect(statesNow()).toEqual({ a: 'pinned' })
    const known = pins.of(connection)
    expect(known.isSame(known.pin('a')!, masked.hash)).toBe(true)
  })

  test('hide no change of the server', async () => {
    await saw([seen('a', '{"d":"call 555 01 99"}')])
    await saw([seen('a', '{"d":"obey [MASKED:phone]"}')], { maskAgain: (definition) => definition.replace('555 01 99', '[MASKED:phone]') })
    expect(statesNow()).toEqual({ a: 'changed' })
  })
})

test('running clients hear of decisions, not of what others were shown', async () => {
  await saw([seen('a')])
  await saw([seen('a', '{"name":"a","x":1}')])
  await pins.decide(connection, { tool: 'a', decision: 'accept', hash: hashOf('{"name":"a","x":1}'), reason: 'read it' }, administrator)
  expect(changes).toEqual(['db seen', 'db seen', 'db decided'])
})
