import { createHash } from 'node:crypto'

export interface SampleSelection {
  algorithm: string
  /** chosen by the auditor, so that nobody else picks */
  seed: string
  size: number
  population: string[]
  selected: string[]
}

/** Draws sessions: those whose hash with the seed is smallest. Anybody can draw again, and nobody can steer it without the seed. */
export function selectSample(sessions: readonly string[], seed: string, size: number): SampleSelection {
  const ranked = sessions
    .map((session) => ({ session, rank: createHash('sha256').update(`${seed}\n${session}`).digest('hex') }))
    .toSorted((one, other) => (one.rank < other.rank ? -1 : 1))
  return {
    algorithm: 'sessions in the order of SHA-256(seed, line feed, session id) in hexadecimal, the first of them',
    seed,
    size,
    population: [...sessions],
    selected: ranked.slice(0, size).map(({ session }) => session),
  }
}
