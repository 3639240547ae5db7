import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src-node/clock.ts'
import { createIdentity, type DesktopIdentity, type DesktopIdentityOptions } from '../../src-main/services/identity.ts'
import { startIdentityProviderProcess, startIdentityServer, type IdentityServer } from './identity-harness.ts'
import { CookieJar, openBrowserAs, signInByFetch, type SignInResult } from './sign-in-by-fetch.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: IdentityServer
const desktops: DesktopIdentity[] = []

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
})
afterAll(() => provider.stop())
beforeEach(async () => {
  gateway = await startIdentityServer({ issuer: provider.issuer })
})
afterEach(async () => {
  for (const desktop of desktops.splice(0)) desktop.close()
  await gateway.close()
})

function desktopOf(username: string, options: Partial<DesktopIdentityOptions> = {}): DesktopIdentity {
  const desktop = createIdentity({ gatewayUrl: gateway.url, openBrowser: openBrowserAs({ username }), clock: systemClock, ...options })
  desktops.push(desktop)
  return desktop
}

/** A desktop whose browser is in the hands of the test: resolves with the address that was opened. */
function desktopWithBrowser(options: Partial<DesktopIdentityOptions> = {}): { desktop: DesktopIdentity; opened: Promise<string> } {
  const { promise: opened, resolve } = Promise.withResolvers<string>()
  const desktop = desktopOf('nobody', { openBrowser: async (url) => resolve(url), ...options })
  return { desktop, opened }
}

const isLoopbackAnswer = (url: URL) => url.pathname === '/callback'
const isGatewayAnswer = (url: URL) => url.pathname === '/sign-in/callback'

describe('signing in', () => {
  test.for([
    ['operator', 'Mira Okafor', ['operators', 'data-oncall'], ['operator']],
    ['reviewer', 'Jonas Lindqvist', ['reviewers', 'dba'], ['reviewer']],
    ['auditor', 'Helene Brandt', ['audit'], ['auditor']],
    ['admin', 'Priya Raman', ['gatehouse-admins'], ['administrator']],
    ['admin2', 'Sofia Lund', ['gatehouse-admins'], ['administrator']],
  ] as const)('%s is %s, with groups and roles', async ([username, name, groups, roles]) => {
    const results: SignInResult[] = []
    const desktop = desktopOf(username, { openBrowser: openBrowserAs({ username }, results) })
    const seen: string[] = []
    desktop.onChange((state) => seen.push(state.state))

    const person = await desktop.signIn()

    expect(person).toEqual({ sub: username, name, email: expect.stringMatching(/@example\.com$/), groups, roles })
    expect(seen).toEqual(['waiting', 'signed-in'])
    expect(desktop.state).toEqual({ state: 'signed-in', person, expiresAt: expect.any(String) })
    expect(gateway.identity.person(username)).toEqual(person)
    expect(gateway.events).toEqual([{ act: 'signed-in', person, signInId: expect.any(String) }])
    await expect.poll(() => results[0]?.body).toContain(`Signed in as <strong>${name}</strong>`)
  })

  test('two people sign in through the same browser at the same time, and stay two', async () => {
    const cookies = new CookieJar()
    const operator = desktopOf('operator', { openBrowser: openBrowserAs({ username: 'operator', cookies }) })
    const reviewer = desktopOf('reviewer', { openBrowser: openBrowserAs({ username: 'reviewer', cookies }) })
    await Promise.all([operator.signIn(), reviewer.signIn()])

    expect(await whoAmI(operator)).toMatchObject({ person: { sub: 'operator' } })
    expect(await whoAmI(reviewer)).toMatchObject({ person: { sub: 'reviewer' } })
    expect(gateway.signedOut).toEqual([])
  })

  test('signing in again asks again, with a new key, and ends the earlier sign-in', async () => {
    const cookies = new CookieJar()
    const usernames = ['operator', 'reviewer']
    const desktop = desktopOf('', { openBrowser: (url) => openBrowserAs({ username: usernames.shift() ?? '', cookies })(url) })
    await desktop.signIn()
    const firstKey = (await desktop.sign('text')).key
    expect(await desktop.signIn()).toMatchObject({ sub: 'reviewer' })
    expect((await desktop.sign('text')).key).not.toEqual(firstKey)
    expect(gateway.events.map(({ act, person }) => [act, person.sub])).toEqual([
      ['signed-in', 'operator'],
      ['signed-out', 'operator'],
      ['signed-in', 'reviewer'],
    ])
  })

  test('nobody is signed in when the sign-in cannot be logged', async () => {
    await gateway.close()
    gateway = await startIdentityServer({ issuer: provider.issuer, onEvent: () => Promise.reject(new Error('the log is full')) })
    await expect(desktopOf('operator').signIn()).rejects.toMatchObject({ code: 'INTERNAL', data: { where: 'the gateway' } })
    expect(gateway.logged()).toContain('the log is full')
  })
})

