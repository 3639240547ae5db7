import { AppError } from '../src-protocol/app-error.ts'
import { creditHead, encodeFrame, frameType, type Frame, type FrameType } from '../src-protocol/tunnel.ts'

export interface FrameFlowOptions {
  /** sends one encoded frame, in order */
  write(frame: Uint8Array): void
  /** so much is on its way that a frame which has to be quick would wait: nothing more is written until `pump` */
  congested(): boolean
  /** one whole message may have so many bytes */
  messageLimit: number
  /** of the side that opens the exchanges: whether it still waits for this one. What comes for others is dropped. */
  isOpen?: ((exchange: number) => boolean) | undefined
}

/**
 * How the exchanges of one link share it. What is larger than a fragment travels in fragments, and the exchanges take turns: a small frame
 * waits for one fragment of each large one, never for the whole. Each exchange may send what it has credit for. Whoever receives gives
 * new credit as what arrived is used up, so that one reader who does not read stops his own exchange and no other.
 */
export interface FrameFlow {
  /** bytes that wait for their turn or for credit */
  readonly queuedBytes: number
  /** the bytes are taken before it returns */
  send(type: FrameType, exchange: number, head?: object, body?: Uint8Array): void
  /** writes what may be written */
  pump(): void
  /** `undefined` while the exchange can send more; otherwise a promise that resolves once it can, or once it is over */
  room(exchange: number): Promise<void> | undefined
  /** one frame arrived; `undefined` if it is not (yet) for a reader */
  receive(frame: Frame): Frame | undefined
  /** what came for the exchange is in use until the promise is settled: no credit until then */
  hold(exchange: number, inUse: Promise<unknown>): void
  /** what was received has been handed over */
  handled(exchange: number): void
  /** `undefined` if nothing waits; otherwise a promise that resolves once nothing does */
  drained(): Promise<void> | undefined
  /** the link is over: nobody waits any more */
  close(): void
}

/** what one turn sends; a fast network needs a fraction of a millisecond for it, a slow one (10 Mbit/s) 50 */
export const fragmentBytes = 64 * 1024
/** what an exchange may have on its way; a network with 50 ms there and back carries 20 MB/s of one exchange */
export const creditWindow = 1024 * 1024
/** an exchange whose queue is longer has no room */
const roomBytes = 256 * 1024

interface Entry {
  type: FrameType
  head: object | undefined
  body: Uint8Array
  at: number
}

interface Outgoing {
  exchange: number
  credit: number
  entries: Entry[]
  bytes: number
  room: PromiseWithResolvers<void> | undefined
}

interface Incoming {
  fragments: Uint8Array[]
  bytes: number
  tooLarge: boolean
  /** arrived, and no new credit was given for it */
  owed: number
  inUse: number
}

/** With these an exchange has said everything in their direction. */
const closing = new Set<FrameType>([frameType.open, frameType.end, frameType.answer, frameType.abort])
const nothing = new Uint8Array()
/** controls belong to no exchange: their number of bytes is not limited */
const unlimited = 0

