import { checkResponseFrame, type ResponseFrame } from '../../src-node/checked-frame.ts'
import { openFrameSocket, type Closed, type FrameSocket } from '../../src-node/frame-socket.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { agentControl, frameType, type AgentCommand, type AgentControl, type OpenHead } from '../../src-protocol/tunnel.ts'
import type { LinkStart } from '../tunnel/link-acceptor.ts'

/** One exchange with the MCP server behind the agent. */
export interface AgentExchange {
  /** tells the agent that nobody waits any more; no frame is handed over after it */
  abort(): void
}

/** A promise: what the frame brought is in use until it is settled; until then the agent gets no new credit for the exchange. */
export type ReceiveFrame = (frame: ResponseFrame) => Promise<void> | undefined

export interface AgentLink {
  readonly agent: string
  /** @throws AppError SERVER_START_FAILED, AGENT_LOST, SERVER_TIMED_OUT */
  startSession(session: SessionId, server: string): Promise<void>
  endSession(session: SessionId): void
  openExchange(head: OpenHead, body: Uint8Array, onFrame: ReceiveFrame): AgentExchange
  close(reason: string): void
}

export interface AgentLinkEvents {
  onHello(hello: Extract<AgentControl, { type: 'hello' }>): void
  /** the server of a session stopped by itself */
  onSessionEnded(session: SessionId, error: AppError): void
  /** its WebSocket is lost; what it was asked waits until it is back */
  onInterrupted?(): void
  onResumed?(): void
  /** lost for good */
  onClose(closed: Closed): void
}

const startTimeoutMs = 120_000

/** The gateway's end of an agent's link: numbers the exchanges and hands each answer to whom it belongs. */
export function openAgentLink(start: LinkStart, agent: { id: string; name: string }, events: AgentLinkEvents): AgentLink {
  const exchanges = new Map<number, ReceiveFrame>()
  const starting = new Map<SessionId, { resolve: () => void; reject: (error: AppError) => void; server: string }>()
  let lastExchange = 0
  const lost = () => new AppError('AGENT_LOST', { agent: agent.name })

  const frames: FrameSocket<AgentCommand> = openFrameSocket(start.webSocket, {
    link: start.link,
    check: checkResponseFrame,
    control: agentControl,
    onFrame(frame) {
      // an exchange that was aborted here may still have answers on their way
      const receive = exchanges.get(frame.exchange)
      if (!receive) return undefined
      if (frame.type === frameType.end || frame.type === frameType.abort) exchanges.delete(frame.exchange)
      return receive(frame)
    },
    isOpen: (exchange) => exchanges.has(exchange),
    onControl(control) {
      if (control.type === 'hello') return events.onHello(control)
      const waiting = starting.get(control.session)
      if (control.type === 'session.started') return waiting?.resolve()
      const error = AppError.from(control.error)
      if (waiting) waiting.reject(error)
      else events.onSessionEnded(control.session, error)
    },
    onInterrupted: () => events.onInterrupted?.(),
    onResumed: () => events.onResumed?.(),
    onClose(closed) {
      for (const waiting of starting.values()) waiting.reject(lost())
      const open = [...exchanges]
      exchanges.clear()
      for (const [exchange, receive] of open) void receive({ type: frameType.abort, exchange, head: { error: lost().toJSON() } })
      events.onClose(closed)
    },
  })

  return {
    agent: agent.id,

    async startSession(session, server) {
      if (frames.over) throw lost()
      const started = Promise.withResolvers<void>()
      starting.set(session, { ...started, server })
      const timer = setTimeout(
        () => started.reject(new AppError('SERVER_TIMED_OUT', { server, seconds: startTimeoutMs / 1000 })),
        startTimeoutMs,
      )
      frames.sendControl({ type: 'session.start', session, server })
      try {
        await started.promise
      } finally {
        clearTimeout(timer)
        starting.delete(session)
      }
    },

    endSession: (session) => frames.sendControl({ type: 'session.end', session }),

    openExchange(head, body, onFrame) {
      const exchange = ++lastExchange
      if (frames.over) {
        queueMicrotask(() => void onFrame({ type: frameType.abort, exchange, head: { error: lost().toJSON() } }))
        return { abort: () => {} }
      }
      exchanges.set(exchange, onFrame)
      frames.sendFrame(frameType.open, exchange, head, body)
      return {
        abort() {
          if (exchanges.delete(exchange)) frames.sendFrame(frameType.abort, exchange)
        },
      }
    },

    close: (reason) => frames.close(1008, reason),
  }
}
