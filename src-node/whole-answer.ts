import { frameType, type Frame, type FrameType } from '../src-protocol/tunnel.ts'

type Send = (type: FrameType, exchange: number, head?: object, body?: Uint8Array) => void

export interface FrameJoiner {
  send: Send
  /** sends what is held back: before anything else goes out, and at the end of the tick */
  flush: () => void
}

interface Held {
  exchange: number
  head: object | undefined
  body: Uint8Array | undefined
}

/**
 * Most answers are one JSON body: head, message and end in one tick. They travel as one frame, for a frame costs more than its bytes.
 * Everything else goes out as it came; the order is always kept.
 * @param send takes the bytes before it returns
 * @param holding something is held back: `flush` must be called in this tick
 */
export function joinAnswers(send: Send, holding: () => void): FrameJoiner {
  let held: Held | undefined

  const flush = () => {
    if (!held) return
    const { exchange, head, body } = held
    held = undefined
    send(frameType.head, exchange, head)
    if (body) send(frameType.message, exchange, undefined, body)
  }

  return {
    flush,
    send(type, exchange, head, body) {
      if (held?.exchange === exchange) {
        if (type === frameType.message && !held.body && body && isEmpty(head)) {
          held.body = body
          return
        }
        if (type === frameType.end && held.body) {
          const { head: answerHead, body: answerBody } = held
          held = undefined
          send(frameType.answer, exchange, answerHead, answerBody)
          return
        }
      }
      flush()
      if (type !== frameType.head) return send(type, exchange, head, body)
      held = { exchange, head, body: undefined }
      return holding()
    },
  }
}

function isEmpty(head: object | undefined): boolean {
  for (const _ in head) return false
  return true
}

/** The frames that an answer stands for; any other frame stands for itself. */
export function* framesOf(frame: Frame): Generator<Frame> {
  if (frame.type !== frameType.answer) return yield frame
  const { exchange, head, body } = frame
  const empty = body.subarray(0, 0)
  yield { type: frameType.head, exchange, head, body: empty }
  yield { type: frameType.message, exchange, head: {}, body }
  yield { type: frameType.end, exchange, head: {}, body: empty }
}
