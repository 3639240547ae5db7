import type { Clock } from '../../src-node/clock.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { EndReason } from '../../src-protocol/model.ts'
import type { LiveSession } from './live-session.ts'

/** Why a session is over whose time has come: its own, or that of the access that it began under. */
export function expiryOf({ access, endsAtMs, connection }: Pick<LiveSession, 'access' | 'endsAtMs' | 'connection'>): {
  reason: EndReason
  error: AppError
} {
  if (access === undefined || endsAtMs < access.endsAtMs)
    return { reason: 'expired', error: new AppError('SESSION_ENDED', { reason: 'expired' }) }
  return { reason: 'access-ended', error: new AppError('ACCESS_ENDED', { connection, reason: 'its time is over' }) }
}

/** One timer, for the session that ends first: a timer for each takes half a kilobyte, and there are thousands. */
export function watchExpiries(ports: {
  live(): Iterable<LiveSession>
  clock: Clock
  scheduler: Scheduler
  expire(session: LiveSession): void
}): { expect(session: LiveSession): void; stop(): void } {
  let nextMs = Infinity
  let cancel = () => {}

  function expect({ endsAtMs }: LiveSession): void {
    if (endsAtMs >= nextMs) return
    cancel()
    nextMs = endsAtMs
    cancel = ports.scheduler.after(Math.max(0, endsAtMs - ports.clock.now().getTime()), look)
  }

  function look(): void {
    const dueMs = Math.max(nextMs, ports.clock.now().getTime())
    nextMs = Infinity
    for (const session of ports.live()) {
      if (session.endsAtMs <= dueMs) ports.expire(session)
      else expect(session)
    }
  }

  return { expect, stop: () => cancel() }
}
