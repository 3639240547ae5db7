import type { SessionId } from '../../src-protocol/ids.ts'
import type { EndReason } from '../../src-protocol/model.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'

/** The sessions that this computer has opened, and when each of them ends. */
export interface SessionEnds {
  add(session: SessionId, endsAt: Date): void
  has(session: SessionId): boolean
  end(session: SessionId, reason: EndReason): void
  endAll(reason: EndReason): void
}

/** longest delay of a timer; a session is shorter */
const longestMs = 2 ** 31 - 1

/**
 * The gateway ends a session and says so. The desktop ends its own side by the clock too, for the gateway may be out of reach just
 * then, and an endpoint must not look alive after its time.
 */
export function createSessionEnds(options: {
  clock: Clock
  scheduler: Scheduler
  onEnd: (session: SessionId, reason: EndReason) => void
}): SessionEnds {
  const timers = new Map<SessionId, () => void>()

  function end(session: SessionId, reason: EndReason) {
    const cancel = timers.get(session)
    if (!cancel) return
    cancel()
    timers.delete(session)
    options.onEnd(session, reason)
  }

  return {
    add(session, endsAt) {
      const left = Math.max(0, Math.min(endsAt.getTime() - options.clock.now().getTime(), longestMs))
      timers.set(
        session,
        options.scheduler.after(left, () => end(session, 'expired')),
      )
    },
    has: (session) => timers.has(session),
    end,
    endAll(reason) {
      for (const session of timers.keys()) end(session, reason)
    },
  }
}
