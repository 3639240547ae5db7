/** The link under every interleaving of sends, deliveries, drops and reconnects that fast-check thinks of. */
import { EventEmitter } from 'node:events'
import { assert, asyncProperty, constantFrom, record, nat, array, oneof } from 'fast-check'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { frameType } from '../src-protocol/tunnel.ts'
import { checkResponseFrame, type ResponseFrame } from './checked-frame.ts'
import { openFrameSocket, type Closed, type FrameSocket } from './frame-socket.ts'
import { createManualScheduler } from './manual-scheduler.fixture.ts'

/** As much of a WebSocket as a link uses; what it sends waits until the test delivers it, or is lost. */
class MemorySocket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  sent: (Uint8Array | string)[] = []
  /** the other end of the same connection, if there is one */
  peer: MemorySocket | undefined

  send(message: Uint8Array | string, done: () => void) {
    // bytes that have left do not change any more
    this.sent.push(typeof message === 'string' ? message : Uint8Array.from(message))
    done()
  }

  /** the next message arrives, unless the other end is gone */
  deliver(): void {
    const message = this.sent.shift()
    const { peer } = this
    if (message === undefined || peer?.readyState !== this.OPEN) return
    peer.emit('message', Buffer.from(message as Uint8Array), typeof message !== 'string')
  }

  close(code: number) {
    this.drop(code)
  }

  terminate() {
    this.drop(1006)
  }

  ping() {}

  drop(code = 1006) {
    if (this.readyState !== this.OPEN) return
    this.readyState = 3
    this.emit('close', code, Buffer.alloc(0))
  }
}

const control = z.object({ number: z.number() })
type Control = z.infer<typeof control>

interface End {
  link: FrameSocket<Control>
  socket: MemorySocket
  sent: number
  received: number[]
  closed: Closed[]
}

function openEnd(mostWaiting?: number): End {
  const socket = new MemorySocket()
  const received: number[] = []
  const closed: Closed[] = []
  const link: FrameSocket<Control> = openFrameSocket<ResponseFrame, typeof control, Control>(socket as unknown as WebSocket, {
    link: { id: 'a-link', graceMs: 1000 },
    check: checkResponseFrame,
    control,
    onFrame(frame) {
      // of an answer, its body says which it is
      if (frame.type === frameType.keepAlive) received.push(frame.exchange)
      if (frame.type === frameType.message) received.push(Number(Buffer.from(frame.body).toString()))
    },
    onControl: ({ number }) => received.push(number),
    onClose: (end) => closed.push(end),
    heartbeatMs: 0,
    ...(mostWaiting !== undefined && { mostWaiting }),
    scheduler: createManualScheduler(),
  })
  return { link, socket, sent: 0, received, closed }
}

function connect(one: MemorySocket, other: MemorySocket) {
  one.peer = other
  other.peer = one
}

function openPair(): [End, End] {
  const pair: [End, End] = [openEnd(), openEnd()]
  connect(pair[0].socket, pair[1].socket)
  return pair
}

function send(end: End, how: number) {
  const number = ++end.sent
  if (how === 0) return end.link.sendFrame(frameType.keepAlive, number)
  if (how === 1) return end.link.sendControl({ number })
  end.link.sendFrame(frameType.head, number, { status: 200, headers: {} })
  end.link.sendFrame(frameType.message, number, {}, Buffer.from(String(number)))
  return end.link.sendFrame(frameType.end, number)
}

/** as `keepLink` and the acceptor do it; `seen`: the dialler learns that it has connected */
function reconnect(dialler: End, acceptor: End, seen: boolean) {
  if (dialler.link.open) return
  const offered = dialler.link.received
  expect(acceptor.link.canResume(offered)).toBe(true)
  acceptor.link.suspend()
  const answered = acceptor.link.received
  acceptor.socket = new MemorySocket()
  acceptor.link.resume(acceptor.socket as unknown as WebSocket, offered)
  if (!seen) return
  expect(dialler.link.canResume(answered)).toBe(true)
  dialler.socket = new MemorySocket()
  connect(dialler.socket, acceptor.socket)
  dialler.link.resume(dialler.socket as unknown as WebSocket, answered)
}

/** what arrived is taken in portions, one in each turn of the event loop */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

const side = constantFrom('dialler' as const, 'acceptor' as const)
const step = oneof(
  { weight: 6, arbitrary: record({ act: constantFrom('send' as const), side, how: nat(2), times: nat(3) }) },
  { weight: 6, arbitrary: record({ act: constantFrom('deliver' as const), side, times: nat(5) }) },
  { weight: 3, arbitrary: record({ act: constantFrom('turn' as const) }) },
  // many at once: so many that an acknowledgement is due by itself
  { weight: 1, arbitrary: record({ act: constantFrom('flood' as const), side }) },
  // one end learns that the connection is gone, and the other end may not, or later
  { weight: 3, arbitrary: record({ act: constantFrom('drop' as const), side }) },
  { weight: 3, arbitrary: record({ act: constantFrom('reconnect' as const), seen: constantFrom(true, false) }) },
)

