import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { decodeFrame, type FrameType } from '../src-protocol/tunnel.ts'
import type { FrameCheck } from './checked-frame.ts'
import { corkForTick } from './cork-for-tick.ts'
import { systemScheduler, type Scheduler } from './scheduler.ts'
import { transportOf } from './web-socket-transport.ts'
import { framesOf, joinAnswers } from './whole-answer.ts'

/** WebSocket close codes (RFC 6455, 7.4.1) that this side sends. */
export const closeCode = { normal: 1000, goingAway: 1001, malformed: 1007, refused: 1008, failed: 1011 } as const

/**
 * What both ends pass to `ws` when they make a socket. The largest frame is the largest message (16 MiB) and its head. Compression would
 * cost more CPU than loopback or a local network gains, and would leak lengths of secrets. `ws` switches Nagle's delay off by itself.
 */
export const webSocketOptions = { perMessageDeflate: false, maxPayload: 17 * 1024 * 1024 } as const

export interface Closed {
  code: number
  reason: string
  /** set when a handler of this side threw: a defect, to be logged */
  error?: unknown
}

export interface FrameSocketOptions<F, C extends z.ZodType> {
  /** which frames may come in: `checkRequestFrame` or `checkResponseFrame` */
  check: FrameCheck<F>
  /** schema of the text messages that may come in */
  control: C
  onFrame(frame: F): void
  onControl(control: z.output<C>): void
  /** exactly once, however the socket ended */
  onClose(closed: Closed): void
  /** a peer that gave no sign of life for this long, twice in a row, is dropped; 0 switches it off */
  heartbeatMs?: number
  scheduler?: Scheduler
}

export interface FrameSocket<Out> {
  readonly open: boolean
  /** bytes that were sent and not yet taken by the operating system */
  readonly bufferedAmount: number
  /** Frames and controls for a socket that is no longer open are dropped: `onClose` tells. */
  sendFrame(type: FrameType, exchange: number, head?: object, body?: Uint8Array): void
  sendControl(control: Out): void
  /** `undefined` while there is room; otherwise a promise that resolves once there is (or once the socket has closed) */
  writable(): Promise<void> | undefined
  /** stops and resumes reading, so that the peer's sends back up */
  pause(): void
  resume(): void
  close(code?: number, reason?: string): void
  /** without the closing handshake */
  terminate(): void
}

const highMark = 4 * 1024 * 1024
const lowMark = 1024 * 1024
const defaultHeartbeatMs = 20_000

/**
 * Frames and controls over an open WebSocket. Must be called in the tick in which the socket opened, so that nothing is missed.
 * A malformed frame or control closes the socket: the two ends no longer agree, so nothing after it can be trusted.
 */
export function openFrameSocket<F, C extends z.ZodType, Out extends object>(
  socket: WebSocket,
  options: FrameSocketOptions<F, C>,
): FrameSocket<Out> {
  const transport = transportOf(socket)
  const waiting: (() => void)[] = []
  let failure: unknown
  const stopHeartbeat = startHeartbeat(socket, options.heartbeatMs ?? defaultHeartbeatMs, options.scheduler ?? systemScheduler)

  const releaseWaiting = () => {
    for (const resolve of waiting.splice(0)) resolve()
  }
  // one function for every send: the hot path allocates no closure
  const flushed = () => {
    if (waiting.length > 0 && socket.bufferedAmount <= lowMark) releaseWaiting()
  }
  const joiner = joinAnswers(
    (frame) => {
      if (transport) corkForTick(transport)
      socket.send(frame, flushed)
    },
    () => process.nextTick(flushHeld),
  )
  const flushHeld = () => {
    if (socket.readyState === socket.OPEN) joiner.flush()
  }
  const receive = (data: Buffer, binary: boolean) => {
    if (binary) {
      const decoded = decodeFrame(data)
      if (!decoded.ok) return socket.close(closeCode.malformed, decoded.reason)
      for (const part of framesOf(decoded.frame)) {
        const frame = options.check(part)
        if (frame === undefined) return socket.close(closeCode.malformed, 'frame not expected')
        options.onFrame(frame)
      }
      return undefined
    }
    const control = options.control.safeParse(parseJson(data))
    if (!control.success) return socket.close(closeCode.refused, 'control message not expected')
    return options.onControl(control.data)
  }

  socket.on('message', (data, binary) => {
    // after close() was called, what still arrives belongs to nobody
    if (socket.readyState !== socket.OPEN) return
    try {
      receive(data as Buffer, binary)
    } catch (error) {
      failure = error
      socket.close(closeCode.failed, 'internal error')
    }
  })
  // `ws` always emits close after error; too large a message and invalid UTF-8 arrive here, already with the right close code
  socket.on('error', () => {})
  socket.on('close', (code, reason) => {
    stopHeartbeat()
    releaseWaiting()
    options.onClose({ code, reason: reason.toString(), ...(failure === undefined ? {} : { error: failure }) })
  })

  return {
    get open() {
      return socket.readyState === socket.OPEN
    },
    get bufferedAmount() {
      return socket.bufferedAmount
    },
    sendFrame(type, exchange, head, body) {
      if (socket.readyState === socket.OPEN) joiner.send(type, exchange, head, body)
    },
    sendControl(control) {
      if (socket.readyState !== socket.OPEN) return
      joiner.flush()
      socket.send(JSON.stringify(control), flushed)
    },
    writable() {
      if (socket.bufferedAmount <= highMark || socket.readyState !== socket.OPEN) return undefined
      return new Promise((resolve) => waiting.push(resolve))
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close(code = closeCode.normal, reason = '') {
      flushHeld()
      socket.close(code, reason)
    },
    terminate: () => socket.terminate(),
  }
}

/** Any message counts as a sign of life, so that a peer that is busy sending a large result is not dropped. */
function startHeartbeat(socket: WebSocket, everyMs: number, scheduler: Scheduler): () => void {
  if (everyMs === 0) return () => {}
  let missed = 0
  const alive = () => {
    missed = 0
  }
  socket.on('pong', alive)
  socket.on('ping', alive)
  socket.on('message', alive)
  const beat = () => {
    if (missed >= 2) return socket.terminate()
    missed += 1
    // a paused socket cannot see the pong; it is not the peer's fault
    if (socket.isPaused) missed = 0
    if (socket.readyState === socket.OPEN) socket.ping()
    cancel = scheduler.after(everyMs, beat)
  }
  let cancel = scheduler.after(everyMs, beat)
  return () => cancel()
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch {
    return undefined
  }
}
