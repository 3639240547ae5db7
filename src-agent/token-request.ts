import { createPrivateKey, type KeyObject } from 'node:crypto'
import { importPKCS8 } from 'jose'
import * as oidc from 'openid-client'
import { AppError } from '../src-protocol/app-error.ts'
import type { OAuthClient } from '../src-protocol/config.ts'
import { isSecureOrLoopback } from '../src-node/loopback.ts'
import type { GrantedToken } from './access-tokens.ts'
import { headerValue } from './header-value.ts'

export interface TokenRequestOptions {
  server: string
  client: OAuthClient
  clientSecret: string | undefined
  /** PEM */
  privateKey: string | undefined
  /** how long an answer may take */
  seconds: number
}

/**
 * Asks the authorization server for an access token (RFC 6749 4.4). Its metadata are read with the first token of a session.
 * @throws AppError SECRET_UNAVAILABLE at once; later SERVER_TOKEN_UNAVAILABLE, SERVER_TOKEN_REFUSED
 */
export function createTokenRequest(options: TokenRequestOptions): (signal: AbortSignal) => Promise<GrantedToken> {
  const { server, client } = options
  const key = options.privateKey === undefined ? undefined : readKey(options.privateKey, server)
  const parameters = new URLSearchParams()
  if (client.scopes.length > 0) parameters.set('scope', client.scopes.join(' '))
  if (client.audience !== undefined) parameters.set('audience', client.audience)
  if (client.resource !== undefined) parameters.set('resource', client.resource)
  let known: oidc.Configuration | undefined

  return async (signal) => {
    const fetchUntil: oidc.CustomFetch = (url, init) =>
      fetch(url, { ...(init as RequestInit), signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal })
    try {
      const authentication = await authenticationOf(options, key)
      known ??= await configurationOf(options, authentication, fetchUntil)
      known[oidc.customFetch] = fetchUntil
      const answer = await oidc.clientCredentialsGrant(known, parameters)
      const seconds = answer.expiresIn()
      if (answer.token_type !== 'bearer') throw refused(server, `its tokens are of the type ${wordOf(answer.token_type)}`)
      if (!headerValue.test(answer.access_token)) throw unavailable(server, 'the token cannot be sent in a header')
      return { token: answer.access_token, seconds }
    } catch (cause) {
      throw cause instanceof AppError ? cause : translate(cause, options)
    }
  }
}

async function configurationOf(
  { server, client, seconds }: TokenRequestOptions,
  authentication: oidc.ClientAuth,
  fetchUntil: oidc.CustomFetch,
): Promise<oidc.Configuration> {
  if (client.tokenUrl !== undefined) {
    // who is spoken to is what an assertion is for: without metadata that is the address itself (RFC 7523, 3)
    const metadata = { issuer: client.tokenUrl, token_endpoint: client.tokenUrl }
    const configuration = new oidc.Configuration(metadata, client.clientId, undefined, authentication)
    if (client.tokenUrl.startsWith('http:')) oidc.allowInsecureRequests(configuration)
    configuration.timeout = seconds
    return configuration
  }
  const issuer = new URL(client.issuer ?? '')
  const discover = (algorithm: 'oauth2' | 'oidc') =>
    oidc.discovery(issuer, client.clientId, undefined, authentication, {
      algorithm,
      timeout: seconds,
      [oidc.customFetch]: fetchUntil,
      ...(issuer.protocol === 'http:' && { execute: [oidc.allowInsecureRequests] }),
    })
  const configuration = await discover('oauth2').catch((cause: unknown) => {
    // RFC 8414 has a place of its own; most OpenID providers know only theirs
    if (statusOf(cause) === undefined) throw cause
    return discover('oidc')
  })
  const { token_endpoint: endpoint } = configuration.serverMetadata()
  if (endpoint === undefined) throw unavailable(server, 'its metadata name no token endpoint')
  // http was allowed for the issuer on this computer, whatever its metadata point to
  if (!isSecureOrLoopback(new URL(endpoint))) throw unavailable(server, 'its metadata name a token endpoint without https')
  return configuration
}

async function authenticationOf({ client, clientSecret }: TokenRequestOptions, key: KeyObject | undefined): Promise<oidc.ClientAuth> {
  if (key === undefined) {
    return client.authentication === 'client_secret_post' ? oidc.ClientSecretPost(clientSecret) : oidc.ClientSecretBasic(clientSecret)
  }
  const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString()
  const cryptoKey = await importPKCS8(pem, algorithmOf(key) ?? '')
  const named = client.keyId === undefined ? cryptoKey : { key: cryptoKey, kid: client.keyId }
  return oidc.PrivateKeyJwt(named, {
    [oidc.modifyAssertion](header) {
      // its newer name (RFC 9864) is not known everywhere yet
      if (header['alg'] === 'Ed25519') header['alg'] = 'EdDSA'
    },
  })
}

function readKey(pem: string, server: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (algorithmOf(key) !== undefined) return key
  } catch {
    // what the library says may quote the text
  }
  const problem = 'it is not a private key in PEM (RSA, EC P-256, P-384, P-521 or Ed25519)'
  throw new AppError('SECRET_UNAVAILABLE', { name: `${server}.oauth.privateKey`, problem })
}

function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  if (type === 'rsa') return 'RS256'
  if (type === 'ed25519') return 'EdDSA'
  const curves: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
  return type === 'ec' ? curves[details?.namedCurve ?? ''] : undefined
}

const unavailable = (server: string, problem: string, cause?: unknown) =>
  new AppError('SERVER_TOKEN_UNAVAILABLE', { server, problem }, { cause })
const refused = (server: string, problem: string, cause?: unknown) => new AppError('SERVER_TOKEN_REFUSED', { server, problem }, { cause })

/** A code of OAuth, and nothing that could be a sentence of a server that quotes what it got. */
const wordOf = (code: string): string => (/^[a-z_]{1,40}$/.test(code) ? code : 'unknown')

/** Codes only: what an authorization server writes into a description may be the request that it got. */
function translate(cause: unknown, { server, seconds }: TokenRequestOptions): AppError {
  if (cause instanceof oidc.ResponseBodyError) return refused(server, wordOf(cause.error), cause)
  if (cause instanceof oidc.WWWAuthenticateChallengeError) return refused(server, `status ${cause.status}`, cause)
  const status = statusOf(cause)
  if (status !== undefined) return unavailable(server, `the authorization server answers with status ${status}`, cause)
  const code = codeOf(cause)
  if (code === 'OAUTH_TIMEOUT') return unavailable(server, `the authorization server gave no answer within ${seconds} seconds`, cause)
  if (code === 'OAUTH_ABORT') return unavailable(server, 'the session has ended', cause)
  if (code?.startsWith('OAUTH_')) return unavailable(server, 'the answer of the authorization server is not what the standard says', cause)
  return unavailable(server, `the authorization server cannot be reached (${code ?? 'unknown'})`, cause)
}

/** The status of an answer that was not the expected one. */
function statusOf(cause: unknown): number | undefined {
  for (let error = cause; error instanceof Error; error = error.cause) if (error.cause instanceof Response) return error.cause.status
  return undefined
}

/** The innermost code, which is the operating system's if it was the network. */
function codeOf(cause: unknown): string | undefined {
  let code: string | undefined
  for (let error = cause; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') code = error.code
  }
  return code
}
