import type { WebSocket } from 'ws'
import { AppError } from '../../src-protocol/app-error.ts'
import { desktopTunnelPath } from '../../src-protocol/http-api.ts'
import { push, type Push } from '../../src-protocol/push.ts'
import { frameType, type DesktopControl, type MessageHead, type OpenHead, type ResponseHead } from '../../src-protocol/tunnel.ts'
import { createBackOff } from '../../src-node/back-off.ts'
import { checkResponseFrame, type ResponseFrame } from '../../src-node/checked-frame.ts'
import type { Clock } from '../../src-node/clock.ts'
import { dialWebSocket } from '../../src-node/dial-web-socket.ts'
import { closeCode, openFrameSocket, type FrameSocket } from '../../src-node/frame-socket.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { DesktopIdentity } from './identity.ts'

export interface ExchangeReceiver {
  head(head: ResponseHead): void
  /** the bytes are a view on the received frame */
  message(head: MessageHead, body: Uint8Array): void
  keepAlive(): void
  end(): void
  abort(error: AppError): void
}

export interface Tunnel {
  readonly state: 'closed' | 'connecting' | 'open'
  /** exchanges that wait for an answer */
  readonly streams: number
  /** Connects, and stays connected until `stop`. */
  start(): void
  /** Cuts everything that is open. */
  stop(error: AppError): void
  /** Resolves once it is open. @throws AppError GATEWAY_UNREACHABLE after a while, or what `stop` was given */
  ready(): Promise<void>
  /** An exchange that is opened while the tunnel reconnects waits a moment for it. Returns how to abandon it. */
  open(head: OpenHead, body: Uint8Array, receiver: ExchangeReceiver): () => void
}

export interface TunnelOptions {
  gatewayUrl: string
  identity: Pick<DesktopIdentity, 'authorize' | 'recheck' | 'onChange'>
  clock: Clock
  scheduler: Scheduler
  log: Logger
  random?: () => number
  onPush: (push: Push) => void
  /** state or number of streams changed; called often, so it has to be cheap */
  onChange: () => void
  onOpen?: () => void
  /** an attempt to connect found nobody there */
  onUnreachable?: () => void
}

/** An exchange that was opened while the tunnel was not. */
interface Waiting {
  head: OpenHead
  body: Uint8Array
  receiver: ExchangeReceiver
  cancelTimeout: () => void
  /** its number, once it was sent */
  exchange: number | undefined
}

const reconnectPatienceMs = 10_000
const steadyMs = 10_000

