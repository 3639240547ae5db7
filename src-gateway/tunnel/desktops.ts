import type { Clock } from '../../src-node/clock.ts'
import { closeCode } from '../../src-node/frame-socket.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { Push } from '../../src-protocol/push.ts'
import type { Identity, SignedIn } from '../identity/identity.ts'
import { openDesktopLink, type DesktopLink, type DesktopLinkEvents } from './desktop-link.ts'
import type { LinkStart } from './link-acceptor.ts'

/** Which desktops are connected, one tunnel for each sign-in; who is told what. */
export interface Desktops {
  isConnected(signInId: string): boolean
  connected(start: LinkStart, signedIn: SignedIn): void
  /** the desktop goes on with its link, and has proved anew who it is */
  authenticatedAgain(signedIn: SignedIn): void
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
  onWatch: DesktopLinkEvents['onWatch']
  onConnected(signInId: string): void
  /** it may come back: a link waits for it */
  onGone(signInId: string): void
}

export function createDesktops(ports: DesktopsPorts): Desktops {
  const { clock, scheduler, log } = ports
  const links = new Map<string, DesktopLink>()
  const expiries = new Map<DesktopLink, () => void>()

  /** A token that is not renewed in time takes its WebSocket with it; the desktop goes on with a new token, or not at all. */
  function closeAtExpiry(link: DesktopLink): void {
    expiries.get(link)?.()
    const remaining = link.signedIn.expiresAt.getTime() - clock.now().getTime()
    expiries.set(
      link,
      scheduler.after(Math.max(0, remaining), () => link.interrupt('the access token has expired')),
    )
  }

  async function renew(link: DesktopLink, renewal: { accessToken: string; proof: string }): Promise<void> {
    const next = await ports.identity.authenticateRenewal({ ...renewal, url: ports.tunnelUrl })
    // a tunnel belongs to one sign-in for as long as it lives: its sessions do
    if (next.signInId !== link.signedIn.signInId) return link.close(closeCode.refused, 'the token belongs to another sign-in')
    link.renewed(next, true)
    closeAtExpiry(link)
  }

  return {
    isConnected: (signInId) => links.has(signInId),

    authenticatedAgain(signedIn) {
      const link = links.get(signedIn.signInId)
      if (!link) return
      link.renewed(signedIn, false)
      closeAtExpiry(link)
    },

    connected(start, signedIn) {
      const { signInId, person } = signedIn
      let away = false
      const gone = () => {
        if (away || links.get(signInId) !== link) return
        away = true
        ports.onGone(signInId)
      }
      const link: DesktopLink = openDesktopLink(
        start,
        signedIn,
        {
          onExchange: ports.onExchange,
          onWatch: ports.onWatch,
          onRenew(renewing, renewal) {
            renew(renewing, renewal).catch((error: unknown) => {
              log.warn({ err: error, person: person.sub }, 'a token was not renewed')
              renewing.interrupt('the token was not accepted')
            })
          },
          onInterrupted() {
            log.info({ person: person.sub }, 'desktop interrupted')
            gone()
          },
          onResumed() {
            away = false
            log.info({ person: person.sub }, 'desktop resumed')
            ports.onConnected(signInId)
          },
          onClose(closing, { code, reason, error }) {
            if (error !== undefined) log.error({ err: error }, 'a frame of a desktop could not be handled')
            expiries.get(closing)?.()
            expiries.delete(closing)
            if (links.get(signInId) !== closing) return
            log.info({ person: person.sub, code, reason }, 'desktop disconnected')
            gone()
            links.delete(signInId)
          },
        },
        scheduler,
      )
      const earlier = links.get(signInId)
      links.set(signInId, link)
      earlier?.close(closeCode.refused, 'the desktop connected again')
      closeAtExpiry(link)
      log.info({ person: person.sub }, 'desktop connected')
      ports.onConnected(signInId)
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
