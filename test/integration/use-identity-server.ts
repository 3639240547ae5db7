import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { systemClock, type Clock } from '../../src-node/clock.ts'
import type { Lifetimes } from '../../src-gateway/identity/desktop-provider.ts'
import { createIdentity, type DesktopIdentity, type DesktopIdentityOptions } from '../../src-main/services/identity.ts'
import { startIdentityProviderProcess, startIdentityServer, type IdentityServer } from './identity-harness.ts'
import { openBrowserAs } from './sign-in-by-fetch.ts'
import { signInStepByStep } from './sign-in-step-by-step.ts'

export type SignedInTest = Awaited<ReturnType<typeof signInStepByStep>>

export interface Sent {
  method?: string
  path?: string
  authorization?: string
  dpop?: string
}

/** The identity of a gateway for each test, people who sign in to it, and requests that it protects. */
export function useIdentityServer() {
  let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
  let gateway: IdentityServer
  const desktops: DesktopIdentity[] = []
  const clock: Clock & { ahead: number } = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) }

  beforeAll(async () => {
    provider = await startIdentityProviderProcess()
  })
  afterAll(() => provider.stop())
  beforeEach(async () => {
    clock.ahead = 0
    await start()
  })
  afterEach(async () => {
    for (const desktop of desktops.splice(0)) desktop.close()
    await gateway.close()
  })

  async function start(lifetimes: Partial<Lifetimes> = {}): Promise<void> {
    gateway = await startIdentityServer({ issuer: provider.issuer, clock, lifetimes })
  }

  async function restartWith(lifetimes: Partial<Lifetimes>): Promise<void> {
    await gateway.close()
    await start(lifetimes)
  }

  function desktopOf(username: string, options: Partial<DesktopIdentityOptions> = {}): DesktopIdentity {
    const desktop = createIdentity({ gatewayUrl: gateway.url, openBrowser: openBrowserAs({ username }), clock: systemClock, ...options })
    desktops.push(desktop)
    return desktop
  }

  const operator = (): Promise<SignedInTest> => signInStepByStep(gateway.url, { username: 'operator' })

  async function send({
    method = 'GET',
    path = '/api/v1/me',
    authorization,
    dpop,
  }: Sent): Promise<{ status: number; code?: string; body: unknown }> {
    const headers = { ...(authorization === undefined ? {} : { authorization }), ...(dpop === undefined ? {} : { dpop }) }
    const response = await fetch(`${gateway.url}${path}`, { method, headers })
    const body = (await response.json()) as { error?: { code: string } }
    return { status: response.status, code: body.error?.code, body }
  }

  const at = (path: string) => new URL(path, gateway.url)

  return {
    /** the one of the running test */
    get gateway() {
      return gateway
    },
    clock,
    /** another one, after the test closed that of before */
    start,
    restartWith,
    desktopOf,
    operator,
    send,
    at,
  }
}
