/** The agent in front of MCP servers that speak Streamable HTTP, and of stateless clients in front of either kind: real programs. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startAgent, type Agent } from '../../src-agent/agent.ts'
import { systemClock } from '../../src-node/clock.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { agentConfig } from '../../src-protocol/config.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { HeaderMap } from '../../src-protocol/tunnel.ts'
import { startAgentGateway, type AgentGateway } from '../fixtures/agent-gateway.ts'

const root = join(import.meta.dirname, '../..')
const canary = 'canary-5f1c0b7e'
const patience = { timeout: 30_000 }

let programs: ChildProcess[]
let urls: { everything: string; conformance: string }
let folder: string
let gateway: AgentGateway
let agent: Agent
let logged: string

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

beforeAll(async () => {
  const port = await freePort()
  const everything = spawn(
    process.execPath,
    [join(root, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js'), 'streamableHttp'],
    { env: { PATH: process.env['PATH'], PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const conformance = spawn(process.execPath, [join(root, 'test/fixtures/conformance-server.ts'), 'http', '--resumable'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  programs = [everything, conformance]
  everything.stdout.resume()
  await new Promise<void>((resolve) => {
    createInterface(everything.stderr).on('line', (line) => {
      if (line.includes('listening')) resolve()
    })
  })
  const [line] = (await once(createInterface(conformance.stdout), 'line')) as [string]
  urls = { everything: `http://127.0.0.1:${port}/mcp`, conformance: (JSON.parse(line) as { url: string }).url }
}, 60_000)
afterAll(() => {
  for (const program of programs) program.kill()
})

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-agent-http-'))
  logged = ''
  gateway = await startAgentGateway('join_once')
  agent = await startAgent({
    config: agentConfig.parse({
      gateway: gateway.url,
      data: 'data',
      joinToken: 'env:JOIN',
      servers: [
        { name: 'everything', title: 'Everything', url: urls.everything, bearer: 'env:TOKEN' },
        { name: 'conformance', title: 'Conformance', url: urls.conformance },
        { name: 'stdio', title: 'Conformance', command: [process.execPath, join(root, 'test/fixtures/conformance-server.ts'), 'stdio'] },
        { name: 'legacy', title: 'Legacy', command: [process.execPath, join(root, 'test/fixtures/fixture-server.ts')] },
        { name: 'secretless', title: 'Secretless', url: urls.everything, bearer: 'env:NOT_SET' },
      ],
    }),
    folder,
    env: { PATH: process.env['PATH'], JOIN: 'join_once', TOKEN: canary },
    log: pino({ level: 'info' }, { write: (line: string) => (logged += line) }),
    clock: systemClock,
    random: () => 0,
  })
  await vi.waitUntil(() => gateway.controls.some((control) => control.type === 'hello'), patience)
})
afterEach(async () => {
  await agent.close()
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
  if (logged.includes(canary)) throw new Error('the credential has left the agent')
})

const controlOf = (session: SessionId) => gateway.controls.findLast((control) => control.type !== 'hello' && control.session === session)

async function startSession(server: string): Promise<SessionId> {
  const session = newSessionId()
  gateway.command({ type: 'session.start', session, server })
  await expect.poll(() => controlOf(session)?.type, patience).toBe('session.started')
  return session
}

const both = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }

async function initialize(session: SessionId): Promise<HeaderMap> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
  const message = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
  const answer = await gateway.open(session, 'POST', both, message).done
  expect(answer.status).toBe(200)
  const headers = { ...both, 'mcp-session-id': answer.headers['mcp-session-id'] ?? '', 'mcp-protocol-version': '2025-11-25' }
  const initialized = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })
  expect(await gateway.open(session, 'POST', headers, initialized).done).toMatchObject({ status: 202, messages: [] })
  return headers
}

const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }

/** A request of the stateless revision. */
function stateless(
  session: SessionId,
  id: number,
  method: string,
  params: { name?: string; [more: string]: unknown } = {},
  more: HeaderMap = {},
) {
  const headers: HeaderMap = { ...both, 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...more }
  if (params.name !== undefined) headers['mcp-name'] ??= params.name
  return gateway.open(session, 'POST', headers, JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }))
}

test('the gateway learns that it is HTTP, and neither address nor credential', () => {
  const hello = gateway.controls.find((control) => control.type === 'hello')
  expect(hello).toMatchObject({
    servers: expect.arrayContaining([{ name: 'everything', title: 'Everything', transport: 'http' }]) as unknown,
  })
  expect(JSON.stringify(hello)).not.toMatch(/127\.0\.0\.1|NOT_SET|TOKEN|canary/)
})

test('a credential that is missing starts no session', async () => {
  const session = newSessionId()
  gateway.command({ type: 'session.start', session, server: 'secretless' })
  await expect.poll(() => controlOf(session), patience).toMatchObject({ type: 'session.failed', error: { code: 'SECRET_UNAVAILABLE' } })
})

