import type { WebSocket } from 'ws'
import type { z } from 'zod'
import type { AppError } from '../src-protocol/app-error.ts'
import { linkHeader, readLinkAnswer, writeLinkOffer } from '../src-protocol/link-header.ts'
import { createBackOff } from './back-off.ts'
import type { Clock } from './clock.ts'
import { dialWebSocket, type Dialled } from './dial-web-socket.ts'
import { closeCode, openFrameSocket, type Closed, type FrameSocket, type FrameSocketOptions, type LinkTerms } from './frame-socket.ts'
import type { Scheduler } from './scheduler.ts'

type Carried<F, C extends z.ZodType> = Pick<
  FrameSocketOptions<F, C>,
  'check' | 'control' | 'onFrame' | 'isOpen' | 'onControl' | 'onInterrupted' | 'heartbeatMs'
>

export interface KeepLinkOptions<F, C extends z.ZodType, Out extends object> extends Carried<F, C> {
  url: string
  /** proves anew who dials, for each attempt; when it fails, the next attempt follows later */
  authorize(): Promise<Record<string, string>>
  /** `resumed`: everything goes on; otherwise this is a new link, and `onLost` was told of the one before */
  onOpen(socket: FrameSocket<Out>, how: 'new' | 'resumed'): void
  /** the link is lost for good; a new one is dialled */
  onLost(closed: Closed): void
  onRefused(status: number, error: AppError | undefined): void | Promise<void>
  onUnreachable(cause: unknown): void
  clock: Clock
  scheduler: Scheduler
  random?: (() => number) | undefined
}

export interface KeptLink<Out> {
  /** the link as it is now, with or without a WebSocket */
  readonly socket: FrameSocket<Out> | undefined
  /** for how long the other side keeps a link that lost its WebSocket; `undefined` before it has said so */
  readonly graceMs: number | undefined
  /** stops dialling and closes the link; resolves once it is closed */
  close(reason: string): Promise<void>
}

/** quick at first: what waits is a person's call. Most outages are short, and the grace time runs */
const retry = { first: 300, most: 5000 }
/** a connection that was held so long was a good one: the next attempt need not wait */
const steadyMs = 10_000
/** less than the grace time, so that an attempt which went into the void is followed by another one */
const handshakeTimeoutMs = 10_000
const closeTimeoutMs = 2000

/** Dials, goes on with the same link after each drop if the other side still has it, and dials again until it is closed. */
export function keepLink<F, C extends z.ZodType, Out extends object>(options: KeepLinkOptions<F, C, Out>): KeptLink<Out> {
  const { clock, scheduler } = options
  const backOff = createBackOff({ ...retry, ...(options.random && { random: options.random }) })
  const stop = new AbortController()
  const { promise: stopped, resolve: settleStopped } = Promise.withResolvers<void>()
  let socket: FrameSocket<Out> | undefined
  let graceMs: number | undefined
  let openedAt = 0
  /** an attempt runs or is planned */
  let busy = true
  let cancelRetry = () => {}

  const dialLater = () => {
    if (busy || stop.signal.aborted) return
    busy = true
    cancelRetry = scheduler.after(backOff.next(), () => {
      dialling = dial()
    })
  }
  const dropped = () => {
    if (clock.now().getTime() - openedAt >= steadyMs) backOff.reset()
    dialLater()
  }

  async function dial(): Promise<void> {
    const opened = await attempt()
    if (opened) return
    busy = false
    dialLater()
  }

  /** @returns whether it opened */
  async function attempt(): Promise<boolean> {
    let headers: Record<string, string>
    try {
      headers = await options.authorize()
    } catch {
      return false
    }
    if (stop.signal.aborted) return false
    const offer = socket?.id === undefined || socket.over ? { id: undefined } : { id: socket.id, received: socket.received }
    const dialled: Dialled<boolean> = await dialWebSocket(
      { url: options.url, headers: { ...headers, [linkHeader]: writeLinkOffer(offer) }, signal: stop.signal, handshakeTimeoutMs },
      (webSocket, answered) => opened(webSocket, String(answered[linkHeader] ?? ''), offer.id),
    )
    if (stop.signal.aborted) return false
    if (dialled.ok) return dialled.value
    if (dialled.reason === 'refused') await options.onRefused(dialled.status, dialled.error)
    else options.onUnreachable(dialled.cause)
    return false
  }

  function opened(webSocket: WebSocket, header: string, offered: string | undefined): boolean {
    const answer = readLinkAnswer(header)
    const earlier = socket
    openedAt = clock.now().getTime()
    if (offered !== undefined && answer?.id === offered) {
      if (!earlier?.canResume(answer.received)) {
        // it ended here while the answer was on its way, or the two sides do not agree: a new link is better than a wrong one
        webSocket.close(closeCode.refused, 'the link cannot be resumed')
        earlier?.lose('the two ends do not agree about the link')
        return false
      }
      busy = false
      earlier.resume(webSocket, answer.received)
      options.onOpen(earlier, 'resumed')
      return true
    }
    earlier?.lose('the gateway does not know the link any more')
    busy = false
    graceMs = answer && answer.grace * 1000
    start(webSocket, answer && { id: answer.id, graceMs: answer.grace * 1000 })
    return true
  }

  function start(webSocket: WebSocket, link: LinkTerms | undefined) {
    const { check, control, heartbeatMs } = options
    const fresh: FrameSocket<Out> = openFrameSocket<F, C, Out>(webSocket, {
      link,
      check,
      control,
      scheduler,
      ...(heartbeatMs !== undefined && { heartbeatMs }),
      onFrame: (frame) => options.onFrame(frame),
      ...(options.isOpen && { isOpen: (exchange: number) => options.isOpen?.(exchange) === true }),
      onControl: (message) => options.onControl(message),
      onInterrupted() {
        options.onInterrupted?.()
        dropped()
      },
      onClose(closed) {
        if (socket === fresh) socket = undefined
        options.onLost(closed)
        if (stop.signal.aborted) settleStopped()
        dropped()
      },
    })
    socket = fresh
    options.onOpen(fresh, 'new')
  }

  let dialling = dial()
  return {
    get socket() {
      return socket
    },
    get graceMs() {
      return graceMs
    },
    async close(reason) {
      stop.abort()
      cancelRetry()
      const closing = socket
      if (!closing) settleStopped()
      closing?.close(closeCode.goingAway, reason)
      // a gateway that does not answer the closing handshake must not keep this side from ending
      const cancel = scheduler.after(closeTimeoutMs, () => closing?.terminate())
      await Promise.all([stopped, dialling])
      cancel()
    },
  }
}
