import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import { startShim, type Shim } from './stdio-shim.ts'

type Seen = { method: string; body: string; headers: IncomingMessage['headers']; response: ServerResponse }

let folder: string
let server: Server
let seen: Seen[]
let handle: (seen: Seen) => void
let find: () => Promise<string>
let input: PassThrough
let lines: string[]
let warnings: string[]
let shim: Shim
const patience = { timeout: 10_000 }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-shim-'))
  const path = join(folder, 's.sock')
  seen = []
  lines = []
  warnings = []
  handle = answerAll
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const one = { method: request.method ?? '', body, headers: request.headers, response }
      seen.push(one)
      handle(one)
    })
  })
  await new Promise<void>((resolve) => server.listen({ path }, resolve))
  find = () => Promise.resolve(path)
  input = new PassThrough()
  const output = new PassThrough()
  let rest = ''
  output.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  shim = startShim({
    connection: 'db',
    input,
    output,
    warn: (text) => warnings.push(text),
    findSocket: () => find(),
    scheduler: systemScheduler,
  })
})
afterEach(async () => {
  await shim.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

const json = { 'content-type': 'application/json' }
const stream = { 'content-type': 'text/event-stream' }
const message = (more: object) => JSON.stringify({ jsonrpc: '2.0', ...more })
const idOf = (body: string) => (body === '' ? undefined : (JSON.parse(body) as { id?: number }).id)

/** A stateful server that answers everything at once and has no GET stream. */
function answerAll({ method, body, response }: Seen) {
  if (method === 'GET') return response.writeHead(405).end()
  if (method === 'DELETE') return response.writeHead(200).end()
  const id = idOf(body)
  if (id === undefined) return response.writeHead(202).end()
  const result = body.includes('"initialize"') ? { protocolVersion: '2025-11-25' } : {}
  return response.writeHead(200, { ...json, ...(body.includes('"initialize"') && { 'mcp-session-id': 'S1' }) }).end(message({ id, result }))
}
const say = (...texts: string[]) => void input.write(texts.map((text) => `${text}\n`).join(''))
const initialize = message({ id: 0, method: 'initialize', params: {} })
const initialized = message({ method: 'notifications/initialized' })
const told = (count: number) => expect.poll(() => lines.length, patience).toBe(count)

describe('a stateful client', () => {
  test('session id and revision are those that were agreed on; bytes and order are kept', async () => {
    const call = '{"id" :1,"jsonrpc":"2.0","method":"tools/call","params":{"n":9007199254740993}}'
    say(initialize, initialized, call)
    await told(2)
    await expect.poll(() => seen.length, patience).toBe(4)
    const posts = seen.filter(({ method }) => method === 'POST')
    expect(posts.map(({ body }) => body)).toEqual([initialize, initialized, call])
    expect(posts[0]?.headers).not.toHaveProperty('mcp-session-id')
    for (const { headers } of posts.slice(1)) {
      expect(headers).toMatchObject({ 'mcp-session-id': 'S1', 'mcp-protocol-version': '2025-11-25' })
    }
    expect(seen.find(({ method }) => method === 'GET')?.headers).toMatchObject({ accept: 'text/event-stream', 'mcp-session-id': 'S1' })
  })
  test('what follows initialize waits for its answer', async () => {
    handle = () => {}
    say(initialize, initialized)
    await expect.poll(() => seen.length, patience).toBe(1)
    const [first] = seen
    handle = answerAll
    if (first) answerAll(first)
    await expect.poll(() => seen.some(({ body }) => body === initialized), patience).toBe(true)
  })
  test('a slow call does not hold up another one', async () => {
    say(initialize)
    await told(1)
    handle = (one) => (idOf(one.body) === 1 ? undefined : answerAll(one))
    say(message({ id: 1, method: 'x' }), message({ id: 2, method: 'x' }))
    await told(2)
    expect(lines[1]).toBe(message({ id: 2, result: {} }))
  })
  test('events are lines, without line breaks of their own', async () => {
    handle = ({ response }) =>
      response
        .writeHead(200, stream)
        .end(`id: 1\ndata:\n\n: alive\n\ndata: ${message({ method: 'n' })}\n\ndata: {"jsonrpc":"2.0",\ndata: "id":1,"result":{}}\n\n`)
    say(message({ id: 1, method: 'x' }))
    await told(2)
    expect(lines).toEqual([message({ method: 'n' }), '{"jsonrpc":"2.0", "id":1,"result":{}}'])
  })
  test('a stream that the server closed is taken up again where it was', async () => {
    handle = ({ method, response }) => {
      response.writeHead(200, stream)
      if (method === 'POST') response.end('id: 7\nretry: 10\ndata:\n\n')
      else response.end(`id: 8\ndata: ${message({ id: 1, result: { late: true } })}\n\n`)
    }
    say(message({ id: 1, method: 'x' }))
    await told(1)
    expect(lines[0]).toContain('late')
    expect(seen[1]).toMatchObject({ method: 'GET', headers: { 'last-event-id': '7' } })
  })
  test('what the server says on its own comes, and its requests are answered', async () => {
    const ask = message({ id: 'q', method: 'sampling/createMessage' })
    handle = (one) => (one.method === 'GET' ? one.response.writeHead(200, stream).write(`data: ${ask}\n\n`) : answerAll(one))
    say(initialize, initialized)
    await told(2)
    expect(lines[1]).toBe(ask)
    const answer = message({ id: 'q', result: {} })
    handle = ({ response }) => response.writeHead(202).end()
    say(answer)
    await expect.poll(() => seen.at(-1)?.body, patience).toBe(answer)
    expect(seen.at(-1)?.headers).toMatchObject({ 'mcp-session-id': 'S1', 'mcp-protocol-version': '2025-11-25' })
  })
  test('a cancellation goes on', async () => {
    say(initialize)
    await told(1)
    const cancelled = message({ method: 'notifications/cancelled', params: { requestId: 1 } })
    handle = ({ body, response }) => (body === cancelled ? response.writeHead(202).end() : undefined)
    say(message({ id: 1, method: 'x' }), cancelled)
    await expect.poll(() => seen.at(-1)?.body, patience).toBe(cancelled)
  })
  test('at the end the MCP session is closed', async () => {
    say(initialize)
    await told(1)
    input.end()
    await shim.done
    expect(seen.at(-1)).toMatchObject({ method: 'DELETE', headers: { 'mcp-session-id': 'S1' } })
  })
  test('what was asked before the end is still answered', async () => {
    handle = (one) => void setTimeout(() => answerAll(one), 100)
    say(message({ id: 1, method: 'x' }))
    input.end()
    await shim.done
    expect(lines).toHaveLength(1)
  })
})

describe('a stateless client', () => {
  const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }
  const call = (id: number, name: string, args: object = {}) =>
    message({ id, method: 'tools/call', params: { name, arguments: args, _meta: meta } })

  test('gets the headers that repeat its body', async () => {
    const inputSchema = { properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } }
    handle = ({ body, response }) => {
      const result = body.includes('tools/list') ? { tools: [{ name: 'grüßen', inputSchema }] } : {}
      response.writeHead(200, json).end(message({ id: idOf(body), result }))
    }
    say(message({ id: 1, method: 'tools/list', params: { _meta: meta } }))
    await told(1)
    say(call(2, 'grüßen', { region: ' eu' }))
    await told(2)
    expect(seen[1]?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': `=?base64?${Buffer.from('grüßen').toString('base64')}?=`,
      'mcp-param-region': `=?base64?${Buffer.from(' eu').toString('base64')}?=`,
    })
    expect(seen[1]?.headers).not.toHaveProperty('mcp-session-id')
  })
  test('cancels by closing the stream', async () => {
    const closed = Promise.withResolvers<void>()
    handle = ({ response }) => void response.once('close', closed.resolve)
    say(call(1, 'slow'))
    await expect.poll(() => seen.length, patience).toBe(1)
    say(message({ method: 'notifications/cancelled', params: { requestId: 1 } }))
    await closed.promise
    expect(seen).toHaveLength(1)
  })
})

