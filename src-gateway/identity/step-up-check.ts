import { createHash } from 'node:crypto'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import { isStepUpNonce, type StepUp } from '../../src-core/approval/step-up.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import { AppError } from '../../src-protocol/app-error.ts'

/** What a fresh sign-in has to have been made for: its nonce says so. */
export interface StepUpRequest {
  approval: string
  digest: string
  keyThumbprint: string
}

/** Fresh sign-ins for single votes: which grants are for one, and what their ID tokens prove. */
export interface StepUpCheck {
  /** a grant that was given for a fresh sign-in */
  add(grantId: string): void
  isOne(grantId: string): boolean
  /** @throws AppError STEP_UP_INVALID */
  check(idToken: string, request: StepUpRequest): Promise<{ sub: string; stepUp: StepUp }>
}

/** codes live a minute; nobody needs to know of a grant any longer */
const keptGrants = 1000

export function createStepUpCheck(options: { issuer: string; publicKeys: JSONWebKeySet; clientId: string; clock: Clock }): StepUpCheck {
  const { issuer, publicKeys, clientId, clock } = options
  const keys = createLocalJWKSet(publicKeys)
  const grants = new Set<string>()
  const invalid = (problem: string, cause?: unknown) => new AppError('STEP_UP_INVALID', { problem }, { cause })

  async function verify(idToken: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(idToken, keys, { issuer, audience: clientId, algorithms: ['ES256'], currentDate: clock.now() })
      return payload
    } catch (cause) {
      throw invalid('its ID token was not issued by this gateway, or has run out', cause)
    }
  }

  return {
    add(grantId) {
      const [oldest] = grants
      if (grants.size >= keptGrants && oldest !== undefined) grants.delete(oldest)
      grants.add(grantId)
    },
    isOne: (grantId) => grants.has(grantId),
    async check(idToken, request) {
      const { sub, nonce, auth_time: authTime, acr } = await verify(idToken)
      if (typeof nonce !== 'string' || !isStepUpNonce(nonce, request)) throw invalid('it was made for something else')
      if (sub === undefined || typeof authTime !== 'number') throw invalid('it does not say who signed in, and when')
      const token = createHash('sha256').update(idToken).digest('hex')
      return { sub, stepUp: { at: timestampOf(new Date(authTime * 1000)), ...(typeof acr === 'string' && { acr }), token } }
    },
  }
}
