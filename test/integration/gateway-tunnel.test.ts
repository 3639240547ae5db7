import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { dialWebSocket, type Dialled } from '../../src-node/dial-web-socket.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { agentTunnelPath, desktopTunnelPath } from '../../src-protocol/http-api.ts'
import { encodeFrame, frameType } from '../../src-protocol/tunnel.ts'
import { agentToken, connectScriptedAgent, enrolScriptedAgent, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  exchange,
  openEcho,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
/** a sign-in of its own for the WebSockets that the tests open by hand: a second one of a sign-in replaces the first */
let visitor: SignedInPerson
let agent: ScriptedAgent
let agentIdentity: AgentIdentity

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer)
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  visitor = await signInAs(gateway.url, 'operator')
  visitor.tunnel.stop(new AppError('TUNNEL_LOST'))
  ;({ agent, identity: agentIdentity } = await registerEcho(gateway.url, admin))
})
afterAll(async () => {
  for (const person of [admin, operator, visitor]) person.leave()
  await gateway.close()
  await provider.stop()
})

const dial = (path: string, headers: Record<string, string>): Promise<Dialled<WebSocket>> =>
  dialWebSocket({ url: gateway.url + path, headers }, (socket) => socket)
const tunnelUrl = (): string => gateway.url + desktopTunnelPath

async function refusedWith(path: string, headers: Record<string, string>): Promise<{ status: number; code: string | undefined }> {
  const dialled = await dial(path, headers)
  if (dialled.ok) {
    dialled.value.terminate()
    throw new Error('the WebSocket was opened')
  }
  if (dialled.reason !== 'refused') throw new Error('there was no answer')
  return { status: dialled.status, code: dialled.error?.code }
}

describe('a desktop’s WebSocket', () => {
  test('opens with a token and its proof', async () => {
    const { authorization, dpop } = await visitor.identity.authorize('GET', tunnelUrl())
    const dialled = await dial(desktopTunnelPath, { authorization, dpop })
    expect(dialled.ok).toBe(true)
    if (dialled.ok) dialled.value.terminate()
  })

  test.for([
    ['without a token', async () => ({}), 'SIGN_IN_REQUIRED'],
    [
      'with a bearer token',
      async () => ({ authorization: `Bearer ${(await visitor.identity.authorize('GET', tunnelUrl())).accessToken}` }),
      'TOKEN_INVALID',
    ],
    [
      'without a proof',
      async () => ({ authorization: (await visitor.identity.authorize('GET', tunnelUrl())).authorization }),
      'PROOF_INVALID',
    ],
    ['with a proof for another address', async () => headersFor('GET', `${gateway.url}/api/v1/me`), 'PROOF_INVALID'],
    ['with a proof for another method', async () => headersFor('POST', tunnelUrl()), 'PROOF_INVALID'],
    ['with a token that was changed', async () => changed(await headersFor('GET', tunnelUrl())), 'TOKEN_INVALID'],
  ] as const)('is refused %s', async ([, headers, code]) => {
    expect(await refusedWith(desktopTunnelPath, await headers())).toEqual({ status: 401, code })
  })

  test('is refused when its proof was used before', async () => {
    const headers = await headersFor('GET', `${gateway.url}/api/v1/me`)
    expect((await fetch(`${gateway.url}/api/v1/me`, { headers })).status).toBe(200)
    const again = await fetch(`${gateway.url}/api/v1/me`, { headers })
    expect(again.status).toBe(401)
    expect(await again.json()).toMatchObject({ error: { code: 'PROOF_REPLAYED' } })
  })

  test('is refused after the sign-in was ended, and cut while it is open', async () => {
    const other = await signInAs(gateway.url, 'operator')
    const { authorization, dpop } = await other.identity.authorize('GET', tunnelUrl())
    await other.api.call('signOut')
    await until(() => other.tunnel.state !== 'open', 'the tunnel is cut')
    expect(await refusedWith(desktopTunnelPath, { authorization, dpop })).toEqual({ status: 401, code: 'TOKEN_INVALID' })
    other.leave()
  })

  test('closes when its renewal carries the token of another sign-in', async () => {
    const other = await signInAs(gateway.url, 'operator')
    const socket = await opened(await headersFor('GET', tunnelUrl()))
    const closed = closing(socket)
    const { accessToken, dpop } = await other.identity.authorize('GET', tunnelUrl())
    socket.send(JSON.stringify({ type: 'renew', accessToken, proof: dpop }))
    expect((await closed).reason).toContain('another sign-in')
    other.leave()
  })

  test('stays open when it is renewed', async () => {
    const socket = await opened(await headersFor('GET', tunnelUrl()))
    const answered = new Promise<unknown>((resolve) => {
      socket.on('message', (data: Buffer, binary) => {
        const message = binary ? undefined : (JSON.parse(data.toString()) as { type: string })
        if (message?.type === 'renewed') resolve(message)
      })
    })
    const { accessToken, dpop } = await visitor.identity.authorize('GET', tunnelUrl())
    socket.send(JSON.stringify({ type: 'renew', accessToken, proof: dpop }))
    expect(await answered).toMatchObject({ type: 'renewed' })
    socket.terminate()
  })

  test.for([
    ['a frame that is none', (socket: WebSocket) => socket.send(Buffer.from([1, 2, 3]))],
    ['an answer, which only the gateway may give', (socket: WebSocket) => socket.send(encodeFrame(frameType.head, 1))],
    ['a control that is none', (socket: WebSocket) => socket.send('{"type":"session.start"}')],
    ['more than a message may have', (socket: WebSocket) => socket.send(Buffer.alloc(66 * 1024 * 1024))],
  ] as const)('closes after %s; nothing reaches a server', async ([, misbehave]) => {
    const before = agent.received.length
    const socket = await opened(await headersFor('GET', tunnelUrl()))
    const closed = closing(socket)
    misbehave(socket)
    await closed
    expect(agent.received).toHaveLength(before)
  })

  test('does not exist elsewhere', async () => {
    expect(await refusedWith('/api/v1/me', await headersFor('GET', `${gateway.url}/api/v1/me`))).toEqual({ status: 404, code: 'NOT_FOUND' })
  })

  test('that reconnects within the grace goes on with its sessions', async () => {
    const session = await openEcho(operator)
    operator.tunnel.stop(new AppError('TUNNEL_LOST'))
    operator.tunnel.start()
    await until(() => operator.tunnel.state === 'open', 'the tunnel is back')
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'still here' })).done
    expect(rpcOf(answer).result?.content[0]?.text).toContain('still here')
    await operator.api.call('endSession', { id: session.id })
  })
})