describe('failures', () => {
  test('nobody there, or no session: every request is told, and it is looked for again', async () => {
    const there = find
    find = () => Promise.reject(new AppError('DESKTOP_NOT_RUNNING', { connection: 'db' }))
    say(initialize, initialized)
    await told(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ id: 0, error: { data: { code: 'DESKTOP_NOT_RUNNING' } } })
    await expect.poll(() => warnings.length, patience).toBe(1)
    find = () => Promise.reject(new AppError('SESSION_NOT_OPEN', { connection: 'db' }))
    say(message({ id: 1, method: 'ping' }))
    await told(2)
    expect(lines[1]).toContain('SESSION_NOT_OPEN')
    find = there
    say(message({ id: 2, method: 'ping' }))
    await told(3)
    expect(lines[2]).toBe(message({ id: 2, result: {} }))
  })
  test('a refusal that names no request is given the id that waits', async () => {
    handle = ({ response }) =>
      response.writeHead(410, json).end(message({ id: null, error: { code: -32001, message: 'over', data: { code: 'SESSION_ENDED' } } }))
    say(message({ id: 'a', method: 'ping' }))
    await told(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      jsonrpc: '2.0',
      id: 'a',
      error: { code: -32001, message: 'over', data: { code: 'SESSION_ENDED' } },
    })
  })
  test('a refusal without a body', async () => {
    handle = ({ response }) => response.writeHead(404).end()
    say(message({ id: 1, method: 'ping' }))
    await told(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ id: 1, error: { code: -32001 } })
  })
  test('the other end breaks off: who waits is told, once', async () => {
    handle = ({ response }) => {
      response.writeHead(200, stream)
      response.write(`data: ${message({ method: 'n' })}\n\n`, () => response.destroy())
    }
    say(message({ id: 1, method: 'x' }))
    await told(2)
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ id: 1, error: { data: { code: 'TUNNEL_LOST' } } })
  })
  test('a line that is no JSON is refused by those who decide, not here', async () => {
    const refusal = message({ id: null, error: { code: -32700, message: 'no' } })
    handle = ({ response }) => response.writeHead(400, json).end(refusal)
    say('{"half')
    await told(1)
    expect([seen[0]?.body, lines[0]]).toEqual(['{"half', refusal])
  })
})
