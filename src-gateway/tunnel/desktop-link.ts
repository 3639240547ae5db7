import { checkDesktopFrame } from '../../src-node/checked-frame.ts'
import { closeCode, openFrameSocket, type Closed, type FrameSocket } from '../../src-node/frame-socket.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { largestMessageBytes } from '../../src-protocol/config.ts'
import type { Push } from '../../src-protocol/push.ts'
import { desktopControl, frameType, type FrameType, type OpenHead, type WatchHead } from '../../src-protocol/tunnel.ts'
import type { ClientStream } from '../exchange/client-stream.ts'
import type { SignedIn } from '../identity/identity.ts'
import type { LinkStart } from './link-acceptor.ts'

export interface DesktopLink {
  readonly signedIn: SignedIn
  push(message: Push): void
  /** the sign-in as it is now; `tell`: the desktop asked for it and waits for an answer */
  renewed(signedIn: SignedIn, tell: boolean): void
  /** the desktop has to connect anew, with a token that counts; its exchanges go on */
  interrupt(reason: string): void
  close(code: number, reason: string): void
}

export interface DesktopLinkEvents {
  /** @returns what to do when the client closes its stream. @throws AppError, told to the client */
  onExchange(link: DesktopLink, stream: ClientStream, head: OpenHead, body: Uint8Array): () => void
  /** the same for an exchange that watches a session */
  onWatch(link: DesktopLink, stream: ClientStream, head: WatchHead): () => void
  onRenew(link: DesktopLink, renewal: { accessToken: string; proof: string }): void
  /** its WebSocket is lost; it may come back */
  onInterrupted(): void
  onResumed(): void
  onClose(link: DesktopLink, closed: Closed): void
}

/** what one desktop can make the gateway hold: exchanges, the bytes of their requests, and answers that it does not read */
const mostExchanges = 1024
const mostRequestBytes = 64 * 1024 * 1024
const mostUnreadBytes = largestMessageBytes * 4

const noBody = new Uint8Array()

interface OpenStream {
  gone: boolean
  bytes: number
  /** of an answer that is one JSON body: it goes out with the body */
  heldHead?: { status: number; headers: Record<string, string> }
  left: () => void
}

/** The gateway's end of a desktop's link: its exchanges, and what is pushed to the person at it. */
export function openDesktopLink(start: LinkStart, signedIn: SignedIn, events: DesktopLinkEvents, scheduler: Scheduler): DesktopLink {
  const streams = new Map<number, OpenStream>()
  /** who waits until the link is there again, or lost for good */
  const waiting: (() => void)[] = []
  const release = () => {
    for (const resolve of waiting.splice(0)) resolve()
  }
  let requestBytes = 0
  let current = signedIn

  const frames: FrameSocket<Push> = openFrameSocket(start.webSocket, {
    link: start.link,
    scheduler,
    check: checkDesktopFrame,
    control: desktopControl,
    onFrame(frame) {
      if (frame.type === frameType.open) {
        return 'watch' in frame.head
          ? open(frame.exchange, frame.head, noBody)
          : open(frame.exchange, frame.head, 'body' in frame ? frame.body : noBody)
      }
      return leave(frame.exchange)
    },
    onControl: (control) => events.onRenew(link, control),
    onInterrupted: () => events.onInterrupted(),
    onResumed() {
      release()
      events.onResumed()
    },
    onClose(closed) {
      for (const exchange of streams.keys()) leave(exchange)
      release()
      events.onClose(link, closed)
    },
  })

  function open(exchange: number, head: OpenHead | WatchHead, body: Uint8Array): void {
    // a large request takes its time: a small one that was opened after it may be here before
    if (streams.has(exchange)) return frames.close(closeCode.refused, 'exchange number used before')
    const state: OpenStream = { gone: false, bytes: body.length, left: () => {} }
    const stream = clientStream({ frames, exchange, state, waiting, forget: () => forget(exchange) })
    streams.set(exchange, state)
    requestBytes += state.bytes
    try {
      if (streams.size > mostExchanges || requestBytes > mostRequestBytes)
        throw new AppError('CONFLICT', { problem: 'Too many calls are open at once' })
      state.left = 'watch' in head ? events.onWatch(link, stream, head) : events.onExchange(link, stream, head, body)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      stream.abort(error)
    }
  }

  function leave(exchange: number): void {
    const state = forget(exchange)
    if (!state) return
    state.gone = true
    state.left()
  }

  function forget(exchange: number): OpenStream | undefined {
    const state = streams.get(exchange)
    if (streams.delete(exchange)) requestBytes -= state?.bytes ?? 0
    return state
  }

  const link: DesktopLink = {
    get signedIn() {
      return current
    },
    push: (message) => frames.sendControl(message),
    renewed(next, tell) {
      current = next
      if (tell) frames.sendControl({ type: 'renewed', expiresAt: next.expiresAt.toISOString() })
    },
    // without a link nothing could go on: then it is the end
    interrupt: (reason) => (start.link ? frames.interrupt(reason) : frames.close(closeCode.refused, reason)),
    close: (code, reason) => frames.close(code, reason),
  }
  return link
}

interface StreamParts {
  frames: FrameSocket<Push>
  exchange: number
  state: OpenStream
  waiting: (() => void)[]
  forget: () => void
}

function clientStream({ frames, exchange, state, waiting, forget }: StreamParts): ClientStream {
  const send = (type: FrameType, head?: object, body?: Uint8Array) => {
    if (state.gone) return
    if (frames.bufferedAmount + (body?.length ?? 0) > mostUnreadBytes) return tooMuch()
    if (state.heldHead) frames.sendFrame(frameType.head, exchange, state.heldHead)
    state.heldHead = undefined
    frames.sendFrame(type, exchange, head, body)
  }
  const ended = () => {
    state.gone = true
    forget()
  }
  /** credit holds back what one client does not read: this is for many of them */
  const tooMuch = () => {
    const { left } = state
    const error = new AppError('CONFLICT', { problem: 'More waits for this desktop than the gateway keeps' })
    frames.sendFrame(frameType.abort, exchange, { error: error.toJSON() })
    ended()
    left()
  }
  return {
    get gone() {
      return state.gone
    },
    back: () => (state.gone || frames.open ? undefined : new Promise((resolve) => waiting.push(resolve))),
    room: () => (state.gone ? undefined : frames.room(exchange)),
    head(status, headers) {
      if (headers['content-type']?.startsWith('text/event-stream') === true) send(frameType.head, { status, headers })
      else state.heldHead = { status, headers }
    },
    message: (head, body) => send(frameType.message, head, body),
    keepAlive: () => send(frameType.keepAlive),
    end() {
      send(frameType.end)
      ended()
    },
    abort(error) {
      send(frameType.abort, { error: error.toJSON() })
      ended()
    },
  }
}