describe('an agent’s WebSocket', () => {
  const authorize = async (choices = {}, identity = agentIdentity) => ({
    authorization: `GatehouseAgent ${await agentToken(gateway.url, identity, choices)}`,
  })

  test.for([
    ['without a token', async () => ({}), 'TOKEN_INVALID'],
    ['with something that is no token', async () => ({ authorization: 'GatehouseAgent x.y.z' }), 'TOKEN_INVALID'],
    ['for an agent that is not enrolled', async () => authorize({ subject: 'agt_AAAAAAAAAAAAAAAA' }), 'AGENT_UNKNOWN'],
    ['for another gateway', async () => authorize({ audience: 'https://elsewhere.example/agent/v1/tunnel' }), 'TOKEN_INVALID'],
    ['with a token that lives for long', async () => authorize({ seconds: 3600 }), 'TOKEN_INVALID'],
    ['with a token that has expired', async () => authorize({ seconds: -60 }), 'TOKEN_INVALID'],
  ] as const)('is refused %s', async ([, headers, code]) => {
    expect(await refusedWith(agentTunnelPath, await headers())).toEqual({ status: 401, code })
  })

  test('is refused with a key that was not enrolled', async () => {
    const { joinToken } = await admin.api.call('createJoinToken', { name: 'another-agent' })
    const another = await enrolScriptedAgent(gateway.url, joinToken)
    const forged = await authorize({}, { id: agentIdentity.id, privateKey: another.privateKey })
    expect(await refusedWith(agentTunnelPath, forged)).toEqual({ status: 401, code: 'TOKEN_INVALID' })
  })

  test('is refused with a token that was used before', async () => {
    const { joinToken } = await admin.api.call('createJoinToken', { name: 'replayed-agent' })
    const headers = await authorize({}, await enrolScriptedAgent(gateway.url, joinToken))
    const first = await dial(agentTunnelPath, headers)
    expect(first.ok).toBe(true)
    if (first.ok) first.value.terminate()
    expect(await refusedWith(agentTunnelPath, headers)).toEqual({ status: 401, code: 'TOKEN_INVALID' })
  })

  test('a join token is good for one agent', async () => {
    const { joinToken } = await admin.api.call('createJoinToken', { name: 'once-only' })
    await enrolScriptedAgent(gateway.url, joinToken)
    await expect(enrolScriptedAgent(gateway.url, joinToken)).rejects.toThrow('JOIN_TOKEN_INVALID')
    await expect(enrolScriptedAgent(gateway.url, `join_${'x'.repeat(40)}`)).rejects.toThrow('JOIN_TOKEN_INVALID')
  })

  test('takes its sessions with it when it is lost; whoever waits is told', async () => {
    const session = await openEcho(operator)
    const script = agent.script
    agent.script = () => {}
    const before = agent.received.length
    const call = exchange(operator, session.id, toolCall('echo', { text: 'lost' }))
    await until(() => agent.received.length > before, 'the call has reached the agent')
    agent.drop()
    const answer = await call.done
    expect(rpcOf(answer).error?.data).toMatchObject({ code: 'AGENT_LOST' })
    await until(async () => (await operator.api.call('session', { id: session.id })).session.endReason === 'agent-disconnected', 'it ends')
    expect((await operator.api.call('connections')).connections[0]?.agent.online).toBe(false)
    await expect(openEcho(operator)).rejects.toMatchObject({ code: 'AGENT_OFFLINE' })
    agent = await connectScriptedAgent(gateway.url, agentIdentity)
    agent.script = script
    await until(async () => (await operator.api.call('connections')).connections[0]?.agent.online === true, 'the agent is back')
  })

  test('is cut when an administrator removes the agent', async () => {
    const { joinToken } = await admin.api.call('createJoinToken', { name: 'removed-agent' })
    const identity = await enrolScriptedAgent(gateway.url, joinToken)
    const removed = await connectScriptedAgent(gateway.url, identity)
    const isOnline = async () => (await admin.api.call('agents')).agents.some(({ id, online }) => id === identity.id && online)
    await until(isOnline, 'it is online')
    await admin.api.call('removeAgent', { id: identity.id })
    await until(() => !removed.socket.open, 'it is cut')
    expect(await refusedWith(agentTunnelPath, await authorize({}, identity))).toEqual({ status: 401, code: 'AGENT_UNKNOWN' })
  })
})

