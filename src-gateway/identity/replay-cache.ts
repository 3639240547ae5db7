import { createHash } from 'node:crypto'
import type { Clock } from '../../src-node/clock.ts'

/**
 * Remembers proofs of possession for as long as they could be accepted again (RFC 9449, section 11.1).
 * In memory: a proof is accepted for five minutes at most, and only with its access token and key.
 */
export interface ReplayCache {
  /** False if it was seen before, or if nothing more can be remembered: an unremembered proof must not be accepted. */
  remember(key: string, until: Date): boolean
}

export function createReplayCache(options: { clock: Clock; limit?: number }): ReplayCache {
  const { clock, limit = 200_000 } = options
  const seen = new Map<string, number>()

  // insertion order is nearly expiry order: stop at the first that is still needed
  const forget = (now: number) => {
    for (const [key, until] of seen) {
      if (until > now && seen.size < limit) return
      if (until <= now) seen.delete(key)
      else return
    }
  }

  return {
    remember(key, until) {
      forget(clock.now().getTime())
      const digest = createHash('sha256').update(key).digest('base64url')
      if (seen.has(digest) || seen.size >= limit) return false
      seen.set(digest, until.getTime())
      return true
    },
  }
}
