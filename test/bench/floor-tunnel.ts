/**
 * The do-nothing tunnel: HTTP → WebSocket → WebSocket → stdio in three processes, as the product has them, without sign-in,
 * policy, masking or recording. It is the floor that the product is measured against.
 *   node floor-tunnel.ts agent | gateway AGENT_URL | desktop GATEWAY_URL
 * Each prints {"url"} when it listens.
 */
import { spawn } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket, WebSocketServer } from 'ws'

const [role, upstream = ''] = process.argv.slice(2)
const options = { perMessageDeflate: false } as const
if (role === 'agent') await agent()
else if (role === 'gateway') await gateway()
else if (role === 'desktop') await desktop()
else throw new Error(`unknown role ${role}`)

async function agent(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'echo-server.ts')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const server = await listen()
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => child.stdin.write(`${data.toString()}\n`))
    createInterface({ input: child.stdout }).on('line', (line) => socket.send(line))
  })
}

async function gateway(): Promise<void> {
  const up = await connect()
  const server = await listen()
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => up.send(data, { binary: false }))
    up.on('message', (data: Buffer) => socket.send(data, { binary: false }))
  })
}

async function desktop(): Promise<void> {
  const up = await connect()
  const waiting = new Map<unknown, ServerResponse>()
  up.on('message', (data: Buffer) => {
    const { id } = JSON.parse(data.toString()) as { id: unknown }
    const response = waiting.get(id)
    waiting.delete(id)
    response?.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'floor' }).end(data)
  })
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const { id } = JSON.parse(body.toString()) as { id?: unknown }
      up.send(body, { binary: false })
      if (id === undefined) response.writeHead(202).end()
      else waiting.set(id, response)
    })
  })
  server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`))
}

async function listen(): Promise<WebSocketServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options })
  await new Promise((resolve) => server.once('listening', resolve))
  ready(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return server
}

async function connect(): Promise<WebSocket> {
  const socket = new WebSocket(upstream, options)
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}

function ready(url: string): void {
  process.stdout.write(`${JSON.stringify({ url })}\n`)
}
