import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import type { OpenHead } from '../../src-protocol/tunnel.ts'
import { createLocalEndpoint, type LocalAccess, type LocalEndpoint } from './local-endpoint.ts'
import type { ExchangeReceiver } from './tunnel.ts'

interface Opened {
  head: OpenHead
  body: string
  receiver: ExchangeReceiver
  abandoned: boolean
}

const session = newSessionId()
const bytes = (text: string) => new TextEncoder().encode(text)
let opened: Opened[]
let onOpen: (opened: Opened) => void
let endpoint: LocalEndpoint
let access: LocalAccess

beforeEach(async () => {
  opened = []
  onOpen = ({ receiver }) => {
    receiver.head({ status: 200, headers: { 'content-type': 'application/json' } })
    receiver.message({}, bytes('{"ok":true}'))
    receiver.end()
  }
  endpoint = createLocalEndpoint({
    tunnel: {
      open(head, body, receiver) {
        const entry = { head, body: Buffer.from(body).toString(), receiver, abandoned: false }
        opened.push(entry)
        queueMicrotask(() => onOpen(entry))
        return () => (entry.abandoned = true)
      },
    },
    log: pino({ level: 'silent' }),
    bodyLimit: 1000,
    portOf: () => 0,
  })
  access = await endpoint.add(session, 'orders')
})
afterEach(() => endpoint.close())

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** node:http and not fetch: a test of refused headers has to be able to send them. */
function send(options: { method?: string; headers?: Record<string, string>; body?: string; path?: string } = {}): Promise<Answer> {
  const url = new URL(access.url)
  const headers = { authorization: `Bearer ${access.bearer}`, ...options.headers }
  return new Promise((resolve, reject) => {
    const client = request(
      { host: '127.0.0.1', port: url.port, path: options.path ?? url.pathname, method: options.method ?? 'POST', headers },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
        )
      },
    )
    client.on('error', reject)
    client.end(options.body ?? '{"jsonrpc":"2.0","id":5,"method":"tools/list"}')
  })
}
const codeOf = (answer: Answer) => (JSON.parse(answer.body) as { error: { data: { code: string } } }).error.data.code

describe('what passes', () => {
  test('the body as it was sent, and only the headers that MCP defines', async () => {
    const body = '{"n":9007199254740993,\n "é":1}'
    const answer = await send({
      body,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': 's',
        'mcp-protocol-version': '2025-11-25',
        'Mcp-Param-Table': 't',
        'last-event-id': '7',
        cookie: 'secret=1',
        'x-other': 'no',
      },
    })
    expect(answer).toMatchObject({ status: 200, body: '{"ok":true}' })
    expect(opened[0]).toMatchObject({ body })
    expect(opened[0]?.head).toEqual({
      session,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': 's',
        'mcp-protocol-version': '2025-11-25',
        'mcp-param-table': 't',
        'last-event-id': '7',
      },
    })
  })
  test.for(['127.0.0.1', 'localhost', '[::1]'])('the host %s', async (host) => {
    expect(await send({ headers: { host: `${host}:${new URL(access.url).port}` } })).toMatchObject({ status: 200 })
  })
  test.for(['http://localhost:6274', 'http://127.0.0.1:1', 'https://localhost'])('the origin %s', async (origin) => {
    expect(await send({ headers: { origin } })).toMatchObject({ status: 200 })
  })
  test('a body of exactly the limit', async () => {
    expect(await send({ body: ' '.repeat(1000) })).toMatchObject({ status: 200 })
  })
})

describe('what is refused, and reaches no tunnel', () => {
  test.for([
    ['no secret', { authorization: '' }, 401, 'LOCAL_TOKEN_INVALID'],
    ['a wrong secret', { authorization: `Bearer ${'A'.repeat(43)}` }, 401, 'LOCAL_TOKEN_INVALID'],
    ['another scheme', { authorization: 'Basic QUFB' }, 401, 'LOCAL_TOKEN_INVALID'],
    ['a name that points here', { host: 'evil.example:80' }, 403, 'LOCAL_HOST_REFUSED'],
    ['a name that begins like us', { host: '127.0.0.1.evil.example' }, 403, 'LOCAL_HOST_REFUSED'],
    ['our host with another port', { host: '127.0.0.1:1' }, 403, 'LOCAL_HOST_REFUSED'],
    ['a web page', { origin: 'https://evil.example' }, 403, 'LOCAL_ORIGIN_REFUSED'],
    ['a web page with our name in its own', { origin: 'http://localhost.evil.example' }, 403, 'LOCAL_ORIGIN_REFUSED'],
    ['a sandboxed page', { origin: 'null' }, 403, 'LOCAL_ORIGIN_REFUSED'],
    ['a page from disk', { origin: 'file://' }, 403, 'LOCAL_ORIGIN_REFUSED'],
  ] as const)('%s', async ([, headers, status, code]) => {
    const answer = await send({ headers })
    expect(answer.status).toBe(status)
    expect(codeOf(answer)).toBe(code)
    expect(opened).toEqual([])
  })
  test.for(['/mcp/other', '/mcp/orders/', '/mcp/orders?x=1', '/mcp/', '/', '/mcp/%6frders'])('the path %s', async (path) => {
    expect((await send({ path })).status).toBeOneOf([401, 404])
    expect(opened).toEqual([])
  })
  test('the secret of one session at the address of another', async () => {
    const other = await endpoint.add(newSessionId(), 'files')
    access = { ...access, bearer: other.bearer }
    expect((await send()).status).toBe(401)
  })
  test('methods that MCP does not use', async () => {
    expect(await send({ method: 'PUT' })).toMatchObject({ status: 405, headers: { allow: 'GET, POST, DELETE' } })
    expect(await send({ method: 'OPTIONS' })).toMatchObject({ status: 405 })
    expect(opened).toEqual([])
  })
  test.for([
    ['that says so', {}],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ] as const)('a body above the limit, %s', async ([, headers]) => {
    const answer = await send({ headers, body: 'x'.repeat(1001) })
    expect(answer.status).toBe(413)
    expect(codeOf(answer)).toBe('BODY_TOO_LARGE')
    expect(opened).toEqual([])
  })
})

