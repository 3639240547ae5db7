import { array, assert, asyncProperty, constantFrom, nat, oneof, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFrame, frameType, type Frame, type FrameType } from '../src-protocol/tunnel.ts'
import { createFrameFlow, creditWindow, fragmentBytes, type FrameFlow } from './frame-flow.ts'

const MiB = 1024 * 1024
const messageLimit = 8 * MiB

interface Side {
  flow: FrameFlow
  /** encoded frames on their way to the other side */
  wire: Uint8Array[]
  /** what reached the reader of this side */
  got: Frame[]
  congested: boolean
  /** what the reader of an exchange does with a message */
  inUse: (exchange: number) => Promise<void> | undefined
}

function createSide(isOpen?: (exchange: number) => boolean): Side {
  const side: Side = {
    wire: [],
    got: [],
    congested: false,
    inUse: () => undefined,
    flow: createFrameFlow({ write: (frame) => void side.wire.push(frame), congested: () => side.congested, messageLimit, isOpen }),
  }
  return side
}

/** One frame arrives, as `openFrameSocket` takes it. */
function deliver(from: Side, to: Side): FrameType | undefined {
  const bytes = from.wire.shift()
  if (!bytes) return undefined
  const decoded = decodeFrame(bytes)
  if (!decoded.ok) throw new Error(decoded.reason)
  const frame = to.flow.receive(decoded.frame)
  if (frame) {
    to.got.push({ type: frame.type, exchange: frame.exchange, head: frame.head, body: Buffer.from(frame.body) })
    const inUse = to.inUse(frame.exchange)
    if (inUse) to.flow.hold(frame.exchange, inUse)
  }
  to.flow.handled(decoded.frame.exchange)
  return decoded.frame.type
}

function deliverAll(one: Side, other: Side) {
  while (one.wire.length + other.wire.length > 0) {
    deliver(one, other)
    deliver(other, one)
  }
}

const bytesOf = (length: number, seed: number) => Buffer.alloc(length, `${seed}.`)
const wireBytes = (side: Side) => side.wire.reduce((sum, frame) => sum + frame.length, 0)

test('a small frame is one frame, and nothing is kept for it', () => {
  const [one, other] = [createSide(), createSide()]
  one.flow.send(frameType.answer, 7, { status: 200, headers: {} }, bytesOf(1000, 1))
  expect(one.wire).toHaveLength(1)
  deliverAll(one, other)
  expect(other.got).toMatchObject([{ type: frameType.answer, exchange: 7, head: { status: 200 } }])
  expect(one.wire).toEqual([])
})

test('a small frame waits for one fragment of each large one, and not for the whole', () => {
  const one = createSide()
  one.congested = true
  for (const exchange of [1, 2, 3]) one.flow.send(frameType.answer, exchange, { status: 200, headers: {} }, bytesOf(900_000, exchange))
  one.flow.send(frameType.answer, 4, { status: 200, headers: {} }, bytesOf(1000, 4))
  expect(one.wire).toEqual([])
  one.congested = false
  one.flow.pump()
  const order = one.wire.map((frame) => new DataView(frame.buffer, frame.byteOffset).getUint32(9))
  expect(order.slice(0, 4)).toEqual([1, 2, 3, 4])
  expect(Math.max(...one.wire.map(({ length }) => length))).toBeLessThan(fragmentBytes + 100)
})

test('while the network does not take more nothing is written, and what waits is counted', () => {
  const one = createSide()
  one.congested = true
  one.flow.send(frameType.end, 1)
  one.flow.send(frameType.answer, 2, {}, bytesOf(5000, 2))
  expect([one.wire.length, one.flow.queuedBytes]).toEqual([0, 5000])
  one.congested = false
  one.flow.pump()
  expect([one.wire.length, one.flow.queuedBytes]).toEqual([2, 0])
})

describe('a reader that does not read', () => {
  test('stops its own exchange at the window, and no other', async () => {
    const [one, other] = [createSide(), createSide()]
    const { promise, resolve } = Promise.withResolvers<void>()
    other.inUse = (exchange) => (exchange === 1 ? promise : undefined)
    const sent = 6 * MiB
    for (let count = 0; count < sent / 100_000; count += 1) one.flow.send(frameType.message, 1, {}, bytesOf(100_000, 1))
    deliverAll(one, other)
    const arrived = () => other.got.reduce((sum, { body, exchange }) => sum + (exchange === 1 ? body.length : 0), 0)
    expect(arrived()).toBeGreaterThan(0)
    expect(arrived()).toBeLessThanOrEqual(creditWindow)
    expect(one.flow.queuedBytes).toBeGreaterThan(sent - creditWindow - 200_000)
    expect(one.flow.room(1)).toBeInstanceOf(Promise)
    expect(one.flow.room(2)).toBeUndefined()
    one.flow.send(frameType.answer, 2, {}, bytesOf(3 * MiB, 2))
    deliverAll(one, other)
    expect(other.got.at(-1)).toMatchObject({ exchange: 2, type: frameType.answer })
    expect(Buffer.from(other.got.at(-1)?.body ?? []).equals(bytesOf(3 * MiB, 2))).toBe(true)
    // it reads again
    other.inUse = () => undefined
    const room = one.flow.room(1)
    resolve()
    await promise
    await new Promise((done) => setImmediate(done))
    deliverAll(one, other)
    await room
    expect(arrived()).toBe(Math.ceil(sent / 100_000) * 100_000)
    expect(one.flow.queuedBytes).toBe(0)
  })

  test('who leaves frees what waited for him, and what is still on its way is nobody’s', () => {
    const open = new Set([1])
    const [gateway, desktop] = [createSide(), createSide((exchange) => open.has(exchange))]
    desktop.inUse = () => new Promise(() => {})
    for (let count = 0; count < 5; count += 1) gateway.flow.send(frameType.message, 1, {}, bytesOf(MiB, count))
    for (let count = 0; count < 4; count += 1) deliver(gateway, desktop)
    open.delete(1)
    desktop.flow.send(frameType.abort, 1)
    deliverAll(desktop, gateway)
    expect(gateway.flow.queuedBytes).toBe(0)
    expect(desktop.got.filter(({ type }) => type === frameType.message)).toEqual([])
    // the number of an exchange means another one on another link, and nothing is left of this one
    desktop.flow.send(frameType.open, 2, {}, bytesOf(10, 2))
    deliverAll(desktop, gateway)
    expect(gateway.got.at(-1)).toMatchObject({ type: frameType.open, exchange: 2 })
  })
})

