import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT, decodeJwt } from 'jose'
import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src-node/clock.ts'
import { createSignInKey } from '../../src-main/services/identity/sign-in-key.ts'
import { signInStepByStep } from './sign-in-step-by-step.ts'
import { useIdentityServer, type Sent, type SignedInTest } from './use-identity-server.ts'

const server = useIdentityServer()
const { clock, desktopOf, operator, send, at } = server

describe('a request', () => {
  test('with a token and a fresh proof of its key is accepted, and says whose it is', async () => {
    const { key, tokens } = await operator()
    const dpop = await key.prove({ method: 'GET', url: at('/api/v1/me?page=2'), accessToken: tokens.accessToken })
    const answer = await send({ path: '/api/v1/me?page=2', authorization: `DPoP ${tokens.accessToken}`, dpop })
    expect(answer).toMatchObject({ status: 200, body: { person: { sub: 'operator', roles: ['operator'] }, signInId: expect.any(String) } })
    const expiresAt = Date.parse((answer.body as { expiresAt: string }).expiresAt)
    expect(expiresAt - Date.now()).toBeGreaterThan(290_000)
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(300_000)
  })

  test.for<[string, (signedIn: SignedInTest) => Promise<Sent>, string]>([
    ['without a token', async () => ({}), 'SIGN_IN_REQUIRED'],
    [
      'with the token as a bearer token',
      async ({ key, tokens }) => ({ authorization: `Bearer ${tokens.accessToken}`, dpop: await proofOf(key, tokens.accessToken) }),
      'TOKEN_INVALID',
    ],
    ['without a proof', async ({ tokens }) => ({ authorization: `DPoP ${tokens.accessToken}` }), 'PROOF_INVALID'],
    [
      'with a proof by another key',
      async ({ tokens }) => ({
        authorization: `DPoP ${tokens.accessToken}`,
        dpop: await proofOf(await createSignInKey(clock), tokens.accessToken),
      }),
      'PROOF_INVALID',
    ],
    [
      'with a proof for another method',
      async ({ key, tokens }) => ({
        method: 'DELETE',
        authorization: `DPoP ${tokens.accessToken}`,
        dpop: await proofOf(key, tokens.accessToken),
      }),
      'PROOF_INVALID',
    ],
    [
      'with a proof for another address',
      async ({ key, tokens }) => ({
        path: '/api/v1/sessions',
        authorization: `DPoP ${tokens.accessToken}`,
        dpop: await proofOf(key, tokens.accessToken),
      }),
      'PROOF_INVALID',
    ],
    [
      'with a proof for another gateway',
      async ({ key, tokens }) => ({
        authorization: `DPoP ${tokens.accessToken}`,
        dpop: await key.prove({ method: 'GET', url: new URL('https://gatehouse.example/api/v1/me'), accessToken: tokens.accessToken }),
      }),
      'PROOF_INVALID',
    ],
    [
      'with a proof for another token',
      async ({ key, tokens }) => ({ authorization: `DPoP ${tokens.accessToken}`, dpop: await proofOf(key, 'another token') }),
      'PROOF_INVALID',
    ],
    [
      'with something else as the proof',
      async ({ tokens }) => ({ authorization: `DPoP ${tokens.accessToken}`, dpop: 'x.y.z' }),
      'PROOF_INVALID',
    ],
    [
      'with two proofs at once',
      async ({ key, tokens }) => ({
        authorization: `DPoP ${tokens.accessToken}`,
        dpop: `${await proofOf(key, tokens.accessToken)}, ${await proofOf(key, tokens.accessToken)}`,
      }),
      'PROOF_INVALID',
    ],
    [
      'with a changed token',
      async ({ key, tokens }) => {
        const changed = withClaims(tokens.accessToken, { sub: 'admin' })
        return { authorization: `DPoP ${changed}`, dpop: await proofOf(key, changed) }
      },
      'TOKEN_INVALID',
    ],
    [
      'with a token without signature',
      async ({ key, tokens }) => {
        const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${tokens.accessToken.split('.')[1]}.`
        return { authorization: `DPoP ${unsigned}`, dpop: await proofOf(key, unsigned) }
      },
      'TOKEN_INVALID',
    ],
    [
      'with a token that its own key signed',
      async ({ key, tokens }) => {
        const own = await new SignJWT(decodeJwt(tokens.accessToken))
          .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
          .sign(key.pair.privateKey)
        return { authorization: `DPoP ${own}`, dpop: await proofOf(key, own) }
      },
      'TOKEN_INVALID',
    ],
    [
      'with the refresh token',
      async ({ key, tokens }) => ({ authorization: `DPoP ${tokens.refreshToken}`, dpop: await proofOf(key, tokens.refreshToken) }),
      'TOKEN_INVALID',
    ],
  ])('%s is refused', async ([, prepare, code]) => {
    const answer = await send(await prepare(await operator()))
    expect(answer).toMatchObject({ status: 401, code })
  })

  test('with a proof that was used before is refused', async () => {
    const { key, tokens } = await operator()
    const sent = { authorization: `DPoP ${tokens.accessToken}`, dpop: await proofOf(key, tokens.accessToken) }
    expect(await send(sent)).toMatchObject({ status: 200 })
    expect(await send(sent)).toMatchObject({ status: 401, code: 'PROOF_REPLAYED' })
  })

  test('with an expired token is refused', async () => {
    const { key, tokens } = await signInStepByStep(server.gateway.url, { username: 'operator' })
    clock.ahead = 299_000
    expect(await send({ authorization: `DPoP ${tokens.accessToken}`, dpop: await proofAhead(tokens.accessToken, key) })).toMatchObject({
      status: 200,
    })
    clock.ahead = 301_000
    const late = { authorization: `DPoP ${tokens.accessToken}`, dpop: await proofAhead(tokens.accessToken, key) }
    expect(await send(late)).toMatchObject({ status: 401, code: 'TOKEN_EXPIRED' })
  })

  test('with a proof from long ago, or from a clock that is far ahead, is refused', async () => {
    const { key, tokens } = await operator()
    for (const seconds of [-310, 310]) {
      const skewed = { now: () => new Date(Date.now() + seconds * 1000) }
      const dpop = await (await rebound(key, skewed)).prove({ method: 'GET', url: at('/api/v1/me'), accessToken: tokens.accessToken })
      expect(await send({ authorization: `DPoP ${tokens.accessToken}`, dpop })).toMatchObject({ code: 'PROOF_INVALID' })
    }
  })

  test('of the tunnel to renew itself is checked in the same way', async () => {
    const { key, tokens } = await operator()
    const url = `${server.gateway.url}/api/v1/tunnel`
    const proof = await key.prove({ method: 'GET', url: new URL(url), accessToken: tokens.accessToken })
    expect(await server.gateway.identity.authenticateRenewal({ accessToken: tokens.accessToken, proof, url })).toMatchObject({
      person: { sub: 'operator' },
    })
    await expect(server.gateway.identity.authenticateRenewal({ accessToken: tokens.accessToken, proof, url })).rejects.toMatchObject({
      code: 'PROOF_REPLAYED',
    })
  })

  const proofOf = (key: SignedInTest['key'], accessToken: string) => key.prove({ method: 'GET', url: at('/api/v1/me'), accessToken })
  const proofAhead = async (accessToken: string, key: SignedInTest['key']) =>
    (await rebound(key, clock)).prove({ method: 'GET', url: at('/api/v1/me'), accessToken })
  /** The same key on a computer with another clock. */
  const rebound = async (key: SignedInTest['key'], other: Clock) => createSignInKey(other, key.pair)
})

describe('signing out', () => {
  test('ends the sign-in at once: its access token is refused although it has not expired', async () => {
    const desktop = desktopOf('operator')
    await desktop.signIn()
    const held = await Promise.all([1, 2].map(() => desktop.authorize('GET', `${server.gateway.url}/api/v1/me`)))
    expect(await send(held[0] ?? {})).toMatchObject({ status: 200 })

    await desktop.signOut()

    expect(desktop.state).toEqual({ state: 'signed-out' })
    expect(await send(held[1] ?? {})).toMatchObject({ status: 401, code: 'TOKEN_INVALID' })
    expect(server.gateway.signedOut).toEqual([server.gateway.events[0]?.signInId])
    expect(server.gateway.events.map(({ act }) => act)).toEqual(['signed-in', 'signed-out'])
    await expect(desktop.authorize('GET', `${server.gateway.url}/api/v1/me`)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
    await expect(desktop.sign('text')).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
  })

  test('by the gateway ends it for the desktop too', async () => {
    const desktop = desktopOf('operator')
    await desktop.signIn()
    const before = await desktop.authorize('GET', `${server.gateway.url}/api/v1/me`)
    const { signInId } = (await send(before)).body as { signInId: string }

    await server.gateway.identity.signOut({ signInId })
    await server.gateway.identity.signOut({ signInId })

    expect(await send(await desktop.authorize('GET', `${server.gateway.url}/api/v1/me`))).toMatchObject({ code: 'TOKEN_INVALID' })
    await desktop.recheck()
    expect(desktop.state).toMatchObject({ state: 'signed-out', error: { code: 'SIGN_IN_REQUIRED' } })
    expect(server.gateway.signedOut).toEqual([signInId])
    expect(server.gateway.events.map(({ act }) => act)).toEqual(['signed-in', 'signed-out'])
  })

  test('while the gateway cannot be reached still forgets everything here', async () => {
    const desktop = desktopOf('operator')
    await desktop.signIn()
    const { url } = server.gateway
    await server.gateway.close()
    await desktop.signOut()
    await expect(desktop.authorize('GET', `${url}/api/v1/me`)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
    await server.start()
  })
})

describe('what is kept', () => {
  test('no token and no code, neither in the database nor in the log', async () => {
    const { tokens, code, provider: tokenEndpoint } = await operator()
    const renewed = await tokenEndpoint.renew(tokens.refreshToken)
    await expect(tokenEndpoint.renew(tokens.refreshToken)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
    const secrets = [tokens.accessToken, tokens.refreshToken, renewed.accessToken, renewed.refreshToken, code]
    expect(secrets.every((secret) => secret.length >= 40)).toBe(true)

    const files = (await readdir(server.gateway.folder)).filter((name) => name.startsWith('state.sqlite'))
    expect(files).toContain('state.sqlite-wal')
    const stored = Buffer.concat(await Promise.all(files.map((name) => readFile(join(server.gateway.folder, name)))))
    const holds = (text: string) => stored.indexOf(text) >= 0
    expect(holds('gatehouse-desktop')).toBe(true)
    for (const secret of secrets) {
      expect(holds(secret)).toBe(false)
      expect(server.gateway.logged()).not.toContain(secret)
    }
  })

  test('the signing keys are readable by their owner only', async () => {
    expect((await stat(join(server.gateway.folder, 'identity-keys.json'))).mode & 0o777).toBe(0o600)
  })
})

test('a vote is signed with the key that the tokens are bound to', async () => {
  const desktop = desktopOf('reviewer')
  await desktop.signIn()
  const { signature, key } = await desktop.sign('gatehouse-vote/v1\n…\n')
  expect(key).toEqual({ kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) })
  const publicKey = { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' as const }
  const bytes = Buffer.from(signature, 'base64url')
  expect(verify('sha256', Buffer.from('gatehouse-vote/v1\n…\n'), publicKey, bytes)).toBe(true)
  expect(verify('sha256', Buffer.from('gatehouse-vote/v1\n...\n'), publicKey, bytes)).toBe(false)
})

test('a token is never handed out for another address than the gateway’s', async () => {
  const desktop = desktopOf('operator')
  await desktop.signIn()
  await expect(desktop.authorize('GET', 'https://elsewhere.example/api/v1/me')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
})

function withClaims(token: string, claims: object): string {
  const [header, payload = '', signature] = token.split('.')
  const changed = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), ...claims }
  return `${header}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`
}
