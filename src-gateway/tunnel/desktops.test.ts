import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { dialWebSocket } from '../../src-node/dial-web-socket.ts'
import { closeCode, webSocketOptions, type ResumableLink } from '../../src-node/frame-socket.ts'
import { createManualScheduler, type ManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import type { SignedIn } from '../identity/identity.ts'
import { createDesktops, type Desktops } from './desktops.ts'

const startedAt = Date.parse('2026-01-01T00:00:00Z')
const tokenMs = 300_000

let http: Server
let sockets: WebSocketServer
let scheduler: ManualScheduler
let desktops: Desktops
let told: string[]
let links: ResumableLink[]
let renewal: () => Promise<SignedIn>

const signedIn = (signInId = 'sign-in', expiresInMs = tokenMs): SignedIn => ({
  person: { sub: 's', name: 'n', groups: [], roles: [] },
  signInId,
  keyThumbprint: 'thumbprint',
  expiresAt: new Date(startedAt + expiresInMs),
})

beforeEach(async () => {
  // of this test: what an earlier one left behind may still speak
  const heard: string[] = []
  told = heard
  links = []
  scheduler = createManualScheduler()
  renewal = async () => signedIn('sign-in', 2 * tokenMs)
  desktops = createDesktops({
    identity: { authenticateRenewal: () => renewal() },
    tunnelUrl: 'http://gateway.example/tunnel',
    clock: { now: () => new Date(startedAt) },
    scheduler,
    log: pino({ level: 'silent' }),
    onExchange: () => () => {},
    onWatch: () => () => {},
    onConnected: () => heard.push('here'),
    onGone: () => heard.push('away'),
  })
  http = createServer()
  sockets = new WebSocketServer({ ...webSocketOptions, server: http })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  for (const link of links) link.lose('the test is over')
  for (const socket of sockets.clients) socket.terminate()
  await new Promise((resolve) => http.close(resolve))
})

/** The two ends of one WebSocket. */
async function connect(): Promise<{ desktop: WebSocket; gateway: WebSocket }> {
  const accepted = once(sockets, 'connection')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
  const dialled = await dialWebSocket({ url, headers: {} }, (socket) => socket)
  if (!dialled.ok) throw new Error(dialled.reason)
  const [gateway] = (await accepted) as [WebSocket]
  return { desktop: dialled.value, gateway }
}

async function connected(link: boolean): Promise<WebSocket> {
  const { desktop, gateway } = await connect()
  const terms = { id: 'a-link', graceMs: 30_000, onOpened: (opened: ResumableLink) => void links.push(opened) }
  desktops.connected({ webSocket: gateway, link: link ? terms : undefined }, signedIn())
  return desktop
}
const codeOf = async (desktop: WebSocket): Promise<number> => ((await once(desktop, 'close')) as [number])[0]

describe('a token that expires', () => {
  test('interrupts its desktop, which goes on once it has proved anew who it is', async () => {
    const desktop = await connected(true)
    const closed = codeOf(desktop)
    scheduler.run(tokenMs)
    expect(await closed).toBe(closeCode.authenticateAgain)
    await expect.poll(() => told).toEqual(['here', 'away'])
    expect(desktops.isConnected('sign-in')).toBe(true)
    const next = await connect()
    desktops.authenticatedAgain(signedIn('sign-in', 2 * tokenMs))
    links[0]?.resume(next.gateway, 0)
    expect(told).toEqual(['here', 'away', 'here'])
    // and the new token expires too
    expect(scheduler.waiting).toContain(2 * tokenMs)
    expect(scheduler.waiting).not.toContain(tokenMs)
  })

  test('ends a connection that cannot be resumed', async () => {
    const desktop = await connected(false)
    const closed = codeOf(desktop)
    scheduler.run(tokenMs)
    expect(await closed).toBe(closeCode.refused)
    await expect.poll(() => told).toEqual(['here', 'away'])
    expect(desktops.isConnected('sign-in')).toBe(false)
  })
})

test('a renewal that is not accepted interrupts; one for another sign-in ends the link', async () => {
  const renew = { accessToken: 't', proof: 'p' }
  renewal = () => Promise.reject(new Error('no'))
  // without a link, so that controls are text messages
  const first = await connected(false)
  first.send(JSON.stringify({ type: 'renew', ...renew }))
  expect(await codeOf(first)).toBe(closeCode.refused)
  renewal = async () => signedIn('another')
  const second = await connected(false)
  second.send(JSON.stringify({ type: 'renew', ...renew }))
  const [code, reason] = (await once(second, 'close')) as [number, Buffer]
  expect([code, reason.toString()]).toEqual([closeCode.refused, 'the token belongs to another sign-in'])
})

test('nobody is told twice that a desktop is away', async () => {
  const desktop = await connected(true)
  desktop.terminate()
  await expect.poll(() => told).toEqual(['here', 'away'])
  scheduler.run(30_000)
  expect(told).toEqual(['here', 'away'])
  expect(desktops.isConnected('sign-in')).toBe(false)
})

test('who signs out is closed for good, also while away', async () => {
  const desktop = await connected(true)
  desktop.terminate()
  await expect.poll(() => told).toEqual(['here', 'away'])
  desktops.signedOut('sign-in')
  await expect.poll(() => desktops.isConnected('sign-in')).toBe(false)
  expect(links[0]?.canResume(0)).toBe(false)
})
