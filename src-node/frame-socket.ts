import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { largestMessageBytes } from '../src-protocol/config.ts'
import { decodeFrame, encodeFrame, frameType, type Frame, type FrameType } from '../src-protocol/tunnel.ts'
import type { FrameCheck } from './checked-frame.ts'
import { takeByTurns } from './by-turns.ts'
import { corkForTurn } from './cork-for-turn.ts'
import { createFrameFlow } from './frame-flow.ts'
import { startHeartbeat } from './heartbeat.ts'
import { createLinkLedger } from './link-ledger.ts'
import { systemScheduler, type Scheduler } from './scheduler.ts'
import { transportOf } from './web-socket-transport.ts'
import { framesOf, joinAnswers } from './whole-answer.ts'

/** WebSocket close codes (RFC 6455, 7.4.1, and 4000 and above of our own) that this side sends. */
export const closeCode = { normal: 1000, goingAway: 1001, malformed: 1007, refused: 1008, failed: 1011, authenticateAgain: 4001 } as const

/** Close codes after which a link waits to be resumed: nobody wanted its end. 1006 is a connection that broke off. */
const interruptions = new Set<number>([1005, 1006, 1012, 1013, 1014, 1015, closeCode.authenticateAgain])

/**
 * What both ends pass to `ws` when they make a socket. The largest frame is the largest message and its head. Compression would
 * cost more CPU than loopback or a local network gains, and would leak lengths of secrets. `ws` switches Nagle's delay off by itself.
 */
export const webSocketOptions = { perMessageDeflate: false, maxPayload: largestMessageBytes + 1024 * 1024 } as const

export interface Closed {
  code: number
  reason: string
  /** set when a handler of this side threw: a defect, to be logged */
  error?: unknown
}

/** What makes a link of a socket: it waits so long for another WebSocket when it loses its own. */
export interface LinkTerms {
  id: string
  graceMs: number
  onOpened?(link: ResumableLink): void
  /** it is not to be resumed any more */
  onOver?(): void
}

export interface FrameSocketOptions<F, C extends z.ZodType> {
  /** absent: the connection ends with its WebSocket */
  link?: LinkTerms | undefined
  /** which frames may come in: `checkRequestFrame` or `checkResponseFrame` */
  check: FrameCheck<F>
  /** schema of the control messages that may come in */
  control: C
  /** a promise: what the frame brought is in use until it is settled, and until then its exchange gets no new credit */
  onFrame(frame: F): unknown
  /** of the side that opens the exchanges: whether it still waits for this one */
  isOpen?(exchange: number): boolean
  onControl(control: z.output<C>): void
  /** the WebSocket was lost: what is sent now is kept until the link is resumed or closed */
  onInterrupted?(): void
  onResumed?(): void
  /** exactly once and for good, however it ended */
  onClose(closed: Closed): void
  /** see `startHeartbeat`; 0 switches it off */
  heartbeatMs?: number
  /** what may wait for a peer that does not read, or that is away; above it the connection ends */
  mostWaiting?: number
  scheduler?: Scheduler
}

/** The link without what it carries: for whoever moves it to another WebSocket. */
export interface ResumableLink {
  readonly id: string | undefined
  /** it has ended, or is about to: it cannot be resumed */
  readonly over: boolean
  /** how many messages of the other end were handled */
  readonly received: number
  canResume(peerReceived: number): boolean
  /** lets go of a WebSocket that may still look alive: from here on `received` stands still */
  suspend(): void
  /** goes on over this WebSocket, in the tick in which it opened */
  resume(webSocket: WebSocket, peerReceived: number): void
  /** ends at once, without a word to the other end */
  lose(reason: string): void
}

export interface FrameSocket<Out> extends ResumableLink {
  /** it has a WebSocket, and what is sent leaves now */
  readonly open: boolean
  /** bytes that were sent and that the other end is not known to have (without a link: that the operating system has not taken) */
  readonly bufferedAmount: number
  /** What is sent after the end is dropped: `onClose` tells. */
  sendFrame(type: FrameType, exchange: number, head?: object, body?: Uint8Array): void
  sendControl(control: Out): void
  /** `undefined` while there is room; otherwise a promise that resolves once there is (or once it has closed) */
  writable(): Promise<void> | undefined
  /** the same for one exchange: others may have room while this one's reader does not read */
  room(exchange: number): Promise<void> | undefined
  /** `undefined` if everything that was sent is on its way; otherwise a promise that resolves once it is */
  drained(): Promise<void> | undefined
  /** for good: a link that was closed is not resumed */
  close(code?: number, reason?: string): void
  /** like `close`, without the closing handshake */
  terminate(): void
  /** drops the WebSocket only: who wants to go on has to authenticate anew */
  interrupt(reason: string): void
}

