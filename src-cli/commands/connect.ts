import { createInterface } from 'node:readline/promises'
import { AppError } from '../../src-protocol/app-error.ts'
import { sessionRequest, type SessionRequest } from '../../src-protocol/http-requests.ts'
import type { Session } from '../../src-protocol/model.ts'
import { systemClock } from '../../src-node/clock.ts'
import { describeIssues } from '../../src-node/config-file.ts'
import { createLogger, type Logger } from '../../src-node/logger.ts'
import { openLiveAccess, type LiveAccess } from '../../src-main/services/live-access.ts'
import { obtainAccess } from './obtain-access.ts'
import { openSystemBrowser } from '../open-browser.ts'

export interface ConnectOptions {
  gateway: string
  connection: string
  /** asked for on a terminal; required otherwise */
  reason?: string
  minutes?: number
  /** asks for access first where a rule demands it, and waits for the reviewer */
  askForAccess?: boolean
  ticket?: string
  /** what to do with the address of the sign-in page, which is printed in any case */
  openBrowser?: (url: string) => Promise<unknown>
  log?: Logger
  stdout?: NodeJS.WritableStream
  stderr?: NodeJS.WritableStream
  /** ends the session; default: SIGINT and SIGTERM */
  signal?: AbortSignal
}

const defaultMinutes = 60

/**
 * The desktop without a window: signs in, opens a session, serves its local endpoint until it ends or is interrupted. Prints one line
 * of JSON on standard output when clients can connect; everything for people goes to standard error. Resolves with the exit code.
 * @throws AppError
 */
export async function runConnect(options: ConnectOptions): Promise<number> {
  const { stdout = process.stdout, stderr = process.stderr } = options
  const log = options.log ?? createLogger('connect', { level: process.env['GATEHOUSE_LOG_LEVEL'] ?? 'warn' })
  const request = await sessionRequestOf(options)
  const openBrowser = options.openBrowser ?? openSystemBrowser
  const ended = Promise.withResolvers<Session>()
  let opened: Session | undefined
  const accessListeners = new Set<() => void>()

  const access = openLiveAccess({
    gatewayUrl: options.gateway,
    clock: systemClock,
    log,
    async openBrowser(url) {
      stderr.write(`Sign in here: ${url}\n`)
      await openBrowser(url)
    },
    onPush(push) {
      if (push.type === 'access') for (const listener of accessListeners) listener()
      if (push.type === 'session' && push.session.id === opened?.id && push.session.state === 'ended') ended.resolve(push.session)
    },
    onChange() {
      if (opened && access.identity.state.state === 'signed-out') ended.resolve({ ...opened, state: 'ended', endReason: 'signed-out' })
    },
  })
  const interrupt = interruption(options.signal)
  try {
    const signedIn = await Promise.race([access.identity.signIn(), interrupt.promise])
    if (signedIn === 'interrupted') return 130
    stderr.write(`Signed in as ${signedIn.name}.\n`)
    if (options.askForAccess) {
      const obtained = await obtain(access, request, options, { interrupt: interrupt.promise, accessListeners })
      if (obtained === 'interrupted') return 130
    }
    const session = await access.openSession(request)
    opened = session
    const { url, bearer } = access.endpoint.access(session.id) ?? {}
    stdout.write(`${JSON.stringify({ url, bearer, session: session.id, endsAt: session.endsAt })}\n`)
    const outcome = await Promise.race([ended.promise, interrupt.promise])
    if (outcome === 'interrupted') {
      await access.api.call('endSession', { id: session.id })
      return 0
    }
    stderr.write(`The session has ended (${outcome.endReason ?? 'unknown'}).\n`)
    return outcome.endReason === 'ended-by-operator' || outcome.endReason === 'expired' ? 0 : 1
  } finally {
    interrupt.stop()
    access.identity.cancel()
    await access.identity.signOut()
    await access.close()
  }
}

/** Changes of access come through the tunnel, so it has to stand first. */
async function obtain(
  { api, tunnel }: LiveAccess,
  request: SessionRequest,
  { ticket, stderr = process.stderr }: ConnectOptions,
  { interrupt, accessListeners }: { interrupt: Promise<'interrupted'>; accessListeners: Set<() => void> },
): Promise<'obtained' | 'interrupted'> {
  await tunnel.ready()
  const ports = {
    api,
    onChanged: (listener: () => void) => {
      accessListeners.add(listener)
      return () => void accessListeners.delete(listener)
    },
    tell: (sentence: string) => void stderr.write(`${sentence}\n`),
  }
  return Promise.race([obtainAccess(ports, request, ticket).then(() => 'obtained' as const), interrupt])
}

async function sessionRequestOf(options: ConnectOptions): Promise<SessionRequest> {
  const reason = options.reason ?? (await askForReason(options))
  const checked = sessionRequest.safeParse({ connection: options.connection, reason, minutes: options.minutes ?? defaultMinutes })
  if (!checked.success) throw new AppError('INVALID_REQUEST', { problem: describeIssues(checked.error.issues) })
  return checked.data
}

async function askForReason({ stderr = process.stderr }: ConnectOptions): Promise<string> {
  if (!process.stdin.isTTY) throw new AppError('REASON_REQUIRED')
  const terminal = createInterface({ input: process.stdin, output: stderr })
  try {
    return await terminal.question('Why do you need this session? ')
  } finally {
    terminal.close()
  }
}

function interruption(signal?: AbortSignal): { promise: Promise<'interrupted'>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<'interrupted'>()
  const interrupted = () => resolve('interrupted')
  if (signal) {
    if (signal.aborted) interrupted()
    signal.addEventListener('abort', interrupted, { once: true })
    return { promise, stop: () => signal.removeEventListener('abort', interrupted) }
  }
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  return {
    promise,
    stop() {
      process.off('SIGINT', interrupted)
      process.off('SIGTERM', interrupted)
    },
  }
}
