import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { at, bytes, canary, close, exchanged, head, listen, listener, open, portOf, useServer } from '../fixtures/http-upstream.ts'

const certificates = join(import.meta.dirname, '../fixtures/tls')

useServer()

describe('connections', () => {
  test('an idle one is closed, a call that takes longer than that is not', async () => {
    const sockets = new Set<unknown>()
    at.handle = (request, response, body) => {
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
    const port = portOf(at.upstream)
    const target = open()
    await close(at.upstream)
    expect((await exchanged(target, 1))[0]).toMatch(/SERVER_UNREACHABLE.*ECONNREFUSED/)
    at.upstream = createServer(listener)
    await new Promise<void>((resolve) => at.upstream.listen(port, '127.0.0.1', resolve))
    expect(await exchanged(target, 2)).toEqual(['202 {}', 'end'])
  })
  test('a call is never sent twice: a connection that breaks is told, and not tried again', async () => {
    at.handle = (request) => request.socket.destroy()
    expect((await exchanged(open(), 1))[0]).toMatch(/SERVER_UNREACHABLE/)
    expect(at.requests).toHaveLength(1)
  })
  test('its own certificate is trusted when the configuration names it, and not otherwise', async () => {
    const tls = createTlsServer(
      { cert: readFileSync(join(certificates, 'localhost.pem')), key: readFileSync(join(certificates, 'localhost-key.pem')) },
      listener,
    )
    await listen(tls)
    const url = `https://127.0.0.1:${portOf(tls)}/`
    expect((await exchanged(open({ url }), 1))[0]).toMatch(/SERVER_UNREACHABLE.*SELF_SIGNED_CERT/)
    expect(at.requests).toEqual([])
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
    at.handle = (request, response) => {
      const known = request.headers['mcp-session-id']
      if (request.method === 'DELETE' || known === 'gone') return response.writeHead(known === 'gone' ? 404 : 200).end()
      return response.writeHead(200, { 'content-type': 'application/json', ...(known === undefined && { 'mcp-session-id': id }) }).end('{}')
    }
  }
  test('a client that closes its stream closes the request', async () => {
    const closed = Promise.withResolvers<void>()
    at.handle = (_request, response) => {
      response.once('close', closed.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    }
    const target = open()
    target.open(1, head('POST'), bytes('{}'))
    await expect.poll(() => at.frames.length).toBe(2)
    target.keepAlive()
    target.abandon(1)
    await closed.promise
    target.keepAlive()
    expect(at.frames.slice(2)).toEqual(['1 alive'])
  })
  test('one that closes it before there is an answer too', async () => {
    const closed = Promise.withResolvers<void>()
    at.handle = (_request, response) => void response.once('close', closed.resolve)
    const target = open()
    target.open(1, head('POST'), bytes('{}'))
    await expect.poll(() => at.requests.length).toBe(1)
    target.abandon(1)
    await closed.promise
    expect(at.frames).toEqual([])
  })
  test('an MCP session that another session was given is unknown here', async () => {
    give('mine')
    const [first, second] = [open(), open()]
    await exchanged(first, 1)
    expect((await exchanged(second, 2, { 'mcp-session-id': 'mine' }))[0]).toMatch(/^404 /)
    expect(at.requests).toHaveLength(1)
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
    const before = at.requests.length
    await target.end()
    const goodbyes = at.requests
      .slice(before)
      .map(({ method, headers }) => [method, headers['mcp-session-id'], headers['mcp-protocol-version']])
    expect(goodbyes).toEqual([
      ['DELETE', 'a', '2025-11-25'],
      ['DELETE', 'c', undefined],
    ])
    expect(at.requests.at(-1)?.headers.authorization).toBe(`Bearer ${canary}`)
    expect(await exchanged(target, 13)).toEqual([expect.stringContaining('SERVER_STOPPED')])
  })
  test('a server that does not answer the goodbye does not keep the session', async () => {
    give('a')
    const target = open()
    await exchanged(target, 1)
    at.handle = () => {}
    const start = Date.now()
    await target.end()
    expect(Date.now() - start).toBeLessThan(20_000)
  })
})
