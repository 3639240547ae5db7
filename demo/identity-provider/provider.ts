import { timingSafeEqual, createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type Configuration, interactionPolicy, Provider } from 'oidc-provider'
import { browserPageHeaders, browserPageHtml, sendBrowserPage, type BrowserPage } from '../../src-node/browser-page.ts'
import { isLoopbackHost } from '../../src-node/loopback.ts'
import { createArtifactStore } from '../../src-gateway/identity/artifact-store.ts'
import { prepareIdentityTables } from '../../src-gateway/identity/identity-database.ts'
import { generateSigningKeys, openSigningKeys, type SigningKeys } from '../../src-node/signing-keys.ts'
import { demoAccounts, demoPassword, type DemoAccount } from './accounts.ts'
import { loginPage, logoutPage, messagePage } from './login-page.ts'

export interface DemoIdentityProviderOptions {
  /** 0 chooses a free one; a taken one is replaced by a free one */
  port: number
  /** `<gateway>/sign-in/callback`; on a loopback host any port of it is accepted */
  gatewayRedirect: string
  clientId: string
  clientSecret: string
  /** keeps signing keys and sessions across restarts; without it they live as long as the process */
  dataFolder?: string
  accounts?: readonly DemoAccount[]
  /** give the gateway refresh tokens, as providers do that are asked for offline access */
  refreshTokens?: boolean
}

export interface DemoIdentityProvider {
  issuer: string
  close(): Promise<void>
}

