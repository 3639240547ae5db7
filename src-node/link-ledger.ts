import { encodeFrame, frameType, numberFrame } from '../src-protocol/tunnel.ts'

/**
 * What one end of a link knows: which of its messages the other end has not acknowledged (they are kept), and how many of the other
 * end's it has handled. After any drop both compare their counts, and each sends what the other lacks: nothing twice, nothing left out.
 */
export interface LinkLedger {
  /** messages of the other end that were handled here, in order and without a gap */
  readonly received: number
  readonly unacknowledgedBytes: number
  /** numbers a frame and keeps it until it is acknowledged */
  send(frame: Uint8Array): void
  /** a numbered frame arrived; false: it is not the next one, or it acknowledges what was never sent */
  receive(frame: { sequence: number; acknowledged: number }, bytes: number): boolean
  /** false: it acknowledges what was never sent */
  acknowledged(low: number): boolean
  /** what tells the other end how far this one is; `undefined` if it knows (almost) as much */
  acknowledgement(when: 'due' | 'any'): Uint8Array | undefined
  /** whether the other end can go on after so many messages of this one */
  canResume(peerReceived: number): boolean
  /** what the other end has not received, in order */
  resume(peerReceived: number): Uint8Array[]
}

/** unacknowledged messages cost their sender memory; an answer, or the next request, acknowledges for nothing */
const dueMessages = 256
const dueBytes = 256 * 1024

export function createLinkLedger(): LinkLedger {
  /** from `first` on: what was sent and not acknowledged */
  let kept: (Uint8Array | undefined)[] = []
  let first = 0
  let keptBytes = 0
  let sent = 0
  let acknowledged = 0
  let received = 0
  let receivedBytes = 0
  /** what the other end was told of `received`, and of the bytes */
  let told = 0
  let toldBytes = 0

  const number = (frame: Uint8Array, sequence: number) => {
    numberFrame(frame, sequence, received)
    told = received
    toldBytes = receivedBytes
  }

  const release = (upTo: number): boolean => {
    if (upTo < acknowledged || upTo > sent) return false
    for (; acknowledged < upTo; acknowledged += 1) {
      keptBytes -= kept[first]?.length ?? 0
      kept[first] = undefined
      first += 1
    }
    if (first > 1024 && first * 2 > kept.length) {
      kept = kept.slice(first)
      first = 0
    }
    return true
  }
  /** the low 32 bits are enough: far fewer messages than that are ever on their way */
  const releaseLow = (low: number): boolean => release(acknowledged + ((low - acknowledged) >>> 0))

  return {
    get received() {
      return received
    },
    get unacknowledgedBytes() {
      return keptBytes
    },
    send(frame) {
      sent += 1
      kept.push(frame)
      keptBytes += frame.length
      number(frame, sent)
    },
    receive({ sequence, acknowledged: low }, bytes) {
      if (sequence !== (received + 1) >>> 0) return false
      received += 1
      receivedBytes += bytes
      return releaseLow(low)
    },
    acknowledged: releaseLow,
    acknowledgement(when) {
      const due = when === 'any' ? received > told : received - told >= dueMessages || receivedBytes - toldBytes >= dueBytes
      if (!due) return undefined
      const frame = encodeFrame(frameType.acknowledge, 0)
      number(frame, 0)
      return frame
    },
    canResume: (peerReceived) => peerReceived >= acknowledged && peerReceived <= sent,
    resume(peerReceived) {
      release(peerReceived)
      const missing = kept.slice(first).filter((frame) => frame !== undefined)
      for (const [at, frame] of missing.entries()) number(frame, acknowledged + 1 + at)
      return missing
    },
  }
}