test('whatever was sent arrives once and in order, however often the connection is lost', async () => {
  const property = asyncProperty(array(step, { maxLength: 60 }), async (steps) => {
    const [dialler, acceptor] = openPair()
    const ends = { dialler, acceptor }
    const deliver = (from: 'dialler' | 'acceptor') => ends[from].socket.deliver()
    for (const taken of steps) {
      if (taken.act === 'send') for (let count = 0; count <= taken.times; count += 1) send(ends[taken.side], taken.how)
      if (taken.act === 'deliver') for (let count = 0; count <= taken.times; count += 1) deliver(taken.side)
      if (taken.act === 'flood') {
        for (let count = 0; count < 300; count += 1) send(ends[taken.side], 0)
        for (let count = 0; count < 280; count += 1) deliver(taken.side)
      }
      if (taken.act === 'turn') await turn()
      if (taken.act === 'drop') ends[taken.side].socket.drop()
      if (taken.act === 'reconnect') reconnect(dialler, acceptor, taken.seen)
    }
    dialler.socket.drop()
    reconnect(dialler, acceptor, true)
    for (let before = -1; before !== dialler.received.length + acceptor.received.length;) {
      before = dialler.received.length + acceptor.received.length
      while (dialler.socket.sent.length + acceptor.socket.sent.length > 0) {
        deliver('dialler')
        deliver('acceptor')
      }
      await turn()
    }
    expect(acceptor.received).toEqual(Array.from({ length: dialler.sent }, (_, at) => at + 1))
    expect(dialler.received).toEqual(Array.from({ length: acceptor.sent }, (_, at) => at + 1))
    expect([dialler.closed, acceptor.closed]).toEqual([[], []])
  })
  await assert(property, { numRuns: 300 })
})

test('what was acknowledged is let go: memory does not grow with what was sent', async () => {
  const [one, other] = openPair()
  for (let count = 0; count < 5000; count += 1) {
    send(one, 0)
    one.socket.deliver()
    other.socket.deliver()
    if (count % 8 === 7) await turn()
  }
  expect(other.received).toHaveLength(5000)
  // as much as is not acknowledged by itself
  expect(one.link.bufferedAmount).toBeLessThan(256 * 64)
  send(other, 0)
  other.socket.deliver()
  expect(one.link.bufferedAmount).toBe(0)
})

test('a message that is not the next one ends the link: neither a repeated nor a later one is handled', () => {
  for (const order of [
    [0, 0],
    [1, 0],
  ]) {
    const [one, other] = openPair()
    send(one, 0)
    send(one, 0)
    const messages = one.socket.sent
    one.socket.sent = order.map((at) => messages[at] as Uint8Array)
    one.socket.deliver()
    one.socket.deliver()
    expect(other.received).toEqual(order[0] === 0 ? [1] : [])
    expect(other.closed).toMatchObject([{ code: 1007 }])
  }
})

test('an acknowledgement of what was never sent ends the link', () => {
  const [one, other] = openPair()
  send(one, 0)
  const [message] = one.socket.sent as [Uint8Array]
  new DataView(message.buffer, message.byteOffset).setUint32(5, 7)
  one.socket.deliver()
  expect(other.closed).toMatchObject([{ code: 1007 }])
})

test('more than may wait for a peer that is away ends the link, and what comes then is dropped', async () => {
  const one = openEnd(64 * 1024 * 1024)
  one.socket.drop()
  const block = new Uint8Array(8 * 1024 * 1024)
  for (let count = 0; count < 7; count += 1) one.link.sendFrame(frameType.message, 1, {}, block)
  expect(one.link.over).toBe(false)
  for (let count = 0; count < 3; count += 1) one.link.sendFrame(frameType.message, 1, {}, block)
  await expect.poll(() => one.closed).toHaveLength(1)
  expect(one.link.canResume(0)).toBe(false)
})

test('a link that is not resumed within its grace time is over, told once', () => {
  const socket = new MemorySocket()
  const scheduler = createManualScheduler()
  const told: string[] = []
  const link = openFrameSocket<ResponseFrame, typeof control, Control>(socket as unknown as WebSocket, {
    link: { id: 'a-link', graceMs: 30_000, onOver: () => told.push('over') },
    check: checkResponseFrame,
    control,
    onFrame() {},
    onControl() {},
    onInterrupted: () => told.push('interrupted'),
    onResumed: () => told.push('resumed'),
    onClose: ({ reason }) => told.push(reason),
    heartbeatMs: 0,
    scheduler,
  })
  socket.drop()
  const next = new MemorySocket()
  link.resume(next as unknown as WebSocket, 0)
  expect(scheduler.waiting).toEqual([])
  next.drop()
  scheduler.run(30_000)
  expect(told).toEqual(['interrupted', 'resumed', 'interrupted', 'over', 'not resumed within the grace time'])
  expect(link.canResume(0)).toBe(false)
})
