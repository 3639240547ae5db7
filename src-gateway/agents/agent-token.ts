import { decodeJwt, importJWK, jwtVerify, type JWK } from 'jose'
import type { Clock } from '../../src-node/clock.ts'
import { AppError } from '../../src-protocol/app-error.ts'

const longestSeconds = 60
const toleranceSeconds = 30

export interface AgentTokenPorts {
  /** public URL + agentTunnelPath */
  audience: string
  publicKey: (agent: string) => Promise<JWK | undefined>
  clock: Clock
}

/**
 * Checks the JWT with which an agent opens its tunnel: signed by the enrolled key, for this gateway, short-lived, used once.
 * The returned function answers with the agent's id, or throws AppError AGENT_UNKNOWN, TOKEN_INVALID.
 */
export function createAgentAuthentication({ audience, publicKey, clock }: AgentTokenPorts): (authorization?: string) => Promise<string> {
  /** token id → when it may be forgotten (ms) */
  const used = new Map<string, number>()

  return async (authorization) => {
    const [scheme, token] = (authorization ?? '').split(' ')
    if (scheme !== 'GatehouseAgent' || !token) throw invalid('it is missing')
    const subject = claimedSubject(token)
    const key = await publicKey(subject)
    if (!key) throw new AppError('AGENT_UNKNOWN')
    const now = clock.now()
    const { payload } = await jwtVerify(token, await importJWK(key), {
      algorithms: [key.alg ?? 'EdDSA'],
      audience,
      subject,
      currentDate: now,
      clockTolerance: toleranceSeconds,
      requiredClaims: ['iat', 'exp', 'jti', 'aud', 'sub'],
    }).catch((cause: unknown) => {
      throw invalid((cause as { code?: string }).code ?? 'it does not verify', cause)
    })
    const { iat = 0, exp = Infinity, jti = '' } = payload
    if (exp - iat > longestSeconds) throw invalid(`it lives longer than ${longestSeconds} seconds`)
    if (iat > now.getTime() / 1000 + toleranceSeconds) throw invalid('it comes from the future')
    forgetOld(used, now.getTime())
    const id = `${subject} ${jti}`
    if (used.has(id)) throw invalid('it was used before')
    used.set(id, (exp + toleranceSeconds) * 1000)
    return subject
  }
}

function claimedSubject(token: string): string {
  try {
    return decodeJwt(token).sub ?? ''
  } catch (cause) {
    throw invalid('it is not a JWT', cause)
  }
}

function forgetOld(used: Map<string, number>, now: number): void {
  for (const [id, until] of used) if (until < now) used.delete(id)
}

const invalid = (problem: string, cause?: unknown) => new AppError('TOKEN_INVALID', { problem }, { cause })
