import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'
import { AppError } from '../src-protocol/app-error.ts'
import { encodeFrame, frameType } from '../src-protocol/tunnel.ts'
import { checkRequestFrame, checkResponseFrame, type RequestFrame, type ResponseFrame } from './checked-frame.ts'
import { dialWebSocket } from './dial-web-socket.ts'
import { openFrameSocket, webSocketOptions, type Closed, type FrameSocket } from './frame-socket.ts'
import type { Scheduler } from './scheduler.ts'

const control = z.object({ type: z.literal('hello'), size: z.number() })
const session = 'ses_AAAAAAAAAAAAAAAA'

let http: Server
let sockets: WebSocketServer
let url: string
let accepted: WebSocket

beforeEach(async () => {
  http = createServer()
  sockets = new WebSocketServer({ ...webSocketOptions, server: http })
  sockets.on('connection', (socket) => (accepted = socket))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
})
afterEach(async () => {
  for (const socket of sockets.clients) socket.terminate()
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
})

interface Received {
  frames: ResponseFrame[]
  controls: z.infer<typeof control>[]
  closed: Promise<Closed>
  socket: FrameSocket<z.infer<typeof control>>
}

async function connect(options: { heartbeatMs?: number; scheduler?: Scheduler; onFrame?: () => void } = {}): Promise<Received> {
  const connected = once(sockets, 'connection')
  const dialled = await dialWebSocket({ url, headers: {} }, (webSocket) => {
    const frames: ResponseFrame[] = []
    const controls: z.infer<typeof control>[] = []
    const { promise: closed, resolve: onClose } = Promise.withResolvers<Closed>()
    const socket = openFrameSocket<ResponseFrame, typeof control, z.infer<typeof control>>(webSocket, {
      check: checkResponseFrame,
      control,
      onFrame: (frame) => {
        options.onFrame?.()
        frames.push(frame)
      },
      onControl: (message) => controls.push(message),
      onClose,
      heartbeatMs: options.heartbeatMs ?? 0,
      ...(options.scheduler && { scheduler: options.scheduler }),
    })
    return { frames, controls, closed, socket }
  })
  await connected
  if (!dialled.ok) throw new Error(dialled.reason)
  return dialled.value
}

test('carries frames with their bytes, and controls, in order', async () => {
  const client = await connect()
  const body = new TextEncoder().encode('{"jsonrpc":"2.0","id":9007199254740993,"result":{}}')
  accepted.send(encodeFrame(frameType.head, 7, { status: 200, headers: { 'content-type': 'text/event-stream' } }))
  accepted.send(encodeFrame(frameType.message, 7, { id: 'e1', retry: 5 }, body))
  accepted.send(JSON.stringify({ type: 'hello', size: 3 }))
  accepted.send(encodeFrame(frameType.end, 7))
  await expect.poll(() => client.frames.length).toBe(3)
  expect(client.controls).toEqual([{ type: 'hello', size: 3 }])
  expect(client.frames[0]).toEqual({
    type: frameType.head,
    exchange: 7,
    head: { status: 200, headers: { 'content-type': 'text/event-stream' } },
  })
  const message = client.frames[1]
  if (message?.type !== frameType.message) throw new Error('not a message')
  expect(message.head).toEqual({ id: 'e1', retry: 5 })
  expect(Buffer.from(message.body).equals(body)).toBe(true)
})

test('sends what the other end can check', async () => {
  const client = await connect()
  const frames: RequestFrame[] = []
  openFrameSocket(accepted, {
    check: checkRequestFrame,
    control,
    onFrame: (f) => frames.push(f),
    onControl() {},
    onClose() {},
    heartbeatMs: 0,
  })
  client.socket.sendFrame(frameType.open, 1, { session, method: 'POST', headers: { accept: 'a' } }, new Uint8Array([1, 2]))
  client.socket.sendFrame(frameType.abort, 1)
  await expect.poll(() => frames.length).toBe(2)
  expect(frames[0]).toMatchObject({ type: frameType.open, head: { session, method: 'POST', headers: { accept: 'a' } } })
  expect(frames[1]).toEqual({ type: frameType.abort, exchange: 1, head: {} })
})

test.for([
  ['a frame that is too short', Buffer.from([1, 2]), 1007],
  ['a frame of an unknown type', Buffer.from(encodeFrame(6, 1)).fill(99, 0, 1), 1007],
  ['a head that is not JSON', Buffer.from(encodeFrame(frameType.head, 1, { x: 1 })).fill('{', 18), 1007],
  ['a head that does not fit its schema', Buffer.from(encodeFrame(frameType.head, 1, { status: 99, headers: {} })), 1007],
  ['a frame of the other direction', Buffer.from(encodeFrame(frameType.open, 1, { session, method: 'GET', headers: {} })), 1007],
  ['a control that is not JSON', 'hello', 1008],
  ['a control that does not fit its schema', '{"type":"hello"}', 1008],
  ['a frame above the limit', Buffer.alloc(webSocketOptions.maxPayload + 1, 1), 1009],
] as const)('closes on %s', async ([, bytes, code]) => {
  const client = await connect()
  accepted.on('error', () => {})
  accepted.send(bytes)
  accepted.send(JSON.stringify({ type: 'hello', size: 1 }))
  // the end that closes reports what it sent, or 1006 if the peer was still sending
  const [seen] = (await once(accepted, 'close')) as [number]
  expect(seen).toBe(code)
  await client.closed
  expect(client.frames).toEqual([])
  expect(client.controls).toEqual([])
})

