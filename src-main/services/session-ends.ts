import type { SessionId } from '../../src-protocol/ids.ts'
import type { EndReason } from '../../src-protocol/model.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'

/** The sessions that this computer has opened, and when each of them ends. */
export interface SessionEnds {
  add(session: SessionId, endsAt: Date): void
  /** those that have not ended */
  list(): SessionId[]
  /** may come before `add`: a server can stop while the answer that opened its session is on its way */
  end(session: SessionId, reason: EndReason): void
  endAll(reason: EndReason): void
}

/** longest delay of a timer; a session is shorter */
const earlyLimit = 100
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
  /** ends of sessions that are not (or not yet) this computer's */
  const early = new Map<SessionId, EndReason>()

  function end(session: SessionId, reason: EndReason) {
    const cancel = timers.get(session)
    if (!cancel) return rememberEarly(session, reason)
    cancel()
    timers.delete(session)
    options.onEnd(session, reason)
  }

  function rememberEarly(session: SessionId, reason: EndReason) {
    early.set(session, reason)
    const [oldest] = early.keys()
    if (early.size > earlyLimit && oldest !== undefined) early.delete(oldest)
  }

  return {
    add(session, endsAt) {
      const left = Math.max(0, Math.min(endsAt.getTime() - options.clock.now().getTime(), longestMs))
      timers.set(
        session,
        options.scheduler.after(left, () => end(session, 'expired')),
      )
      const reason = early.get(session)
      if (reason !== undefined) end(session, reason)
    },
    list: () => [...timers.keys()],
    end,
    endAll(reason) {
      for (const session of timers.keys()) end(session, reason)
    },
  }
}
