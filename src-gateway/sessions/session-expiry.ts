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