/** A real OpenID provider with a handful of accounts. For demonstrations and tests: the passwords are on its sign-in page. */
export async function startDemoIdentityProvider(options: DemoIdentityProviderOptions): Promise<DemoIdentityProvider> {
  const server = createServer()
  await listen(server, options.port)
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const accounts = options.accounts ?? demoAccounts
  const keys = options.dataFolder ? await openSigningKeys(join(options.dataFolder, 'identity-provider-keys.json')) : generateSigningKeys()
  const database = new Database(options.dataFolder ? join(options.dataFolder, 'identity-provider.sqlite') : ':memory:')
  prepareIdentityTables(database)
  const provider = new Provider(issuer, { ...configuration(options, accounts, keys), adapter: createArtifactStore(database) })
  const callback = provider.callback()
  const targets = formTargets(options.gatewayRedirect)

  server.on('request', (request, response) => {
    // the issuer is what tokens say: whatever Host a request carries, addresses are built from the issuer
    request.headers.host = new URL(issuer).host
    const path = URL.parse(request.url ?? '/', issuer) ?? new URL('/', issuer)
    if (path.pathname.startsWith('/interaction/')) {
      void interact({ provider, accounts, targets }, request, response, path).catch(() => {
        if (response.headersSent) response.destroy()
        else sendBrowserPage(response, { ...expiredPage, status: 400 })
      })
    } else if (path.pathname === '/') {
      sendBrowserPage(response, messagePage('Demo identity provider', 'Sign in from Gatehouse: it opens this browser by itself.'))
    } else {
      if (asksForLogin(path)) withoutSession(request)
      void callback(request, response)
    }
  })

  return {
    issuer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          database.close()
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/**
 * A new login makes a new session, whoever this browser was signed in as: `/auth` with a prompt, and the way back from the login
 * page. The library would otherwise ask the browser to log the first person out by a script.
 */
function asksForLogin(url: URL): boolean {
  return url.pathname.startsWith('/auth/') || (url.pathname === '/auth' && url.searchParams.has('prompt'))
}

function withoutSession(request: IncomingMessage): void {
  const kept = request.headers.cookie?.split(';').filter((pair) => !/^\s*demo_idp_session(\.sig)?=/.test(pair))
  if (kept?.length) request.headers.cookie = kept.join(';')
  else delete request.headers.cookie
}

const expiredPage = messagePage('This sign-in has expired', 'Start it again from Gatehouse.')

/** the one way in which somebody can sign in here (`acr`) */
export const passwordSignIn = 'urn:gatehouse:demo:password'

interface Interaction {
  provider: Provider
  accounts: readonly DemoAccount[]
  targets: readonly string[]
}

async function interact(
  { provider, accounts, targets }: Interaction,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  await provider.interactionDetails(request, response)
  const action = url.pathname
  if (request.method !== 'POST') {
    const chosen = accounts.find((account) => account.user === url.searchParams.get('account'))
    sendBrowserPage(response, {
      ...loginPage({ action, accounts, user: chosen?.user, fillPassword: chosen !== undefined }),
      formTargets: targets,
    })
    return
  }
  const form = new URLSearchParams(await readBody(request))
  if (form.get('act') === 'cancel') {
    const cancelled = { error: 'access_denied', error_description: 'the person cancelled the sign-in' }
    await provider.interactionFinished(request, response, cancelled, { mergeWithLastSubmission: false })
    return
  }
  const account = accounts.find(({ user }) => user === form.get('user'))
  if (!account || !equalText(form.get('password') ?? '', demoPassword(account.user))) {
    const again = loginPage({ action, accounts, user: form.get('user')?.slice(0, 100) ?? '', refused: true })
    sendBrowserPage(response, { ...again, status: 401, formTargets: targets })
    return
  }
  // consent: the one client here is the organisation's own gateway
  await provider.interactionFinished(
    request,
    response,
    { login: { accountId: account.user, acr: passwordSignIn }, consent: {} },
    { mergeWithLastSubmission: false },
  )
}

function configuration(options: DemoIdentityProviderOptions, accounts: readonly DemoAccount[], keys: SigningKeys): Configuration {
  const redirect = new URL(options.gatewayRedirect)
  const policy = interactionPolicy.base()
  policy.get('consent')?.checks.remove('native_client_prompt')
  return {
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.clientSecret,
        // RFC 8252: the port of a loopback redirect may vary; so the gateway may take any free one
        application_type: redirect.protocol === 'http:' && isLoopbackHost(redirect.hostname) ? 'native' : 'web',
        redirect_uris: [redirect.href],
        post_logout_redirect_uris: [new URL('/', redirect).href],
        grant_types: ['authorization_code', 'refresh_token'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: keys.jwks,
    cookies: {
      keys: keys.cookieKeys,
      // browsers do not keep cookies of two ports apart, and the gateway is on this host too
      names: { session: 'demo_idp_session', interaction: 'demo_idp_interaction', resume: 'demo_idp_resume' },
    },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
    acrValues: [passwordSignIn],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      dPoP: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => show(context, { ...logoutPage(form), formTargets: formTargets(options.gatewayRedirect) }),
        postLogoutSuccessSource: (context) => show(context, messagePage('You are signed out', 'You can close this tab.')),
      },
    },
    clientBasedCORS: () => false,
    expiresWithSession: () => false,
    issueRefreshToken: () => options.refreshTokens === true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: {
      AccessToken: 3600,
      IdToken: 3600,
      AuthorizationCode: 60,
      Interaction: 600,
      Session: 8 * 3600,
      Grant: 12 * 3600,
      RefreshToken: 12 * 3600,
    },
    interactions: { policy, url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_context, user) => {
      const account = accounts.find((candidate) => candidate.user === user)
      if (!account) return undefined
      return {
        accountId: account.user,
        claims: () => ({
          sub: account.user,
          name: account.name,
          preferred_username: account.user,
          email: account.email,
          email_verified: true,
          groups: account.groups,
        }),
      }
    },
    // the one client is the organisation's own gateway: nobody is asked for consent
    loadExistingGrant: async (context) => {
      const { client, account, session, provider } = context.oidc
      if (!client || !account) return undefined
      const known = session?.grantIdFor(client.clientId)
      const grant =
        (known ? await provider.Grant.find(known) : undefined) ??
        new provider.Grant({ clientId: client.clientId, accountId: account.accountId })
      grant.addOIDCScope('openid offline_access profile email groups')
      await grant.save()
      return grant
    },
    renderError: (context, out) =>
      show(context, messagePage('The sign-in did not work', `${out.error}: ${out.error_description ?? 'no more is known'}`)),
  }
}

function show(
  context: { set(headers: Record<string, string>): void; body: unknown },
  page: BrowserPage & { formTargets?: readonly string[] },
): void {
  context.set(browserPageHeaders(page.formTargets))
  context.body = browserPageHtml(page)
}

/** The redirects after the form lead to the gateway and, at the end, to the desktop's loopback listener. */
function formTargets(gatewayRedirect: string): string[] {
  return ["'self'", new URL(gatewayRedirect).origin, 'http://127.0.0.1:*']
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > 8192) throw new Error('the form is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function equalText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  const attempt = (candidate: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(candidate, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  try {
    await attempt(port)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    await attempt(0)
  }
}
