/** The agent's own account at an authorization server: a real one, and a real MCP server that checks the tokens. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { pino } from 'pino'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startAgent, type Agent } from '../../src-agent/agent.ts'
import { systemClock } from '../../src-node/clock.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { agentConfig } from '../../src-protocol/config.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { startAgentGateway, type AgentGateway, type Answer, type Exchange } from '../fixtures/agent-gateway.ts'
import { resource, startAuthorizationServer, type AuthorizationServer } from '../fixtures/authorization-server.ts'
import { startProtectedServer, type ProtectedServer } from '../fixtures/protected-server.ts'

const secret = 'canary+secret/5f1c"0b7e'
const patience = { timeout: 30_000 }
const pems: Record<string, string> = {}
const keys: JWK[] = []

let folder: string
let authorization: AuthorizationServer
let upstream: ProtectedServer
let gateway: AgentGateway
let agent: Agent | undefined
let logged: string
let answers: Answer[]

beforeAll(() => {
  for (const [kid, alg, pair] of [
    ['rsa', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ec', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ed', 'EdDSA', generateKeyPairSync('ed25519')],
  ] as const) {
    pems[kid] = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    keys.push({ ...(pair.publicKey.export({ format: 'jwk' }) as JWK), kid, alg })
  }
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-oauth-'))
  for (const [kid, pem] of Object.entries(pems)) writeFileSync(join(folder, `${kid}.pem`), pem)
  logged = ''
  answers = []
  agent = undefined
})
afterEach(async () => {
  await agent?.close()
  await gateway.close()
  await upstream.close()
  await authorization.close()
  rmSync(folder, { recursive: true, force: true })
  const left = logged + JSON.stringify([answers, gateway.controls])
  const secrets = [secret, JSON.stringify(secret).slice(1, -1), ...upstream.accepted]
  for (const value of secrets) {
    for (const written of [value, Buffer.from(`Bearer ${value}`).toString('base64').slice(12, -4)]) {
      if (left.includes(written)) throw new Error('a secret has left the agent')
    }
  }
})

type Options = Partial<Parameters<typeof startAuthorizationServer>[0]> & { startSeconds?: number }

async function start(oauth: object, options: Options = {}): Promise<void> {
  authorization = await startAuthorizationServer({ secret, keys, ...options })
  upstream = await startProtectedServer(authorization)
  gateway = await startAgentGateway('join_once')
  const where = 'issuer' in oauth ? { issuer: authorization.issuer } : { tokenUrl: authorization.tokenUrl }
  agent = await startAgent({
    config: agentConfig.parse({
      gateway: gateway.url,
      data: 'data',
      joinToken: 'env:JOIN',
      servers: [
        {
          name: 'db',
          title: 'Database',
          url: upstream.url,
          startSeconds: options.startSeconds ?? 30,
          oauth: { clientId: 'by-basic', scopes: ['read'], ...oauth, ...where },
        },
      ],
    }),
    folder,
    env: { PATH: process.env['PATH'], JOIN: 'join_once', SECRET: secret, WRONG: 'canary+another' },
    log: pino({ level: 'debug' }, { write: (line: string) => (logged += line) }),
    clock: systemClock,
    random: () => 0,
  })
  await vi.waitUntil(() => gateway.controls.some((control) => control.type === 'hello'), patience)
}

const controlOf = (session: SessionId) => gateway.controls.findLast((control) => control.type !== 'hello' && control.session === session)

async function startSession(): Promise<SessionId> {
  const session = newSessionId()
  gateway.command({ type: 'session.start', session, server: 'db' })
  await expect.poll(() => controlOf(session)?.type, patience).toBe('session.started')
  return session
}

const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }
let lastId = 0

/** Calls the tool, which quotes the request that it got. */
function open(session: SessionId, how = 'plain'): Exchange {
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'quote',
  }
  const message = { jsonrpc: '2.0', id: ++lastId, method: 'tools/call', params: { name: 'quote', arguments: { how }, _meta: meta } }
  const exchange = gateway.open(session, 'POST', headers, JSON.stringify(message))
  answers.push(exchange.answer)
  return exchange
}
const call = (session: SessionId, how?: string): Promise<Answer> => open(session, how).done

const bySecret = { clientSecret: 'env:SECRET' }

describe('a token is had', () => {
  test.for([
    ['with a secret in the header', bySecret],
    ['with a secret in the body', { clientId: 'by-post', authentication: 'client_secret_post', clientSecret: 'env:SECRET' }],
    ['with an RSA key', { clientId: 'by-rsa', privateKey: 'file:rsa.pem' }],
    ['with an EC key that has an id', { clientId: 'by-ec', privateKey: 'file:ec.pem', keyId: 'ec' }],
    ['with an Ed25519 key', { clientId: 'by-ed', privateKey: 'file:ed.pem' }],
    ['from an issuer, with a key', { issuer: '', clientId: 'by-ec', privateKey: 'file:ec.pem' }],
    ['for a resource', { ...bySecret, resource }],
  ])('%s', async ([, oauth]) => {
    await start(oauth as object)
    expect(await call(await startSession())).toMatchObject({ status: 200, messages: [expect.stringContaining('Bearer [secret]')] })
  })
  test.for(['openid-configuration', 'oauth-authorization-server'] as const)('from an issuer that says %s', async (metadata) => {
    await start({ issuer: '', ...bySecret }, { metadata })
    expect(await call(await startSession())).toMatchObject({ status: 200 })
  })
  test('once for all who wait, and again only for another session', async () => {
    await start(bySecret)
    const session = await startSession()
    expect(authorization.tokenRequests).toEqual([])
    const all = await Promise.all(Array.from({ length: 8 }, () => call(session)))
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    await call(session)
    expect(authorization.tokenRequests).toEqual([200])
    await call(await startSession())
    expect(authorization.tokenRequests).toEqual([200, 200])
  })
  test('a request whose client left meanwhile is not sent', async () => {
    await start(bySecret)
    const session = await startSession()
    authorization.away = 'late'
    const left = open(session)
    const stays = open(session)
    await expect.poll(() => authorization.waiting, patience).toBe(1)
    left.abort()
    // what comes behind it was answered, so it was read
    expect(await gateway.open(session, 'GET', { 'mcp-session-id': 'unknown' }).done).toMatchObject({ status: 404 })
    authorization.answerLate()
    expect(await stays.done).toMatchObject({ status: 200 })
    expect(upstream.ran).toBe(1)
  })
  test('anew before it ends', async () => {
    await start(bySecret, { seconds: 5 })
    const session = await startSession()
    const used = async () => {
      expect(await call(session)).toMatchObject({ status: 200 })
      return new Set(upstream.accepted).size
    }
    await expect.poll(used, { ...patience, interval: 300 }).toBeGreaterThan(2)
  })
})

