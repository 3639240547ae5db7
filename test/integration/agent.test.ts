import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startAgent, type Agent } from '../../src-agent/agent.ts'
import { systemClock } from '../../src-node/clock.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { agentConfig } from '../../src-protocol/config.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { HeaderMap } from '../../src-protocol/tunnel.ts'
import { processGone } from '../fixtures/process-gone.ts'
import { startAgentGateway, type Answer, type AgentGateway } from '../fixtures/agent-gateway.ts'

const modules = join(import.meta.dirname, '../../node_modules')
const fixture = [process.execPath, join(import.meta.dirname, '../fixtures/fixture-server.ts')]
const joinToken = 'join_once'
const dsn = 'postgres://app:hunter2@db/prod'

let folder: string
let gateway: AgentGateway
let agents: Agent[]
let logged: string[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-agent-'))
  writeFileSync(join(folder, 'notes.txt'), 'a note')
  gateway = await startAgentGateway(joinToken)
  agents = []
  logged = []
})
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.close()))
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
})

const servers = [
  { name: 'fixture', title: 'Fixture', command: fixture, env: { DSN: 'env:TEST_DSN', PLAIN: 'yes' } },
  { name: 'stubborn', title: 'Stubborn', command: fixture, env: { FIXTURE_MODE: 'stubborn' } },
  { name: 'mute', title: 'Mute', command: fixture, env: { FIXTURE_MODE: 'mute' }, startSeconds: 0.5 },
  { name: 'exits', title: 'Exits', command: fixture, env: { FIXTURE_MODE: 'exit' } },
  { name: 'absent', title: 'Absent', command: ['/no/such/program'] },
  { name: 'secretless', title: 'Secretless', command: fixture, env: { DSN: 'env:NOT_SET' } },
  {
    name: 'everything',
    title: 'Everything',
    command: [process.execPath, join(modules, '@modelcontextprotocol/server-everything/dist/index.js'), 'stdio'],
  },
  {
    name: 'files',
    title: 'Files',
    command: [process.execPath, join(modules, '@modelcontextprotocol/server-filesystem/dist/index.js'), '.'],
  },
]

async function start(more: { token?: string | undefined; graceSeconds?: number } = {}): Promise<Agent> {
  const agent = await startAgent({
    config: agentConfig.parse({
      gateway: gateway.url,
      data: 'data',
      joinToken: 'env:JOIN',
      ...(more.graceSeconds !== undefined && { graceSeconds: more.graceSeconds }),
      servers,
    }),
    folder,
    env: { PATH: process.env['PATH'], HOME: folder, JOIN: more.token ?? joinToken, TEST_DSN: dsn, UNRELATED: 'no' },
    log: pino({ level: 'info' }, { write: (line: string) => logged.push(line) }),
    clock: systemClock,
    random: () => 0,
  })
  agents.push(agent)
  await expect.poll(() => gateway.controls.some((control) => control.type === 'hello')).toBe(true)
  return agent
}

const controlOf = (session: SessionId) => gateway.controls.findLast((control) => control.type !== 'hello' && control.session === session)

async function startSession(server: string): Promise<SessionId> {
  const session = newSessionId()
  gateway.command({ type: 'session.start', session, server })
  await expect.poll(() => controlOf(session)?.type).toBe('session.started')
  return session
}

interface Client {
  session: SessionId
  headers: HeaderMap
  post(message: object): ReturnType<AgentGateway['open']>
  call(id: number, name: string, more?: object): ReturnType<AgentGateway['open']>
}

const initializeMessage = (capabilities: object = {}) => ({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'test', version: '1' } },
})

async function initialize(session: SessionId, capabilities?: object): Promise<Client> {
  const answer = await gateway.open(session, 'POST', {}, JSON.stringify(initializeMessage(capabilities))).done
  expect(answer).toMatchObject({ status: 200, headers: { 'mcp-session-id': expect.stringMatching(/.{20}/) as string } })
  const headers = { 'mcp-session-id': answer.headers['mcp-session-id'] ?? '', 'mcp-protocol-version': '2025-11-25' }
  const post = (message: object) => gateway.open(session, 'POST', headers, JSON.stringify(message))
  expect(await post({ jsonrpc: '2.0', method: 'notifications/initialized' }).done).toMatchObject({ status: 202, messages: [] })
  const call = (id: number, name: string, more: object = {}) =>
    post({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {}, ...more } })
  return { session, headers, post, call }
}