test('a handler that throws closes the socket and tells why, instead of ending the process', async () => {
  const client = await connect({
    onFrame: () => {
      throw new Error('defect')
    },
  })
  accepted.send(encodeFrame(frameType.end, 1))
  expect(await client.closed).toMatchObject({ code: 1011, error: new Error('defect') })
})

test('drops a peer that answers two pings with nothing', async () => {
  const due: (() => void)[] = []
  const scheduler: Scheduler = {
    after(_, task) {
      due.push(task)
      return () => {}
    },
  }
  const client = await connect({ heartbeatMs: 1000, scheduler })
  const pings = new Promise<void>((resolve) => accepted.once('ping', () => resolve()))
  due.shift()?.()
  await pings
  expect(client.socket.open).toBe(true)
  // this peer has stopped reading: no pong can come any more
  accepted.pause()
  await new Promise((resolve) => setImmediate(resolve))
  for (let beat = 0; beat < 4; beat += 1) due.shift()?.()
  expect(await client.closed).toMatchObject({ code: 1006 })
})

test('a peer that sends is not pinged, and one that was silent for a while and answers is not dropped', async () => {
  const due: (() => void)[] = []
  const scheduler: Scheduler = {
    after(_, task) {
      due.push(task)
      return () => {}
    },
  }
  const client = await connect({ heartbeatMs: 1000, scheduler })
  let pings = 0
  accepted.on('ping', () => (pings += 1))
  const beat = () => due.shift()?.()
  for (let count = 1; count <= 5; count += 1) {
    accepted.send(JSON.stringify({ type: 'hello', size: count }))
    await expect.poll(() => client.controls.length).toBe(count)
    beat()
  }
  // a message makes the round trip: a ping that was sent before it would have arrived
  client.socket.sendControl({ type: 'hello', size: 0 })
  await once(accepted, 'message')
  expect(pings).toBe(0)
  // silent, as long as two pings may stay without an answer, and then there again
  accepted.pause()
  beat()
  beat()
  accepted.resume()
  await expect.poll(() => pings).toBe(2)
  accepted.send(JSON.stringify({ type: 'hello', size: 6 }))
  await expect.poll(() => client.controls.length).toBe(6)
  for (let count = 0; count < 3; count += 1) beat()
  expect(client.socket.open).toBe(true)
})

test('writable waits while the peer does not read, and until it does', async () => {
  const client = await connect()
  expect(client.socket.writable()).toBeUndefined()
  accepted.pause()
  const block = new Uint8Array(1024 * 1024)
  for (let count = 0; count < 16; count += 1) client.socket.sendFrame(frameType.abort, 1, {}, block)
  const waiting = client.socket.writable()
  expect(waiting).toBeInstanceOf(Promise)
  accepted.resume()
  await waiting
  expect(client.socket.bufferedAmount).toBeLessThanOrEqual(1024 * 1024)
})

test('writable does not wait for ever on a socket that has gone', async () => {
  const client = await connect()
  accepted.pause()
  for (let count = 0; count < 16; count += 1) client.socket.sendFrame(frameType.abort, 1, {}, new Uint8Array(1024 * 1024))
  const waiting = client.socket.writable()
  accepted.terminate()
  await waiting
  await client.closed
  expect(client.socket.writable()).toBeUndefined()
  client.socket.sendFrame(frameType.abort, 1)
})

test('dialling tells a refusal, with our error, from a server that is not there', async () => {
  const error = new AppError('AGENT_UNKNOWN')
  const refusing = createServer()
  refusing.on('upgrade', (_request, socket) => {
    const body = JSON.stringify({ error })
    socket.end(`HTTP/1.1 401 Unauthorized\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`)
  })
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/`
  const refused = await dialWebSocket({ url: address, headers: {} }, () => 'open')
  expect(refused).toMatchObject({ ok: false, reason: 'refused', status: 401, error: { code: 'AGENT_UNKNOWN' } })
  await new Promise((resolve) => refusing.close(resolve))
  expect(await dialWebSocket({ url: address, headers: {} }, () => 'open')).toMatchObject({ ok: false, reason: 'unreachable' })
})

test('dialling can be given up', async () => {
  const controller = new AbortController()
  controller.abort()
  expect(await dialWebSocket({ url, headers: {}, signal: controller.signal }, () => 'open')).toMatchObject({
    ok: false,
    reason: 'unreachable',
  })
})