describe('a sign-in that comes to nothing', () => {
  test('wrong password: the page says so, nobody is signed in, and the desktop goes on waiting', async () => {
    const { desktop, opened } = desktopWithBrowser()
    const signIn = desktop.signIn().catch((error: unknown) => error)
    const page = await signInByFetch(await opened, { username: 'operator', password: 'reviewer-demo' })
    expect(page).toMatchObject({ status: 401, body: expect.stringMatching(/role="alert"[^>]*>User name or password is wrong/) })
    expect(desktop.state.state).toBe('waiting')
    desktop.cancel()
    expect(await signIn).toMatchObject({ code: 'SIGN_IN_CANCELLED' })
    expect(desktop.state).toEqual({ state: 'signed-out' })
    expect(gateway.events).toEqual([])
  })

  test('cancelled at the identity provider', async () => {
    const results: SignInResult[] = []
    const desktop = desktopOf('operator', { openBrowser: openBrowserAs({ username: 'operator', cancel: true }, results) })
    await expect(desktop.signIn()).rejects.toMatchObject({ code: 'SIGN_IN_CANCELLED' })
    expect(desktop.state).toEqual({ state: 'signed-out' })
    await expect.poll(() => results[0]?.body).toContain('You are not signed in')
  })

  test('nobody answers in time', async () => {
    const { desktop } = desktopWithBrowser({ timeoutSeconds: 0.05 })
    await expect(desktop.signIn()).rejects.toMatchObject({ code: 'SIGN_IN_TIMED_OUT', data: { seconds: 0.05 } })
    expect(desktop.state).toMatchObject({ state: 'signed-out', error: { code: 'SIGN_IN_TIMED_OUT' } })
  })

  test('the identity provider cannot be reached, and then it can', async () => {
    const stopped = await startIdentityProviderProcess()
    await stopped.stop()
    await gateway.close()
    gateway = await startIdentityServer({ issuer: stopped.issuer })
    await expect(desktopOf('operator').signIn()).rejects.toMatchObject({
      code: 'IDENTITY_PROVIDER_UNREACHABLE',
      data: { issuer: stopped.issuer },
    })

    const started = await startIdentityProviderProcess({ port: Number(new URL(stopped.issuer).port) })
    try {
      expect(started.issuer).toBe(stopped.issuer)
      expect(await desktopOf('operator').signIn()).toMatchObject({ sub: 'operator' })
    } finally {
      await started.stop()
    }
  })

  test('the gateway cannot be reached', async () => {
    const desktop = desktopOf('operator', { gatewayUrl: 'http://127.0.0.1:9' })
    await expect(desktop.signIn()).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  })
})