export function createFrameFlow(options: FrameFlowOptions): FrameFlow {
  const outgoing = new Map<number, Outgoing>()
  const incoming = new Map<number, Incoming>()
  /** whose turn it is, next first; those that wait for credit are not among them */
  const turns = new Set<Outgoing>()
  const draining: (() => void)[] = []
  let queuedBytes = 0
  /** of messages that are not complete yet */
  let partialBytes = 0
  let pumping = false

  const wake = (out: Outgoing) => {
    out.room?.resolve()
    out.room = undefined
  }

  function enqueue(out: Outgoing, entry: Entry) {
    out.entries.push(entry)
    out.bytes += entry.body.length
    queuedBytes += entry.body.length
    turns.add(out)
    pump()
  }

  function pump() {
    // writing may bring up to date what congestion depends on, and so lead here again
    if (pumping) return
    pumping = true
    for (const out of turns) {
      if (options.congested()) break
      turns.delete(out)
      if (sendPiece(out) && out.entries.length > 0) turns.add(out)
    }
    pumping = false
    if (queuedBytes === 0) for (const resolve of draining.splice(0)) resolve()
  }

  /** @returns false if there is no credit for it */
  function sendPiece(out: Outgoing): boolean {
    const [entry] = out.entries
    if (!entry) return false
    const piece = entry.body.subarray(entry.at, entry.at + fragmentBytes)
    if (piece.length > out.credit) return false
    out.credit -= piece.length
    out.bytes -= piece.length
    queuedBytes -= piece.length
    entry.at += piece.length
    const last = entry.at === entry.body.length
    if (last) out.entries.shift()
    if (last && closing.has(entry.type)) outgoing.delete(out.exchange)
    if (out.bytes <= fragmentBytes) wake(out)
    options.write(
      last ? encodeFrame(entry.type, out.exchange, entry.head, piece) : encodeFrame(frameType.part, out.exchange, undefined, piece),
    )
    return true
  }

  function begin(exchange: number): Outgoing {
    const out = { exchange, credit: exchange === unlimited ? Infinity : creditWindow, entries: [], bytes: 0, room: undefined }
    outgoing.set(exchange, out)
    return out
  }

  function forget(exchange: number) {
    const state = incoming.get(exchange)
    if (state) forgetFragments(state)
    incoming.delete(exchange)
  }

  /** What was not sent yet is forgotten. @returns whether there was anything */
  function discard(exchange: number): boolean {
    const out = outgoing.get(exchange)
    if (!out) return false
    outgoing.delete(exchange)
    turns.delete(out)
    queuedBytes -= out.bytes
    wake(out)
    return out.entries.length > 0
  }

  function giveCredit(exchange: number, state: Incoming) {
    if (state.inUse > 0 || state.owed < creditWindow / 2 || exchange === unlimited) return
    options.write(encodeFrame(frameType.credit, exchange, { bytes: state.owed }))
    state.owed = 0
  }

  function stateOf(exchange: number): Incoming {
    let state = incoming.get(exchange)
    if (!state) {
      state = { fragments: [], bytes: 0, tooLarge: false, owed: 0, inUse: 0 }
      incoming.set(exchange, state)
    }
    return state
  }

  const isWanted = (exchange: number) => exchange === unlimited || options.isOpen?.(exchange) !== false

  function receivePart({ exchange, body }: Frame) {
    if (!isWanted(exchange)) return
    const state = stateOf(exchange)
    state.owed += body.length
    state.bytes += body.length
    if (state.bytes > options.messageLimit || partialBytes + body.length > options.messageLimit * 2) state.tooLarge = true
    if (state.tooLarge) forgetFragments(state)
    else {
      state.fragments.push(body)
      partialBytes += body.length
    }
    // a message has to be whole before anybody can use it up; one that nobody has used yet holds back the one after it
    giveCredit(exchange, state)
  }

  function forgetFragments(state: Incoming) {
    for (const fragment of state.fragments) partialBytes -= fragment.length
    state.fragments = []
  }

  function receiveCredit({ exchange, head }: Frame) {
    const granted = creditHead.safeParse(head)
    const out = outgoing.get(exchange)
    if (!granted.success || !out) return
    out.credit += granted.data.bytes
    if (out.entries.length > 0) turns.add(out)
    pump()
  }

  /** Too large to be held: whoever sent it is told, and so is whoever waits for it here; what is left of it is dropped as it arrives. */
  function refuse(frame: Frame, bytes: number): Frame | undefined {
    const error = new AppError('BODY_TOO_LARGE', { bytes, limit: options.messageLimit }).toJSON()
    options.write(encodeFrame(frameType.abort, frame.exchange, { error }))
    return frame.type === frameType.open ? undefined : { type: frameType.abort, exchange: frame.exchange, head: { error }, body: nothing }
  }

  function whole(frame: Frame, state: Incoming): Frame | undefined {
    const { fragments, tooLarge } = state
    const bytes = state.bytes + frame.body.length
    forgetFragments(state)
    state.bytes = 0
    state.tooLarge = false
    if (frame.type === frameType.abort || fragments.length + Number(tooLarge) === 0) return frame
    if (tooLarge || bytes > options.messageLimit) return refuse(frame, bytes)
    return { ...frame, body: Buffer.concat([...fragments, frame.body], bytes) }
  }

  return {
    get queuedBytes() {
      return queuedBytes
    },

    send(type, exchange, head, body = nothing) {
      // nothing that waits is of use to anybody any more; if a part of it has arrived, this tells that the rest will not
      if (type === frameType.abort) {
        discard(exchange)
        forget(exchange)
      }
      const last = closing.has(type)
      const small = body.length <= fragmentBytes && !options.congested()
      // most exchanges are one small frame in each direction: nothing is kept for them
      const out = outgoing.get(exchange) ?? (small && last ? undefined : begin(exchange))
      if (!small || (out && (out.entries.length > 0 || out.credit < body.length))) {
        return out && enqueue(out, { type, head, body: new Uint8Array(body), at: 0 })
      }
      if (out) out.credit -= body.length
      if (out && last) outgoing.delete(exchange)
      return options.write(encodeFrame(type, exchange, head, body))
    },

    pump,

    room(exchange) {
      const out = outgoing.get(exchange)
      if (!out || out.bytes <= roomBytes) return undefined
      out.room ??= Promise.withResolvers()
      return out.room.promise
    },

    receive(frame) {
      const { type, exchange, body } = frame
      if (type === frameType.part) return receivePart(frame) as undefined
      if (type === frameType.credit) return receiveCredit(frame) as undefined
      // whoever aborts does not want the rest; if there is some, its receiver has to be told that it will not come
      if (type === frameType.abort && discard(exchange)) options.write(encodeFrame(frameType.abort, exchange))
      // a reader that has left must not be given the end of a message without its beginning
      if (!isWanted(exchange)) return undefined
      const known = incoming.get(exchange)
      if (closing.has(type)) {
        if (!known) return frame
        incoming.delete(exchange)
        return whole(frame, known)
      }
      if (body.length === 0 && !known) return frame
      const state = known ?? stateOf(exchange)
      state.owed += body.length
      return whole(frame, state)
    },

    handled(exchange) {
      const state = incoming.get(exchange)
      if (state) giveCredit(exchange, state)
    },

    drained: () => (queuedBytes === 0 ? undefined : new Promise((resolve) => draining.push(resolve))),

    hold(exchange, inUse) {
      const state = incoming.get(exchange)
      if (!state) return
      state.inUse += 1
      const used = () => {
        state.inUse -= 1
        if (incoming.get(exchange) === state) giveCredit(exchange, state)
      }
      inUse.then(used, used)
    },

    close() {
      for (const out of outgoing.values()) wake(out)
      for (const resolve of draining.splice(0)) resolve()
      outgoing.clear()
      incoming.clear()
      turns.clear()
      queuedBytes = 0
      partialBytes = 0
    },
  }
}
