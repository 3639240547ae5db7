/** The forwarder in front of both sides of the comparison must add its headers and change nothing else. */
import { createServer, request, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { openForwarder, type Forwarder } from '../conformance/forwarder.ts'

let server: Server
let forwarder: Forwarder
afterEach(async () => {
  await forwarder.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function forwardTo(listener: RequestListener): Promise<{ target: string; own: string }> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`
  forwarder = await openForwarder(`http://${target}/mcp/name`, { Authorization: 'Bearer secret' })
  return { target, own: new URL(forwarder.url).host }
}

function send(headers: Record<string, string>, body = ''): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(forwarder.url, { method: 'POST', headers }, resolve).once('error', reject).end(body)
  })
}

test('a request arrives with its bytes and header lines, and with the header that was added', async () => {
  const received: { rawHeaders: string[]; url?: string; body: string }[] = []
  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    received.push({ rawHeaders: incoming.rawHeaders, url: incoming.url, body: await text(incoming) })
    response.writeHead(418, 'Teapot', { 'X-Odd-CASE': 'kept' }).end('{"big":9007199254740993}')
  }
  await forwardTo((incoming, response) => void serve(incoming, response))
  const answer = await send({ 'MCP-Method': ' tools/call', 'x-Other': 'ü' }, '{ "id" : 1,\n"naïve":"日本" }')
  expect([answer.statusCode, answer.statusMessage, await text(answer)]).toEqual([418, 'Teapot', '{"big":9007199254740993}'])
  expect(answer.rawHeaders).toContain('X-Odd-CASE')
  expect(received[0]).toMatchObject({ url: '/mcp/name', body: '{ "id" : 1,\n"naïve":"日本" }' })
  expect(received[0]?.rawHeaders).toEqual(expect.arrayContaining(['MCP-Method', 'x-Other', 'Authorization', 'Bearer secret']))
})

test.for([
  ['its own address becomes the target’s', 'own', 'target'],
  ['a foreign address stays foreign', 'evil.example.com', 'evil.example.com'],
] as const)('Host and Origin: %s', async ([, sent, expected]) => {
  const hosts: unknown[] = []
  const names = await forwardTo((incoming, response) => {
    hosts.push(incoming.headers.host, incoming.headers.origin)
    response.end()
  })
  const of = (name: string) => (name === 'own' || name === 'target' ? names[name] : name)
  await text(await send({ Host: of(sent), Origin: `http://${of(sent)}` }))
  expect(hosts).toEqual([of(expected), `http://${of(expected)}`])
})

test('an event passes before the stream ends, and a client that leaves is seen to leave', async () => {
  const left = Promise.withResolvers<void>()
  await forwardTo((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n')
    response.once('close', left.resolve)
  })
  const answer = await send({})
  const first: unknown = await new Promise((resolve) => answer.once('data', resolve))
  expect(String(first)).toBe('data: one\n\n')
  answer.destroy()
  await left.promise
})

test('a server that breaks off its answer breaks it off for the client too', async () => {
  await forwardTo((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n')
    setImmediate(() => response.destroy())
  })
  await expect(text(await send({}))).rejects.toThrow()
})
