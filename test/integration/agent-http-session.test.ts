import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { at, bytes, canary, close, ended, exchanged, head, listen, open, patience, portOf, useServer } from '../fixtures/http-upstream.ts'

useServer()

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
    const [request] = at.requests
    expect(request).toMatchObject({ method: 'POST', body })
    const { host, connection, 'content-length': length, ...sent } = request?.headers ?? {}
    expect([host, connection, length]).toEqual([`127.0.0.1:${portOf(at.upstream)}`, 'keep-alive', String(Buffer.byteLength(body))])
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
  test.for([
    ['a header of the configuration', { 'x-tenant': 'other', 'X-Tenant': 'other' }],
    ['the credential', { authorization: 'Bearer mine', Authorization: 'Bearer mine', 'proxy-authorization': 'Basic x' }],
    ['a header that looks like a parameter', { 'mcp-param-': 'x', 'mcp-param-x y': 'x', 'mcp-params': 'x' }],
  ] as const)('the client does not override %s', async ([, headers]) => {
    await exchanged(open({ headers: { 'X-Tenant': 'acme' } }), 1, { ...headers })
    const sent = at.requests[0]?.headers ?? {}
    expect([sent['x-tenant'], sent.authorization, sent['proxy-authorization']]).toEqual(['acme', `Bearer ${canary}`, undefined])
    expect(Object.keys(sent).filter((name) => name.startsWith('mcp-'))).toEqual([])
  })
  test('GET and Last-Event-ID', async () => {
    await exchanged(open(), 1, { 'last-event-id': '7', accept: 'text/event-stream' }, '', 'GET')
    expect(at.requests[0]).toMatchObject({ method: 'GET', headers: { 'last-event-id': '7' } })
    expect(at.requests[0]?.headers).not.toHaveProperty('content-length')
  })
  test('a header that would begin another one is refused', async () => {
    expect((await exchanged(open(), 1, { 'mcp-name': 'a\r\nauthorization: x' }))[0]).toMatch(/^400 /)
    expect(at.requests).toEqual([])
  })
})

describe('what comes back', () => {
  test('a JSON answer with its status, its headers and its bytes', async () => {
    const answer = '{"jsonrpc":"2.0","id":1,"error":{"code":-32020, "message":"ü"}}'
    at.handle = (_request, response) =>
      response.writeHead(400, { 'content-type': 'application/json; charset=utf-8', 'set-cookie': 'a=1', 'x-internal': 'host7' }).end(answer)
    expect(await exchanged(open(), 1)).toEqual(['400 {"content-type":"application/json; charset=utf-8"}', `< {} ${answer}`, 'end'])
  })
  test('events as they come, with id, event and retry; comments as signs of life', async () => {
    at.handle = (_request, response) => {
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
    at.handle = (_request, response) => response.writeHead(405, { allow: 'POST' }).end()
    expect(await exchanged(open(), 1, {}, '', 'GET')).toEqual(['405 {"allow":"POST"}', 'end'])
  })
  test('an error page in HTML: its status only', async () => {
    at.handle = (_request, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Down</h1>')
    expect(await exchanged(open(), 1)).toEqual(['503 {}', 'end'])
  })
  test('a page in HTML where an answer is due', async () => {
    at.handle = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')
    expect((await exchanged(open(), 1))[0]).toContain('SERVER_OUTPUT_INVALID')
  })
  test('an answer that is compressed although nobody asked for it', async () => {
    at.handle = (_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('x')
    expect((await exchanged(open(), 1))[0]).toContain('SERVER_OUTPUT_INVALID')
  })
  test.for(['application/json', 'text/event-stream'])('a message above the limit breaks the exchange off: %s', async (type) => {
    at.handle = (_request, response) => response.writeHead(200, { 'content-type': type }).end(`data: "${'x'.repeat(500)}"\n\n`)
    const answer = await exchanged(open({}, { messageLimit: 300 }), 1)
    expect(answer.at(-1)).toContain('SERVER_STOPPED')
    expect(answer.join('')).not.toContain('xxx')
  })
  test('a stream that breaks off is not one that ended', async () => {
    at.handle = (_request, response) => {
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
    at.handle = (_request, response) => {
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
    at.room = () => free.promise
    const target = open()
    target.open(1, head('POST'), bytes('{}'))
    await expect.poll(() => at.frames.length).toBeGreaterThan(0)
    // what the operating system buffers is a few megabytes; the rest stays with the server
    let before = -1
    await expect.poll(() => before === (before = written), { interval: 100, ...patience }).toBe(true)
    expect(written).toBeLessThan(400)
    at.room = () => undefined
    free.resolve()
    await ended(1)
    expect(at.frames.filter((frame) => frame.startsWith('1 <'))).toHaveLength(400)
  })
})

describe('the credential stays', () => {
  test('a server that quotes the request in its error, its events and its headers', async () => {
    at.handle = (request, response, body) => {
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
  test.for([
    ['in JSON inside JSON', (header: string) => JSON.stringify({ text: JSON.stringify({ header }) })],
    ['in base64', (header: string) => JSON.stringify({ raw: Buffer.from(`GET / authorization: ${header}!`).toString('base64') })],
    ['in a URL', (header: string) => JSON.stringify({ url: `/?h=${encodeURIComponent(header)}` })],
  ] as const)('a server that quotes it %s', async ([, write]) => {
    const odd = `${canary}/"+&`
    writeFileSync(join(at.folder, 'token'), odd)
    at.handle = (request, response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end(write(request.headers.authorization ?? ''))
    const answer = (await exchanged(open({ bearer: 'file:token' }), 1)).join('')
    expect(answer).toContain('[secret]')
    for (const written of [odd, Buffer.from(odd).toString('base64').slice(4, 16), Buffer.from(` ${odd}`).toString('base64').slice(4, 16)])
      expect(answer).not.toContain(written)
  })
  test('a server that quotes it in the id of an event', async () => {
    at.handle = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`id: at-${canary}\ndata: {}\n\n`)
    expect((await exchanged(open(), 1))[1]).toBe('< {"id":"at-[secret]"} {}')
  })
  test('a server that does not accept it: the client is not asked to sign in', async () => {
    at.handle = (request, response) =>
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
    at.handle = (_request, response) => response.writeHead(307, { location: `http://127.0.0.1:${portOf(other)}/` }).end()
    expect((await exchanged(open(), 1))[0]).toContain('it redirects (status 307)')
    expect(elsewhere).toEqual([])
    await close(other)
  })
  test('a secret that is not there, or is no header, starts no session, and is not quoted', () => {
    expect(() => open({ bearer: 'env:ABSENT' })).toThrow(expect.objectContaining({ code: 'SECRET_UNAVAILABLE' }))
    writeFileSync(join(at.folder, 'token'), `${canary}\nX-Admin: 1`)
    const opening = () => open({ bearer: 'file:token' })
    expect(opening).toThrow(expect.objectContaining({ code: 'SECRET_UNAVAILABLE' }))
    expect(opening).not.toThrow(canary)
  })
  test('a file is read anew at each session', async () => {
    writeFileSync(join(at.folder, 'token'), 'first\n')
    await exchanged(open({ bearer: 'file:token' }), 1)
    writeFileSync(join(at.folder, 'token'), 'second\n')
    await exchanged(open({ bearer: 'file:token' }), 2)
    expect(at.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second'])
  })
})
