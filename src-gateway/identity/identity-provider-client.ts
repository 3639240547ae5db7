import * as oidc from 'openid-client'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '../../src-protocol/app-error.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import { isLoopbackHost, isSecureOrLoopback } from '../../src-node/loopback.ts'
import type { Claims } from './people-store.ts'

/** The gateway as a relying party of the organisation's identity provider. */
export interface IdentityProviderClient {
  /**
   * @param fresh asks for a sign-in of now, in one of these ways, whatever session the browser has
   * @throws AppError IDENTITY_PROVIDER_UNREACHABLE
   */
  start(fresh?: FreshSignIn): Promise<UpstreamRequest>
  /**
   * Checks the answer (state, issuer, PKCE, nonce, signature) and asks who it is.
   * @throws AppError SIGN_IN_CANCELLED, SIGN_IN_REFUSED, SIGN_IN_RESPONSE_INVALID, IDENTITY_PROVIDER_UNREACHABLE
   */
  finish(answer: URL, request: UpstreamRequest): Promise<{ claims: Claims; standing: Standing; authenticated: Authenticated }>
  /**
   * Asks again, some minutes later, who it is: groups may have changed, the account may be gone.
   * @throws AppError IDENTITY_PROVIDER_UNREACHABLE, SIGN_IN_RESPONSE_INVALID
   */
  recheck(standing: Standing, sub: string): Promise<Recheck>
}

interface FreshSignIn {
  maxAgeSeconds: number
  /** as OpenID Connect writes them: with spaces between */
  acrValues?: string | undefined
}

/** When and how the identity provider knew the person, as far as it says. */
export interface Authenticated {
  /** seconds since 1970 */
  at?: number | undefined
  acr?: string | undefined
}

/** What the gateway may ask the identity provider with, later on. */
export interface Standing {
  accessToken: string
  refreshToken: string | undefined
  /** milliseconds since 1970 */
  expiresAt: number
  /** where the provider puts groups */
  groupsFrom: 'id-token' | 'userinfo'
}

type Recheck =
  | { outcome: 'stands'; claims: Claims; standing: Standing }
  /** the provider does not accept what it gave out: signed out there, or the account is gone */
  | { outcome: 'ended' }
  /** the provider gave nothing to ask with */
  | { outcome: 'unknown' }

export interface UpstreamRequest {
  /** where the browser goes */
  url: URL
  state: string
  nonce: string
  codeVerifier: string
  maxAgeSeconds?: number | undefined
}

const attempts = 3
const attemptSeconds = 10
/** metadata is fetched anew after this time, so that a provider may move its endpoints */
const metadataMilliseconds = 3_600_000
/** when a provider does not say how long its access token lasts */
const defaultAccessSeconds = 300

