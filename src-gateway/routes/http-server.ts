import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { describeIssues } from '../../src-node/config-file.ts'
import type { Logger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { httpApi, type HttpApi } from '../../src-protocol/http-api.ts'
import type { Identity, SignedIn } from '../identity/identity.ts'
import { apiBodyLimit, errorResponse } from './error-response.ts'
import { addLogFiles, type PublishedLog } from './log-files-route.ts'
import { assertRole, routeAccess } from './route-access.ts'
import type { RouteHandlers } from './route-handlers.ts'

export interface HttpServerPorts {
  publicUrl: string
  identity: Identity
  handlers: RouteHandlers
  logger: Logger
  /** what the health answer says besides that there is one */
  health?: () => Record<string, unknown>
  publishedLog?: PublishedLog
}

export interface HttpServer {
  app: FastifyInstance
  /** the server below, for WebSocket upgrades */
  server: Server
}

/** Serves the HTTP API; what belongs to the sign-in goes to identity before any of our own code reads the request. */
export function createHttpServer(ports: HttpServerPorts): HttpServer {
  const { identity, logger } = ports
  // a slow or dead client holds a connection for so long at most (fastify does not set this on a server that it did not make)
  const server = createServer({ requestTimeout: 60_000 })
  const serve = (handler: RequestListener) => (request: IncomingMessage, response: ServerResponse) => {
    const handle = async () => {
      if (!(await identity.handle(request, response))) handler(request, response)
    }
    handle().catch((error: unknown) => {
      const { status, body } = errorResponse(error, logger)
      if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
  }
  const app = fastify({
    bodyLimit: apiBodyLimit,
    serverFactory: (handler) => server.on('request', serve(handler)),
  })
  // an empty body counts as {}: a POST without input has none
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(String(body)))
    } catch {
      done(new AppError('INVALID_REQUEST', { problem: 'the body is not JSON' }))
    }
  })
  app.setErrorHandler(async (error, _request, reply) => {
    const { status, headers, body } = errorResponse(error, logger)
    return reply.status(status).headers(headers).send(body)
  })
  app.setNotFoundHandler(async (request, reply) => {
    const { status, body } = errorResponse(new AppError('NOT_FOUND', { what: `${request.method} ${pathOf(request.url)}` }), logger)
    return reply.status(status).send(body)
  })
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    reply.header('x-content-type-options', 'nosniff')
  })
  app.get('/health', async () => ({ status: 'ok', ...ports.health?.() }))
  if (ports.publishedLog) addLogFiles(app, ports.publishedLog)
  for (const name of Object.keys(httpApi) as (keyof HttpApi)[]) addRoute(app, ports, name)
  return { app, server }
}

function addRoute(app: FastifyInstance, ports: HttpServerPorts, name: keyof HttpApi): void {
  const { method, path, params, input, output }: HttpApi[keyof HttpApi] = httpApi[name]
  app.route({
    method,
    url: path,
    async handler(request, reply) {
      const signedIn = await authenticate(ports, name, request)
      const routeRequest = {
        params: check(params, request.params, 'the path'),
        input: check(input, method === 'GET' ? request.query : (request.body ?? {}), method === 'GET' ? 'the query' : 'the body'),
        signedIn,
      }
      // the map's types tie each handler to its schemas; here, where all of them meet, they are already checked
      const handler = ports.handlers[name] as (request: unknown) => Promise<unknown>
      const result = await handler(routeRequest)
      return reply.send(output.parse(result))
    },
  })
}

/** Roles are checked before the input is: whoever may not use a route learns nothing about it. */
async function authenticate(ports: HttpServerPorts, name: keyof HttpApi, request: FastifyRequest): Promise<SignedIn | undefined> {
  if (!isPersonRoute(name)) return undefined
  const url = ports.publicUrl + pathOf(request.url)
  const signedIn = await ports.identity.authenticate({ method: request.method, url, headers: request.headers })
  assertRole(signedIn.person, routeAccess[name])
  return signedIn
}

const isPersonRoute = (name: keyof HttpApi): name is keyof typeof routeAccess => Object.hasOwn(routeAccess, name)

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '/'

function check(schema: HttpApi[keyof HttpApi]['params' | 'input'], value: unknown, where: string): unknown {
  const checked = schema.safeParse(value)
  if (!checked.success) throw new AppError('INVALID_REQUEST', { problem: `${where}: ${describeIssues(checked.error.issues)}` })
  return checked.data
}
