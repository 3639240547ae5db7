import { describe, expect, test } from 'vitest'
import { signInStepByStep } from './sign-in-step-by-step.ts'
import { useIdentityServer } from './use-identity-server.ts'

const server = useIdentityServer()
const { clock, restartWith, desktopOf, operator, send, at } = server

describe('renewal', () => {
  test('gives new tokens; the refresh token of before ends the sign-in when it is used again', async () => {
    const { key, tokens, provider: tokenEndpoint } = await operator()
    const renewed = await tokenEndpoint.renew(tokens.refreshToken)
    expect(renewed.refreshToken).not.toBe(tokens.refreshToken)
    const dpop = () => key.prove({ method: 'GET', url: at('/api/v1/me'), accessToken: renewed.accessToken })
    expect(await send({ authorization: `DPoP ${renewed.accessToken}`, dpop: await dpop() })).toMatchObject({ status: 200 })

    await expect(tokenEndpoint.renew(tokens.refreshToken)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })

    await expect(tokenEndpoint.renew(renewed.refreshToken)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
    expect(await send({ authorization: `DPoP ${renewed.accessToken}`, dpop: await dpop() })).toMatchObject({ code: 'TOKEN_INVALID' })
    expect(server.gateway.signedOut).toHaveLength(1)
  })

  test('with another key is refused', async () => {
    const { tokens } = await operator()
    const thief = await signInStepByStep(server.gateway.url, { username: 'auditor' })
    await expect(thief.provider.renew(tokens.refreshToken)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
  })

  test('happens by itself before the token expires', async () => {
    const { promise: scheduled, resolve } = Promise.withResolvers<{ callback: () => void; milliseconds: number }>()
    const desktop = desktopOf('operator', { schedule: (callback, milliseconds) => (resolve({ callback, milliseconds }), () => {}) })
    await desktop.signIn()
    const before = await desktop.authorize('GET', `${server.gateway.url}/api/v1/me`)
    const { callback, milliseconds } = await scheduled
    expect(milliseconds).toBeGreaterThan(230_000)
    expect(milliseconds).toBeLessThanOrEqual(240_000)

    const renewed = new Promise((changed) => desktop.onChange(changed))
    callback()
    await renewed

    const after = await desktop.authorize('GET', `${server.gateway.url}/api/v1/me`)
    expect(after.accessToken).not.toBe(before.accessToken)
    expect(await send(after)).toMatchObject({ status: 200 })
  })

  test('happens on demand when the token is about to end, once for all who wait', async () => {
    await restartWith({ accessTokenSeconds: 4 })
    let requests = 0
    const desktop = desktopOf('operator', {
      schedule: () => () => {},
      fetch: (input, init) => {
        if (typeof input === 'string' && input.endsWith('/token')) requests += 1
        return fetch(input, init)
      },
    })
    await desktop.signIn()
    const headers = await Promise.all([1, 2, 3].map(() => desktop.authorize('GET', `${server.gateway.url}/api/v1/me`)))
    expect(requests).toBe(2)
    for (const header of headers) expect(await send(header)).toMatchObject({ status: 200 })
  })

  test('goes on after the gateway was stopped and started', async () => {
    const desktop = desktopOf('operator')
    await desktop.signIn()
    await server.gateway.restart()
    const kept = await desktop.authorize('GET', `${server.gateway.url}/api/v1/me`)
    expect(await send(kept)).toMatchObject({ status: 200, body: { person: { sub: 'operator' } } })
    await desktop.recheck()
    expect(desktop.state.state).toBe('signed-in')
    const renewed = await desktop.authorize('GET', `${server.gateway.url}/api/v1/me`)
    expect(renewed.accessToken).not.toBe(kept.accessToken)
    expect(await send(renewed)).toMatchObject({ status: 200 })
  })

  test('survives that the gateway is away for a while', async () => {
    const desktop = desktopOf('operator', { schedule: () => () => {} })
    await desktop.signIn()
    const working = globalThis.fetch
    const cut = desktopOf('reviewer', {
      schedule: () => () => {},
      fetch: (input, init) => (away ? Promise.reject(new TypeError('fetch failed')) : working(input, init)),
    })
    let away = false
    await cut.signIn()
    away = true
    await cut.recheck()
    expect(cut.state.state).toBe('signed-in')
    away = false
    await cut.recheck()
    expect(await send(await cut.authorize('GET', `${server.gateway.url}/api/v1/me`))).toMatchObject({ status: 200 })
  })

  test('ends with the sign-in', async () => {
    await restartWith({ signInSeconds: 3600 })
    const desktop = desktopOf('operator')
    await desktop.signIn()
    clock.ahead = 3_601_000
    await desktop.recheck()
    expect(desktop.state).toMatchObject({ state: 'signed-out', error: { code: 'SIGN_IN_REQUIRED' } })
  })

  test('is refused without a proof of possession', async () => {
    const { tokens } = await operator()
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'gatehouse-desktop', refresh_token: tokens.refreshToken })
    const response = await fetch(`${server.gateway.url}/oidc/token`, { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_grant' })
  })
})
