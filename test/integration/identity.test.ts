import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src-node/clock.ts'
import { createIdentity, type DesktopIdentity, type DesktopIdentityOptions } from '../../src-main/services/identity.ts'
import { startIdentityProviderProcess, startIdentityServer, type IdentityServer } from './identity-harness.ts'
import { openBrowserAs } from './sign-in-by-fetch.ts'

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

describe('signing in', () => {
  test.for([
    ['operator', 'Mira Okafor', ['operators', 'data-oncall'], ['operator']],
    ['reviewer', 'Jonas Lindqvist', ['reviewers', 'dba'], ['reviewer']],
    ['auditor', 'Helene Brandt', ['audit'], ['auditor']],
    ['admin', 'Priya Raman', ['gatehouse-admins'], ['administrator']],
    ['admin2', 'Sofia Lund', ['gatehouse-admins'], ['administrator']],
  ] as const)('%s is %s with groups and roles', async ([username, name, groups, roles]) => {
    const desktop = desktopOf(username)
    expect(await desktop.signIn()).toEqual({ sub: username, name, email: expect.any(String), groups, roles })
  })
})
