import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HttpServer } from '../src-protocol/config.ts'
import type { HeaderMap, OpenHead } from '../src-protocol/tunnel.ts'
import { newSessionId } from '../src-node/random-id.ts'
import { systemScheduler } from '../src-node/scheduler.ts'
import type { ExchangeReply } from './exchange-reply.ts'
import { createHttpSession } from './http-session.ts'
import type { ServerSession } from './server-session.ts'

const canary = 'canary-5f1c0b7e'
const certificates = join(import.meta.dirname, '../test/fixtures/tls')

interface Seen {
  method: string
  headers: IncomingMessage['headers']
  body: string
}

let folder: string
let upstream: Server
let requests: Seen[]
let handle: (request: IncomingMessage, response: ServerResponse, body: string) => void
let frames: string[]
let logged: string
let room: () => Promise<void> | undefined
let sessions: ServerSession[]
const session = newSessionId()

/** One line for each frame: `exchange what`. */
const reply: ExchangeReply = {
  head: (exchange, { status, headers }) => frames.push(`${exchange} ${status} ${JSON.stringify(headers)}`),
  message: (exchange, body, head = {}) => frames.push(`${exchange} < ${JSON.stringify(head)} ${Buffer.from(body).toString()}`),
  keepAlive: (exchange) => frames.push(`${exchange} alive`),
  end: (exchange) => frames.push(`${exchange} end`),
  abort: (exchange, error) => frames.push(`${exchange} abort ${JSON.stringify(error)}`),
}

const listener: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    requests.push({ method: request.method ?? '', headers: request.headers, body })
    handle(request, response, body)
  })
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-http-'))
  frames = []
  requests = []
  sessions = []
  logged = ''
  room = () => undefined
  handle = (_request, response) => response.writeHead(202).end()
  upstream = createServer(listener)
  await listen(upstream)
})
afterEach(async () => {
  await Promise.all(sessions.map((each) => each.end()))
  await close(upstream)
  rmSync(folder, { recursive: true, force: true })
  // whatever happened, the credential is in no frame and in no log
  if ((frames.join('\n') + logged).includes(canary)) throw new Error('the credential has left the agent')
})

const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
function close(server: Server) {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}
const portOf = (server: Server) => (server.address() as AddressInfo).port

function open(more: Partial<HttpServer> = {}, options: { idleMs?: number; messageLimit?: number } = {}): ServerSession {
  const created = createHttpSession({
    session,
    server: {
      name: 'db',
      title: 'Database',
      url: `http://127.0.0.1:${portOf(upstream)}/mcp?team=a`,
      headers: {},
      bearer: 'env:TOKEN',
      startSeconds: 30,
      ...more,
    },
    reply,
    folder,
    env: { TOKEN: canary },
    log: pino({ level: 'debug' }, { write: (line: string) => (logged += line) }),
    scheduler: systemScheduler,
    room: () => room(),
    ...options,
  })
  sessions.push(created)
  return created
}

const head = (method: OpenHead['method'], headers: HeaderMap = {}): OpenHead => ({ session, method, headers })
const bytes = (text: string) => new TextEncoder().encode(text)
const patience = { timeout: 20_000 }
const ended = (exchange: number) =>
  expect.poll(() => frames.some((frame) => new RegExp(`^${exchange} (end|abort)`).test(frame)), patience).toBe(true)

async function exchanged(
  target: ServerSession,
  exchange: number,
  headers: HeaderMap = {},
  body = '{}',
  method: OpenHead['method'] = 'POST',
) {
  target.open(exchange, head(method, headers), bytes(body))
  await ended(exchange)
  return frames.filter((frame) => frame.startsWith(`${exchange} `)).map((frame) => frame.slice(String(exchange).length + 1))
}

