import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src-node/clock.ts'
import type { Person } from '../../src-protocol/model.ts'
import { createIdentity, type DesktopIdentity, type DesktopIdentityOptions } from '../../src-main/services/identity.ts'
import { startIdentityProviderProcess, startIdentityServer, type IdentityServer } from './identity-harness.ts'
import { CookieJar, openBrowserAs, signInByFetch } from './sign-in-by-fetch.ts'

type Provider = Awaited<ReturnType<typeof startIdentityProviderProcess>>

let folder: string
let provider: Provider
let gateway: IdentityServer
const desktops: DesktopIdentity[] = []

const operator = { user: 'operator', name: 'Mira Okafor', email: 'mira.okafor@example.com', groups: ['operators', 'data-oncall'] }
const reviewer = { user: 'reviewer', name: 'Jonas Lindqvist', email: 'jonas.lindqvist@example.com', groups: ['reviewers'] }

interface ProviderSettings {
  accounts?: object[]
  refreshTokens?: boolean
  port?: number
  gatewayRedirect?: string
}

/** Configured by a file, as an installation would be; keeps keys and sessions in the folder, so that it can be started again. */
async function startProvider(settings: ProviderSettings): Promise<Provider> {
  const config = join(folder, 'provider.yaml')
  const whole = {
    port: 0,
    gatewayRedirect: 'http://127.0.0.1/sign-in/callback',
    clientSecret: 'env:DEMO_CLIENT_SECRET',
    data: folder,
    accounts: [operator, reviewer],
    ...settings,
  }
  await writeFile(config, JSON.stringify(whole))
  return startIdentityProviderProcess({ config })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-provider-'))
})
afterEach(async () => {
  for (const desktop of desktops.splice(0)) desktop.close()
  await gateway.close()
  await provider.stop()
  await rm(folder, { recursive: true, force: true })
})

async function signedIn(username: string, options: Partial<DesktopIdentityOptions> = {}): Promise<DesktopIdentity> {
  const desktop = createIdentity({ gatewayUrl: gateway.url, openBrowser: openBrowserAs({ username }), clock: systemClock, ...options })
  desktops.push(desktop)
  await desktop.signIn()
  return desktop
}

async function whoAmI(desktop: DesktopIdentity): Promise<{ person?: Person; error?: { code: string } }> {
  const { authorization, dpop } = await desktop.authorize('GET', `${gateway.url}/api/v1/me`)
  const response = await fetch(`${gateway.url}/api/v1/me`, { headers: { authorization, dpop } })
  return (await response.json()) as { person?: Person; error?: { code: string } }
}

describe.for([
  ['which answers at its userinfo endpoint', false],
  ['which gave a refresh token', true],
] as const)('at each renewal the identity provider is asked again, %s', ([, refreshTokens]) => {
  const restartProvider = async (accounts: object[]) => {
    await provider.stop()
    provider = await startProvider({ refreshTokens, accounts, port: Number(new URL(provider.issuer).port) })
  }

  beforeEach(async () => {
    provider = await startProvider({ refreshTokens })
    gateway = await startIdentityServer({ issuer: provider.issuer })
  })

  test('a lost group is lost at once in every sign-in of that person', async () => {
    const changed: Person[] = []
    gateway.identity.onPersonChanged((person) => changed.push(person))
    const [desktop, other] = [await signedIn('operator'), await signedIn('operator')]
    await desktop.recheck()
    expect(changed).toEqual([])

    await restartProvider([{ ...operator, groups: ['data-oncall'] }, reviewer])
    await desktop.recheck()

    const now = expect.objectContaining({ sub: 'operator', groups: ['data-oncall'], roles: [] })
    expect(changed).toEqual([now])
    expect(desktop.state).toMatchObject({ state: 'signed-in', person: now })
    expect(await whoAmI(desktop)).toMatchObject({ person: now })
    expect(await whoAmI(other)).toMatchObject({ person: now })
    expect(gateway.signedOut).toEqual([])
  })

  test('an account that is gone is signed out, and nobody else', async () => {
    const [desktop, other] = [await signedIn('operator'), await signedIn('reviewer')]
    await restartProvider([reviewer])
    await desktop.recheck()
    await other.recheck()
    expect(desktop.state).toMatchObject({ state: 'signed-out', error: { code: 'SIGN_IN_REQUIRED' } })
    expect(gateway.events.map(({ act, person }) => `${person.sub} ${act}`)).toEqual([
      'operator signed-in',
      'reviewer signed-in',
      'operator signed-out',
    ])
    expect(await whoAmI(other)).toMatchObject({ person: { sub: 'reviewer' } })
  })

  test('a lost group is lost also if the gateway was restarted in between, twice', async () => {
    const desktop = await signedIn('operator')
    await gateway.restart()
    await desktop.recheck()
    await gateway.restart()
    const changed: Person[] = []
    gateway.identity.onPersonChanged((person) => changed.push(person))
    await restartProvider([{ ...operator, groups: ['data-oncall'] }, reviewer])
    await desktop.recheck()
    expect(changed).toMatchObject([{ sub: 'operator', groups: ['data-oncall'] }])
    expect(desktop.state.state).toBe('signed-in')
  })

  test('a provider that is away for a while stops nobody', async () => {
    const desktop = await signedIn('operator')
    await provider.stop()
    await desktop.recheck()
    expect(await whoAmI(desktop)).toMatchObject({ person: { sub: 'operator' } })
    expect(gateway.logged()).toContain('could not be asked')
  })
})

test('a gateway behind a proxy speaks by its public address only, whatever Host a request names', async () => {
  const publicUrl = 'https://gatehouse.example'
  provider = await startProvider({ gatewayRedirect: `${publicUrl}/sign-in/callback` })
  gateway = await startIdentityServer({ issuer: provider.issuer, publicUrl })
  const { url: local } = gateway
  const throughProxy = (url: URL) => (url.origin === publicUrl ? new URL(url.pathname + url.search, local) : url)

  const cookies = new CookieJar()
  const desktop = createIdentity({
    gatewayUrl: publicUrl,
    clock: systemClock,
    fetch: (input, init) => fetch(throughProxy(new URL(input instanceof Request ? input.url : input)), init),
    openBrowser: async (url) => void signInByFetch(url, { username: 'operator', intercept: throughProxy, cookies }),
  })
  desktops.push(desktop)
  expect(await desktop.signIn()).toMatchObject({ sub: 'operator' })

  const headers = await desktop.authorize('POST', `${publicUrl}/api/v1/sessions`)
  const request = { method: 'POST', headers: { authorization: headers.authorization, dpop: headers.dpop } }
  await expect(gateway.identity.authenticate({ ...request, url: `${local}/api/v1/sessions` })).rejects.toMatchObject({
    code: 'PROOF_INVALID',
  })
  expect(await gateway.identity.authenticate({ ...request, url: `${publicUrl}/api/v1/sessions` })).toMatchObject({
    person: { sub: 'operator' },
  })

  const metadata = await fetch(`${local}/oidc/.well-known/openid-configuration`, {
    headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
  })
  expect(await metadata.json()).toMatchObject({ issuer: `${publicUrl}/oidc`, token_endpoint: `${publicUrl}/oidc/token` })
  await desktop.signOut()
  expect(gateway.signedOut).toHaveLength(1)
})
