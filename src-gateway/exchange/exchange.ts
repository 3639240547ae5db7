import type { AddedMasks } from '../../src-core/masking/added-masks.ts'
import type { RequestId } from '../../src-core/json/parse-message.ts'
import type { Call } from '../../src-protocol/model.ts'
import type { OpenHead } from '../../src-protocol/tunnel.ts'
import type { ResponseFrame } from '../../src-node/checked-frame.ts'
import type { AgentExchange } from '../agents/agent-link.ts'
import type { LiveSession } from '../sessions/live-session.ts'
import type { ClientStream } from './client-stream.ts'
import type { Delivery } from './delivery.ts'

/** The client's request that an exchange answers. */
export interface OpenRequest {
  id: RequestId
  method: string
  tool?: string
  progressToken?: RequestId
  /** where method or tool hold what is masked: what is recorded and shown of them */
  shown?: { method?: string; tool?: string }
  /** of a list: which page is asked for */
  cursor?: string
  /** what rules of the policy mask in its answer */
  masks?: AddedMasks
  /** the request said so in `_meta`: its result then says whether it is complete */
  stateless: boolean
}

/** One HTTP exchange of a client with the MCP server: what it asked, and how far the answer has come. */
export interface Exchange {
  /** number in the recording; the tunnel's own number starts again with each WebSocket */
  readonly number: number
  readonly session: LiveSession
  readonly head: OpenHead
  readonly stream: ClientStream
  readonly delivery: Delivery
  readonly startedAt: number
  request?: OpenRequest
  call?: Call
  /** headers that repeat arguments, and do: no other one goes on */
  verifiedParams?: ReadonlySet<string>
  /** as the client names itself in this very request */
  client?: string | undefined
  upstream?: AgentExchange
  /** a large message is looked at */
  inspecting?: Promise<void> | undefined
  /** a large message of the server is being inspected: what came after it waits here, so that the order is kept */
  waitingFrames?: ResponseFrame[] | undefined
  /** a head was sent, by the server or by a hold */
  headSent: boolean
  /** a response to `request` was delivered or is about to be: none may follow it */
  answered: boolean
  /** it was delivered */
  responseSent: boolean
  /** while the call is held: settles it as pending, or drops it if the client has left */
  stopHolding?: () => void
  /** the last `progress` that the gateway itself sent while it held the call: the server's own continue from there */
  progressOffset: number
}

/** The revision in which a closed stream cancels the request (2026-07-28); before it, a disconnect is not a cancel. */
export const isStateless = (headers: Record<string, string>): boolean => (headers['mcp-protocol-version'] ?? '') >= '2026-07-28'
