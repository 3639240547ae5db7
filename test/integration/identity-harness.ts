import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import { AppError } from '../../src-protocol/app-error.ts'
import { gatewayConfig } from '../../src-protocol/config.ts'
import { systemClock, type Clock } from '../../src-node/clock.ts'
import { openIdentity, type Identity, type IdentityEvent } from '../../src-gateway/identity/identity.ts'
import { endWithParent } from '../../demo/supervisor/end-with-parent.ts'
import type { Lifetimes } from '../../src-gateway/identity/desktop-provider.ts'

/** The demo identity provider as the process it is in real use. */
export async function startIdentityProviderProcess(
  options: { port?: number; config?: string } = {},
): Promise<{ issuer: string; stop(): Promise<void> }> {
  const how = options.config
    ? ['--config', options.config]
    : [
        '--port',
        String(options.port ?? 0),
        '--gateway-redirect',
        'http://127.0.0.1/sign-in/callback',
        '--client-secret',
        'env:DEMO_CLIENT_SECRET',
      ]
  const child = spawn(process.execPath, [...endWithParent, 'demo/identity-provider.ts', ...how], {
    env: { ...process.env, DEMO_CLIENT_SECRET: clientSecret, GATEHOUSE_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  })
  if (!child.stdout) throw new Error('the demo identity provider has no output to read')
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line) as { ready?: boolean; issuer: string }
    if (message.ready) return { issuer: message.issuer, stop: () => stopProcess(child) }
  }
  throw new Error('the demo identity provider did not start')
}

function stopProcess(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

export const clientSecret = 'the-secret-of-the-gateway-at-the-identity-provider'

export interface IdentityServer {
  url: string
  identity: Identity
  events: IdentityEvent[]
  signedOut: string[]
  folder: string
  /** everything the gateway's identity part logged, at the most talkative level */
  logged(): string
  /** on the same port, with the same database: a gateway that was stopped and started */
  restart(): Promise<void>
  close(): Promise<void>
}

/** A small real HTTP server around the gateway's identity: what /oidc and /sign-in do not serve is a protected resource. */
export async function startIdentityServer(options: {
  issuer: string
  clock?: Clock
  lifetimes?: Partial<Lifetimes>
  identityProvider?: Record<string, unknown>
  onEvent?: (event: IdentityEvent) => Promise<void>
  /** what desktops see, when a proxy stands before the server; default: the server's own address */
  publicUrl?: string
}): Promise<IdentityServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-identity-'))
  const databaseFile = join(folder, 'state.sqlite')
  const logLines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) })
  const events: IdentityEvent[] = []
  const signedOut: string[] = []
  let opened: { identity: Identity; database: Database.Database; stop(): Promise<void> }

  const start = async (port: number): Promise<string> => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const url = options.publicUrl ?? local
    const config = gatewayConfig.parse({
      listen: {},
      publicUrl: url,
      data: folder,
      recordings: join(folder, 'recordings'),
      log: { folder: join(folder, 'log'), origin: 'gatehouse.example/log' },
      identityProvider: { issuer: options.issuer, clientId: 'gatehouse-gateway', clientSecret: 'env:UNUSED', ...options.identityProvider },
      roles: { operator: ['operators'], reviewer: ['reviewers'], auditor: ['audit'], administrator: ['gatehouse-admins'] },
      policy: 'policy.yaml',
      masking: 'masking.yaml',
    })
    const database = new Database(databaseFile)
    database.pragma('journal_mode = WAL')
    const identity = await openIdentity({
      config,
      database,
      publicUrl: url,
      clientSecret,
      clock: options.clock ?? systemClock,
      log: log,
      lifetimes: options.lifetimes,
      async onEvent(event) {
        await options.onEvent?.(event)
        events.push(event)
      },
    })
    identity.onSignedOut((id) => signedOut.push(id))
    server.on('request', (request, response) => {
      void (async () => {
        if (await identity.handle(request, response)) return
        try {
          const path = URL.parse(request.url ?? '/', url)?.pathname ?? '/'
          const signedIn = await identity.authenticate({ method: request.method ?? 'GET', url: `${url}${path}`, headers: request.headers })
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(signedIn))
        } catch (error) {
          const known = error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the test server', reference: String(error) })
          response.writeHead(known.status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: known }))
        }
      })()
    })
    const stop = async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      identity.close()
      database.close()
    }
    opened = { identity, database, stop }
    return local
  }

  const url = await start(0)
  return {
    url,
    get identity() {
      return opened.identity
    },
    events,
    signedOut,
    folder,
    logged: () => logLines.join(''),
    async restart() {
      await opened.stop()
      await start(Number(new URL(url).port))
    },
    async close() {
      await opened.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
