import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../src-protocol/app-error.ts'
import { largestMessageBytes } from '../../src-protocol/config.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { Logger } from '../../src-node/logger.ts'
import { assertLocalRequest, bearerOf, forwardedHeaders, sameSecret } from './local-endpoint/check-request.ts'
import { exchangeResponse, refuseRequest } from './local-endpoint/exchange-response.ts'
import { preferredPort } from './local-endpoint/preferred-port.ts'
import { readBody } from './local-endpoint/read-body.ts'
import type { Tunnel } from './tunnel.ts'

export interface LocalAccess {
  connection: string
  url: string
  bearer: string
}

/** Where AI clients reach the sessions of this computer: `http://127.0.0.1:<port>/mcp/<connection>`. */
export interface LocalEndpoint {
  /** Opens the endpoint for a session, with a new secret. @throws AppError PORT_TAKEN */
  add(session: SessionId, connection: string): Promise<LocalAccess>
  access(session: SessionId): LocalAccess | undefined
  /** The same endpoint for a socket that only this user's programs can reach: a connection's latest session, without its secret. */
  handleTrusted: (request: IncomingMessage, response: ServerResponse) => void
  /** Cuts the session's streams; from now on its secret is answered with SESSION_ENDED. */
  end(session: SessionId, reason: string): void
  close(): Promise<void>
}

export interface LocalEndpointOptions {
  tunnel: Pick<Tunnel, 'open'>
  log: Logger
  /** bytes of one message from a client */
  bodyLimit?: number
  portOf?: (connection: string) => number
}

interface LocalSession {
  id: SessionId
  connection: string
  secret: Buffer
  access: LocalAccess
  ended?: string
  open: Set<(error: AppError) => void>
}

/** what the tunnel can carry; the gateway has a limit of its own, and records what is above it */
const defaultBodyLimit = largestMessageBytes
/** ended sessions that are remembered, so that a client learns why it is refused */
const endedLimit = 200
const methods = ['GET', 'POST', 'DELETE'] as const
type Method = (typeof methods)[number]

const isMethod = (method: string): method is Method => method === 'POST' || method === 'GET' || method === 'DELETE'

