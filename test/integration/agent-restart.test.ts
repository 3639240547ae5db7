/** Servers that stop by themselves, and servers behind the transport of 2024-11-05: the agent, real servers, the gateway's end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { createServer as createPlainServer, type AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startAgent, type Agent } from '../../src-agent/agent.ts'
import { systemClock } from '../../src-node/clock.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { agentConfig } from '../../src-protocol/config.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { HeaderMap } from '../../src-protocol/tunnel.ts'
import { startAgentGateway, type AgentGateway, type Answer } from '../fixtures/agent-gateway.ts'

const root = join(import.meta.dirname, '../..')
const fixture = [process.execPath, join(root, 'test/fixtures/fixture-server.ts')]
const canary = 'canary-5f1c0b7e'
const patience = { timeout: 30_000 }

let folder: string
let gateway: AgentGateway
let agent: Agent
let logged: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-restart-'))
  logged = ''
  gateway = await startAgentGateway('join_once')
})
afterEach(async () => {
  await agent.close()
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
  if ((logged + JSON.stringify(gateway.controls)).includes(canary)) throw new Error('the credential has left the agent')
})

async function start(server: object): Promise<SessionId> {
  agent = await startAgent({
    config: agentConfig.parse({
      gateway: gateway.url,
      data: 'data',
      joinToken: 'env:JOIN',
      servers: [{ name: 'x', title: 'X', ...server }],
    }),
    folder,
    env: { PATH: process.env['PATH'], JOIN: 'join_once', TOKEN: canary },
    log: pino({ level: 'info' }, { write: (line: string) => (logged += line) }),
    clock: systemClock,
    random: () => 0,
  })
  await vi.waitUntil(() => gateway.controls.some((control) => control.type === 'hello'), patience)
  const session = newSessionId()
  gateway.command({ type: 'session.start', session, server: 'x' })
  return session
}
const stateOf = (session: SessionId) => gateway.controls.findLast((control) => control.type !== 'hello' && control.session === session)
async function started(session: SessionId): Promise<SessionId> {
  await expect.poll(() => stateOf(session)?.type, patience).toBe('session.started')
  return session
}

const initializeMessage = (capabilities: object = {}) => {
  const params = { protocolVersion: '2024-11-05', capabilities, clientInfo: { name: 'test', version: '1' } }
  return JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
}
async function initialize(session: SessionId, capabilities?: object): Promise<HeaderMap> {
  const answer = await gateway.open(session, 'POST', {}, initializeMessage(capabilities)).done
  expect(answer).toMatchObject({ status: 200 })
  const headers = { 'mcp-session-id': answer.headers['mcp-session-id'] ?? '', 'mcp-protocol-version': '2024-11-05' }
  expect(await post(session, headers, { method: 'notifications/initialized' }).done).toMatchObject({ status: 202 })
  return headers
}
const post = (session: SessionId, headers: HeaderMap, message: object) =>
  gateway.open(session, 'POST', headers, JSON.stringify({ jsonrpc: '2.0', ...message }))
const call = (session: SessionId, headers: HeaderMap, id: number, name: string, more: object = {}) =>
  post(session, headers, { id, method: 'tools/call', params: { name, arguments: {}, ...more } })
const textOf = (answer: Answer): string =>
  (JSON.parse(answer.messages.at(-1) ?? '') as { result: { content: [{ text: string }] } }).result.content[0].text

describe('restart: on-initialize', () => {
  test('calls in flight are told, the old MCP session is unknown, and the next initialize finds a new process', async () => {
    const session = await started(await start({ command: fixture, restart: 'on-initialize' }))
    const headers = await initialize(session)
    const pid = textOf(await call(session, headers, 1, 'pid').done)
    const waiting = call(session, headers, 2, 'silent')
    expect(await call(session, headers, 3, 'crash').done).toMatchObject({ aborted: 'SERVER_CRASHED' })
    expect(await waiting.done).toMatchObject({ aborted: 'SERVER_CRASHED' })
    expect(await call(session, headers, 4, 'pid').done).toMatchObject({ status: 404 })
    expect(await gateway.open(session, 'GET', headers).done).toMatchObject({ status: 404 })
    const again = await initialize(session)
    expect(textOf(await call(session, again, 1, 'pid').done)).not.toBe(pid)
    expect(stateOf(session)?.type).toBe('session.started')
  })
  test('five stops in a row end the session; before that an initialize waits a little and is answered', async () => {
    const session = await started(await start({ command: fixture, restart: 'on-initialize' }))
    for (let count = 1; count <= 4; count += 1) {
      expect(await call(session, await initialize(session), 1, 'crash').done).toMatchObject({ aborted: 'SERVER_CRASHED' })
      expect(stateOf(session)?.type).toBe('session.started')
    }
    expect(await call(session, await initialize(session), 1, 'crash').done).toMatchObject({ aborted: 'SERVER_STOPPED' })
    await expect.poll(() => stateOf(session), patience).toMatchObject({ type: 'session.ended', error: { code: 'SERVER_STOPPED' } })
  })
  test('a server that cannot start is not tried again', async () => {
    const session = await start({ command: fixture, env: { FIXTURE_MODE: 'exit' }, restart: 'on-initialize' })
    await expect
      .poll(() => stateOf(session), patience)
      .toMatchObject({ type: 'session.ended', error: { data: { problem: 'exit code 7' } } })
  })
  test('never: the session ends', async () => {
    const session = await started(await start({ command: fixture }))
    expect(await call(session, await initialize(session), 1, 'crash').done).toMatchObject({ aborted: 'SERVER_STOPPED' })
    await expect.poll(() => stateOf(session)?.type, patience).toBe('session.ended')
  })
})

describe('the transport of 2024-11-05', () => {
  let program: ChildProcess | undefined
  let server: Server | undefined
  afterEach(async () => {
    program?.kill()
    program = undefined
    server?.closeAllConnections()
    server?.close()
    server = undefined
  })

  async function startEverything(port = 0): Promise<number> {
    const chosen = port === 0 ? await freePort() : port
    const child = spawn(process.execPath, [join(root, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js'), 'sse'], {
      env: { PATH: process.env['PATH'], PORT: String(chosen) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    program = child
    child.stdout.resume()
    await new Promise<void>((resolve) => {
      createInterface(child.stderr).on('line', (line) => {
        if (/running|listening/i.test(line)) resolve()
      })
    })
    return chosen
  }

  test('server-everything: calls, progress, what it asks the client, two clients, and a new stream after it was restarted', async () => {
    const port = await startEverything()
    const session = await started(await start({ url: `http://127.0.0.1:${port}/sse`, transport: 'sse', bearer: 'env:TOKEN' }))
    const headers = await initialize(session, { sampling: {} })
    expect(textOf(await call(session, headers, 1, 'echo', { arguments: { message: 'hello' } }).done)).toBe('Echo: hello')
    const args = { arguments: { duration: 0.2, steps: 2 }, _meta: { progressToken: 'p' } }
    const progress = await call(session, headers, 2, 'trigger-long-running-operation', args).done
    expect(progress.messages.filter((text) => text.includes('notifications/progress'))).toHaveLength(2)

    const listening = gateway.open(session, 'GET', headers)
    await expect.poll(() => listening.answer.status, patience).toBe(200)
    const sampling = call(session, headers, 3, 'trigger-sampling-request', { arguments: { prompt: 'hello', maxTokens: 10 } })
    const asked = () => listening.answer.messages.find((text) => text.includes('sampling/createMessage'))
    await expect.poll(asked, patience).toBeDefined()
    const { id } = JSON.parse(asked() ?? '') as { id: number }
    const result = { role: 'assistant', content: { type: 'text', text: 'sampled words' }, model: 'test' }
    expect(await post(session, headers, { id, result }).done).toMatchObject({ status: 202 })
    expect(textOf(await sampling.done)).toContain('sampled words')

    const second = await initialize(session)
    expect(textOf(await call(session, second, 1, 'echo', { arguments: { message: 'second' } }).done)).toBe('Echo: second')

    program?.kill()
    expect(await listening.done).toMatchObject({ aborted: 'SERVER_CRASHED' })
    await startEverything(port)
    const status = async () => (await gateway.open(session, 'POST', {}, initializeMessage()).done).status
    await expect.poll(status, { ...patience, interval: 500 }).toBe(200)
    expect(stateOf(session)?.type).toBe('session.started')
  })

  /** `named`: the address that its first event names */
  async function startOdd(named: (own: string) => string | undefined, answer = 202): Promise<{ url: string; seen: string[] }> {
    const seen: string[] = []
    const odd = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
      if (request.method === 'POST') return void response.writeHead(answer, { 'content-type': 'text/plain' }).end(`for ${canary}`)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const address = named(own)
      return void response.write(address === undefined ? ': hello\n\n' : `event: endpoint\ndata: ${address}\n\n`)
    })
    server = odd
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
    const own = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`
    return { url: `${own}/sse`, seen }
  }

  test.for([
    ['of another host', () => 'http://localhost:1/messages'],
    ['of another protocol', (own: string) => own.replace('http:', 'ftp:')],
  ] as const)('an address %s gets nothing, least of all the credential', async ([, named]) => {
    const { url, seen } = await startOdd(named)
    const session = await start({ url, transport: 'sse', bearer: 'env:TOKEN' })
    await expect.poll(() => stateOf(session), patience).toMatchObject({ type: 'session.failed', error: { code: 'SERVER_OUTPUT_INVALID' } })
    expect(seen).toEqual([`GET /sse Bearer ${canary}`])
  })
  test('a message that the server does not take is answered, and its words stay', async () => {
    const { url, seen } = await startOdd((own) => `${own}/messages?id=7`, 413)
    const session = await started(await start({ url, transport: 'sse', bearer: 'env:TOKEN' }))
    const answer = await gateway.open(session, 'POST', {}, initializeMessage()).done
    expect(answer.messages.join('')).toContain('answers a message with status 413')
    expect(answer.messages.join('')).not.toContain(canary)
    expect(seen[1]).toBe(`POST /messages?id=7 Bearer ${canary}`)
  })
  test('a server that is not there starts no session', async () => {
    const session = await start({ url: `http://127.0.0.1:${await freePort()}/sse`, transport: 'sse' })
    await expect.poll(() => stateOf(session), patience).toMatchObject({ type: 'session.failed', error: { code: 'SERVER_UNREACHABLE' } })
  })
  test('one that never names its address neither', async () => {
    const { url } = await startOdd(() => undefined)
    const session = await start({ url, transport: 'sse', startSeconds: 0.3 })
    await expect.poll(() => stateOf(session), patience).toMatchObject({ type: 'session.failed', error: { code: 'SERVER_TIMED_OUT' } })
  })
})

async function freePort(): Promise<number> {
  const server = createPlainServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
