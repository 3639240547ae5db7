import type { WebSocket } from 'ws'
import type { Clock } from '../../src-node/clock.ts'
import { closeCode } from '../../src-node/frame-socket.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { Push } from '../../src-protocol/push.ts'
import type { Identity, SignedIn } from '../identity/identity.ts'
import { openDesktopLink, type DesktopLink, type DesktopLinkEvents } from './desktop-link.ts'

/** Which desktops are connected, one tunnel for each sign-in; who is told what. */
export interface Desktops {
  isConnected(signInId: string): boolean
  connected(socket: WebSocket, signedIn: SignedIn): void
  push(message: Push, to: (signedIn: SignedIn) => boolean): void
  signedOut(signInId: string): void
  close(): void
}

export interface DesktopsPorts {
  identity: Pick<Identity, 'authenticateRenewal'>
  tunnelUrl: string
  clock: Clock
  scheduler: Scheduler
  log: Logger
  onExchange: DesktopLinkEvents['onExchange']
  onConnected(signInId: string): void
  onGone(signInId: string): void
}

export function createDesktops(ports: DesktopsPorts): Desktops {
  const { clock, scheduler, log } = ports
  const links = new Map<string, DesktopLink>()
  const expiries = new Map<DesktopLink, () => void>()

  /** A token that is not renewed in time takes its tunnel with it. */
  function closeAtExpiry(link: DesktopLink): void {
    expiries.get(link)?.()
    const remaining = link.signedIn.expiresAt.getTime() - clock.now().getTime()
    expiries.set(
      link,
      scheduler.after(Math.max(0, remaining), () => link.close(closeCode.refused, 'the access token has expired')),
    )
  }

  async function renew(link: DesktopLink, renewal: { accessToken: string; proof: string }): Promise<void> {
    const next = await ports.identity.authenticateRenewal({ ...renewal, url: ports.tunnelUrl })
    // a tunnel belongs to one sign-in for as long as it lives: its sessions do
    if (next.signInId !== link.signedIn.signInId) return link.close(closeCode.refused, 'the token belongs to another sign-in')
    link.renewed(next)
    closeAtExpiry(link)
  }

  return {
    isConnected: (signInId) => links.has(signInId),

    connected(socket, signedIn) {
      const link = openDesktopLink(socket, signedIn, {
        onExchange: ports.onExchange,
        onRenew(renewing, renewal) {
          renew(renewing, renewal).catch((error: unknown) => {
            log.warn({ err: error, person: signedIn.person.sub }, 'a token was not renewed')
            renewing.close(closeCode.refused, 'the token was not accepted')
          })
        },
        onClose(closing, { code, reason, error }) {
          if (error !== undefined) log.error({ err: error }, 'a frame of a desktop could not be handled')
          expiries.get(closing)?.()
          expiries.delete(closing)
          if (links.get(signedIn.signInId) !== closing) return
          links.delete(signedIn.signInId)
          log.info({ person: signedIn.person.sub, code, reason }, 'desktop disconnected')
          ports.onGone(signedIn.signInId)
        },
      })
      const earlier = links.get(signedIn.signInId)
      links.set(signedIn.signInId, link)
      earlier?.close(closeCode.refused, 'the desktop connected again')
      closeAtExpiry(link)
      log.info({ person: signedIn.person.sub }, 'desktop connected')
      ports.onConnected(signedIn.signInId)
    },

    push(message, to) {
      for (const link of links.values()) if (to(link.signedIn)) link.push(message)
    },

    signedOut: (signInId) => links.get(signInId)?.close(closeCode.refused, 'signed out'),

    close() {
      for (const link of links.values()) link.close(closeCode.goingAway, 'the gateway stops')
    },
  }
}
