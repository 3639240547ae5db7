/** Everything between an AI client and MCP servers that say what the test tells them to, over stdio and over HTTP. */
import { mkdirSync } from 'node:fs'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { startAgent } from '../../src-agent/agent.ts'
import { openLiveAccess } from '../../src-main/services/live-access.ts'
import { systemClock } from '../../src-node/clock.ts'
import { agentConfig } from '../../src-protocol/config.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { FaultyLink } from '../fixtures/labelled-proxy.ts'
import { post, type RawAnswer } from '../fixtures/raw-client.ts'
import { startWorld, type World } from './fault-matrix-world.ts'
import { until } from './gateway-harness.ts'
import { openBrowserAs } from './sign-in-by-fetch.ts'

const parrot = join(import.meta.dirname, '../fixtures/parrot-server.ts')
const silent = pino({ level: 'silent' })

export interface Asked {
  body: Buffer
  answer: (bytes: Buffer) => void
  /** over HTTP: as events, in the pieces in which the network brings them */
  stream?: (pieces: Buffer[]) => Promise<void>
}

export interface OpenedParrot {
  session: string
  send: (body: Buffer) => Promise<RawAnswer>
}

export interface Parrots {
  readonly world: World
  /** what the servers do with a call */
  serve: (asked: Asked) => void
  /** a client of 2025-11-25 that has initialized */
  open(kind: string): Promise<OpenedParrot>
  /** the networks between desktop and gateway, and between gateway and agent */
  readonly links: FaultyLink[]
  close(): Promise<void>
}

const initialized = (body: Buffer): Buffer | undefined => {
  if (!body.includes('"method":"initialize"')) return undefined
  const result = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'parrot', version: '1' } }
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 0, result }))
}
const isNotification = (body: Buffer) => body.includes('"notifications/initialized"')

function serveHttp(parrots: Pick<Parrots, 'serve'>, body: Buffer, response: ServerResponse): void {
  if (isNotification(body)) return void response.writeHead(202).end()
  const first = initialized(body)
  const answer = (bytes: Buffer) => {
    response.writeHead(200, { 'content-type': 'application/json', ...(first && { 'mcp-session-id': 'parrot' }) })
    response.end(bytes)
  }
  if (first) return answer(first)
  const stream = async (pieces: Buffer[]) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    for (const piece of pieces) {
      response.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  }
  return parrots.serve({ body, answer, stream })
}

/** The test's end of the server on stdio. */
function pipeOf(parrots: Pick<Parrots, 'serve'>, sockets: Set<Socket>) {
  return createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    const answer = (bytes: Buffer) => void socket.write(`${Buffer.concat([bytes, Buffer.from('\n')]).toString('base64')}\n`)
    createInterface({ input: socket }).on('line', (line) => {
      const body = Buffer.from(line, 'base64')
      const first = initialized(body)
      if (first) answer(first)
      else if (!isNotification(body)) parrots.serve({ body, answer })
    })
  })
}

export async function startParrots(masking: string): Promise<Parrots> {
  const served: Pick<Parrots, 'serve'> = { serve: () => {} }
  const world = await startWorld({ holdSeconds: 100, graceSeconds: 60 }, { masking })
  const sockets = new Set<Socket>()
  const pipe = pipeOf(served, sockets)
  const http = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () =>
      request.method === 'POST' ? serveHttp(served, Buffer.concat(chunks), response) : response.writeHead(405).end(),
    )
  })
  await Promise.all([pipe, http].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))))
  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port

  const folder = join(world.folder, 'parrots')
  mkdirSync(folder)
  const { api } = world.administrator
  const { joinToken } = await api.call('createJoinToken', { name: 'parrots' })
  const config = agentConfig.parse({
    gateway: world.url,
    data: 'agent',
    joinToken: 'env:JOIN',
    servers: [
      { name: 'stdio', title: 'Stdio', command: [process.execPath, parrot], env: { PARROT: String(portOf(pipe)) } },
      { name: 'http', title: 'HTTP', url: `http://127.0.0.1:${portOf(http)}/mcp` },
    ],
  })
  const env = { PATH: process.env['PATH'], JOIN: joinToken }
  const agent = await startAgent({ config, folder, env, log: silent, clock: systemClock, random: () => 0 })
  await until(async () => (await api.call('agents')).agents.some(({ online }) => online), 'the agent is online')
  for (const name of ['stdio', 'http'])
    await api.call('createConnection', { name, title: name, agent: agent.agentId, server: name, groups: ['operators'], maxMinutes: 60 })
  const access = openLiveAccess({
    gatewayUrl: world.url,
    clock: systemClock,
    log: silent,
    runtimeFolder: join(folder, 'run'),
    openBrowser: openBrowserAs({ username: 'operator' }),
  })
  await access.identity.signIn()
  const { key } = await access.identity.sign('which key')
  return Object.assign(served, {
    world,
    links: [world.proxy.link(`desktop ${key.x ?? ''}`), world.proxy.link(`agent ${agent.agentId}`)],
    async open(kind: string) {
      const { id } = await access.openSession({ connection: kind as ConnectionName, reason: 'Properties', minutes: 10 })
      const endpoint = access.endpoint.access(id)
      if (!endpoint) throw new Error('the session has no endpoint')
      const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'properties', version: '1' } }
      const answer = await post(endpoint, JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }))
      const headers = { 'mcp-session-id': String(answer.headers['mcp-session-id']), 'mcp-protocol-version': '2025-11-25' }
      await post(endpoint, '{"jsonrpc":"2.0","method":"notifications/initialized"}', headers)
      return { session: id, send: (body: Buffer) => post(endpoint, body, headers) }
    },
    async close() {
      await access.close()
      await agent.close()
      for (const socket of sockets) socket.destroy()
      http.closeAllConnections()
      for (const server of [pipe, http]) server.close()
      await world.close()
    },
  })
}
