import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { frameType, type OpenHead } from '../../src-protocol/tunnel.ts'
import type { AgentExchange, AgentLink, ReceiveFrame } from '../agents/agent-link.ts'

/** A session's way to its server: through the connection that its agent has now, which is another one after a restart of the gateway. */
export interface SessionLink {
  /** Sent at once; while the agent is away it waits a moment. It is sent once, or not at all, and then it is aborted with AGENT_OFFLINE. */
  openExchange(head: OpenHead, body: Uint8Array, onFrame: ReceiveFrame): AgentExchange
  /** the agent runs the session's server, and can be reached over this connection */
  bind(link: AgentLink): void
  /** over: the agent ends the server, and nothing that waits is sent */
  end(): void
}

/** longer than an agent needs to connect again, shorter than clients wait for an answer */
const patienceMs = 20_000

interface Waiting {
  head: OpenHead
  body: Uint8Array
  onFrame: ReceiveFrame
  cancelTimeout: () => void
  sent?: AgentExchange
}

interface SessionLinkOptions {
  session: SessionId
  agentName: string
  scheduler: Scheduler
}

export const createSessionLink = (options: SessionLinkOptions): SessionLink => new Link(options)

/** A class and no closures: each running session has one. */
class Link implements SessionLink {
  readonly #options: SessionLinkOptions
  /** while the agent is away */
  #waiting: Set<Waiting> | undefined
  #bound: AgentLink | undefined

  constructor(options: SessionLinkOptions) {
    this.#options = options
  }

  openExchange(head: OpenHead, body: Uint8Array, onFrame: ReceiveFrame): AgentExchange {
    return this.#bound ? this.#bound.openExchange(head, body, onFrame) : this.#wait(head, body, onFrame)
  }

  bind(link: AgentLink): void {
    this.#bound = link
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const entry of waiting) {
      entry.cancelTimeout()
      entry.sent = link.openExchange(entry.head, entry.body, entry.onFrame)
    }
  }

  end(): void {
    for (const { cancelTimeout } of this.#waiting ?? []) cancelTimeout()
    this.#waiting = undefined
    this.#bound?.endSession(this.#options.session)
  }

  #wait(head: OpenHead, body: Uint8Array, onFrame: ReceiveFrame): AgentExchange {
    const { scheduler, agentName } = this.#options
    const waiting = (this.#waiting ??= new Set())
    const giveUp = () => {
      waiting.delete(entry)
      const error = new AppError('AGENT_OFFLINE', { agent: agentName })
      void onFrame({ type: frameType.abort, exchange: 0, head: { error: error.toJSON() } })
    }
    const entry: Waiting = { head, body, onFrame, cancelTimeout: scheduler.after(patienceMs, giveUp) }
    waiting.add(entry)
    return {
      abort() {
        if (entry.sent) return entry.sent.abort()
        entry.cancelTimeout()
        waiting.delete(entry)
      },
    }
  }
}