export function createIdentityProviderClient(options: {
  config: GatewayConfig['identityProvider']
  clientSecret: string
  redirectUri: string
}): IdentityProviderClient {
  const { config, clientSecret, redirectUri } = options
  const issuer = new URL(config.issuer)
  if (!isSecureOrLoopback(issuer)) {
    throw new AppError('CONFIG_INVALID', {
      file: 'of the gateway',
      problem: 'identityProvider.issuer: https is required, except on loopback',
    })
  }
  const unreachable = (cause: unknown) => new AppError('IDENTITY_PROVIDER_UNREACHABLE', { issuer: config.issuer }, { cause })

  let known: { configuration: oidc.Configuration; at: number } | undefined
  const discovered = async (): Promise<oidc.Configuration> => {
    if (known && Date.now() - known.at < metadataMilliseconds) return known.configuration
    for (let attempt = 1; ; attempt += 1) {
      try {
        const configuration = await discover(issuer, config.clientId, clientSecret)
        known = { configuration, at: Date.now() }
        return configuration
      } catch (cause) {
        if (cause instanceof AppError) throw cause
        if (attempt === attempts) throw unreachable(cause)
        await delay(attempt * 300)
      }
    }
  }

  return {
    async start(fresh) {
      const configuration = await discovered()
      const codeVerifier = oidc.randomPKCECodeVerifier()
      const state = oidc.randomState()
      const nonce = oidc.randomNonce()
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: config.scopes.join(' '),
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        state,
        nonce,
        ...(fresh ? freshParameters(fresh) : config.prompt === 'provider' ? {} : { prompt: config.prompt }),
      })
      return { url, state, nonce, codeVerifier, maxAgeSeconds: fresh?.maxAgeSeconds }
    },
    async finish(answer, request) {
      const configuration = await discovered()
      try {
        const tokens = await oidc.authorizationCodeGrant(configuration, answer, {
          expectedState: request.state,
          expectedNonce: request.nonce,
          pkceCodeVerifier: request.codeVerifier,
          idTokenExpected: true,
          // the provider's word for it, in `auth_time`: without one the sign-in is refused
          ...(request.maxAgeSeconds !== undefined && { maxAge: request.maxAgeSeconds }),
        })
        const claims = tokens.claims()
        if (!claims) throw new AppError('SIGN_IN_RESPONSE_INVALID', { problem: 'the identity provider sent no ID token' })
        const groupsFrom = claims[config.groupsClaim] === undefined ? 'userinfo' : 'id-token'
        const standing = standingOf(tokens, groupsFrom)
        const authenticated: Authenticated = { at: claims.auth_time, acr: typeof claims['acr'] === 'string' ? claims['acr'] : undefined }
        if (groupsFrom === 'id-token' || !configuration.serverMetadata().userinfo_endpoint)
          return { claims: claimsOf(claims, config.groupsClaim), standing, authenticated }
        const more = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
        return { claims: claimsOf({ ...claims, ...more }, config.groupsClaim), standing, authenticated }
      } catch (cause) {
        throw translate(cause, unreachable)
      }
    },
    async recheck(standing, sub) {
      const configuration = await discovered()
      try {
        return await recheck(configuration, standing, sub, config.groupsClaim)
      } catch (cause) {
        if (isRefusal(cause)) return { outcome: 'ended' }
        throw translate(cause, unreachable)
      }
    },
  }
}

function freshParameters({ maxAgeSeconds, acrValues }: FreshSignIn): Record<string, string> {
  return { prompt: 'login', max_age: String(maxAgeSeconds), ...(acrValues !== undefined && { acr_values: acrValues }) }
}

/** With a refresh token if there is one, since that asks the provider to decide anew; else the userinfo endpoint while it lasts. */
async function recheck(configuration: oidc.Configuration, standing: Standing, sub: string, groupsClaim: string): Promise<Recheck> {
  let current = standing
  let claims: Record<string, unknown> = { sub }
  if (standing.refreshToken !== undefined) {
    const tokens = await oidc.refreshTokenGrant(configuration, standing.refreshToken)
    current = { ...standingOf(tokens, standing.groupsFrom), refreshToken: tokens.refresh_token ?? standing.refreshToken }
    claims = { ...tokens.claims() }
    if (claims['sub'] !== undefined && claims['sub'] !== sub) return { outcome: 'ended' }
  } else if (standing.expiresAt <= Date.now()) return { outcome: 'unknown' }

  if (claims[groupsClaim] === undefined) {
    if (!configuration.serverMetadata().userinfo_endpoint) return { outcome: 'unknown' }
    claims = { ...claims, ...(await oidc.fetchUserInfo(configuration, current.accessToken, sub)) }
    // groups that stand in ID tokens only are not lost because userinfo does not name them
    if (claims[groupsClaim] === undefined && standing.groupsFrom === 'id-token') return { outcome: 'unknown' }
  }
  return { outcome: 'stands', claims: claimsOf(claims, groupsClaim), standing: current }
}

