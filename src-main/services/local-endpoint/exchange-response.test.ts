import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExchangeReceiver } from '../tunnel.ts'
import { exchangeResponse } from './exchange-response.ts'

let server: Server
let client: Socket
let receiver: ExchangeReceiver

/** A client that has asked, and does not read the stream that it is answered with. */
beforeEach(async () => {
  const asked = Promise.withResolvers<ExchangeReceiver>()
  server = createServer((_request, response) => asked.resolve(exchangeResponse(response, new Uint8Array())))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => {})
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  client.pause()
  receiver = await asked.promise
  receiver.head({ status: 200, headers: { 'content-type': 'text/event-stream' } })
})
afterEach(async () => {
  client.destroy()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const event = Buffer.alloc(100_000, 'x')

/** Writes until the client does not keep up; how much that was, and what says that it does again. */
async function fill(): Promise<{ bytes: number; again: Promise<unknown> }> {
  for (let bytes = event.length; bytes < 100_000_000; bytes += event.length) {
    const answered = receiver.message({}, event)
    if (answered instanceof Promise) return { bytes, again: answered }
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('there was no end to it')
}

test('a client that reads is asked to wait for nothing', async () => {
  client.resume()
  expect(receiver.message({}, Buffer.from('{}'))).toBeUndefined()
})

test('a client that does not read says so, and again when it reads', async () => {
  const { bytes, again } = await fill()
  let over = false
  const settled = again.then(() => (over = true))
  expect(receiver.message({}, event)).toBeInstanceOf(Promise)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(over).toBe(false)
  let read = 0
  client.on('data', (chunk: Buffer) => (read += chunk.length))
  client.resume()
  await settled
  await expect.poll(() => read).toBeGreaterThan(bytes)
  // and once more: the same client may stop again
  client.pause()
  const next = await fill()
  client.resume()
  await next.again
})

test('nobody waits for a client that has left', async () => {
  const { again } = await fill()
  client.destroy()
  await expect(again).resolves.toBeUndefined()
})