describe('an answer that is not the one that was asked for', () => {
  const changed = (parameter: string, where: (url: URL) => boolean) => (url: URL) => {
    if (where(url)) url.searchParams.set(parameter, 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    return url
  }

  test.for([
    ['another state', changed('state', isLoopbackAnswer), 'SIGN_IN_RESPONSE_INVALID'],
    ['another issuer', changed('iss', isLoopbackAnswer), 'SIGN_IN_RESPONSE_INVALID'],
    ['another nonce', changed('nonce', (url) => url.pathname === '/oidc/auth'), 'SIGN_IN_RESPONSE_INVALID'],
    ['an unknown code', changed('code', isLoopbackAnswer), 'SIGN_IN_REFUSED'],
    ['another code challenge', changed('code_challenge', (url) => url.pathname === '/oidc/auth'), 'SIGN_IN_REFUSED'],
    ['a code for another key', changed('dpop_jkt', (url) => url.pathname === '/oidc/auth'), 'SIGN_IN_REFUSED'],
    ['the identity provider’s issuer changed', changed('iss', isGatewayAnswer), 'SIGN_IN_REFUSED'],
    ['the identity provider’s code changed', changed('code', isGatewayAnswer), 'SIGN_IN_REFUSED'],
    [
      'the identity provider’s nonce changed',
      changed('nonce', (url) => url.origin === provider.issuer && url.pathname === '/auth'),
      'SIGN_IN_REFUSED',
    ],
  ] as const)('%s is refused', async ([, intercept, code]) => {
    const desktop = desktopOf('operator', { openBrowser: openBrowserAs({ username: 'operator', intercept }) })
    await expect(desktop.signIn()).rejects.toMatchObject({ code })
    expect(desktop.state).toMatchObject({ state: 'signed-out', error: { code } })
    await expect(desktop.authorize('GET', `${gateway.url}/api`)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
  })

  test('an answer of the identity provider that the gateway did not ask for shows an error and signs nobody in', async () => {
    const { desktop, opened } = desktopWithBrowser()
    const signIn = desktop.signIn().catch(() => undefined)
    const page = await signInByFetch(await opened, { username: 'operator', intercept: changed('state', isGatewayAnswer) })
    expect(page).toMatchObject({ status: 400, body: expect.stringContaining('SIGN_IN_RESPONSE_INVALID') })
    desktop.cancel()
    await signIn
    expect(gateway.events).toEqual([])
  })

  test('a sign-in that was started in one browser cannot be finished in another', async () => {
    const { desktop, opened } = desktopWithBrowser()
    const signIn = desktop.signIn().catch(() => undefined)
    // the attacker starts, and lets somebody else sign in
    const atProvider = (url: URL) => (url.origin === provider.issuer ? undefined : url)
    const stopped = await signInByFetch(await opened, { username: 'operator', intercept: atProvider })
    const page = await signInByFetch(stopped.url.href, { username: 'admin' })
    expect(page).toMatchObject({ status: 400, body: expect.stringContaining('another browser') })
    desktop.cancel()
    await signIn
    expect(gateway.identity.people()).toEqual([])
  })

  test('the same answer of the identity provider does not work twice', async () => {
    const cookies = new CookieJar()
    const answers: string[] = []
    const intercept = (url: URL) => {
      if (isGatewayAnswer(url)) answers.push(url.href)
      return url
    }
    await desktopOf('operator', { openBrowser: openBrowserAs({ username: 'operator', cookies, intercept }) }).signIn()
    const again = await signInByFetch(answers[0] ?? '', { username: 'operator', cookies })
    expect(again).toMatchObject({ status: 400, body: expect.stringContaining('no sign-in is waiting') })
  })
})

describe('the desktop’s listener', () => {
  test.for([
    ['another path', { path: '/other' }, 404],
    ['a path that is no address', { path: '//' }, 404],
    ['another method', { method: 'POST' }, 405],
    ['another Host', { headers: { host: 'gatehouse.example' } }, 421],
    ['the name localhost', { headers: { host: 'localhost' } }, 421],
    ['an absolute address elsewhere', { path: 'http://gatehouse.example/callback' }, 404],
  ] as const)('refuses %s and goes on waiting', async ([, change, status]) => {
    const { desktop, opened } = desktopWithBrowser()
    const signIn = desktop.signIn()
    const redirect = new URL(new URL(await opened).searchParams.get('redirect_uri') ?? '')
    expect(await statusOf({ host: '127.0.0.1', port: redirect.port, path: '/callback?code=x', method: 'GET', ...change })).toBe(status)
    expect(desktop.state.state).toBe('waiting')
    await signInByFetch(await opened, { username: 'operator' })
    expect(await signIn).toMatchObject({ sub: 'operator' })
  })

  test('answers once and is gone', async () => {
    const { desktop, opened } = desktopWithBrowser()
    const signIn = desktop.signIn()
    const redirect = new URL(new URL(await opened).searchParams.get('redirect_uri') ?? '')
    await signInByFetch(await opened, { username: 'operator' })
    await signIn
    await expect(statusOf({ host: '127.0.0.1', port: redirect.port, path: '/callback', method: 'GET' })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    })
  })
})

test('what is not a path is none of the identity part’s business, and stops nothing', async () => {
  for (const { port } of [new URL(gateway.url), new URL(provider.issuer)]) {
    await statusOf({ host: '127.0.0.1', port, path: '//', method: 'GET' })
    expect(await statusOf({ host: '127.0.0.1', port, path: '/', method: 'GET' })).toBeGreaterThanOrEqual(200)
  }
})

describe('plain http', () => {
  test.for(['http://gatehouse.example', 'http://192.0.2.7:7420', 'http://localhost.example'])(
    'is refused for a gateway at %s',
    async (gatewayUrl) => {
      const desktop = desktopOf('operator', { gatewayUrl, openBrowser: () => Promise.reject(new Error('a browser was opened')) })
      await expect(desktop.signIn()).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    },
  )

  test('is refused as the gateway’s own public URL', async () => {
    const opening = startIdentityServer({ issuer: provider.issuer, publicUrl: 'http://gatehouse.example' })
    await expect(opening).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('publicUrl: https is required'),
    })
  })

  test('is refused for the identity provider', async () => {
    const opening = startIdentityServer({ issuer: 'http://identity.example' })
    await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('issuer: https is required') })
  })
})

async function whoAmI(desktop: DesktopIdentity): Promise<unknown> {
  const { authorization, dpop } = await desktop.authorize('GET', `${gateway.url}/api/v1/me`)
  const response = await fetch(`${gateway.url}/api/v1/me`, { headers: { authorization, dpop } })
  return response.json()
}

/** Unlike fetch, it lets a test set Host and ask for any path. */
async function statusOf(options: object): Promise<number | undefined> {
  const request = httpRequest(options)
  request.end()
  const [response] = (await once(request, 'response')) as [{ statusCode?: number; resume(): void }]
  response.resume()
  return response.statusCode
}
