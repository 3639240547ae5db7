import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { createManualScheduler, type ManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { desktopTunnelPath } from '../../src-protocol/http-api.ts'
import type { Push } from '../../src-protocol/push.ts'
import { decodeFrame, encodeFrame, frameType, type Frame } from '../../src-protocol/tunnel.ts'
import { systemClock } from '../../src-node/clock.ts'
import { webSocketOptions } from '../../src-node/frame-socket.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import type { SignInState } from './identity.ts'
import { createTunnel, type ExchangeReceiver, type Tunnel } from './tunnel.ts'

const head = { session: newSessionId(), method: 'POST' as const, headers: {} }
const body = new TextEncoder().encode('{}')

let http: Server
let sockets: WebSocketServer
let upgrades: IncomingMessage[]
let frames: Frame[]
let controls: unknown[]
let refuse: AppError | undefined
let scheduler: ManualScheduler
let pushes: Push[]
let rechecks: number
let proofs: number
let identityChanged: (state: SignInState) => void
let tunnel: Tunnel
let url: string

beforeEach(async () => {
  upgrades = []
  frames = []
  controls = []
  pushes = []
  refuse = undefined
  rechecks = 0
  proofs = 0
  scheduler = createManualScheduler()
  http = createServer()
  sockets = new WebSocketServer({ ...webSocketOptions, noServer: true })
  http.on('upgrade', (request, tcp, first) => {
    upgrades.push(request)
    if (refuse) {
      const text = JSON.stringify({ error: refuse })
      return void tcp.end(`HTTP/1.1 ${refuse.status} No\r\nconnection: close\r\ncontent-length: ${text.length}\r\n\r\n${text}`)
    }
    return sockets.handleUpgrade(request, tcp, first, (socket) => {
      socket.on('message', (data: Buffer, binary) => {
        const decoded = binary ? decodeFrame(data) : undefined
        if (decoded?.ok) frames.push(decoded.frame)
        else controls.push(JSON.parse(data.toString()))
      })
      sockets.emit('connection', socket)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  tunnel = createTunnel({
    gatewayUrl: url,
    identity: {
      authorize: async (method, target) => ({ authorization: 'DPoP t', dpop: `${method} ${target} ${++proofs}`, accessToken: 't' }),
      recheck: async () => {
        rechecks += 1
      },
      onChange(listener) {
        identityChanged = listener
        return () => {}
      },
    },
    clock: systemClock,
    scheduler,
    random: () => 1,
    log: pino({ level: 'silent' }),
    onPush: (push) => pushes.push(push),
    onChange() {},
  })
})
afterEach(async () => {
  tunnel.stop(new AppError('SIGN_IN_REQUIRED'))
  for (const socket of sockets.clients) socket.terminate()
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
})

async function open(): Promise<WebSocket> {
  const connected = once(sockets, 'connection')
  tunnel.start()
  const [socket] = (await connected) as [WebSocket]
  await tunnel.ready()
  return socket
}

function receiver(): ExchangeReceiver & { seen: string[] } {
  const seen: string[] = []
  return {
    seen,
    head: ({ status }) => seen.push(`head ${status}`),
    message: (_, bytes) => seen.push(`message ${Buffer.from(bytes).toString()}`),
    keepAlive: () => seen.push('keepAlive'),
    end: () => seen.push('end'),
    abort: (error) => seen.push(`abort ${error.code}`),
  }
}

test('connects with token and proof for the tunnel’s address', async () => {
  await open()
  expect(upgrades[0]?.url).toBe(desktopTunnelPath)
  expect(upgrades[0]?.headers).toMatchObject({ authorization: 'DPoP t', dpop: `GET ${url}${desktopTunnelPath} 1` })
  expect(tunnel.state).toBe('open')
})

test('carries exchanges side by side, each to its own receiver', async () => {
  const socket = await open()
  const [one, two] = [receiver(), receiver()]
  tunnel.open(head, body, one)
  tunnel.open(head, body, two)
  expect(tunnel.streams).toBe(2)
  await expect.poll(() => frames.length).toBe(2)
  const [first, second] = frames as [Frame, Frame]
  expect(second.exchange).toBeGreaterThan(first.exchange)
  socket.send(encodeFrame(frameType.head, second.exchange, { status: 200, headers: {} }))
  socket.send(encodeFrame(frameType.message, first.exchange, {}, new TextEncoder().encode('early')))
  socket.send(encodeFrame(frameType.end, second.exchange))
  socket.send(encodeFrame(frameType.end, second.exchange))
  socket.send(encodeFrame(frameType.abort, first.exchange, { error: new AppError('AGENT_LOST', { agent: 'a' }) }))
  await expect.poll(() => tunnel.streams).toBe(0)
  expect(one.seen).toEqual(['message early', 'abort AGENT_LOST'])
  expect(two.seen).toEqual(['head 200', 'end'])
})

test('tells the gateway when a client goes away, once', async () => {
  await open()
  const abandon = tunnel.open(head, body, receiver())
  abandon()
  abandon()
  tunnel.open(head, body, receiver())
  await expect.poll(() => frames.map(({ type }) => type)).toEqual([frameType.open, frameType.abort, frameType.open])
})

test('hands on what the gateway pushes', async () => {
  const socket = await open()
  socket.send(JSON.stringify({ type: 'connections' }))
  await expect.poll(() => pushes).toEqual([{ type: 'connections' }])
})

test('renews the tunnel with a fresh proof when the identity is renewed', async () => {
  await open()
  identityChanged({ state: 'signed-in', person: { sub: 's', name: 'n', groups: [], roles: [] }, expiresAt: '' })
  await expect.poll(() => controls).toEqual([{ type: 'renew', accessToken: 't', proof: `GET ${url}${desktopTunnelPath} 2` }])
})

describe('when the connection is lost', () => {
  test('what was running is told so, and what comes next waits for the new connection', async () => {
    const socket = await open()
    const running = receiver()
    tunnel.open(head, body, running)
    await expect.poll(() => frames.length).toBe(1)
    socket.terminate()
    await expect.poll(() => running.seen).toEqual(['abort TUNNEL_LOST'])
    expect(tunnel.state).toBe('connecting')
    const waiting = receiver()
    tunnel.open(head, body, waiting)
    const connected = once(sockets, 'connection')
    scheduler.run(300)
    await connected
    await expect.poll(() => frames.length).toBe(2)
    expect(waiting.seen).toEqual([])
    expect(frames[1]?.exchange).toBeGreaterThan(frames[0]?.exchange ?? Infinity)
  })

  test('what waits too long is told that the gateway is away', async () => {
    const socket = await open()
    socket.terminate()
    await expect.poll(() => tunnel.state).toBe('connecting')
    const waiting = receiver()
    tunnel.open(head, body, waiting)
    const ready = tunnel.ready()
    scheduler.run(10_000)
    scheduler.run(10_000)
    expect(waiting.seen).toEqual(['abort GATEWAY_UNREACHABLE'])
    await expect(ready).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  })

  test('an abandon of an old exchange does not touch a new one', async () => {
    const socket = await open()
    const abandonOld = tunnel.open(head, body, receiver())
    await expect.poll(() => frames.length).toBe(1)
    socket.terminate()
    await expect.poll(() => tunnel.state).toBe('connecting')
    const connected = once(sockets, 'connection')
    scheduler.run(300)
    await connected
    await tunnel.ready()
    const fresh = receiver()
    tunnel.open(head, body, fresh)
    abandonOld()
    tunnel.open(head, body, receiver())
    await expect.poll(() => frames.length).toBe(3)
    expect(frames.map(({ type }) => type)).not.toContain(frameType.abort)
  })

  test('it tries again, each time later', async () => {
    refuse = new AppError('AGENT_OFFLINE', { agent: 'x' })
    tunnel.start()
    for (const wait of [300, 600, 1200]) {
      await expect.poll(() => scheduler.waiting).toContain(wait)
      scheduler.run(wait)
    }
    expect(tunnel.state).toBe('connecting')
  })
})

test('asks whether the sign-in still stands when the gateway refuses the token', async () => {
  refuse = new AppError('TOKEN_EXPIRED')
  tunnel.start()
  await expect.poll(() => rechecks).toBe(1)
})

test('stop cuts everything and connects no more', async () => {
  const socket = await open()
  const running = receiver()
  tunnel.open(head, body, running)
  const closed = once(socket, 'close')
  tunnel.stop(new AppError('SESSION_ENDED', { reason: 'x' }))
  expect(running.seen).toEqual(['abort SESSION_ENDED'])
  await closed
  expect(tunnel.state).toBe('closed')
  const late = receiver()
  tunnel.open(head, body, late)
  await expect.poll(() => late.seen).toEqual(['abort GATEWAY_UNREACHABLE'])
  await expect(tunnel.ready()).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  expect(upgrades).toHaveLength(1)
})
