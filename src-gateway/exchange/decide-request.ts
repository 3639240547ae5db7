import type { Message } from '../../src-core/json/parse-message.ts'
import { namedMaskingRules, type AddedMasks } from '../../src-core/masking/added-masks.ts'
import type { Masking } from '../../src-core/masking/load-masking.ts'
import { inputMethodsAnswered } from '../../src-core/mcp/input-requests.ts'
import { decideMessage } from '../../src-core/policy/decide-message.ts'
import { decideProspect } from '../../src-core/policy/decide-prospect.ts'
import type { Decision } from '../../src-core/policy/decision.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { toolProblem } from './tool-problem.ts'

export interface RequestDecision {
  decision: Decision
  /** it was not policy that refused it */
  refusal?: AppError
}

/** A rule of the policy that names a masking rule which nobody has: what it was to mask would not be masked. */
function unknownMask(masks: AddedMasks, masking: Masking): { by: string; because: string } | undefined {
  for (const [name, by] of namedMaskingRules(masks)) {
    if (!masking.has(name))
      return { by, because: `The rule ${by} masks by the masking rule ${name}, which is not there, so the call is refused.` }
  }
  return undefined
}

/** Decides about a message of the client: policy first, then whether its tool is the one that was accepted and what answers it brings along. */
export function decideRequest(ports: ExchangePorts, exchange: Exchange, message: Message, method: string): RequestDecision {
  const { session } = exchange
  const { policy } = ports.inForce()
  const { connection, server, person, dialect } = session
  const { tool } = message
  const called = method === 'tools/call'
  const args = called ? message.args : message.params
  const decision = decideMessage(policy, { connection, server, method, ...(called && { tool }), args, person, dialect })
  if (decision.effect === 'deny') return { decision }
  const deny = (rule: string | null, because: string): Decision => ({ effect: 'deny', rule, because, policyVersion: policy.version })
  const unknown = decision.masks && unknownMask(decision.masks, ports.inForce().masking)
  if (unknown) return { decision: deny(unknown.by, unknown.because) }
  const refusal = called && tool !== undefined ? toolProblem(ports, exchange, tool) : undefined
  if (refusal) return { decision: deny(null, refusal.message), refusal }
  // each was asked for and decided about then (decide-from-server.ts); what policy forbids altogether must not go out under another name
  for (const answered of inputMethodsAnswered(message.params)) {
    const prospect = decideProspect(policy, { connection, server, method: answered, known: {}, person, dialect })
    if (!prospect.possible) return { decision: deny(prospect.rule, prospect.because) }
  }
  return { decision }
}