describe('a server that does not accept the token any more', () => {
  test('gets the request once more with a new one, when the check of the token says so', async () => {
    await start(bySecret)
    const session = await startSession()
    await call(session)
    await vi.waitUntil(() => Date.now() - startedAt() > 6000, patience)
    upstream.revoked.add(upstream.accepted[0] ?? '')
    expect(await call(session)).toMatchObject({ status: 200 })
    expect([upstream.ran, new Set(upstream.accepted).size, authorization.tokenRequests.length]).toEqual([2, 2, 2])
  })
  test('does not get it again when the 401 is no challenge for a token; the next request has a new one', async () => {
    await start(bySecret)
    const session = await startSession()
    await call(session)
    await vi.waitUntil(() => Date.now() - startedAt() > 6000, patience)
    upstream.challenge = undefined
    upstream.revoked.add(upstream.accepted[0] ?? '')
    expect(await call(session)).toMatchObject({ aborted: 'SERVER_UNAUTHORIZED' })
    expect(upstream.ran).toBe(1)
    expect(await call(session)).toMatchObject({ status: 200 })
    expect(upstream.ran).toBe(2)
  })
  test('is not asked for ever: a new token that is refused too is told', async () => {
    await start(bySecret)
    upstream.scope = 'write'
    const session = await startSession()
    for (let count = 0; count < 5; count += 1) expect(await call(session)).toMatchObject({ aborted: 'SERVER_UNAUTHORIZED' })
    expect(upstream.ran).toBe(0)
    // each of them alone would ask twice
    expect(authorization.tokenRequests.length).toBeLessThanOrEqual(5)
  })
  /** when its first token was obtained */
  function startedAt(): number {
    const line = logged.split('\n').find((text) => text.includes('access token obtained')) ?? '{}'
    return (JSON.parse(line) as { time: number }).time
  }
})

describe('no token', () => {
  test.for([
    ['a wrong secret', { clientSecret: 'env:WRONG' }, 'SERVER_TOKEN_REFUSED'],
    ['a client that is unknown', { clientId: 'nobody', clientSecret: 'env:SECRET' }, 'SERVER_TOKEN_REFUSED'],
    ['a key of somebody else', { clientId: 'by-ec', privateKey: 'file:rsa.pem' }, 'SERVER_TOKEN_REFUSED'],
    ['a server that it does not know', { ...bySecret, resource: 'urn:test:another' }, 'SERVER_TOKEN_REFUSED'],
  ] as const)('for %s', async ([, oauth, code]) => {
    await start(oauth)
    const session = await startSession()
    expect(await call(session)).toMatchObject({ aborted: code })
    expect(upstream.accepted).toEqual([])
    expect(controlOf(session)?.type).toBe('session.started')
  })
  test.for([
    ['answers with an error page', 'status 503'],
    ['does not answer', 'silent'],
  ] as const)('from an authorization server that %s; later there is one', async ([, away]) => {
    await start(bySecret, { startSeconds: 3 })
    const session = await startSession()
    authorization.away = away
    expect(await call(session)).toMatchObject({ aborted: 'SERVER_TOKEN_UNAVAILABLE' })
    authorization.away = undefined
    // the failure stands for a moment, so that nobody is asked too often
    const status = async () => (await call(session)).status
    await expect.poll(status, { ...patience, interval: 200 }).toBe(200)
  })
  test('from one that is not there: its port is told to nobody', async () => {
    await start(bySecret)
    const session = await startSession()
    await authorization.close()
    expect(await call(session)).toMatchObject({ aborted: 'SERVER_TOKEN_UNAVAILABLE' })
    const sent = JSON.stringify([answers, gateway.controls])
    expect(sent).not.toContain(new URL(authorization.issuer).port)
  })
  test.for([
    ['is missing', { clientSecret: 'env:ABSENT' }],
    ['is no key', { privateKey: 'file:data/enrolment.json' }],
  ] as const)('and no session, when the secret %s', async ([, oauth]) => {
    await start(oauth)
    const session = newSessionId()
    gateway.command({ type: 'session.start', session, server: 'db' })
    await expect.poll(() => controlOf(session), patience).toMatchObject({ type: 'session.failed', error: { code: 'SECRET_UNAVAILABLE' } })
  })
})

test.for(['plain', 'json', 'base64'])('a server that quotes the token: %s', async (how) => {
  await start(bySecret)
  const answer = await call(await startSession(), how)
  expect(answer.messages.join('')).toContain('[secret]')
  expect(answer.messages.join('')).not.toContain((upstream.accepted[0] ?? '?').slice(20, 60))
})