/** without a link nothing but the operating system says whether the other end reads */
const socketMark = { high: 4 * 1024 * 1024, low: 1024 * 1024 }
/** on a link each exchange has its own bound: this is for all of them, whatever waits */
const linkMark = { high: largestMessageBytes * 2, low: largestMessageBytes }
const defaultMostWaiting = largestMessageBytes * 6
/** so much may be written and not taken by the operating system: what comes next waits for its turn, so that a small frame is soon sent */
const congestedAt = 256 * 1024
/**
 * And so much may be on its way to the other end: the operating system would take several MiB more, which a slow network needs seconds for,
 * and a small frame would wait for all of it. A network with 50 ms there and back still carries 20 MB/s.
 */
const mostUnderWay = 1024 * 1024
/** a lost peer is noticed after 15 to 20 seconds, within the default grace of 30; a stall of 5 seconds is nothing */
const defaultHeartbeatMs = 5000
/** see `takeByTurns` */
const mostInOneTurn = 8
const encoder = new TextEncoder()

/**
 * Frames and controls over a WebSocket, or over the WebSockets of a link, one after the other: whatever was sent arrives once and in
 * order, or the link ends. Must be called in the tick in which the socket opened, so that nothing is missed.
 * A malformed frame or control ends it: the two ends no longer agree, so nothing after it can be trusted.
 */
