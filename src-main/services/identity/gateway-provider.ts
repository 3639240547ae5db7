import * as oidc from 'openid-client'
import { AppError } from '../../../src-protocol/app-error.ts'
import { desktopClientId, oidcPath } from '../../../src-protocol/http-api.ts'
import { person as personSchema, type Person } from '../../../src-protocol/model.ts'
import type { Clock } from '../../../src-node/clock.ts'
import { stepUpNonce } from '../../../src-core/approval/step-up.ts'
import { isSecureOrLoopback } from '../../../src-node/loopback.ts'
import type { SignInKey } from './sign-in-key.ts'

/** The gateway's OpenID provider, seen from the desktop. */
export interface GatewayProvider {
  begin(redirectUri: string): Promise<SignInRequest>
  /** Checks the answer (state, issuer, nonce, signature) and gets tokens bound to the key. */
  redeem(answer: URL, request: SignInRequest): Promise<Tokens>
  /** Asks for a fresh sign-in of the same person; its nonce says what for. */
  beginStepUp(redirectUri: string, request: StepUpRequest): Promise<SignInRequest>
  /** @returns the ID token, for the gateway to check */
  redeemStepUp(answer: URL, request: SignInRequest, sub: string): Promise<string>
  renew(refreshToken: string): Promise<Tokens>
  revoke(refreshToken: string): Promise<void>
}

export interface StepUpRequest {
  approval: string
  digest: string
  maxAgeSeconds: number
  /** ways in which the person may have signed in, with spaces between; empty: any */
  acr: string
}

interface SignInRequest {
  url: URL
  state: string
  nonce: string
  codeVerifier: string
  maxAgeSeconds?: number
}

export interface Tokens {
  accessToken: string
  refreshToken: string
  person: Person
  expiresAt: Date
}

const requestSeconds = 15

/** @throws AppError GATEWAY_UNREACHABLE, INVALID_REQUEST */
export async function openGatewayProvider(options: {
  gatewayUrl: URL
  key: SignInKey
  clock: Clock
  fetch?: typeof fetch
}): Promise<GatewayProvider> {
  const { gatewayUrl, key, clock } = options
  if (!isSecureOrLoopback(gatewayUrl)) {
    throw new AppError('INVALID_REQUEST', { problem: 'the address of the gateway must start with https, except on this computer' })
  }
  const configuration = await discover(options).catch((error: unknown) => {
    throw translateSignInError(error, gatewayUrl)
  })
  const resource = gatewayUrl.origin
  const DPoP = oidc.getDPoPHandle(configuration, key.pair)
  const within = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw translateSignInError(error, gatewayUrl)
    }
  }
  /** A refresh token that is not accepted any more: the sign-in has ended. */
  const ended = (error: unknown): never => {
    throw error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant'
      ? new AppError('SIGN_IN_REQUIRED', {}, { cause: error })
      : error
  }
  const tokensOf = (response: Awaited<ReturnType<typeof oidc.refreshTokenGrant>>, previous?: string): Tokens => {
    const claims = personSchema.safeParse(response.claims())
    const refreshToken = response.refresh_token ?? previous
    const seconds = response.expiresIn()
    // a bearer token would be worth something to whoever copies it
    if (response.token_type !== 'dpop' || !claims.success || refreshToken === undefined || seconds === undefined) {
      throw new AppError('SIGN_IN_RESPONSE_INVALID', { problem: 'the gateway’s token response lacks something' })
    }
    return {
      accessToken: response.access_token,
      refreshToken,
      person: claims.data,
      expiresAt: new Date(clock.now().getTime() + seconds * 1000),
    }
  }

  const beginWith = async (redirectUri: string, nonce: string, parameters: Record<string, string>): Promise<SignInRequest> => {
    const codeVerifier = oidc.randomPKCECodeVerifier()
    const state = oidc.randomState()
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      prompt: 'consent',
      resource,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      // the code is worth nothing without the key either
      dpop_jkt: await DPoP.calculateThumbprint(),
      ...parameters,
    })
    return { url, state, nonce, codeVerifier }
  }

  return {
    begin: (redirectUri) => beginWith(redirectUri, oidc.randomNonce(), { scope: 'openid offline_access' }),
    async beginStepUp(redirectUri, { approval, digest, maxAgeSeconds, acr }) {
      const keyThumbprint = await DPoP.calculateThumbprint()
      const nonce = stepUpNonce({ approval, digest, keyThumbprint }, oidc.randomNonce())
      const ways: Record<string, string> = acr === '' ? {} : { acr_values: acr }
      const request = await beginWith(redirectUri, nonce, { scope: 'openid', max_age: String(maxAgeSeconds), ...ways })
      return { ...request, maxAgeSeconds }
    },
    redeemStepUp: (answer, { state, nonce, codeVerifier, maxAgeSeconds }, sub) =>
      within(
        oidc
          .authorizationCodeGrant(
            configuration,
            answer,
            {
              expectedState: state,
              expectedNonce: nonce,
              pkceCodeVerifier: codeVerifier,
              idTokenExpected: true,
              ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
            },
            { resource },
            { DPoP },
          )
          .then((response) => {
            if (response.claims()?.sub !== sub) throw new AppError('STEP_UP_INVALID', { problem: 'somebody else signed in' })
            return response.id_token ?? ''
          }),
      ),
    redeem: (answer, { state, nonce, codeVerifier }) =>
      within(
        oidc
          .authorizationCodeGrant(
            configuration,
            answer,
            { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier, idTokenExpected: true },
            { resource },
            { DPoP },
          )
          .then((response) => tokensOf(response)),
      ),
    renew: (refreshToken) =>
      within(
        oidc
          .refreshTokenGrant(configuration, refreshToken, { resource }, { DPoP })
          .catch(ended)
          .then((response) => tokensOf(response, refreshToken)),
      ),
    revoke: (refreshToken) => within(oidc.tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' })),
  }
}