/** The desktop's one WebSocket to the gateway: exchanges towards the MCP servers, news towards the window. */
export function createTunnel(options: TunnelOptions): Tunnel {
  const { identity, clock, scheduler, log } = options
  const gateway = options.gatewayUrl.replace(/\/+$/, '')
  const url = gateway + desktopTunnelPath
  const backOff = createBackOff({ first: 300, most: 15_000, ...(options.random && { random: options.random }) })
  const exchanges = new Map<number, ExchangeReceiver>()
  const waiting = new Set<Waiting>()
  const readiness = new Set<{ resolve: () => void; reject: (error: AppError) => void }>()
  let socket: FrameSocket<DesktopControl> | undefined
  let wanted: AbortController | undefined
  let cancelRetry = () => {}
  /** counts on over reconnects, so that an old number never means a new exchange */
  let lastExchange = 0

  const unreachable = () => new AppError('GATEWAY_UNREACHABLE', { gateway })

  function retry(signal: AbortSignal) {
    options.onChange()
    if (signal.aborted) return
    cancelRetry = scheduler.after(backOff.next(), () => void connect(signal))
  }

  async function connect(signal: AbortSignal): Promise<void> {
    let headers: Record<string, string>
    try {
      const { authorization, dpop } = await identity.authorize('GET', url)
      headers = { authorization, dpop }
    } catch {
      // nobody is signed in any more (then the identity tells, and the tunnel is stopped), or the gateway is away
      return retry(signal)
    }
    const dialled = await dialWebSocket({ url, headers, signal }, (webSocket) => opened(webSocket, signal))
    if (dialled.ok || signal.aborted) return
    if (dialled.reason === 'refused') {
      log.warn({ status: dialled.status, code: dialled.error?.code }, 'the gateway refused the tunnel')
      if (dialled.status === 401) await identity.recheck()
    } else {
      log.info('the gateway cannot be reached')
      options.onUnreachable?.()
    }
    retry(signal)
  }

  function opened(webSocket: WebSocket, signal: AbortSignal) {
    const openedAt = clock.now().getTime()
    const current: FrameSocket<DesktopControl> = openFrameSocket<ResponseFrame, typeof push, DesktopControl>(webSocket, {
      check: checkResponseFrame,
      control: push,
      scheduler,
      onFrame: receive,
      onControl: options.onPush,
      onClose({ code, reason, error }) {
        log.info({ code, reason, err: error }, 'tunnel closed')
        // after stop and start a newer socket may have taken its place
        if (socket === current) {
          socket = undefined
          cutAll(new AppError('TUNNEL_LOST'))
        }
        if (clock.now().getTime() - openedAt >= steadyMs) backOff.reset()
        retry(signal)
      },
    })
    socket = current
    log.info({ gateway }, 'tunnel open')
    for (const entry of waiting) {
      entry.cancelTimeout()
      entry.exchange = send(entry.head, entry.body, entry.receiver)
    }
    waiting.clear()
    for (const { resolve } of readiness) resolve()
    options.onChange()
    options.onOpen?.()
  }

  function cutAll(error: AppError) {
    const cut = [...exchanges.values()]
    exchanges.clear()
    for (const receiver of cut) receiver.abort(error)
  }

  function receive(frame: ResponseFrame) {
    const receiver = exchanges.get(frame.exchange)
    // the client has gone and the gateway does not know it yet
    if (!receiver) return
    switch (frame.type) {
      case frameType.head:
        return receiver.head(frame.head)
      case frameType.message:
        return receiver.message(frame.head, frame.body)
      case frameType.keepAlive:
        return receiver.keepAlive()
      case frameType.end:
        finish(frame.exchange)
        return receiver.end()
      case frameType.abort:
        finish(frame.exchange)
        return receiver.abort(frame.head.error ? AppError.from(frame.head.error) : new AppError('TUNNEL_LOST'))
    }
  }

  function send(head: OpenHead, body: Uint8Array, receiver: ExchangeReceiver): number {
    const exchange = ++lastExchange
    exchanges.set(exchange, receiver)
    options.onChange()
    socket?.sendFrame(frameType.open, exchange, head, body)
    return exchange
  }

  function finish(exchange: number): boolean {
    const known = exchanges.delete(exchange)
    if (known) options.onChange()
    return known
  }

  function abandon(exchange: number) {
    if (finish(exchange)) socket?.sendFrame(frameType.abort, exchange)
  }

  const renew = async () => {
    const current = socket
    if (!current) return
    const { accessToken, dpop } = await identity.authorize('GET', url)
    current.sendControl({ type: 'renew', accessToken, proof: dpop })
  }
  identity.onChange(({ state }) => {
    if (state === 'signed-in') renew().catch((error: unknown) => log.warn({ err: error }, 'the tunnel was not renewed'))
  })

  return {
    get state() {
      if (socket?.open) return 'open'
      return wanted ? 'connecting' : 'closed'
    },
    get streams() {
      return exchanges.size
    },
    start() {
      if (wanted) return
      wanted = new AbortController()
      backOff.reset()
      void connect(wanted.signal)
      options.onChange()
    },
    stop(error) {
      if (!wanted) return
      wanted.abort()
      wanted = undefined
      cancelRetry()
      for (const { receiver, cancelTimeout } of waiting) {
        cancelTimeout()
        receiver.abort(error)
      }
      waiting.clear()
      for (const { reject } of readiness) reject(error)
      cutAll(error)
      socket?.close(closeCode.goingAway)
      socket = undefined
      options.onChange()
    },
    async ready() {
      if (socket?.open) return
      if (!wanted) throw unreachable()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const entry = { resolve, reject }
      readiness.add(entry)
      const cancel = scheduler.after(reconnectPatienceMs, () => reject(unreachable()))
      await promise.finally(() => {
        cancel()
        readiness.delete(entry)
      })
    },
    open(head, body, receiver) {
      if (socket?.open) {
        const exchange = send(head, body, receiver)
        return () => abandon(exchange)
      }
      if (!wanted) {
        queueMicrotask(() => receiver.abort(unreachable()))
        return () => {}
      }
      const entry: Waiting = {
        head,
        body,
        receiver,
        exchange: undefined,
        cancelTimeout: scheduler.after(reconnectPatienceMs, () => {
          waiting.delete(entry)
          receiver.abort(unreachable())
        }),
      }
      waiting.add(entry)
      return () => {
        entry.cancelTimeout()
        waiting.delete(entry)
        if (entry.exchange !== undefined) abandon(entry.exchange)
      }
    },
  }
}
