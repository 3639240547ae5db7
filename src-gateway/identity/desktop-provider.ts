import type { Adapter } from 'oidc-provider'
import { type Configuration, errors, interactionPolicy, Provider } from 'oidc-provider'
import { desktopClientId } from '../../src-protocol/http-api.ts'
import { browserPageHeaders, browserPageHtml } from '../../src-node/browser-page.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { SigningKeys } from '../../src-node/signing-keys.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Person } from '../../src-protocol/model.ts'
import { errorPage } from './error-page.ts'

export interface DesktopProviderOptions {
  issuer: string
  /** what access tokens are for: the gateway's public URL */
  audience: string
  keys: SigningKeys
  store: (model: string) => Adapter
  lifetimes: Lifetimes
  person: (sub: string) => Person | undefined
  /** Called before an access token is signed. Throwing prevents it too. */
  decideToken: (token: { signInId: string; keyThumbprint: string }) => Promise<{ ok: true } | { ok: false; problem: string }>
  log: Logger
}

export interface Lifetimes {
  accessTokenSeconds: number
  signInSeconds: number
}

export const interactionPath = '/sign-in/start'

/** The gateway as an OpenID provider with one client, its own desktop: code + PKCE, every token bound to the desktop's key. */
export function createDesktopProvider(options: DesktopProviderOptions): Provider {
  const provider = new Provider(options.issuer, configurationOf(options))
  // the caller pins Host and scheme of every request to the public URL, see `mountProvider`
  provider.proxy = true
  provider.on('server_error', (_context, error) => options.log.error({ err: error }, 'the sign-in provider failed'))
  // no second report of the same errors on standard error
  provider.silent = true
  return provider
}

function configurationOf({ audience, keys, store, lifetimes, person, decideToken }: DesktopProviderOptions): Configuration {
  const policy = interactionPolicy.base()
  return {
    adapter: store,
    jwks: keys.jwks,
    clients: [
      {
        client_id: desktopClientId,
        client_name: 'Gatehouse',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        // RFC 8252, section 7.3: any port of this address
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        dpop_bound_access_tokens: true,
        id_token_signed_response_alg: 'ES256',
      },
    ],
    cookies: {
      keys: keys.cookieKeys,
      // browsers do not keep cookies of two ports apart: an identity provider on the same host must not share names with us
      names: { session: 'gatehouse_session', interaction: 'gatehouse_interaction', resume: 'gatehouse_resume' },
      long: { signed: true, httpOnly: true, sameSite: 'lax', path: '/oidc' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
    scopes: ['openid', 'offline_access'],
    claims: { openid: ['sub', 'name', 'email', 'groups', 'roles'] },
    // only advertised, but needed for `acr` to be told: which there are, the organisation's identity provider knows
    acrValues: ['as-the-identity-provider-says'],
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget()
          return {
            scope: '',
            audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: lifetimes.accessTokenSeconds,
            jwt: { sign: { alg: 'ES256' } },
          }
        },
      },
    },
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    rotateRefreshToken: true,
    // a fresh sign-in for one vote is over with it
    issueRefreshToken: async (_context, _client, code) => code.scopes.has('offline_access'),
    // a sign-in belongs to a running desktop, not to the browser in which it was made
    expiresWithSession: async () => false,
    extraTokenClaims: async (_context, token) => {
      if (!('jkt' in token) || !('grantId' in token)) throw new errors.InvalidRequest('a DPoP proof is required')
      const { jkt: keyThumbprint, grantId: signInId } = token
      if (keyThumbprint === undefined || signInId === undefined) throw new errors.InvalidRequest('a DPoP proof is required')
      const decision = await decideToken({ signInId, keyThumbprint })
      if (!decision.ok) throw new errors.InvalidGrant(decision.problem)
      return { sign_in: signInId }
    },
    ttl: {
      AccessToken: lifetimes.accessTokenSeconds,
      IdToken: lifetimes.accessTokenSeconds,
      AuthorizationCode: 60,
      Interaction: 600,
      // only to get from the login back to the code, see `withoutSession`
      Session: 60,
      Grant: lifetimes.signInSeconds,
      RefreshToken: (context) => Math.max(1, context.oidc.entities.Grant?.remainingTTL ?? lifetimes.signInSeconds),
    },
    interactions: { policy, url: (_context, interaction) => `${interactionPath}/${interaction.uid}` },
    findAccount: (_context, sub) => {
      const known = person(sub)
      if (!known) return undefined
      return {
        accountId: sub,
        claims: () => {
          // asked only now: what the identity provider said while this token was being made is in it already
          const { name, email, groups, roles } = person(sub) ?? known
          return { sub, name, email, groups, roles }
        },
      }
    },
    loadExistingGrant: async (context) => {
      const grantId = context.oidc.result?.consent?.grantId
      return grantId === undefined ? undefined : context.oidc.provider.Grant.find(grantId)
    },
    renderError: (context, out) => {
      const problem = `${out.error}${out.error_description === undefined ? '' : `, ${out.error_description}`}`
      context.set(browserPageHeaders())
      context.body = browserPageHtml(errorPage(new AppError('SIGN_IN_RESPONSE_INVALID', { problem })))
    },
  }
}
