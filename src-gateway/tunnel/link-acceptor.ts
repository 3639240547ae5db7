import type { WebSocket } from 'ws'
import type { LinkTerms, ResumableLink } from '../../src-node/frame-socket.ts'
import { randomText } from '../../src-node/random-id.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { linkHeader, readLinkOffer, writeLinkAnswer } from '../../src-protocol/link-header.ts'

/** A WebSocket that was opened, and whether it may be followed by another one of the same link. */
export interface LinkStart {
  webSocket: WebSocket
  link: LinkTerms | undefined
}

export interface AcceptedLink {
  headers: Record<string, string>
  /** goes on with its link; `false`: it is a new one, to be opened with `start` */
  resume: ((webSocket: WebSocket) => void) | undefined
  start: (webSocket: WebSocket) => LinkStart
}

export interface LinkAcceptor {
  /**
   * @param owner who was authenticated: a link is resumed by nobody else
   * @param offer the header of the upgrade request
   * @throws AppError INVALID_REQUEST, CONFLICT (the two sides do not agree; the link stays as it is)
   */
  accept(owner: string, offer: string | string[] | undefined): AcceptedLink
}

const idLength = 32

/** The links that a gateway gave out, each to one sign-in or one agent, for as long as they can be resumed. */
export function createLinkAcceptor(graceSeconds: number): LinkAcceptor {
  const links = new Map<string, { owner: string; link: ResumableLink }>()

  function resumed(link: ResumableLink, id: string, peerReceived: number): AcceptedLink {
    if (!link.canResume(peerReceived)) throw new AppError('CONFLICT', { problem: 'The link cannot be resumed from there' })
    // the old WebSocket may be half-open, and look alive from here: nothing more may come of it, or the count would be wrong
    link.suspend()
    return {
      headers: { [linkHeader]: writeLinkAnswer({ id, received: link.received, grace: graceSeconds }) },
      resume: (webSocket) => link.resume(webSocket, peerReceived),
      start: (webSocket) => ({ webSocket, link: undefined }),
    }
  }

  function begun(owner: string): AcceptedLink {
    const id = randomText(idLength)
    const terms: LinkTerms = {
      id,
      graceMs: graceSeconds * 1000,
      onOpened: (link) => void links.set(id, { owner, link }),
      onOver: () => void links.delete(id),
    }
    return {
      headers: { [linkHeader]: writeLinkAnswer({ id, received: 0, grace: graceSeconds }) },
      resume: undefined,
      start: (webSocket) => ({ webSocket, link: terms }),
    }
  }

  return {
    accept(owner, offer) {
      if (offer === undefined) return { headers: {}, resume: undefined, start: (webSocket) => ({ webSocket, link: undefined }) }
      const wanted = readLinkOffer(String(offer))
      if (!wanted) throw new AppError('INVALID_REQUEST', { problem: `the header ${linkHeader} is not understood` })
      const known = wanted.id === undefined ? undefined : links.get(wanted.id)
      if (wanted.id === undefined || known?.owner !== owner) return begun(owner)
      return resumed(known.link, wanted.id, wanted.received)
    },
  }
}