const textOf = (answer: Answer): string => {
  const message = JSON.parse(answer.messages.at(-1) ?? '') as { result: { content: [{ text: string }] } }
  return message.result.content[0].text
}
describe('enrolment', () => {
  test('happens once; key and enrolment are the agent’s own files; later starts need no join token', async () => {
    const first = await start()
    expect(statSync(join(folder, 'data/agent-key.pem')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'data/enrolment.json')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'data/enrolment.json'), 'utf8')).toContain(first.agentId)
    await first.close()
    const second = await start({ token: 'join_used' })
    expect(second.agentId).toBe(first.agentId)
    expect(gateway.enrolments).toEqual(['accepted'])
  })
  test('is refused with a wrong join token', async () => {
    await expect(start({ token: 'join_wrong' })).rejects.toMatchObject({ code: 'JOIN_TOKEN_INVALID' })
  })
  test('says which servers there are, and neither commands nor secrets', async () => {
    await start()
    const hello = gateway.controls.find((control) => control.type === 'hello')
    expect(hello).toMatchObject({ servers: expect.arrayContaining([{ name: 'files', title: 'Files', transport: 'stdio' }]) as unknown })
    expect(JSON.stringify(hello)).not.toMatch(/fixture-server|DSN|node/)
  })
})

describe('a session', () => {
  test('starts one server with its own environment, resolved secrets and nothing else', async () => {
    await start()
    const client = await initialize(await startSession('fixture'))
    const names = textOf(await client.call(1, 'environment').done).split(' ')
    expect(names).toEqual(['DSN', 'HOME', 'PATH', 'PLAIN'])
    expect(textOf(await client.call(2, 'secret', { arguments: { name: 'DSN' } }).done)).toBe(dsn)
    expect(logged.join('')).not.toContain('hunter2')
  })

  test('ends with its whole process group', async () => {
    await start()
    const client = await initialize(await startSession('fixture'))
    const pid = Number(textOf(await client.call(1, 'pid').done))
    const grandchild = Number(textOf(await client.call(2, 'grandchild').done))
    expect([processGone(pid), processGone(grandchild)]).toEqual([false, false])
    gateway.command({ type: 'session.end', session: client.session })
    await expect.poll(() => [processGone(pid), processGone(grandchild)]).toEqual([true, true])
    expect(await client.call(3, 'echo').done).toMatchObject({ aborted: 'SESSION_UNKNOWN' })
  })

  test('ends a server that ignores SIGTERM', async () => {
    await start()
    const client = await initialize(await startSession('stubborn'))
    const pid = Number(textOf(await client.call(1, 'pid').done))
    gateway.command({ type: 'session.end', session: client.session })
    await expect.poll(() => processGone(pid), { timeout: 10_000 }).toBe(true)
  })

  test('outlives a lost gateway: the agent comes back and says so, and what ran for the old connection answers nobody', async () => {
    await start()
    const client = await initialize(await startSession('fixture'))
    const pid = textOf(await client.call(1, 'pid').done)
    const abandoned = client.call(2, 'slow', { arguments: { ms: 300 } })
    gateway.dropAgent()
    await expect.poll(() => gateway.controls.at(-1)).toMatchObject({ type: 'hello', sessions: [client.session] })
    // the numbers of exchanges start anew: this one has a number that a running call of the old connection had
    const answers = [client.call(3, 'pid'), client.call(4, 'pid'), client.call(5, 'slow', { arguments: { ms: 400 } })]
    expect(await Promise.all(answers.map(async ({ done }) => textOf(await done)))).toEqual([pid, pid, 'slow 5'])
    expect(abandoned.answer.messages).toEqual([])
    gateway.command({ type: 'session.end', session: client.session })
    await expect.poll(() => processGone(Number(pid))).toBe(true)
  })

  test('ends with its processes when no gateway is there for the grace time', async () => {
    await start({ graceSeconds: 1 })
    const client = await initialize(await startSession('fixture'))
    const pid = Number(textOf(await client.call(1, 'pid').done))
    const grandchild = Number(textOf(await client.call(2, 'grandchild').done))
    gateway.reachable = false
    gateway.dropAgent()
    await expect.poll(() => [processGone(pid), processGone(grandchild)], { timeout: 10_000 }).toEqual([true, true])
    gateway.reachable = true
    await expect.poll(() => gateway.controls.at(-1), { timeout: 10_000 }).toMatchObject({ type: 'hello', sessions: [] })
  })

  test('ends at once when the gateway refuses the agent', async () => {
    await start()
    const client = await initialize(await startSession('fixture'))
    const pid = Number(textOf(await client.call(1, 'pid').done))
    gateway.accept = false
    gateway.dropAgent()
    await expect.poll(() => processGone(pid), { timeout: 10_000 }).toBe(true)
    expect(logged.join('')).toContain('the gateway refuses this agent')
  })

  test.for([
    ['absent', 'SERVER_START_FAILED'],
    ['secretless', 'SECRET_UNAVAILABLE'],
    ['nonsense', 'SERVER_UNKNOWN'],
  ])('of %s fails with %s', async ([server, code]) => {
    await start()
    const session = newSessionId()
    gateway.command({ type: 'session.start', session, server: server as string })
    await expect.poll(() => controlOf(session)).toMatchObject({ type: 'session.failed', error: { code } })
    expect(await gateway.open(session, 'POST', {}, JSON.stringify(initializeMessage())).done).toMatchObject({ aborted: 'SESSION_UNKNOWN' })
  })

  test('of a server that exits at once is ended, with its exit code', async () => {
    await start()
    const session = newSessionId()
    gateway.command({ type: 'session.start', session, server: 'exits' })
    await expect
      .poll(() => controlOf(session))
      .toMatchObject({ type: 'session.ended', error: { code: 'SERVER_STOPPED', data: { problem: 'exit code 7' } } })
  })

  test('of a server that never answers initialize is ended after its start time', async () => {
    await start()
    const session = await startSession('mute')
    const answer = await gateway.open(session, 'POST', {}, JSON.stringify(initializeMessage())).done
    expect(answer.aborted).toBe('SERVER_TIMED_OUT')
    expect(controlOf(session)).toMatchObject({ type: 'session.ended', error: { code: 'SERVER_TIMED_OUT' } })
  })
})