describe('what goes to the server', () => {
  test('method, the headers of MCP, the original bytes, and the credential; nothing else of the client', async () => {
    const body = '{"jsonrpc":"2.0", "id":9007199254740993,"method":"x","method":"ü"}'
    const headers = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': '=?base64?w7w=?=',
      'mcp-param-region': 'eu',
      authorization: 'Bearer of the client',
      cookie: 'c=1',
      'x-other': '1',
    }
    await exchanged(open({ headers: { 'X-Tenant': 'acme', 'X-Key': 'env:TOKEN' } }), 1, headers, body)
    const [request] = requests
    expect(request).toMatchObject({ method: 'POST', body })
    const { host, connection, 'content-length': length, ...sent } = request?.headers ?? {}
    expect([host, connection, length]).toEqual([`127.0.0.1:${portOf(upstream)}`, 'keep-alive', String(Buffer.byteLength(body))])
    expect(sent).toEqual({
      accept: headers.accept,
      'content-type': headers['content-type'],
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': '=?base64?w7w=?=',
      'mcp-param-region': 'eu',
      authorization: `Bearer ${canary}`,
      'x-tenant': 'acme',
      'x-key': canary,
      'accept-encoding': 'identity',
      'user-agent': 'gatehouse-agent',
    })
  })
  test('GET and Last-Event-ID', async () => {
    await exchanged(open(), 1, { 'last-event-id': '7', accept: 'text/event-stream' }, '', 'GET')
    expect(requests[0]).toMatchObject({ method: 'GET', headers: { 'last-event-id': '7' } })
    expect(requests[0]?.headers).not.toHaveProperty('content-length')
  })
  test('a header that would begin another one is refused', async () => {
    expect((await exchanged(open(), 1, { 'mcp-name': 'a\r\nauthorization: x' }))[0]).toMatch(/^400 /)
    expect(requests).toEqual([])
  })
})

describe('what comes back', () => {
  test('a JSON answer with its status, its headers and its bytes', async () => {
    const answer = '{"jsonrpc":"2.0","id":1,"error":{"code":-32020, "message":"ü"}}'
    handle = (_request, response) =>
      response.writeHead(400, { 'content-type': 'application/json; charset=utf-8', 'set-cookie': 'a=1', 'x-internal': 'host7' }).end(answer)
    expect(await exchanged(open(), 1)).toEqual(['400 {"content-type":"application/json; charset=utf-8"}', `< {} ${answer}`, 'end'])
  })
  test('events as they come, with id, event and retry; comments as signs of life', async () => {
    handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('id: 1\nretry: 500\ndata:\n\n: hello\n\nevent: message\nid: 2\ndata: {"a":\n')
      setImmediate(() => response.end('data: 1}\n\ndata: not ended'))
    }
    expect(await exchanged(open(), 1)).toEqual([
      '200 {"content-type":"text/event-stream"}',
      '< {"id":"1","retry":500} ',
      'alive',
      '< {"event":"message","id":"2"} {"a":\n1}',
      'end',
    ])
  })
  test('202 without a body', async () => {
    expect(await exchanged(open(), 1)).toEqual(['202 {}', 'end'])
  })
  test('405 says what is allowed', async () => {
    handle = (_request, response) => response.writeHead(405, { allow: 'POST' }).end()
    expect(await exchanged(open(), 1, {}, '', 'GET')).toEqual(['405 {"allow":"POST"}', 'end'])
  })
  test('an error page in HTML: its status only', async () => {
    handle = (_request, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Down</h1>')
    expect(await exchanged(open(), 1)).toEqual(['503 {}', 'end'])
  })
  test('a page in HTML where an answer is due', async () => {
    handle = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')
    expect((await exchanged(open(), 1))[0]).toContain('SERVER_OUTPUT_INVALID')
  })
  test('an answer that is compressed although nobody asked for it', async () => {
    handle = (_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('x')
    expect((await exchanged(open(), 1))[0]).toContain('SERVER_OUTPUT_INVALID')
  })
  test.for(['application/json', 'text/event-stream'])('a message above the limit breaks the exchange off: %s', async (type) => {
    handle = (_request, response) => response.writeHead(200, { 'content-type': type }).end(`data: "${'x'.repeat(500)}"\n\n`)
    const answer = await exchanged(open({}, { messageLimit: 300 }), 1)
    expect(answer.at(-1)).toContain('SERVER_STOPPED')
    expect(answer.join('')).not.toContain('xxx')
  })
  test('a stream that breaks off is not one that ended', async () => {
    handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n', () => response.destroy())
    }
    const answer = await exchanged(open(), 1)
    expect(answer.slice(1, -1)).toEqual(['< {} 1'])
    expect(answer.at(-1)).toMatch(/^abort .*SERVER_UNREACHABLE/)
  })
  test('while the way to the gateway is full, the server is not read', async () => {
    const free = Promise.withResolvers<void>()
    let written = 0
    handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = `data: ${'x'.repeat(65_536)}\n\n`
      const more = () => {
        while (written < 400) {
          written += 1
          if (!response.write(event)) return response.once('drain', more)
        }
        return response.end()
      }
      more()
    }
    room = () => free.promise
    const target = open()
    target.open(1, head('POST'), bytes('{}'))
    await expect.poll(() => frames.length).toBeGreaterThan(0)
    // what the operating system buffers is a few megabytes; the rest stays with the server
    let before = -1
    await expect.poll(() => before === (before = written), { interval: 100, ...patience }).toBe(true)
    expect(written).toBeLessThan(400)
    room = () => undefined
    free.resolve()
    await ended(1)
    expect(frames.filter((frame) => frame.startsWith('1 <'))).toHaveLength(400)
  })
})

