import type { Clock } from '../../src-node/clock.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { LiveSession } from './live-session.ts'

const minuteMs = 60_000
/** an idle session lasts at most this much longer than configured */
const longestSweepMs = minuteMs
const shortestSweepMs = 250

/**
 * Ends sessions that nobody uses: no exchange is open, a listening stream included, and no message came or went for the whole time.
 * All are looked at now and then; no message has to set a timer, for what was recorded shows whether there was one.
 * @returns stops it
 */
export function endIdleSessions(ports: {
  live(): Iterable<LiveSession>
  /** 0: never */
  idleMinutes: number
  clock: Clock
  scheduler: Scheduler
  end(session: LiveSession): void
}): () => void {
  const idleMs = ports.idleMinutes * minuteMs
  if (idleMs === 0) return () => {}
  /** how many records it had when it was first seen without anything new */
  const seen = new WeakMap<LiveSession, { records: number; since: number }>()
  const sweepMs = Math.max(shortestSweepMs, Math.min(longestSweepMs, idleMs / 4))

  const sweep = () => {
    const now = ports.clock.now().getTime()
    for (const session of ports.live()) {
      const records = session.recording.count
      const before = seen.get(session)
      if (session.exchanges.size > 0 || before?.records !== records) seen.set(session, { records, since: now })
      else if (now - before.since >= idleMs) ports.end(session)
    }
    cancel = ports.scheduler.after(sweepMs, sweep)
  }
  let cancel = ports.scheduler.after(sweepMs, sweep)
  return () => cancel()
}