describe('a message above the limit', () => {
  test('of a client is refused, the rest of it is dropped, and the link goes on', () => {
    const [desktop, gateway] = [createSide(), createSide()]
    desktop.flow.send(frameType.open, 1, {}, bytesOf(messageLimit + 1, 1))
    desktop.flow.send(frameType.open, 2, {}, bytesOf(10, 2))
    deliverAll(desktop, gateway)
    expect(gateway.got.map(({ exchange }) => exchange)).toEqual([2])
    expect(desktop.got).toMatchObject([{ type: frameType.abort, exchange: 1, head: { error: { code: 'BODY_TOO_LARGE' } } }])
    expect(desktop.flow.queuedBytes).toBe(0)
  })

  test('of a server ends its exchange on both sides', () => {
    const [agent, gateway] = [createSide(), createSide(() => true)]
    agent.flow.send(frameType.message, 1, {}, bytesOf(messageLimit + 1, 1))
    agent.flow.send(frameType.answer, 2, {}, bytesOf(10, 2))
    deliverAll(agent, gateway)
    expect(gateway.got.find(({ exchange }) => exchange === 1)).toMatchObject({
      type: frameType.abort,
      head: { error: { code: 'BODY_TOO_LARGE' } },
    })
    expect(gateway.got.find(({ exchange }) => exchange === 2)).toMatchObject({ type: frameType.answer })
    expect(agent.got).toMatchObject([{ type: frameType.abort, exchange: 1 }])
  })
})

test('drained and room resolve when the link is over: nobody waits for ever', async () => {
  const one = createSide()
  one.congested = true
  one.flow.send(frameType.message, 1, {}, bytesOf(2 * MiB, 1))
  const waiting = [one.flow.room(1), one.flow.drained()]
  expect(waiting.every((each) => each instanceof Promise)).toBe(true)
  one.flow.close()
  await waiting[0]
  await waiting[1]
  expect(one.flow.drained()).toBeUndefined()
})

const step = oneof(
  record({ act: constantFrom('send' as const), exchange: nat(3), kilobytes: oneof(nat(3), nat(300), nat(3000)) }),
  record({ act: constantFrom('deliver' as const), times: nat(60) }),
  record({ act: constantFrom('congest' as const), on: constantFrom(true, false) }),
  record({ act: constantFrom('use' as const) }),
)

test('whatever the sizes, the readers and the network: each exchange gets its messages whole, once and in order', async () => {
  const property = asyncProperty(array(step, { maxLength: 40 }), async (steps) => {
    const [one, other] = [createSide(), createSide()]
    const sent = new Map<number, Buffer[]>()
    let using: (() => void)[] = []
    other.inUse = (exchange) => (exchange % 2 === 1 ? new Promise((resolve) => using.push(resolve)) : undefined)
    const useAll = async () => {
      const inUse = using
      using = []
      for (const resolve of inUse) resolve()
      await new Promise((done) => setImmediate(done))
    }
    let seed = 0
    for (const taken of steps) {
      if (taken.act === 'send') {
        const body = bytesOf(taken.kilobytes * 1000 + 1, ++seed)
        const exchange = taken.exchange + 1
        sent.set(exchange, [...(sent.get(exchange) ?? []), body])
        one.flow.send(frameType.message, exchange, { id: String(seed) }, body)
      }
      if (taken.act === 'deliver') {
        for (let count = 0; count <= taken.times; count += 1) {
          deliver(one, other)
          deliver(other, one)
        }
      }
      if (taken.act === 'congest') one.congested = taken.on
      if (taken.act === 'use') await useAll()
      if (!one.congested) one.flow.pump()
    }
    one.congested = false
    one.flow.pump()
    do {
      deliverAll(one, other)
      await useAll()
    } while (wireBytes(one) + wireBytes(other) + using.length > 0)
    expect(one.flow.queuedBytes).toBe(0)
    for (const [exchange, bodies] of sent) {
      const got = other.got.filter((frame) => frame.exchange === exchange).map(({ body }) => Buffer.from(body))
      expect(got.map(({ length }) => length)).toEqual(bodies.map(({ length }) => length))
      expect(got.every((body, at) => body.equals(bodies[at] ?? Buffer.alloc(0)))).toBe(true)
    }
  })
  await assert(property, { numRuns: 40 })
}, 60_000)
