import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../src-node/clock.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { HeldCall } from './approvals.ts'

/** How often the same things are put before reviewers: whoever is asked again and again says yes in the end. */
export interface RequestLimits {
  /**
   * Counts one more request; one that is refused does not count.
   * @param stored how often the state has the same call of this session within the same time: what was asked before the gateway was started again
   * @throws AppError APPROVAL_RATE_LIMITED
   */
  admit(call: HeldCall, stored?: number): void
  /** a request of an earlier run, the oldest first */
  restore(request: { requester: string; at: number }): void
}

export interface RequestLimitsOptions {
  clock: Clock
  /** requests of one person, and of one person for the same call, within ten minutes */
  perPerson: number
  perCall: number
}

const minutes = 10

/** From when on requests count. */
export const limitsSince = (now: Date): Date => new Date(now.getTime() - minutes * 60_000)

/** In memory; what was asked before a restart comes from the log, and for the same call from the state. */
export function createRequestLimits({ clock, perPerson, perCall }: RequestLimitsOptions): RequestLimits {
  const persons = createWindow()
  const calls = createWindow()
  // whoever reads this memory some day need not find out what was asked for
  const key = randomBytes(16)

  return {
    restore: ({ requester, at }) => persons.add(requester, at),
    admit(call, stored = 0) {
      const now = clock.now().getTime()
      const from = limitsSince(clock.now()).getTime()
      const { sub } = call.session.person
      // in another session it is the same call
      const same = createHash('sha256')
        .update(key)
        .update(JSON.stringify([sub, call.session.connection, call.method, call.tool]))
      const sameKey = same.update(call.argumentBytes).digest('base64')
      const refuse = (count: number, scope: string) => new AppError('APPROVAL_RATE_LIMITED', { count, minutes, scope })
      if (persons.count(sub, from) >= perPerson) throw refuse(perPerson, 'by you')
      if (Math.max(calls.count(sameKey, from), stored) >= perCall) throw refuse(perCall, 'for this very call')
      persons.add(sub, now)
      calls.add(sameKey, now)
      for (const window of [persons, calls]) window.forget(from)
    },
  }
}

/** Times by key, the latest last. */
function createWindow() {
  const times = new Map<string, number[]>()
  return {
    count: (key: string, from: number): number => (times.get(key) ?? []).filter((at) => at > from).length,
    add(key: string, at: number): void {
      const known = times.get(key) ?? []
      // the key that was used last stands last
      times.delete(key)
      times.set(key, [...known, at])
    },
    /** What is older counts no more; the keys that were used first stand first. */
    forget(from: number): void {
      for (const [key, known] of times) {
        const last = known.at(-1) ?? 0
        if (last > from) return
        times.delete(key)
      }
    },
  }
}