export function createLocalEndpoint(options: LocalEndpointOptions): LocalEndpoint {
  const { tunnel, log, bodyLimit = defaultBodyLimit, portOf = preferredPort } = options
  const servers = new Map<string, Promise<{ server: Server; port: number }>>()
  const sessions = new Map<SessionId, LocalSession>()

  function authenticate(request: IncomingMessage): LocalSession {
    assertLocalRequest(request.headers, request.socket.localPort ?? 0)
    const connection = connectionOf(request)
    const bearer = bearerOf(request.headers)
    let found: LocalSession | undefined
    // all of them are compared, so that the time does not tell which one was nearly right
    for (const session of sessions.values()) {
      if (sameSecret(bearer, session.secret) && session.connection === connection) found = session
    }
    if (!found) throw new AppError('LOCAL_TOKEN_INVALID')
    if (found.ended !== undefined) throw new AppError('SESSION_ENDED', { reason: found.ended })
    return found
  }

  function latestSession(request: IncomingMessage): LocalSession {
    const connection = connectionOf(request)
    const latest = [...sessions.values()].findLast((session) => session.connection === connection && session.ended === undefined)
    if (!latest) throw new AppError('SESSION_UNKNOWN')
    return latest
  }

  function serve(request: IncomingMessage, response: ServerResponse, find: (request: IncomingMessage) => LocalSession): void {
    const session = find(request)
    const method = request.method ?? ''
    if (!isMethod(method)) {
      response.writeHead(405, { allow: methods.join(', '), 'content-length': 0 })
      return void response.end()
    }
    if (method !== 'POST') return open(request, response, { session, method, body: Buffer.alloc(0) })
    return readBody(request, bodyLimit, (read) => {
      if ('error' in read) return refuse(request, response, read.error)
      try {
        return open(request, response, { session, method, body: read.body })
      } catch (error) {
        return refuse(request, response, error)
      }
    })
  }

  function open(
    request: IncomingMessage,
    response: ServerResponse,
    { session, method, body }: { session: LocalSession; method: Method; body: Buffer },
  ): void {
    // it may have ended while the body was read
    if (session.ended !== undefined) throw new AppError('SESSION_ENDED', { reason: session.ended })
    const receiver = exchangeResponse(response, body)
    const head = { session: session.id, method, headers: forwardedHeaders(request.headers) }
    const abandon = tunnel.open(head, body, receiver)
    const cut = (error: AppError) => {
      abandon()
      receiver.abort(error)
    }
    session.open.add(cut)
    response.on('close', () => {
      session.open.delete(cut)
      // after a finished answer the exchange is over on the other side too
      if (!response.writableFinished) abandon()
    })
  }

  function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (!(error instanceof AppError)) {
      // the client went away while it sent its message
      log.debug({ err: error }, 'request broke off')
      return void response.destroy()
    }
    // what was not read of a refused body must not be taken for the next request
    const headers: Record<string, string> = request.complete ? {} : { connection: 'close' }
    if (error.code === 'LOCAL_TOKEN_INVALID') headers['www-authenticate'] = 'Bearer realm="Gatehouse"'
    return refuseRequest(response, error, headers)
  }

  const handle = (find: (request: IncomingMessage) => LocalSession) => (request: IncomingMessage, response: ServerResponse) => {
    try {
      serve(request, response, find)
    } catch (error) {
      refuse(request, response, error)
    }
  }

  function serverFor(connection: string): Promise<{ server: Server; port: number }> {
    const existing = servers.get(connection)
    if (existing) return existing
    const opening = listen(handle(authenticate), portOf(connection))
    servers.set(connection, opening)
    opening.catch(() => servers.delete(connection))
    return opening
  }

  function forgetOldest() {
    const ended = [...sessions.values()].filter((session) => session.ended !== undefined)
    for (const session of ended.slice(0, Math.max(0, ended.length - endedLimit))) sessions.delete(session.id)
  }

  return {
    async add(id, connection) {
      const { port } = await serverFor(connection)
      const bearer = randomBytes(32).toString('base64url')
      const access = { connection, url: `http://127.0.0.1:${port}/mcp/${connection}`, bearer }
      sessions.set(id, { id, connection, secret: Buffer.from(bearer), access, open: new Set() })
      log.info({ session: id, url: access.url }, 'local endpoint open')
      return access
    },
    handleTrusted: handle(latestSession),
    access(id) {
      const session = sessions.get(id)
      return session && session.ended === undefined ? session.access : undefined
    },
    end(id, reason) {
      const session = sessions.get(id)
      if (!session || session.ended !== undefined) return
      session.ended = reason
      for (const cut of session.open) cut(new AppError('SESSION_ENDED', { reason }))
      session.open.clear()
      forgetOldest()
    },
    async close() {
      for (const session of sessions.values()) this.end(session.id, 'Gatehouse was closed')
      const opened = await Promise.allSettled(servers.values())
      servers.clear()
      await Promise.all(opened.filter((result) => result.status === 'fulfilled').map((result) => stop(result.value.server)))
    },
  }
}

function connectionOf(request: IncomingMessage): string {
  const connection = /^\/mcp\/([a-z0-9-]+)$/.exec(request.url ?? '')?.[1]
  if (connection === undefined) throw new AppError('NOT_FOUND', { what: 'This address' })
  return connection
}

/** Loopback only. The preferred port, or any free one if another program has it. */
async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  preferred: number,
): Promise<{ server: Server; port: number }> {
  for (const port of [preferred, 0]) {
    // calls take as long as they take: nothing here ends one. The time-outs that stay are those for receiving a request.
    const server = createServer({ keepAliveTimeout: 600_000, maxHeaderSize: 32 * 1024 }, handle)
    const result = await new Promise<Error | undefined>((resolve) => {
      server.once('error', resolve)
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(undefined))
    })
    if (!result) return { server, port: (server.address() as AddressInfo).port }
  }
  throw new AppError('PORT_TAKEN', { port: preferred })
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
