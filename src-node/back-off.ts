export interface BackOff {
  /** milliseconds to wait before the next attempt; grows with each call */
  next(): number
  reset(): void
}

/**
 * Doubles from `first` to `most`, each time between half and all of it, so that a thousand agents do not come back in the same
 * millisecond after the gateway restarts.
 */
export function createBackOff(options: { first: number; most: number; random?: () => number }): BackOff {
  const random = options.random ?? Math.random
  let ceiling = options.first
  return {
    next() {
      const wait = ceiling * (0.5 + random() / 2)
      ceiling = Math.min(ceiling * 2, options.most)
      return Math.round(wait)
    },
    reset() {
      ceiling = options.first
    },
  }
}
