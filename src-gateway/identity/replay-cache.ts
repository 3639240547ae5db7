import { createHash } from 'node:crypto'
import type { Clock } from '../../src-node/clock.ts'

/**
 * Remembers proofs of possession for as long as they could be accepted again (RFC 9449, section 11.1).
 * In memory: a proof is accepted for five minutes at most, and only with its access token and key.
 */
export interface ReplayCache {
  /** False if it was seen before, or if nothing more can be remembered: an unremembered proof must not be accepted. */
  remember: (key: string, until: Date) => boolean
}

const sweepEveryMilliseconds = 1_000

export function createReplayCache(options: { clock: Clock; limit?: number }): ReplayCache {
  const { clock, limit = 200_000 } = options
  const seen = new Map<string, number>()

  let sweptAt = Number.NEGATIVE_INFINITY

  const forget = (now: number) => {
    // insertion order is nearly expiry order: the first that is still needed ends this
    for (const [key, until] of seen) {
      if (until > now) break
      seen.delete(key)
    }
    // full although the oldest lasts: look at all of them, but not for every request
    if (seen.size < limit || now - sweptAt < sweepEveryMilliseconds) return
    sweptAt = now
    for (const [key, until] of seen) if (until <= now) seen.delete(key)
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
