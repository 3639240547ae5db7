import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src-node/clock.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { desktopState, type DesktopState } from '../../src-protocol/desktop-api.ts'
import { desktopChannels } from '../../src-protocol/desktop-channels.ts'
import { createDesktop, type Desktop } from './desktop.ts'
import { memoryPreferences, type PreferencesPort } from './preferences.ts'

let folder: string
let desktop: Desktop
let preferences: PreferencesPort
let clipboard: string[]
let profiles: number
let away: Server

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-desktop-'))
  clipboard = []
  profiles = 0
  // a port that nobody listens on
  away = createServer()
  await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve))
  const gatewayUrl = `http://127.0.0.1:${(away.address() as AddressInfo).port}`
  await new Promise((resolve) => away.close(resolve))
  preferences = memoryPreferences({ gatewayUrl })
  desktop = createDesktop({
    runtime: 'host',
    userData: join(folder, 'data'),
    preferences,
    openBrowser: async () => {},
    writeClipboard: (text) => clipboard.push(text),
    chooseFolder: async () => undefined,
    chooseFile: async () => undefined,
    openAnotherProfile: () => (profiles += 1),
    clock: systemClock,
    log: pino({ level: 'silent' }),
  })
})
afterEach(async () => {
  await desktop.close()
  rmSync(folder, { recursive: true, force: true })
})

const state = () => desktop.handlers['state:get'](undefined)

test('has a handler for every channel', () => {
  expect(Object.keys(desktop.handlers).toSorted()).toEqual(desktopChannels.toSorted())
})

test('with no gateway and nobody signed in: says so, and the library works', async () => {
  const current = await state()
  expect(desktopState.parse(current)).toEqual(current)
  expect(current).toMatchObject({ signIn: { state: 'signed-out' }, tunnel: { state: 'closed', streams: 0 } })
  await expect.poll(async () => (await state()).gateway.reachable).toBe(false)
  expect(await desktop.handlers['library:list']({})).toEqual({ rows: [], total: 0, here: 0, offline: true })
  expect(await desktop.handlers['library:list']({ hereOnly: true })).toEqual({ rows: [], total: 0, here: 0, offline: false })
  expect(await desktop.handlers['library:import'](undefined)).toEqual({ rows: [] })
  await expect(desktop.handlers['library:get'](newSessionId())).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test.for(['connections:list', 'sessions:list', 'approvals:list', 'policies:list', 'agents:list'] as const)(
  '%s needs somebody signed in',
  async (channel) => {
    await expect(desktop.handlers[channel](undefined)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
  },
)

test('a session cannot be opened, nor its endpoint shown, by nobody', async () => {
  const request = { connection: 'orders', reason: 'because', minutes: 5 }
  await expect(desktop.handlers['sessions:open'](request)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
  await expect(desktop.handlers['sessions:client-setup'](newSessionId())).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' })
  await expect(desktop.handlers['tester:list-tools'](newSessionId())).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' })
})

test('a sign-in at a gateway that is away fails with the reason', async () => {
  await expect(desktop.handlers['identity:sign-in'](undefined)).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  expect((await state()).signIn).toMatchObject({ state: 'signed-out', error: { code: 'GATEWAY_UNREACHABLE' } })
})

test('input that does not fit the contract is refused', async () => {
  await expect(desktop.handlers['sessions:get']('../x')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  await expect(desktop.handlers['clipboard:write']('x'.repeat(100_001))).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  expect(clipboard).toEqual([])
})

test('what belongs to the shell is handed to it', async () => {
  await desktop.handlers['clipboard:write']('copied')
  await desktop.handlers['profile:open-another'](undefined)
  expect([clipboard, profiles]).toEqual([['copied'], 1])
})

test('preferences change, are told, and a new gateway is used from then on', async () => {
  const seen: DesktopState[] = []
  const stop = desktop.subscribe('state:changed', (changed) => seen.push(changed))
  await desktop.handlers['preferences:set']({ colorScheme: 'dark' })
  expect(preferences.get().colorScheme).toBe('dark')
  await expect.poll(() => seen.at(-1)?.preferences.colorScheme).toBe('dark')
  const changed = await desktop.handlers['preferences:set']({ gatewayUrl: 'https://gate.invalid/' })
  expect(changed).toMatchObject({ gateway: { url: 'https://gate.invalid' }, preferences: { gatewayUrl: 'https://gate.invalid' } })
  stop()
  const later: DesktopState[] = []
  desktop.subscribe('state:changed', (next) => later.push(next))
  await desktop.handlers['preferences:set']({ colorScheme: 'light' })
  await expect.poll(() => later.at(-1)?.preferences.colorScheme).toBe('light')
  expect(seen.map(({ preferences: { colorScheme } }) => colorScheme)).not.toContain('light')
})

test.for(['http://gate.example', 'ftp://127.0.0.1', 'nonsense', 'file:///etc/passwd'])(
  'refuses the gateway address %s',
  async (gatewayUrl) => {
    await expect(desktop.handlers['preferences:set']({ gatewayUrl })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect(preferences.get().gatewayUrl).toMatch(/^http:\/\/127/)
  },
)
