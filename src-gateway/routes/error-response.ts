import { randomUUID } from 'node:crypto'
import type { Logger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'

export interface ErrorResponse {
  status: number
  headers: Record<string, string>
  body: { error: ReturnType<AppError['toJSON']> }
}

/** The one place where a failure becomes an HTTP response. What it was stays in the log, under the reference that the response carries. */
export function errorResponse(error: unknown, logger: Logger): ErrorResponse {
  const known = error instanceof AppError ? error : fromFramework(error)
  if (known) {
    const headers: Record<string, string> = known.status === 401 ? { 'www-authenticate': 'DPoP algs="ES256"' } : {}
    return { status: known.status, headers, body: { error: known.toJSON() } }
  }
  const reference = randomUUID()
  logger.error({ err: error, reference }, 'a request failed')
  const internal = new AppError('INTERNAL', { where: 'the gateway', reference })
  return { status: internal.status, headers: {}, body: { error: internal.toJSON() } }
}

/** Fastify refuses malformed requests itself; its errors have a status and a code of their own. */
function fromFramework(error: unknown): AppError | undefined {
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown }
  if (typeof statusCode !== 'number' || statusCode >= 500) return undefined
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('BODY_TOO_LARGE', { bytes: 'too many', limit: apiBodyLimit })
  return new AppError('INVALID_REQUEST', { problem: `the request itself (${String(code)})` })
}

/** Policies are the largest thing that is sent: a million characters. */
export const apiBodyLimit = 4 * 1024 * 1024