describe('the credential stays', () => {
  test('a server that quotes the request in its error, its events and its headers', async () => {
    handle = (request, response, body) => {
      const quoted = JSON.stringify({ error: `bad ${request.headers.authorization} for ${request.headers.authorization}` })
      if (body === 'json') response.writeHead(400, { 'content-type': 'application/json', 'mcp-session-id': canary }).end(quoted)
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${quoted}\n\n`)
    }
    const target = open()
    const quoted = '< {} {"error":"bad Bearer [secret] for Bearer [secret]"}'
    expect((await exchanged(target, 1, {}, 'json')).slice(0, 2)).toEqual([
      '400 {"content-type":"application/json","mcp-session-id":"[secret]"}',
      quoted,
    ])
    expect((await exchanged(target, 2, {}, 'events'))[1]).toBe(quoted)
  })
  test('a server that does not accept it: the client is not asked to sign in', async () => {
    handle = (request, response) =>
      response
        .writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'application/json' })
        .end(JSON.stringify(request.headers.authorization))
    const answer = await exchanged(open(), 1)
    expect(answer).toHaveLength(1)
    expect(answer[0]).toContain('SERVER_UNAUTHORIZED')
  })
  test('a redirect is not followed', async () => {
    const elsewhere: (string | undefined)[] = []
    const other = createServer((request, response) => {
      elsewhere.push(request.headers.authorization)
      response.end()
    })
    await listen(other)
    handle = (_request, response) => response.writeHead(307, { location: `http://127.0.0.1:${portOf(other)}/` }).end()
    expect((await exchanged(open(), 1))[0]).toContain('it redirects (status 307)')
    expect(elsewhere).toEqual([])
    await close(other)
  })
  test('a secret that is not there, or is no header, starts no session, and is not quoted', () => {
    expect(() => open({ bearer: 'env:ABSENT' })).toThrow(expect.objectContaining({ code: 'SECRET_UNAVAILABLE' }))
    writeFileSync(join(folder, 'token'), `${canary}\nX-Admin: 1`)
    const opening = () => open({ bearer: 'file:token' })
    expect(opening).toThrow(expect.objectContaining({ code: 'SECRET_UNAVAILABLE' }))
    expect(opening).not.toThrow(canary)
  })
  test('a file is read anew at each session', async () => {
    writeFileSync(join(folder, 'token'), 'first\n')
    await exchanged(open({ bearer: 'file:token' }), 1)
    writeFileSync(join(folder, 'token'), 'second\n')
    await exchanged(open({ bearer: 'file:token' }), 2)
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second'])
  })
})

describe('connections', () => {
  test('an idle one is closed, a call that takes longer than that is not', async () => {
    const sockets = new Set<unknown>()
    handle = (request, response, body) => {
      sockets.add(request.socket)
      const answer = () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      if (body === 'slow') setTimeout(answer, 400)
      else answer()
    }
    const target = open({}, { idleMs: 100 })
    expect(await exchanged(target, 1, {}, 'slow')).toContain('end')
    expect(await exchanged(target, 2)).toContain('end')
    expect(sockets.size).toBe(1)
    const [socket] = sockets as Set<IncomingMessage['socket']>
    await expect.poll(() => socket?.destroyed).toBe(true)
    expect(await exchanged(target, 3)).toContain('end')
  })
  test('a server that is not there: the exchange fails, and the session goes on', async () => {
    const port = portOf(upstream)
    const target = open()
    await close(upstream)
    expect((await exchanged(target, 1))[0]).toMatch(/SERVER_UNREACHABLE.*ECONNREFUSED/)
    upstream = createServer(listener)
    await new Promise<void>((resolve) => upstream.listen(port, '127.0.0.1', resolve))
    expect(await exchanged(target, 2)).toEqual(['202 {}', 'end'])
  })
  test('a call is never sent twice: a connection that breaks is told, and not tried again', async () => {
    handle = (request) => request.socket.destroy()
    expect((await exchanged(open(), 1))[0]).toMatch(/SERVER_UNREACHABLE/)
    expect(requests).toHaveLength(1)
  })
  test('its own certificate is trusted when the configuration names it, and not otherwise', async () => {
    const tls = createTlsServer(
      { cert: readFileSync(join(certificates, 'localhost.pem')), key: readFileSync(join(certificates, 'localhost-key.pem')) },
      listener,
    )
    await listen(tls)
    const url = `https://127.0.0.1:${portOf(tls)}/`
    expect((await exchanged(open({ url }), 1))[0]).toMatch(/SERVER_UNREACHABLE.*SELF_SIGNED_CERT/)
    expect(requests).toEqual([])
    expect(await exchanged(open({ url, ca: join(certificates, 'localhost.pem') }), 2)).toEqual(['202 {}', 'end'])
    expect(() => open({ url, ca: 'absent.pem' })).toThrow(expect.objectContaining({ code: 'SERVER_START_FAILED' }))
    await close(tls)
  })
  test('connecting has an end', async () => {
    // takes connections, and never says the hello that a TLS client waits for
    const sockets: Socket[] = []
    const silent = createPlainServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const answer = await exchanged(open({ url: `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`, startSeconds: 0.05 }), 1)
    expect(answer[0]).toContain('SERVER_TIMED_OUT')
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
})

describe('clients and sessions come and go', () => {
  const give = (id: string) => {
    handle = (request, response) => {
      const known = request.headers['mcp-session-id']
      if (request.method === 'DELETE' || known === 'gone') return response.writeHead(known === 'gone' ? 404 : 200).end()
      return response.writeHead(200, { 'content-type': 'application/json', ...(known === undefined && { 'mcp-session-id': id }) }).end('{}')
    }
  }
  test('a client that closes its stream closes the request', async () => {
    const closed = Promise.withResolvers<void>()
    handle = (_request, response) => {
      response.once('close', closed.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    }
    const target = open()
    target.open(1, head('POST'), bytes('{}'))
    await expect.poll(() => frames.length).toBe(2)
    target.keepAlive()
    target.abandon(1)
    await closed.promise
    target.keepAlive()
    expect(frames.slice(2)).toEqual(['1 alive'])
  })
  test('one that closes it before there is an answer too', async () => {
    const closed = Promise.withResolvers<void>()
    handle = (_request, response) => void response.once('close', closed.resolve)
    const target = open()
    target.open(1, head('POST'), bytes('{}'))
    await expect.poll(() => requests.length).toBe(1)
    target.abandon(1)
    await closed.promise
    expect(frames).toEqual([])
  })
  test('an MCP session that another session was given is unknown here', async () => {
    give('mine')
    const [first, second] = [open(), open()]
    await exchanged(first, 1)
    expect((await exchanged(second, 2, { 'mcp-session-id': 'mine' }))[0]).toMatch(/^404 /)
    expect(requests).toHaveLength(1)
    expect((await exchanged(first, 3, { 'mcp-session-id': 'mine' }))[0]).toMatch(/^200 /)
  })
  test('the end closes what is open and says goodbye for every MCP session that was not closed', async () => {
    const target = open()
    for (const [exchange, id] of ['a', 'b', 'gone', 'c'].entries()) {
      give(id)
      await exchanged(target, exchange)
    }
    await exchanged(target, 10, { 'mcp-session-id': 'a', 'mcp-protocol-version': '2025-11-25' })
    await exchanged(target, 11, { 'mcp-session-id': 'b' }, '', 'DELETE')
    expect((await exchanged(target, 12, { 'mcp-session-id': 'gone' }))[0]).toMatch(/^404 /)
    const before = requests.length
    await target.end()
    const goodbyes = requests
      .slice(before)
      .map(({ method, headers }) => [method, headers['mcp-session-id'], headers['mcp-protocol-version']])
    expect(goodbyes).toEqual([
      ['DELETE', 'a', '2025-11-25'],
      ['DELETE', 'c', undefined],
    ])
    expect(requests.at(-1)?.headers.authorization).toBe(`Bearer ${canary}`)
    expect(await exchanged(target, 13)).toEqual([expect.stringContaining('SERVER_STOPPED')])
  })
  test('a server that does not answer the goodbye does not keep the session', async () => {
    give('a')
    const target = open()
    await exchanged(target, 1)
    handle = () => {}
    const start = Date.now()
    await target.end()
    expect(Date.now() - start).toBeLessThan(20_000)
  })
})