describe('a server that misbehaves', () => {
  test('crashes in the middle of calls: all of them end, and the log has its last words without the secret', async () => {
    await start()
    const client = await initialize(await startSession('fixture'))
    const waiting = client.call(1, 'silent')
    expect(await client.call(2, 'crash').done).toMatchObject({ aborted: 'SERVER_STOPPED' })
    expect(await waiting.done).toMatchObject({ aborted: 'SERVER_STOPPED' })
    expect(controlOf(client.session)).toMatchObject({ type: 'session.ended', error: { data: { problem: 'exit code 3' } } })
    expect(logged.join('')).toContain('cannot use [secret]')
    expect(logged.join('') + JSON.stringify(gateway.controls)).not.toContain('hunter2')
  })
  test('prints stray lines: they are dropped and counted', async () => {
    await start()
    const client = await initialize(await startSession('fixture'))
    expect(textOf(await client.call(1, 'garbage').done)).toBe('after the garbage')
    expect(logged.join('')).toContain('output is not JSON-RPC')
  })
  test.for([
    ['flood', 'SERVER_OUTPUT_INVALID'],
    ['overlong', 'SERVER_STOPPED'],
  ])('%s stops it with %s', async ([tool, code]) => {
    await start()
    const client = await initialize(await startSession('fixture'))
    const pid = Number(textOf(await client.call(1, 'pid').done))
    expect(await client.call(2, tool as string).done).toMatchObject({ aborted: code })
    await expect.poll(() => processGone(pid)).toBe(true)
  })
})

