import type { SessionRequest } from '../../src-protocol/http-requests.ts'
import type { EndReason, Session } from '../../src-protocol/model.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import { systemScheduler, type Scheduler } from '../../src-node/scheduler.ts'
import type { Push } from '../../src-protocol/push.ts'
import { gatewayApi, type GatewayApi } from './gateway-api.ts'
import { createIdentity, type DesktopIdentity } from './identity.ts'
import { createLocalEndpoint, type LocalEndpoint } from './local-endpoint.ts'
import { openLocalSocket } from './local-socket.ts'
import { createSessionEnds, type SessionEnds } from './session-ends.ts'
import { createTunnel, type Tunnel } from './tunnel.ts'

export interface LiveAccessOptions {
  gatewayUrl: string
  openBrowser: (url: string) => Promise<void>
  clock: Clock
  log: Logger
  scheduler?: Scheduler
  /** where the socket for `gatehouse-mcp` lies; default: this user's runtime folder */
  runtimeFolder?: string
  onPush?: (push: Push) => void
  /** identity, tunnel or reachability changed */
  onChange?: () => void
}

/** All that belongs to one gateway while somebody may be signed in to it. The desktop and `gatehouse connect` are both built on it. */
export interface LiveAccess {
  readonly gatewayUrl: string
  readonly identity: DesktopIdentity
  readonly api: GatewayApi
  readonly tunnel: Tunnel
  readonly endpoint: LocalEndpoint
  readonly sessions: SessionEnds
  /**
   * Opens a session and its local endpoint. A session ends when its desktop is away, so the tunnel has to stand first.
   * @throws AppError GATEWAY_UNREACHABLE, PORT_TAKEN, or what the gateway answered
   */
  openSession(request: SessionRequest): Promise<Session>
  readonly reachable: boolean
  readonly lastReachedAt: string | undefined
  close(): Promise<void>
}

export function openLiveAccess(options: LiveAccessOptions): LiveAccess {
  const { gatewayUrl, clock, log, onChange = () => {}, onPush = () => {} } = options
  const scheduler = options.scheduler ?? systemScheduler
  let reachable = true
  let lastReachedAt: Date | undefined

  const reached = (now: boolean) => {
    if (now) lastReachedAt = clock.now()
    if (now === reachable) return
    reachable = now
    onChange()
  }
  const identity = createIdentity({ gatewayUrl, openBrowser: options.openBrowser, clock })
  const api = gatewayApi({ baseUrl: gatewayUrl, identity, onReachable: reached })
  const tunnel = createTunnel({
    gatewayUrl,
    identity,
    clock,
    scheduler,
    log,
    onPush: heard,
    onChange() {
      if (tunnel.state === 'open') reached(true)
      onChange()
    },
    onOpen: () => void reconcile(),
    onUnreachable: () => reached(false),
  })
  const endpoint = createLocalEndpoint({ tunnel, log })
  const socket = openLocalSocket({ handle: endpoint.handleTrusted, log, folder: options.runtimeFolder })
  const sessions = createSessionEnds({ clock, scheduler, onEnd: (session, reason) => endpoint.end(session, sentence[reason]) })

  function heard(push: Push): void {
    if (push.type === 'session' && push.session.state === 'ended') sessions.end(push.session.id, push.session.endReason ?? 'expired')
    onPush(push)
  }

  /** what ended while the tunnel was away was told to nobody */
  async function reconcile() {
    for (const id of sessions.list()) {
      try {
        const { session } = await api.call('session', { id })
        if (session.state === 'ended') heard({ type: 'session', session })
      } catch (error) {
        log.info({ err: error, session: id }, 'the state of a session is not known')
      }
    }
  }

  identity.onChange(({ state }) => {
    if (state === 'signed-in') tunnel.start()
    if (state === 'signed-out') {
      sessions.endAll('signed-out')
      tunnel.stop(new AppError('SIGN_IN_REQUIRED'))
    }
    onChange()
  })

  return {
    gatewayUrl,
    identity,
    api,
    tunnel,
    endpoint,
    sessions,
    async openSession(request) {
      if (identity.state.state !== 'signed-in') throw new AppError('SIGN_IN_REQUIRED')
      await tunnel.ready()
      const session = await api.call('openSession', request)
      try {
        await endpoint.add(session.id, session.connection)
      } catch (error) {
        // a session that nobody can reach must not stay open
        await api.call('endSession', { id: session.id })
        throw error
      }
      sessions.add(session.id, new Date(session.endsAt))
      return session
    },
    get reachable() {
      return reachable
    },
    get lastReachedAt() {
      return lastReachedAt && timestampOf(lastReachedAt)
    },
    async close() {
      sessions.endAll('desktop-disconnected')
      tunnel.stop(new AppError('SESSION_ENDED', { reason: 'Gatehouse was closed' }))
      await Promise.all([endpoint.close(), socket.then((opened) => opened.close())])
      identity.close()
    },
  }
}

/** `The session has ended (…).` */
const sentence: Record<EndReason, string> = {
  'ended-by-operator': 'its operator ended it',
  'ended-by-reviewer': 'a reviewer ended it',
  reported: 'a reviewer reported one of its calls',
  'ended-by-administrator': 'an administrator ended it',
  expired: 'its time is over',
  'access-ended': 'the access that it began under has ended',
  idle: 'nobody used it for a while',
  'signed-out': 'its operator signed out',
  'desktop-disconnected': 'the desktop was away for too long',
  'agent-disconnected': 'the agent disconnected',
  'server-stopped': 'the MCP server stopped',
  'recording-unavailable': 'it could not be recorded any more',
  'gateway-stopped': 'the gateway was stopped',
  'gateway-crash': 'the gateway failed',
  'recording-altered': 'its recording had been altered',
}
