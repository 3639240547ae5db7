import { AppError } from '../../src-protocol/app-error.ts'
import { desktopTunnelPath } from '../../src-protocol/http-api.ts'
import { push, type Push } from '../../src-protocol/push.ts'
import {
  frameType,
  type DesktopControl,
  type MessageHead,
  type OpenHead,
  type ResponseHead,
  type WatchHead,
} from '../../src-protocol/tunnel.ts'
import { checkResponseFrame, type ResponseFrame } from '../../src-node/checked-frame.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { FrameSocket } from '../../src-node/frame-socket.ts'
import { keepLink, type KeptLink } from '../../src-node/keep-link.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { DesktopIdentity } from './identity.ts'

export interface ExchangeReceiver {
  head(head: ResponseHead): void
  /**
   * The bytes are a view on the received frame.
   * @returns a promise if the client does not keep up: no more is asked for in this exchange until it is settled
   */
  message(head: MessageHead, body: Uint8Array): unknown
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
  /**
   * What runs goes on after an interruption, if the gateway still knows it. An exchange that is opened meanwhile waits, as long as the
   * gateway would wait for this desktop. Returns how to abandon it.
   */
  open(head: OpenHead, body: Uint8Array, receiver: ExchangeReceiver): () => void
  /** Watches a session of somebody else; its messages are `watchEvent`s. Returns how to leave. */
  watch(head: WatchHead, receiver: ExchangeReceiver): () => void
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
  heartbeatMs?: number
}

/** An exchange that was opened while the tunnel was not. */
interface Waiting {
  head: OpenHead | WatchHead
  body: Uint8Array
  receiver: ExchangeReceiver
  cancelTimeout: () => void
  /** its number, once it was sent */
  exchange: number | undefined
}

/** as long as the gateway has not said how long it would wait */
const reconnectPatienceMs = 10_000

/** The desktop's one link to the gateway: exchanges towards the MCP servers, news towards the window. */
export function createTunnel(options: TunnelOptions): Tunnel {
  const { identity, scheduler, log } = options
  const gateway = options.gatewayUrl.replace(/\/+$/, '')
  const url = gateway + desktopTunnelPath
  const exchanges = new Map<number, ExchangeReceiver>()
  const waiting = new Set<Waiting>()
  const readiness = new Set<{ resolve: () => void; reject: (error: AppError) => void }>()
  let link: KeptLink<DesktopControl> | undefined
  /** how long the gateway said it would wait for this desktop: so long it is worth to wait for the gateway */
  let patienceMs = reconnectPatienceMs
  /** counts on over links, so that an old number never means a new exchange */
  let lastExchange = 0

  const unreachable = () => new AppError('GATEWAY_UNREACHABLE', { gateway })
  const isOpen = () => link?.socket?.open === true

  function connect(): KeptLink<DesktopControl> {
    const current: KeptLink<DesktopControl> = keepLink<ResponseFrame, typeof push, DesktopControl>({
      url,
      // it fails when nobody is signed in any more (then the identity tells, and the tunnel is stopped), or when the gateway is away
      async authorize() {
        const { authorization, dpop } = await identity.authorize('GET', url)
        return { authorization, dpop }
      },
      check: checkResponseFrame,
      control: push,
      onFrame: receive,
      isOpen: (exchange) => exchanges.has(exchange),
      onControl: options.onPush,
      onOpen(socket, how) {
        log.info({ gateway, how }, 'tunnel open')
        patienceMs = Math.max(reconnectPatienceMs, current.graceMs ?? 0)
        for (const entry of waiting) {
          entry.cancelTimeout()
          entry.exchange = send(socket, entry)
        }
        waiting.clear()
        for (const { resolve } of readiness) resolve()
        options.onChange()
        if (how === 'new') options.onOpen?.()
      },
      onInterrupted() {
        log.info('tunnel interrupted')
        options.onChange()
      },
      onLost({ code, reason, error }) {
        log.info({ code, reason, err: error }, 'tunnel lost')
        // after stop and start another one may have taken its place
        if (link === current) cutAll(new AppError('TUNNEL_LOST'))
        options.onChange()
      },
      async onRefused(status, error) {
        log.warn({ status, code: error?.code }, 'the gateway refused the tunnel')
        if (status === 401) await identity.recheck()
      },
      onUnreachable() {
        log.info('the gateway cannot be reached')
        options.onUnreachable?.()
      },
      clock: options.clock,
      scheduler,
      random: options.random,
      ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
    })
    return current
  }

  function cutAll(error: AppError) {
    const cut = [...exchanges.values()]
    exchanges.clear()
    for (const receiver of cut) receiver.abort(error)
  }

  function receive(frame: ResponseFrame): unknown {
    const receiver = exchanges.get(frame.exchange)
    // the client has gone and the gateway does not know it yet
    if (!receiver) return undefined
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

  function send(socket: FrameSocket<DesktopControl>, { head, body, receiver }: Pick<Waiting, 'head' | 'body' | 'receiver'>): number {
    const exchange = ++lastExchange
    exchanges.set(exchange, receiver)
    options.onChange()
    socket.sendFrame(frameType.open, exchange, head, body)
    return exchange
  }

  function finish(exchange: number): boolean {
    const known = exchanges.delete(exchange)
    if (known) options.onChange()
    return known
  }

  function abandon(exchange: number) {
    if (finish(exchange)) link?.socket?.sendFrame(frameType.abort, exchange)
  }

  function open(head: OpenHead | WatchHead, body: Uint8Array, receiver: ExchangeReceiver): () => void {
    const socket = link?.socket
    if (socket?.open) {
      const exchange = send(socket, { head, body, receiver })
      return () => abandon(exchange)
    }
    if (!link) {
      queueMicrotask(() => receiver.abort(unreachable()))
      return () => {}
    }
    const entry: Waiting = {
      head,
      body,
      receiver,
      exchange: undefined,
      cancelTimeout: scheduler.after(patienceMs, () => {
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
  }

  const renew = async () => {
    // a proof must be fresh: while the link is interrupted none is sent, and going on brings one along
    if (!isOpen()) return
    const socket = link?.socket
    const { accessToken, dpop } = await identity.authorize('GET', url)
    if (socket?.open) socket.sendControl({ type: 'renew', accessToken, proof: dpop })
  }
  identity.onChange(({ state }) => {
    if (state === 'signed-in') renew().catch((error: unknown) => log.warn({ err: error }, 'the tunnel was not renewed'))
  })

  return {
    get state() {
      if (isOpen()) return 'open'
      return link ? 'connecting' : 'closed'
    },
    get streams() {
      return exchanges.size
    },
    start() {
      if (link) return
      link = connect()
      options.onChange()
    },
    stop(error) {
      if (!link) return
      const stopping = link
      link = undefined
      for (const { receiver, cancelTimeout } of waiting) {
        cancelTimeout()
        receiver.abort(error)
      }
      waiting.clear()
      for (const { reject } of readiness) reject(error)
      cutAll(error)
      void stopping.close('the desktop stops')
      options.onChange()
    },
    async ready() {
      if (isOpen()) return
      if (!link) throw unreachable()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const entry = { resolve, reject }
      readiness.add(entry)
      const cancel = scheduler.after(reconnectPatienceMs, () => reject(unreachable()))
      await promise.finally(() => {
        cancel()
        readiness.delete(entry)
      })
    },
    open,
    watch: (head, receiver) => open(head, new Uint8Array(), receiver),
  }
}