describe('stateful revisions: server-everything', () => {
  test('a tool call, with progress on its own stream', async () => {
    const session = await startSession('everything')
    const headers = await initialize(session)
    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 }, _meta: { progressToken: 'p' } },
    }
    const answer = await gateway.open(session, 'POST', headers, JSON.stringify(call)).done
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } })
    const messages = answer.messages.filter(Boolean).map((text) => JSON.parse(text) as { method?: string; id?: number })
    expect(messages.map(({ method, id }) => method ?? id)).toEqual(['notifications/progress', 'notifications/progress', 1])
  })
  test('DELETE ends the MCP session, and its id is unknown from then on', async () => {
    const session = await startSession('everything')
    const headers = await initialize(session)
    expect(await gateway.open(session, 'DELETE', headers).done).toMatchObject({ status: 200 })
    const list = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' })
    expect(await gateway.open(session, 'POST', headers, list).done).toMatchObject({ status: 404 })
  })
  test('the end of the session ends the GET stream and the MCP session', async () => {
    const session = await startSession('everything')
    const headers = await initialize(session)
    const listening = gateway.open(session, 'GET', { ...headers, accept: 'text/event-stream' })
    await expect.poll(() => listening.answer.status, patience).toBe(200)
    gateway.command({ type: 'session.end', session })
    // the server itself is asked, past the agent: it answers 400 for a session that it does not know
    const ask = async () => {
      const list = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' })
      const response = await fetch(urls.everything, { method: 'POST', headers, body: list })
      await response.text()
      return response.status
    }
    await expect.poll(ask, patience).toBeGreaterThanOrEqual(400)
  })
})

describe.for(['conformance', 'stdio'])('the stateless revision: %s', (server) => {
  test('server/discover and a call', async () => {
    const session = await startSession(server)
    const discovered = await stateless(session, 1, 'server/discover').done
    expect(discovered.status).toBe(200)
    expect(discovered.messages.join('')).toContain('2026-07-28')
    const called = await stateless(session, 2, 'tools/call', { name: 'test_simple_text', arguments: {} }).done
    expect(called).toMatchObject({ status: 200 })
    expect(called.messages.join('')).toContain('"content"')
  })
  test('refusals of the server keep their HTTP status and code', async () => {
    const session = await startSession(server)
    const mismatch = await stateless(session, 1, 'tools/call', { name: 'test_simple_text' }, { 'mcp-name': 'another' }).done
    // over stdio there are no headers: the gateway compared them
    if (server === 'conformance') expect([mismatch.status, mismatch.messages.join('')]).toEqual([400, expect.stringContaining('-32020')])
    const unknown = await stateless(session, 2, 'no/such/method').done
    expect([unknown.status, unknown.messages.join('')]).toEqual([404, expect.stringContaining('-32601')])
  })
  test('subscriptions/listen stays open until the client leaves', async () => {
    const session = await startSession(server)
    const listening = stateless(session, 1, 'subscriptions/listen', { notifications: { toolsListChanged: true } })
    await expect.poll(() => listening.answer.messages.join(''), patience).toContain('notifications/subscriptions/acknowledged')
    await stateless(session, 2, 'tools/call', { name: 'test_trigger_tool_change', arguments: {} }).done
    await expect.poll(() => listening.answer.messages.join(''), patience).toContain('notifications/tools/list_changed')
    listening.abort()
  })
  test('two clients with the same ids do not disturb each other', async () => {
    const session = await startSession(server)
    const slow = stateless(session, 1, 'subscriptions/listen', { notifications: { toolsListChanged: true } })
    await expect.poll(() => slow.answer.messages.join(''), patience).toContain('notifications/subscriptions/acknowledged')
    const other = await stateless(session, 1, 'tools/call', { name: 'test_simple_text', arguments: {} }).done
    expect([other.status, other.messages.join('')]).toEqual([200, expect.stringContaining('"content"')])
    expect(slow.answer.messages.join('')).not.toContain('"content"')
    slow.abort()
  })
  test('stateful and stateless clients side by side', async () => {
    const session = await startSession(server)
    const list = JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'tools/list' })
    const first = await stateless(session, 1, 'tools/list').done
    const headers = await initialize(session)
    const second = await gateway.open(session, 'POST', headers, list).done
    const third = await stateless(session, 2, 'tools/list').done
    expect([first, second, third].map(({ status }) => status)).toEqual([200, 200, 200])
    expect([first, second, third].map(({ messages }) => messages.join('').includes('resultType'))).toEqual([true, false, true])
  })
  test('a request that does not say its revision is refused with 400, and a revision that nobody knows too', async () => {
    const session = await startSession(server)
    const headers = { ...both, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' }
    const unclaimed = await gateway.open(session, 'POST', headers, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).done
    expect([unclaimed.status, unclaimed.messages.join('')]).toEqual([400, expect.stringContaining('-32602')])
    const future = { ...meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' }
    const unknown = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: { _meta: future } })
    const refused = await gateway.open(session, 'POST', { ...headers, 'mcp-protocol-version': '2099-01-01' }, unknown).done
    expect([refused.status, refused.messages.join('')]).toEqual([400, expect.stringContaining('-32022')])
    expect((await stateless(session, 3, 'tools/list').done).status).toBe(200)
  })
  test('there is no GET stream', async () => {
    const session = await startSession(server)
    const headers = { accept: 'text/event-stream', 'mcp-protocol-version': '2026-07-28' }
    expect((await gateway.open(session, 'GET', headers).done).status).toBeGreaterThanOrEqual(400)
  })
})

test('a server on stdio that does not know the stateless revision: its client is told, and initializes the same process', async () => {
  const session = await startSession('legacy')
  const discovered = await stateless(session, 1, 'server/discover').done
  expect([discovered.status, discovered.messages.join('')]).toEqual([404, expect.stringContaining('-32601')])
  await initialize(session)
  expect(logged.split('MCP server started')).toHaveLength(2)
})