describe('the HTTP API', () => {
  test.for([
    ['agents', () => operator, {}, 'FORBIDDEN'],
    ['createJoinToken', () => operator, { name: 'x' }, 'FORBIDDEN'],
    [
      'createConnection',
      () => operator,
      { name: 'x', title: 'X', agent: 'agt_AAAAAAAAAAAAAAAA', server: 'echo', groups: [], maxMinutes: 5 },
      'FORBIDDEN',
    ],
    [
      'createConnection',
      () => admin,
      { name: 'x', title: 'X', agent: 'agt_AAAAAAAAAAAAAAAA', server: 'echo', groups: [], maxMinutes: 5 },
      'NOT_FOUND',
    ],
    ['removeConnection', () => operator, { name: 'echo' }, 'FORBIDDEN'],
    ['activatePolicy', () => operator, { kind: 'policy', text: 'version: 1' }, 'FORBIDDEN'],
    ['checkPolicy', () => operator, { kind: 'policy', text: 'version: 1' }, 'FORBIDDEN'],
    ['policies', () => operator, {}, 'FORBIDDEN'],
    ['recordings', () => operator, {}, 'FORBIDDEN'],
    ['recording', () => operator, { id: 'ses_AAAAAAAAAAAAAAAA' }, 'FORBIDDEN'],
    ['session', () => operator, { id: 'ses_AAAAAAAAAAAAAAAA' }, 'SESSION_UNKNOWN'],
    ['approval', () => operator, { id: 'apr_AAAAAAAAAAAAAAAA' }, 'NOT_FOUND'],
    ['logConsistency', () => operator, { from: 5, to: 100_000 }, 'INVALID_REQUEST'],
  ] as const)('%s is refused', async ([route, person, input, code]) => {
    await expect(person().api.call(route, input as never)).rejects.toMatchObject({ code })
  })

  test('a connection to a server that the agent does not declare is refused', async () => {
    const connection = { name: 'x', title: 'X', agent: agent.id, server: 'undeclared', groups: [], maxMinutes: 5 }
    await expect(admin.api.call('createConnection', connection as never)).rejects.toMatchObject({ code: 'SERVER_UNKNOWN' })
  })

  test.for([
    ['a body that is not JSON', '{', 400, 'INVALID_REQUEST'],
    ['a body that is too large', JSON.stringify({ name: 'x'.repeat(5 * 1024 * 1024) }), 413, 'BODY_TOO_LARGE'],
    ['an input that does not fit', '{"name":7}', 400, 'INVALID_REQUEST'],
  ] as const)('%s is refused without a stack', async ([, body, status, code]) => {
    const url = `${gateway.url}/api/v1/agents/join-tokens`
    const { authorization, dpop } = await admin.identity.authorize('POST', url)
    const response = await fetch(url, { method: 'POST', body, headers: { authorization, dpop, 'content-type': 'application/json' } })
    const text = await response.text()
    expect(response.status).toBe(status)
    expect(JSON.parse(text)).toMatchObject({ error: { code } })
    expect(text).not.toContain('.ts:')
  })

  test('an unknown address is answered in the form of every error', async () => {
    const response = await fetch(`${gateway.url}/api/v1/nothing`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })
})

async function headersFor(method: string, url: string): Promise<Record<string, string>> {
  const { authorization, dpop } = await visitor.identity.authorize(method, url)
  return { authorization, dpop }
}

function changed(headers: Record<string, string>): Record<string, string> {
  const [scheme, token = ''] = (headers['authorization'] ?? '').split(' ')
  const [head, , signature] = token.split('.')
  const payload = Buffer.from(JSON.stringify({ sub: 'somebody-else' })).toString('base64url')
  return { ...headers, authorization: `${scheme} ${head}.${payload}.${signature}` }
}

async function opened(headers: Record<string, string>): Promise<WebSocket> {
  const dialled = await dial(desktopTunnelPath, headers)
  if (!dialled.ok) throw new Error('the WebSocket was refused')
  dialled.value.on('error', () => {})
  return dialled.value
}

const closing = (socket: WebSocket): Promise<{ code: number; reason: string }> =>
  new Promise((resolve) => socket.once('close', (code, reason: Buffer) => resolve({ code, reason: reason.toString() })))
