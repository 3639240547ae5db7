import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect } from 'vitest'
import type { HttpServer } from '../src-protocol/config.ts'
import type { HeaderMap, OpenHead } from '../src-protocol/tunnel.ts'
import { newSessionId } from '../src-node/random-id.ts'
import { systemScheduler } from '../src-node/scheduler.ts'
import type { ExchangeReply } from './exchange-reply.ts'
import { createHttpSession } from './http-session.ts'
import type { ServerSession } from './server-session.ts'

/** the credential of every session here: it must be seen by the server and by nobody else */
export const canary = 'canary-5f1c0b7e'

interface Seen {
  method: string
  headers: IncomingMessage['headers']
  body: string
}

interface Place {
  folder: string
  upstream: Server
  requests: Seen[]
  /** what the server does */
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => void
  /** one line for each frame: `exchange what` */
  frames: string[]
  logged: string
  room: () => Promise<void> | undefined
}

/** What a test sees and sets; new for each. */
export const at: Place = {
  folder: '',
  upstream: createServer(),
  requests: [],
  handle: () => {},
  frames: [],
  logged: '',
  room: () => undefined,
}
let sessions: ServerSession[] = []
const session = newSessionId()

const reply: ExchangeReply = {
  head: (exchange, { status, headers }) => at.frames.push(`${exchange} ${status} ${JSON.stringify(headers)}`),
  message: (exchange, body, head = {}) => at.frames.push(`${exchange} < ${JSON.stringify(head)} ${Buffer.from(body).toString()}`),
  keepAlive: (exchange) => at.frames.push(`${exchange} alive`),
  end: (exchange) => at.frames.push(`${exchange} end`),
  abort: (exchange, error) => at.frames.push(`${exchange} abort ${JSON.stringify(error)}`),
}

export const listener: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    at.requests.push({ method: request.method ?? '', headers: request.headers, body })
    at.handle(request, response, body)
  })
}

/** A server for each test, and a look at its end whether the credential has left the agent. */
export function useServer(): void {
  beforeEach(async () => {
    const handle: Place['handle'] = (_request, response) => response.writeHead(202).end()
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-http-'))
    sessions = []
    Object.assign(at, { folder, handle, upstream: createServer(listener), requests: [], frames: [], logged: '', room: () => undefined })
    await listen(at.upstream)
  })
  afterEach(async () => {
    await Promise.all(sessions.map((each) => each.end()))
    await close(at.upstream)
    rmSync(at.folder, { recursive: true, force: true })
    if ((at.frames.join('\n') + at.logged).includes(canary)) throw new Error('the credential has left the agent')
  })
}

export const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
export function close(server: Server): Promise<unknown> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}
export const portOf = (server: Server): number => (server.address() as AddressInfo).port

export function open(more: Partial<HttpServer> = {}, options: { idleMs?: number; messageLimit?: number } = {}): ServerSession {
  const created = createHttpSession({
    session,
    server: {
      name: 'db',
      title: 'Database',
      url: `http://127.0.0.1:${portOf(at.upstream)}/mcp?team=a`,
      headers: {},
      bearer: 'env:TOKEN',
      startSeconds: 30,
      ...more,
    },
    reply,
    folder: at.folder,
    env: { TOKEN: canary },
    log: pino({ level: 'debug' }, { write: (line: string) => (at.logged += line) }),
    scheduler: systemScheduler,
    room: () => at.room(),
    ...options,
  })
  sessions.push(created)
  return created
}

export const head = (method: OpenHead['method'], headers: HeaderMap = {}): OpenHead => ({ session, method, headers })
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const patience = { timeout: 20_000 }
export const ended = (exchange: number): Promise<void> =>
  expect.poll(() => at.frames.some((frame) => new RegExp(`^${exchange} (end|abort)`).test(frame)), patience).toBe(true)

/** Its frames, without their number. */
export async function exchanged(
  target: ServerSession,
  exchange: number,
  headers: HeaderMap = {},
  body = '{}',
  method: OpenHead['method'] = 'POST',
): Promise<string[]> {
  target.open(exchange, head(method, headers), bytes(body))
  await ended(exchange)
  return at.frames.filter((frame) => frame.startsWith(`${exchange} `)).map((frame) => frame.slice(String(exchange).length + 1))
}