async function discover(options: { gatewayUrl: URL; clock: Clock; fetch?: typeof fetch }): Promise<oidc.Configuration> {
  const { gatewayUrl, clock, fetch } = options
  const skew = Math.round((clock.now().getTime() - Date.now()) / 1000)
  const configuration = await oidc.discovery(
    new URL(oidcPath, gatewayUrl),
    desktopClientId,
    { dpop_bound_access_tokens: true, id_token_signed_response_alg: 'ES256', [oidc.clockSkew]: skew },
    oidc.None(),
    {
      timeout: requestSeconds,
      ...(gatewayUrl.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}),
      ...(fetch ? { [oidc.customFetch]: (url, init) => fetch(url, init) } : {}),
    },
  )
  const { authorization_endpoint, token_endpoint, revocation_endpoint, jwks_uri } = configuration.serverMetadata()
  for (const endpoint of [authorization_endpoint, token_endpoint, revocation_endpoint, jwks_uri]) {
    if (endpoint === undefined || new URL(endpoint).origin !== gatewayUrl.origin) {
      throw new AppError('SIGN_IN_RESPONSE_INVALID', { problem: 'the gateway names an address that is not its own' })
    }
  }
  return configuration
}

/** What openid-client throws, in the words of the error table. Never carries a token: the messages name claims, not values. */
export function translateSignInError(error: unknown, gatewayUrl: URL): AppError {
  if (error instanceof AppError) return error
  if (error instanceof oidc.AuthorizationResponseError) {
    if (error.error === 'access_denied') return new AppError('SIGN_IN_CANCELLED', {}, { cause: error })
    const problem = error.error_description ?? error.error
    if (error.error === 'temporarily_unavailable')
      return new AppError('IDENTITY_PROVIDER_UNREACHABLE', { issuer: problem }, { cause: error })
    return new AppError('SIGN_IN_REFUSED', { problem }, { cause: error })
  }
  if (error instanceof oidc.ResponseBodyError) {
    return new AppError('SIGN_IN_REFUSED', { problem: error.error_description ?? error.error }, { cause: error })
  }
  if (error instanceof TypeError || (error instanceof oidc.ClientError && error.code === 'OAUTH_TIMEOUT')) {
    return new AppError('GATEWAY_UNREACHABLE', { gateway: gatewayUrl.origin }, { cause: error })
  }
  if (error instanceof oidc.ClientError && error.cause instanceof Response && error.cause.status >= 500) {
    const { status } = error.cause
    // 502 to 504 come from a proxy whose gateway is away
    if (status > 500) return new AppError('GATEWAY_UNREACHABLE', { gateway: gatewayUrl.origin }, { cause: error })
    return new AppError('INTERNAL', { where: 'the gateway', reference: `HTTP ${status}` }, { cause: error })
  }
  return new AppError(
    'SIGN_IN_RESPONSE_INVALID',
    { problem: error instanceof Error ? error.message : 'it cannot be read' },
    { cause: error },
  )
}