function standingOf(tokens: Awaited<ReturnType<typeof oidc.refreshTokenGrant>>, groupsFrom: Standing['groupsFrom']): Standing {
  const seconds = tokens.expiresIn() ?? defaultAccessSeconds
  return { accessToken: tokens.access_token, refreshToken: tokens.refresh_token, expiresAt: Date.now() + seconds * 1000, groupsFrom }
}

/** The refresh token or the access token is not accepted any more. */
function isRefusal(cause: unknown): boolean {
  if (cause instanceof oidc.ResponseBodyError) return cause.error === 'invalid_grant'
  return cause instanceof oidc.WWWAuthenticateChallengeError && cause.status === 401
}

async function discover(issuer: URL, clientId: string, clientSecret: string): Promise<oidc.Configuration> {
  const insecure = issuer.protocol === 'http:' && isLoopbackHost(issuer.hostname)
  const configuration = await oidc.discovery(issuer, clientId, undefined, chooseAuthentication(clientSecret), {
    timeout: attemptSeconds,
    ...(insecure ? { execute: [oidc.allowInsecureRequests] } : {}),
  })
  const server = configuration.serverMetadata()
  for (const endpoint of [server.authorization_endpoint, server.token_endpoint, server.jwks_uri, server.userinfo_endpoint]) {
    // http was allowed for the loopback host alone, whatever its metadata points to
    if (endpoint !== undefined && !isSecureOrLoopback(new URL(endpoint))) {
      throw new AppError('CONFIG_INVALID', {
        file: 'of the gateway',
        problem: 'identityProvider.issuer: it names an endpoint without https',
      })
    }
  }
  return configuration
}

/** `client_secret_basic` is what a provider supports when it says nothing (OpenID Connect Discovery 1.0, section 3). */
function chooseAuthentication(clientSecret: string): oidc.ClientAuth {
  const basic = oidc.ClientSecretBasic(clientSecret)
  const post = oidc.ClientSecretPost(clientSecret)
  return (server, client, body, headers) => {
    const supported = server.token_endpoint_auth_methods_supported
    const method = supported === undefined || supported.includes('client_secret_basic') ? basic : post
    return method(server, client, body, headers)
  }
}

const said = z.looseObject({
  sub: z.string().min(1).max(255),
  name: z.string().optional(),
  preferred_username: z.string().optional(),
  email: z.string().optional(),
})
/** Some providers send a single group as a plain string. No groups at all is a person without any. */
const groupsSaid = z.union([z.array(z.string()), z.string().transform((group) => [group])]).optional()

function claimsOf(raw: Record<string, unknown>, groupsClaim: string): Claims {
  const claims = said.safeParse(raw)
  const groups = groupsSaid.safeParse(raw[groupsClaim])
  if (!claims.success || !groups.success) {
    throw new AppError('SIGN_IN_RESPONSE_INVALID', {
      problem: `the identity provider’s claims sub, name, email or ${groupsClaim} are not as expected`,
    })
  }
  const { sub, name, preferred_username: userName, email } = claims.data
  return { sub, name: name ?? userName ?? email ?? sub, email, groups: groups.data ?? [] }
}

function translate(cause: unknown, unreachable: (cause: unknown) => AppError): AppError {
  if (cause instanceof AppError) return cause
  if (cause instanceof oidc.AuthorizationResponseError) {
    if (cause.error === 'access_denied') return new AppError('SIGN_IN_CANCELLED', {}, { cause })
    return new AppError('SIGN_IN_REFUSED', { problem: cause.error_description ?? cause.error }, { cause })
  }
  if (cause instanceof oidc.ResponseBodyError) {
    return new AppError('SIGN_IN_REFUSED', { problem: cause.error_description ?? cause.error }, { cause })
  }
  // fetch reports a failed connection as TypeError, a time-out as ClientError
  if (cause instanceof TypeError || (cause instanceof oidc.ClientError && cause.code === 'OAUTH_TIMEOUT')) return unreachable(cause)
  return new AppError('SIGN_IN_RESPONSE_INVALID', { problem: cause instanceof Error ? cause.message : 'it cannot be read' }, { cause })
}