export function openFrameSocket<F, C extends z.ZodType, Out extends object>(
  webSocket: WebSocket,
  options: FrameSocketOptions<F, C>,
): FrameSocket<Out> {
  const { link } = options
  const { scheduler = systemScheduler, mostWaiting = defaultMostWaiting } = options
  const ledger = link && createLinkLedger()
  const waiting: (() => void)[] = []
  let current: WebSocket | undefined
  let transport: Duplex | undefined
  let failure: unknown
  /** the end was asked for, but the WebSocket has not closed yet */
  let ending = false
  let ended = false
  let stopHeartbeat = () => {}
  let cancelGrace = () => {}

  const flow =
    ledger &&
    createFrameFlow({
      write: (frame) => transmit(frame),
      congested: () => ledger.unacknowledgedBytes > mostUnderWay || (current?.bufferedAmount ?? 0) > congestedAt,
      messageLimit: largestMessageBytes,
      isOpen: options.isOpen && ((exchange) => options.isOpen?.(exchange) === true),
    })
  const mark = ledger ? linkMark : socketMark

  const outstanding = () => (ledger && flow ? ledger.unacknowledgedBytes + flow.queuedBytes : (current?.bufferedAmount ?? 0))
  const releaseWaiting = () => {
    if (waiting.length === 0 || (!ended && outstanding() > mark.low)) return
    for (const resolve of waiting.splice(0)) resolve()
  }
  // one function for every send: the hot path allocates no closure
  const flushed = () => {
    if (flow && flow.queuedBytes > 0) flow.pump()
    releaseWaiting()
  }
  const write = (message: Uint8Array | string) => {
    if (current?.readyState !== current?.OPEN) return
    if (transport) corkForTurn(transport)
    current?.send(message, flushed)
  }
  const transmit = (frame: Uint8Array) => {
    ledger?.send(frame)
    write(frame)
  }
  const send = (type: FrameType, exchange: number, head?: object, body?: Uint8Array) => {
    if (flow) flow.send(type, exchange, head, body)
    else transmit(encodeFrame(type, exchange, head, body))
    if (outstanding() > mostWaiting) terminate('too much was sent that nobody took')
  }
  const flushHeld = () => {
    if (!ending) joiner.flush()
  }
  const joiner = joinAnswers(send, () => process.nextTick(flushHeld))

  const stopWith = (code: number, reason: string) => {
    setEnding()
    current?.close(code, reason)
  }
  const receiveControl = (data: Uint8Array) => {
    const control = options.control.safeParse(parseJson(data))
    return control.success ? options.onControl(control.data) : stopWith(closeCode.refused, 'control message not expected')
  }
  const receiveBinary = (data: Buffer) => {
    const decoded = decodeFrame(data)
    if (!decoded.ok) return stopWith(closeCode.malformed, decoded.reason)
    const { frame } = decoded
    if (ledger) {
      const agreed = frame.type === frameType.acknowledge ? ledger.acknowledged(frame.acknowledged) : ledger.receive(frame, data.length)
      if (!agreed) return stopWith(closeCode.malformed, 'out of sequence')
      flushed()
      if (frame.type === frameType.acknowledge) return undefined
    }
    const whole = flow ? flow.receive(frame) : frame
    if (!whole) return undefined
    if (flow && whole.type === frameType.control) return receiveControl(whole.body)
    for (const part of framesOf(whole)) if (!receivePart(part)) return stopWith(closeCode.malformed, 'frame not expected')
    flow?.handled(whole.exchange)
    return undefined
  }
  const receivePart = (part: Frame): boolean => {
    const checked = options.check(part)
    if (checked === undefined) return false
    const inUse = options.onFrame(checked)
    if (inUse instanceof Promise) flow?.hold(part.exchange, inUse)
    return true
  }
  const acknowledge = (when: 'due' | 'any') => {
    const acknowledgement = ledger?.acknowledgement(when)
    if (acknowledgement) write(acknowledgement)
  }

  function attach(socket: WebSocket) {
    current = socket
    transport = transportOf(socket)
    stopHeartbeat = startHeartbeat(socket, options.heartbeatMs ?? defaultHeartbeatMs, scheduler, () => acknowledge('any'))
    const incoming = takeByTurns<{ data: Buffer; binary: boolean }>(({ data, binary }) => {
      // after it was closed or left behind, what still arrives belongs to nobody
      if (socket !== current || ending) return
      try {
        if (binary) receiveBinary(data)
        else if (ledger) stopWith(closeCode.refused, 'text message not expected')
        else receiveControl(data)
        acknowledge('due')
      } catch (error) {
        failure = error
        stopWith(closeCode.failed, 'internal error')
      }
    }, mostInOneTurn)
    socket.on('message', (data, binary) => incoming.give({ data: data as Buffer, binary }))
    // `ws` always emits close after error; too large a message and invalid UTF-8 arrive here, already with the right close code
    socket.on('error', () => {})
    socket.on('close', (code, reason) => {
      incoming.finish()
      if (socket === current) lost(code, reason.toString())
    })
  }

  function detach() {
    stopHeartbeat()
    const left = current
    current = undefined
    transport = undefined
    return left
  }

  function lost(code: number, reason: string) {
    detach()
    if (!link || ending || link.graceMs === 0 || !interruptions.has(code)) return end(code, reason)
    awaitResumption()
    return options.onInterrupted?.()
  }

  function awaitResumption() {
    cancelGrace()
    if (link) cancelGrace = scheduler.after(link.graceMs, () => end(1006, 'not resumed within the grace time'))
  }

  function setEnding() {
    if (ending) return
    ending = true
    link?.onOver?.()
  }

  function end(code: number, reason: string) {
    if (ended) return
    setEnding()
    ended = true
    cancelGrace()
    detach()?.terminate()
    flow?.close()
    releaseWaiting()
    options.onClose({ code, reason, ...(failure === undefined ? {} : { error: failure }) })
  }

  function terminate(reason: string) {
    if (ending) return current?.terminate()
    setEnding()
    if (current) return current.terminate()
    // whoever sends does not expect to be told of the end before he has sent
    return queueMicrotask(() => end(1006, reason))
  }

  attach(webSocket)
  const frames: FrameSocket<Out> = {
    id: link?.id,
    get open() {
      return current !== undefined && current.readyState === current.OPEN
    },
    get over() {
      return ending
    },
    get received() {
      return ledger?.received ?? 0
    },
    get bufferedAmount() {
      return outstanding()
    },
    sendFrame(type, exchange, head, body) {
      if (!ending) joiner.send(type, exchange, head, body)
    },
    sendControl(control) {
      if (ending) return
      joiner.flush()
      if (flow) send(frameType.control, 0, undefined, encoder.encode(JSON.stringify(control)))
      else write(JSON.stringify(control))
    },
    writable() {
      if (outstanding() <= mark.high || ending) return undefined
      return new Promise((resolve) => waiting.push(resolve))
    },
    room: (exchange) => (flow && !ending ? flow.room(exchange) : frames.writable()),
    drained: () => flow?.drained(),
    close(code = closeCode.normal, reason = '') {
      flushHeld()
      setEnding()
      if (current) current.close(code, reason)
      else queueMicrotask(() => end(code, reason))
    },
    terminate: () => terminate('terminated'),
    interrupt(reason) {
      if (!ending) current?.close(closeCode.authenticateAgain, reason)
    },
    canResume: (peerReceived) => !ending && ledger?.canResume(peerReceived) === true,
    suspend() {
      const left = detach()
      if (!left) return
      left.terminate()
      awaitResumption()
      options.onInterrupted?.()
    },
    resume(next, peerReceived) {
      if (ending) return next.close(closeCode.refused, 'the link has ended')
      frames.suspend()
      cancelGrace()
      attach(next)
      for (const message of ledger?.resume(peerReceived) ?? []) write(message)
      flow?.pump()
      options.onResumed?.()
    },
    lose: (reason) => end(1006, reason),
  }
  link?.onOpened?.(frames)
  return frames
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}
