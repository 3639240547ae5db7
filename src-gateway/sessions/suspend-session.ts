import { timestampOf } from '../../src-node/clock.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { cutExchange } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { ExchangePorts } from '../exchange/exchange-ports.ts'
import type { LiveSession } from './live-session.ts'

/**
 * The gateway stops, and its next start goes on with the session: nothing passes any more, whoever waits for an answer learns that none will
 * come, and the recording says so. The agent keeps the server.
 */
export function suspendSession(ports: ExchangePorts, session: LiveSession, gateway: string): void {
  const error = new AppError('GATEWAY_UNREACHABLE', { gateway })
  session.ended = { reason: 'gateway-stopped', at: timestampOf(ports.clock.now()), error, resumable: true }
  session.sealed = Promise.resolve()
  for (const exchange of session.exchanges) {
    const outcome = outcomeOf(exchange) ?? error
    exchange.stopHolding?.()
    // if it cannot be written, the next start finds the request without an answer and records the same
    cutExchange(ports, exchange, outcome)
  }
}

/** Undefined if nothing of it had gone to the server. */
function outcomeOf({ request, call }: Exchange): AppError | undefined {
  if (!request || !call) return undefined
  if (call.state !== 'held') return new AppError('OUTCOME_UNKNOWN')
  return call.approval === undefined ? undefined : new AppError('APPROVAL_PENDING', { approval: call.approval })
}
