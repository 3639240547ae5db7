import type { JsonObject } from '../../src-core/json/json-value.ts'
import type { Message } from '../../src-core/json/parse-message.ts'
import { inputRequestsOf } from '../../src-core/mcp/input-requests.ts'
import { decideMessage } from '../../src-core/policy/decide-message.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { MaskApplied } from '../../src-protocol/model.ts'
import type { MessageRecord } from '../../src-protocol/recording.ts'
import { answer, endCall } from './answer.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { rpcError, toolRefusal } from './rpc-answer.ts'

type ServerDecision = NonNullable<MessageRecord['decision']> & { effect: 'allow' | 'deny' }

/**
 * Decides about what a server asks or tells of its own accord: its requests and notifications, and the requests that a result makes of the
 * client (MCP 2026-07-28), one by one. Undefined for a result that asks for nothing: the request that it answers was decided about.
 */
export function decideFromServer(ports: ExchangePorts, exchange: Exchange, message: Message): ServerDecision | undefined {
  if (message.method !== undefined) return decide(ports, exchange, message.method, message.params)
  const requests = inputRequestsOf(message.result)
  if (requests === undefined) return undefined
  if (requests === 'malformed') {
    const because = 'The server asks the client for something in a form that cannot be judged.'
    return { effect: 'deny', rule: null, policyVersion: ports.inForce().policy.version, because }
  }
  let allowed: ServerDecision | undefined
  for (const { method, params } of requests) {
    const decision = decide(ports, exchange, method, params)
    if (decision.effect === 'deny') return decision
    allowed ??= decision
  }
  return allowed
}

/** Review is for calls of people; nobody could be asked in time about what a server sends on its own. */
function decide(ports: ExchangePorts, { session }: Exchange, method: string, args: JsonObject | undefined): ServerDecision {
  const { connection, server, person, dialect } = session
  const facts = { connection, server, method, args, person, dialect }
  const { effect, rule, policyVersion, because } = decideMessage(ports.inForce().policy, facts)
  return { effect: effect === 'allow' ? 'allow' : 'deny', rule, policyVersion, because }
}

/**
 * A server's `requestState` comes back to it as it was, or it is worth nothing: what masking would change in it is not passed on at all.
 * @throws AppError MESSAGE_UNMASKABLE
 */
export function assertStateUntouched({ masks }: { masks: readonly MaskApplied[] }): void {
  if (!masks.some(({ path }) => path === '/result/requestState' || path.startsWith('/result/requestState#'))) return
  throw new AppError('MESSAGE_UNMASKABLE', {
    problem: 'the state that the server hands out holds what must be masked, and only as it is could it come back',
  })
}

/**
 * Answers in the place of a result that asks for what is denied. All of it is withheld: the server needs every answer to go on, so that a client
 * shown the rest would be asked again and again.
 */
export function refuseInputs(ports: ExchangePorts, exchange: Exchange, { rule, because, policyVersion }: ServerDecision): void {
  const { request } = exchange
  if (!request || exchange.answered) return
  const error = new AppError('POLICY_DENIED', { because, rule: rule ?? 'default deny' })
  const data = { code: error.code, rule, policyVersion }
  exchange.upstream?.abort()
  endCall(ports, exchange, { verdict: 'denied', because })
  const todo = rule === null ? 'If you need this, ask an administrator for a rule that allows it.' : error.remedy
  const text = `The server asked for input that is denied (policy ${policyVersion.slice(0, 12)}). ${because} ${todo}`
  answer(ports, exchange, request.method === 'tools/call' ? toolRefusal(request, text, data) : rpcError(request.id, error, data))
}
