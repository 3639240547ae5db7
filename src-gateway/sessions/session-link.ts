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

export function createSessionLink(options: { session: SessionId; agentName: string; scheduler: Scheduler }): SessionLink {
  const { session, agentName, scheduler } = options
  const waiting = new Set<Waiting>()
  let bound: AgentLink | undefined

  function wait(head: OpenHead, body: Uint8Array, onFrame: ReceiveFrame): AgentExchange {
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

  return {
    openExchange: (head, body, onFrame) => (bound ? bound.openExchange(head, body, onFrame) : wait(head, body, onFrame)),
    bind(link) {
      bound = link
      for (const entry of waiting) {
        entry.cancelTimeout()
        entry.sent = link.openExchange(entry.head, entry.body, entry.onFrame)
      }
      waiting.clear()
    },
    end() {
      for (const { cancelTimeout } of waiting) cancelTimeout()
      waiting.clear()
      bound?.endSession(session)
    },
  }
}
