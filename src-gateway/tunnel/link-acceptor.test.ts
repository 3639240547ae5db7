import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import { checkRequestFrame, checkResponseFrame, type ResponseFrame } from '../../src-node/checked-frame.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openFrameSocket, webSocketOptions, type Closed, type FrameSocket } from '../../src-node/frame-socket.ts'
import { keepLink, type KeptLink } from '../../src-node/keep-link.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import { acceptWebSocket } from '../../src-node/web-socket-transport.ts'
import { linkHeader } from '../../src-protocol/link-header.ts'
import { createLinkAcceptor, type LinkAcceptor } from './link-acceptor.ts'

const control = z.object({ text: z.string() })
type Control = z.infer<typeof control>

let http: Server
let sockets: WebSocketServer
let url: string
let acceptor: LinkAcceptor
/** the gateway's ends of all links that were begun */
let accepted: { socket: FrameSocket<Control>; heard: string[]; closed: Closed[] }[]
let offers: (string | undefined)[]
let owner: string
let refuse: boolean
let kept: KeptLink<Control>
let told: string[]
let heard: string[]

beforeEach(async () => {
  acceptor = createLinkAcceptor(30)
  accepted = []
  offers = []
  told = []
  heard = []
  owner = 'somebody'
  refuse = false
  http = createServer()
  sockets = new WebSocketServer({ ...webSocketOptions, noServer: true })
  http.on('upgrade', (request, tcp, head) => {
    offers.push(String(request.headers[linkHeader]))
    if (refuse) return void tcp.destroy()
    const { headers, resume, start } = acceptor.accept(owner, request.headers[linkHeader])
    return acceptWebSocket(sockets, { request, socket: tcp, head }, { headers, onOpen: resume ?? ((webSocket) => begin(start(webSocket))) })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
})
afterEach(async () => {
  await kept.close('the test is over')
  for (const socket of sockets.clients) socket.terminate()
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
})

function begin({ webSocket, link }: ReturnType<ReturnType<LinkAcceptor['accept']>['start']>) {
  const entry = { heard: [] as string[], closed: [] as Closed[] }
  const socket: FrameSocket<Control> = openFrameSocket(webSocket, {
    link,
    check: checkRequestFrame,
    control,
    onFrame() {},
    onControl: ({ text }) => entry.heard.push(text),
    onClose: (closed) => entry.closed.push(closed),
  })
  accepted.push({ socket, ...entry })
}

async function dial(): Promise<void> {
  kept = keepLink<ResponseFrame, typeof control, Control>({
    url,
    authorize: async () => ({}),
    check: checkResponseFrame,
    control,
    onFrame() {},
    onControl: ({ text }) => heard.push(text),
    onOpen: (_, how) => told.push(how),
    onInterrupted: () => told.push('interrupted'),
    onLost: () => told.push('lost'),
    onRefused() {},
    onUnreachable() {},
    clock: systemClock,
    scheduler: systemScheduler,
    random: () => 0,
  })
  await expect.poll(() => told).toEqual(['new'])
}

const dropAll = () => {
  for (const socket of sockets.clients) socket.terminate()
}
const first = () => {
  const [begun] = accepted
  if (!begun) throw new Error('no link was begun')
  return begun
}

test('a link goes on over the next WebSocket, with what was sent meanwhile', async () => {
  await dial()
  kept.socket?.sendControl({ text: 'before' })
  await expect.poll(() => first().heard).toEqual(['before'])
  refuse = true
  dropAll()
  await expect.poll(() => told).toEqual(['new', 'interrupted'])
  kept.socket?.sendControl({ text: 'meanwhile' })
  first().socket.sendControl({ text: 'answer' })
  refuse = false
  await expect.poll(() => told).toEqual(['new', 'interrupted', 'resumed'])
  await expect.poll(() => [first().heard, heard]).toEqual([['before', 'meanwhile'], ['answer']])
  expect(accepted).toHaveLength(1)
  expect(offers[0]).toBe('new')
  expect(offers.at(-1)).toMatch(/^\w{32}; received=0$/)
})

test('a link that the gateway does not know any more is lost, and a new one begins', async () => {
  await dial()
  acceptor = createLinkAcceptor(30)
  dropAll()
  await expect.poll(() => told).toEqual(['new', 'interrupted', 'lost', 'new'])
  kept.socket?.sendControl({ text: 'on the new one' })
  await expect.poll(() => accepted[1]?.heard).toEqual(['on the new one'])
  expect(first().heard).toEqual([])
})

test('a link is resumed by its owner and by nobody else, and stays what it was', async () => {
  await dial()
  owner = 'somebody else'
  dropAll()
  await expect.poll(() => told).toEqual(['new', 'interrupted', 'lost', 'new'])
  expect(accepted).toHaveLength(2)
  expect(accepted[1]?.socket.id).not.toBe(first().socket.id)
  expect([first().socket.over, first().closed]).toEqual([false, []])
})

test('a link that was closed is not resumed', async () => {
  await dial()
  const id = first().socket.id
  first().socket.close()
  await expect.poll(() => told).toEqual(['new', 'lost', 'new'])
  expect(offers).toEqual(['new', 'new'])
  expect(acceptor.accept(owner, `${id}; received=0`).resume).toBeUndefined()
})

test('what cannot be true is refused, and the link stays as it is', async () => {
  await dial()
  const { socket } = first()
  socket.sendControl({ text: 'one' })
  expect(() => acceptor.accept(owner, `${socket.id}; received=2`)).toThrow('The link cannot be resumed from there')
  expect(() => acceptor.accept(owner, `${socket.id}; received=-1`)).toThrow(linkHeader)
  expect(() => acceptor.accept(owner, 'anything')).toThrow(linkHeader)
  expect(socket.open).toBe(true)
})

test('the WebSocket that the gateway still believes in gives way to the new one, and nothing more is taken from it', async () => {
  await dial()
  const { socket } = first()
  const { resume, headers } = acceptor.accept(owner, `${socket.id}; received=0`)
  kept.socket?.sendControl({ text: 'too late on the old one' })
  expect(resume).toBeDefined()
  expect(headers[linkHeader]).toBe(`${socket.id}; received=0; grace=30`)
  expect([socket.open, socket.over]).toEqual([false, false])
  // the dialler notices, comes back, and sends again what was not taken
  await expect.poll(() => told).toEqual(['new', 'interrupted', 'resumed'])
  await expect.poll(() => first().heard).toEqual(['too late on the old one'])
})

test('without the header there is no link: the connection ends with its WebSocket', async () => {
  await dial()
  expect(acceptor.accept(owner, undefined)).toMatchObject({ headers: {}, resume: undefined })
})