describe('streams', () => {
  test('carry each message as an event, with its fields, in order', async () => {
    onOpen = ({ receiver }) => {
      receiver.head({ status: 200, headers: { 'content-type': 'text/event-stream', 'mcp-session-id': 'm', 'x-other': 'no' } })
      receiver.message({ id: 'e1', retry: 100 }, bytes(''))
      receiver.keepAlive()
      receiver.message({ event: 'message', id: 'e2' }, bytes('{"a":1}'))
      receiver.message({ id: 'bad\nid', event: 'x\r\ny' }, bytes('{\n "b": 2\r\n}'))
      receiver.end()
    }
    const answer = await send()
    expect(answer.headers).toMatchObject({ 'content-type': 'text/event-stream', 'mcp-session-id': 'm', 'cache-control': 'no-store' })
    expect(answer.headers).not.toHaveProperty('x-other')
    expect(answer.body).toBe(
      'id: e1\nretry: 100\ndata: \n\n: keep-alive\n\nevent: message\nid: e2\ndata: {"a":1}\n\ndata: {\ndata:  "b": 2\ndata: }\n\n',
    )
  })
  test('that break are told on the stream, with the id that the client waits for', async () => {
    onOpen = ({ receiver }) => {
      receiver.head({ status: 200, headers: { 'content-type': 'text/event-stream' } })
      receiver.abort(new AppError('TUNNEL_LOST'))
    }
    const answer = await send()
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body.replace('data: ', ''))).toMatchObject({ id: 5, error: { data: { code: 'TUNNEL_LOST' } } })
  })
  test('that break before they began are a status, with our code', async () => {
    onOpen = ({ receiver }) => receiver.abort(new AppError('GATEWAY_UNREACHABLE', { gateway: 'g' }))
    const answer = await send()
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.body)).toMatchObject({ id: 5, error: { data: { code: 'GATEWAY_UNREACHABLE', gateway: 'g' } } })
  })
  test('a notification is answered with 202 and no body', async () => {
    onOpen = ({ receiver }) => {
      receiver.head({ status: 202, headers: {} })
      receiver.end()
    }
    expect(await send()).toMatchObject({ status: 202, body: '', headers: { 'content-length': '0' } })
  })
  test('a client that goes away abandons its exchange', async () => {
    onOpen = ({ receiver }) => receiver.head({ status: 200, headers: { 'content-type': 'text/event-stream' } })
    const { port, pathname } = new URL(access.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`GET ${pathname} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${access.bearer}\r\n\r\n`)
    await once(socket, 'data')
    expect(opened[0]).toMatchObject({ head: { method: 'GET' }, abandoned: false })
    socket.destroy()
    await expect.poll(() => opened[0]?.abandoned).toBe(true)
  })
  test('a client that goes away while it sends its message opens nothing', async () => {
    const { port, pathname } = new URL(access.url)
    const socket = connect(Number(port), '127.0.0.1')
    const headers = `host: 127.0.0.1:${port}\r\nauthorization: Bearer ${access.bearer}\r\ncontent-length: 100`
    socket.write(`POST ${pathname} HTTP/1.1\r\n${headers}\r\n\r\n{"half":`)
    await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
    expect(await send()).toMatchObject({ status: 200 })
    expect(opened).toHaveLength(1)
  })
})

describe('a session that ends', () => {
  test('cuts its open streams at that moment, and refuses what comes after', async () => {
    onOpen = ({ receiver }) => receiver.head({ status: 200, headers: { 'content-type': 'text/event-stream' } })
    const waiting = send()
    await expect.poll(() => opened.length).toBe(1)
    endpoint.end(session, 'its time is over')
    expect((await waiting).body).toContain('"SESSION_ENDED"')
    expect(opened[0]?.abandoned).toBe(true)
    const refused = await send()
    expect(refused.status).toBe(410)
    expect(codeOf(refused)).toBe('SESSION_ENDED')
    expect(opened).toHaveLength(1)
    expect(endpoint.access(session)).toBeUndefined()
  })
  test('leaves other sessions of the same connection alone', async () => {
    const other = await endpoint.add(newSessionId(), 'orders')
    expect(other.url).toBe(access.url)
    expect(other.bearer).not.toBe(access.bearer)
    endpoint.end(session, 'x')
    access = other
    expect((await send()).status).toBe(200)
  })
})

test('takes another port when a stranger has the preferred one', async () => {
  const stranger = createServer()
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const { port } = stranger.address() as { port: number }
  const second = createLocalEndpoint({ tunnel: { open: () => () => {} }, log: pino({ level: 'silent' }), portOf: () => port })
  const { url } = await second.add(newSessionId(), 'orders')
  expect(Number(new URL(url).port)).not.toBe(port)
  await second.close()
  await new Promise((resolve) => stranger.close(resolve))
})
