import { AppError } from '../../src-protocol/app-error.ts'
import type { LiveSession } from './live-session.ts'

/** Counts the sessions that run and those that are being opened, for one sign-in and for all. */
export function createSessionPlaces(ports: { live: ReadonlyMap<string, LiveSession>; sessions: number; sessionsPerSignIn: number }) {
  const opening = new Map<string, number>()
  let allOpening = 0

  const ownOf = (signInId: string): number => {
    let count = opening.get(signInId) ?? 0
    for (const session of ports.live.values()) if (session.signInId === signInId) count += 1
    return count
  }

  /** Runs `open` if there is a place. @throws AppError TOO_MANY_SESSIONS */
  return async function withPlace<T>(signInId: string, open: () => Promise<T>): Promise<T> {
    if (ports.live.size + allOpening >= ports.sessions) {
      throw new AppError('TOO_MANY_SESSIONS', { where: 'at this gateway', limit: ports.sessions })
    }
    if (ownOf(signInId) >= ports.sessionsPerSignIn) {
      throw new AppError('TOO_MANY_SESSIONS', { where: 'under your sign-in', limit: ports.sessionsPerSignIn })
    }
    allOpening += 1
    opening.set(signInId, (opening.get(signInId) ?? 0) + 1)
    try {
      return await open()
    } finally {
      allOpening -= 1
      const left = (opening.get(signInId) ?? 1) - 1
      if (left === 0) opening.delete(signInId)
      else opening.set(signInId, left)
    }
  }
}