describe('MCP sessions', () => {
  test('each initialize gets a server of its own, so that a second client disturbs nobody', async () => {
    await start()
    const session = await startSession('fixture')
    const one = await initialize(session)
    const two = await initialize(session)
    const pids = [textOf(await one.call(1, 'pid').done), textOf(await two.call(1, 'pid').done)]
    expect(pids[0]).not.toBe(pids[1])
    expect(await gateway.open(session, 'DELETE', two.headers).done).toMatchObject({ status: 200 })
    await expect.poll(() => processGone(Number(pids[1]))).toBe(true)
    expect(await two.call(2, 'pid').done).toMatchObject({ status: 404 })
    expect(textOf(await one.call(2, 'pid').done)).toBe(pids[0])
    expect(controlOf(session)?.type).toBe('session.started')
  })
  test('are bounded: the idle one that was used longest ago makes room', async () => {
    await start()
    const session = await startSession('fixture')
    const clients = []
    for (let count = 0; count < 4; count += 1) clients.push(await initialize(session))
    const pid = Number(textOf(await (clients[0] as Client).call(1, 'pid').done))
    const second = Number(textOf(await (clients[1] as Client).call(1, 'pid').done))
    const waiting = (clients[2] as Client).call(1, 'silent')
    await (clients[3] as Client).call(1, 'pid').done
    await initialize(session)
    await expect.poll(() => processGone(pid)).toBe(true)
    expect(processGone(second)).toBe(false)
    expect(waiting.answer.aborted).toBeUndefined()
  })
  test('of those that only listen, too; when all wait for an answer, another client is refused', async () => {
    await start()
    const session = await startSession('fixture')
    const clients: Client[] = []
    for (let count = 0; count < 4; count += 1) clients.push(await initialize(session))
    const listening = clients.map(({ headers }) => gateway.open(session, 'GET', headers))
    await expect.poll(() => listening.every(({ answer }) => answer.status === 200)).toBe(true)
    clients.push(await initialize(session))
    expect(await listening[0]?.done).toMatchObject({ aborted: 'SESSION_ENDED' })
    expect(await clients[0]?.call(1, 'pid').done).toMatchObject({ status: 404 })
    const waiting = clients.slice(1).map((client) => client.call(1, 'silent'))
    const refused = await gateway.open(session, 'POST', {}, JSON.stringify(initializeMessage())).done
    expect(refused.status).toBe(409)
    expect(waiting.every(({ answer }) => answer.aborted === undefined)).toBe(true)
  })
  test.for([
    ['without the session id', (): HeaderMap => ({}), 400],
    ['with an unknown session id', (): HeaderMap => ({ 'mcp-session-id': 'unknown' }), 404],
  ] as const)('a request %s is refused', async ([, headers, status]) => {
    await start()
    const session = await startSession('fixture')
    await initialize(session)
    const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
    expect(await gateway.open(session, 'POST', headers(), request).done).toMatchObject({ status })
    expect(await gateway.open(session, 'GET', headers()).done).toMatchObject({ status })
    expect(await gateway.open(session, 'DELETE', headers()).done).toMatchObject({ status })
  })
  test('what is not JSON-RPC is refused', async () => {
    await start()
    const session = await startSession('fixture')
    expect(await gateway.open(session, 'POST', {}, 'hello').done).toMatchObject({ status: 400 })
  })
})

describe('real servers', () => {
  test('server-filesystem lists and reads', async () => {
    await start()
    const client = await initialize(await startSession('files'))
    const list = await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }).done
    expect(list).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
    expect(list.messages[0]).toContain('"read_text_file"')
    expect(textOf(await client.call(2, 'read_text_file', { arguments: { path: 'notes.txt' } }).done)).toBe('a note')
  })

  test('server-everything: progress comes on the stream of its request, in order', async () => {
    await start()
    const client = await initialize(await startSession('everything'))
    const args = { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 }, _meta: { progressToken: 7 } }
    const answer = await client.post({ jsonrpc: '2.0', id: 5, method: 'tools/call', params: args }).done
    expect(answer.headers['content-type']).toBe('text/event-stream')
    const progress = answer.messages.filter((message) => message.includes('notifications/progress'))
    expect(progress.map((message) => (JSON.parse(message) as { params: { progress: number } }).params.progress)).toEqual([1, 2, 3])
    expect(answer.messages.at(-1)).toContain('"id":5')
  })

  test('server-everything: what it asks the client comes on the stream, and the answer reaches it', async () => {
    await start()
    const client = await initialize(await startSession('everything'), { sampling: {} })
    const listening = gateway.open(client.session, 'GET', client.headers)
    await expect.poll(() => listening.answer.status).toBe(200)
    expect(await gateway.open(client.session, 'GET', client.headers).done).toMatchObject({ status: 409 })
    const call = client.call(5, 'trigger-sampling-request', { arguments: { prompt: 'hello', maxTokens: 10 } })
    const asked = () => listening.answer.messages.find((message) => message.includes('sampling/createMessage'))
    await expect.poll(asked).toBeDefined()
    const { id } = JSON.parse(asked() ?? '') as { id: number }
    const result = { role: 'assistant', content: { type: 'text', text: 'sampled words' }, model: 'test' }
    expect(await client.post({ jsonrpc: '2.0', id, result }).done).toMatchObject({ status: 202 })
    expect(textOf(await call.done)).toContain('sampled words')
  })
})

test('a large result arrives whole', async () => {
  await start()
  const client = await initialize(await startSession('fixture'))
  const answers = await Promise.all([1, 2, 3].map((id) => client.call(id, 'big', { arguments: { bytes: 8_000_000 } }).done))
  expect(answers.map((answer) => textOf(answer).length)).toEqual([8_000_000, 8_000_000, 8_000_000])
})
