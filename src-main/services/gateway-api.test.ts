import { beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import { gatewayApi } from './gateway-api.ts'

interface Sent {
  url: string
  method: string
  headers: Record<string, string>
  body: string | undefined
}
let sent: Sent[]
let reachable: boolean[]
let rechecks: number
let answer: () => Response | Promise<Response>

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })
const api = gatewayApi({
  baseUrl: 'https://gate.example/',
  identity: {
    authorize: async (method, url) => ({ authorization: 'DPoP token', dpop: `proof of ${method} ${url}`, accessToken: 'token' }),
    recheck: async () => {
      rechecks += 1
    },
  },
  fetch: async (url, init) => {
    if (typeof url !== 'string') throw new TypeError('a string was expected')
    sent.push({
      url,
      method: init?.method ?? '',
      headers: init?.headers as Record<string, string>,
      body: init?.body as string | undefined,
    })
    return answer()
  },
  onReachable: (now) => reachable.push(now),
})

beforeEach(() => {
  sent = []
  reachable = []
  rechecks = 0
  answer = () => json(200, {})
})

describe('a request', () => {
  test('puts path, query and body where the contract says, with a proof for exactly this address', async () => {
    answer = () => json(200, { recordings: [], total: 0 })
    await api.call('recordings', { limit: 5 })
    answer = () => json(200, {})
    await api.call('removeConnection', { name: 'orders' })
    answer = () => json(200, { joinToken: 'j', expiresAt: 'e' })
    await api.call('createJoinToken', { name: 'edge' })
    expect(sent.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', 'https://gate.example/api/v1/recordings?limit=5', undefined],
      ['DELETE', 'https://gate.example/api/v1/connections/orders', undefined],
      ['POST', 'https://gate.example/api/v1/agents/join-tokens', '{"name":"edge"}'],
    ])
    expect(sent[0]?.headers).toMatchObject({ authorization: 'DPoP token', dpop: 'proof of GET https://gate.example/api/v1/recordings' })
  })
  test('cannot leave its path by what is put into it', async () => {
    await api.call('removeConnection', { name: '../../oidc/x?y' })
    expect(sent[0]?.url).toBe('https://gate.example/api/v1/connections/..%2F..%2Foidc%2Fx%3Fy')
  })
  test('that is public carries no token', async () => {
    answer = () => json(200, { note: 'n', key: 'k' })
    expect(await api.call('logCheckpoint')).toEqual({ note: 'n', key: 'k' })
    expect(sent[0]?.headers).not.toHaveProperty('authorization')
    expect(reachable).toEqual([true])
  })
})

describe('a failure', () => {
  test('that the gateway explains comes with its code and data', async () => {
    answer = () => json(403, { error: new AppError('POLICY_DENIED', { because: 'no', rule: 'r' }) })
    await expect(api.call('connections')).rejects.toMatchObject({ code: 'POLICY_DENIED', data: { rule: 'r' } })
    expect(reachable).toEqual([true])
    expect(rechecks).toBe(0)
  })
  test('of the token asks whether the sign-in still stands', async () => {
    answer = () => json(401, { error: new AppError('TOKEN_INVALID', { problem: 'revoked' }) })
    await expect(api.call('connections')).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
    expect(rechecks).toBe(1)
  })
  test.for([
    ['no connection', () => Promise.reject(new TypeError('fetch failed'))],
    ['a proxy that answers for a gateway that is away', () => new Response('<html>Bad gateway</html>', { status: 502 })],
  ] as const)('%s is GATEWAY_UNREACHABLE', async ([, how]) => {
    answer = how
    await expect(api.call('connections')).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE', data: { gateway: 'https://gate.example' } })
    expect(reachable).toEqual([false])
  })
  test.for([
    ['an error page', () => new Response('<html>', { status: 500 })],
    ['an answer that does not fit the contract', () => json(200, { connections: [{ name: 'x' }] })],
    ['an answer that is no JSON', () => new Response('hello', { status: 200 })],
  ] as const)('%s is INTERNAL', async ([, how]) => {
    answer = how
    await expect(api.call('connections')).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})
