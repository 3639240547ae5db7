import { decodeJwt, errors as joseErrors, jwtVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import * as oauth from 'oauth4webapi'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Clock } from '../../src-node/clock.ts'
import { createReplayCache } from './replay-cache.ts'

/** How far a desktop's clock may be off, and so how long a proof can be used (RFC 9449, section 11.1). */
const proofSeconds = 300

interface AccessRequest {
  method: string
  /** absolute, as the desktop sees it, without query */
  url: string
  authorization: string | undefined
  proof: string | undefined
}

interface Access {
  sub: string
  signInId: string
  keyThumbprint: string
  expiresAt: Date
}

/**
 * Checks an access token (RFC 9068) together with the proof that its sender holds the key it is bound to (RFC 9449).
 * Whether the sign-in behind it still stands is the caller's question.
 */
export interface AccessCheck {
  /** @throws AppError SIGN_IN_REQUIRED, TOKEN_INVALID, TOKEN_EXPIRED, PROOF_INVALID, PROOF_REPLAYED */
  check(request: AccessRequest): Promise<Access>
}

export function createAccessCheck(options: {
  issuer: string
  audience: string
  publicKeys: JSONWebKeySet
  clientId: string
  clock: Clock
}): AccessCheck {
  const { issuer, audience, publicKeys, clientId, clock } = options
  const replays = createReplayCache({ clock })
  const server: oauth.AuthorizationServer = { issuer, jwks_uri: `${issuer}/jwks` }
  const localKeys = createLocalJWKSet(publicKeys)
  const validation = (): oauth.ValidateJWTAccessTokenOptions => ({
    requireDPoP: true,
    signingAlgorithms: ['ES256'],
    [oauth.clockSkew]: Math.round((clock.now().getTime() - Date.now()) / 1000),
    [oauth.clockTolerance]: 0,
    [oauth.allowInsecureRequests]: true,
    // the keys are our own: nothing is fetched, whatever the library would like to
    [oauth.customFetch]: async () => Response.json(publicKeys),
  })

  /** Only after a refusal: was it the token, or the proof? */
  const explain = async (token: string, cause: unknown): Promise<AppError> => {
    try {
      await jwtVerify(token, localKeys, { issuer, audience, typ: 'at+jwt', algorithms: ['ES256'], currentDate: clock.now() })
    } catch (tokenCause) {
      if (tokenCause instanceof joseErrors.JWTExpired) return new AppError('TOKEN_EXPIRED', {}, { cause })
      return new AppError('TOKEN_INVALID', { problem: 'it was not issued by this gateway, or not for it' }, { cause })
    }
    return new AppError('PROOF_INVALID', { problem: problemOfProof(cause) }, { cause })
  }

  return {
    async check({ method, url, authorization, proof }) {
      if (authorization === undefined) throw new AppError('SIGN_IN_REQUIRED')
      const [scheme = '', token = '', ...rest] = authorization.split(' ')
      if (scheme.toLowerCase() !== 'dpop') throw new AppError('TOKEN_INVALID', { problem: 'it must be sent with the scheme DPoP' })
      if (token === '' || rest.length > 0) throw new AppError('TOKEN_INVALID', { problem: 'the Authorization header is malformed' })
      if (proof === undefined) throw new AppError('PROOF_INVALID', { problem: 'the DPoP header is missing' })

      let claims: oauth.JWTAccessTokenClaims
      try {
        const request = new Request(url, { method, headers: { authorization, dpop: proof } })
        claims = await oauth.validateJwtAccessToken(server, request, audience, validation())
      } catch (cause) {
        throw await explain(token, cause)
      }
      const { sub, sign_in: signInId, cnf, exp } = claims
      const keyThumbprint = cnf?.jkt
      if (claims.client_id !== clientId || typeof signInId !== 'string' || typeof keyThumbprint !== 'string') {
        throw new AppError('TOKEN_INVALID', { problem: 'it lacks what this gateway puts into its tokens' })
      }
      // only now that the proof is known to be of this key: nobody can fill the memory, or spend another's identifiers
      const { jti, iat } = decodeJwt(proof)
      const until = new Date(((iat ?? 0) + proofSeconds) * 1000 + 1000)
      if (!replays.remember(`${keyThumbprint} ${jti ?? ''}`, until)) throw new AppError('PROOF_REPLAYED')
      return { sub, signInId, keyThumbprint, expiresAt: new Date(exp * 1000) }
    },
  }
}

const problems: Record<string, string> = {
  htm: 'it was made for another method',
  htu: 'it was made for another address',
  ath: 'it was made for another access token',
  'cnf.jkt': 'it was made with another key than the one of the sign-in',
  iat: 'it is too old, or comes from the future',
}

function problemOfProof(cause: unknown): string {
  const detail = cause instanceof oauth.OperationProcessingError ? cause.cause : undefined
  const claim = typeof detail === 'object' && detail !== null && 'claim' in detail ? detail.claim : undefined
  return (typeof claim === 'string' ? problems[claim] : undefined) ?? 'it is malformed, or its signature is wrong'
}
