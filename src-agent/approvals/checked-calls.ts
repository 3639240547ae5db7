import { checkProof, type ProofReason } from '../../src-core/approval/check-proof.ts'
import { decidedBytes } from '../../src-core/approval/call-arguments.ts'
import { parseMessage, type Message } from '../../src-core/json/parse-message.ts'
import { decodeHeader, namedBy } from '../../src-core/mcp/repeated-headers.ts'
import { decideMessage } from '../../src-core/policy/decide-message.ts'
import type { Clock } from '../../src-node/clock.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { largestMessageBytes, type AgentConfig } from '../../src-protocol/config.ts'
import type { Person } from '../../src-protocol/model.ts'
import type { OpenHead } from '../../src-protocol/tunnel.ts'
import type { TrustDocument } from './trust-document.ts'
import type { UsedApprovals } from './used-approvals.ts'

/** What one server's calls are held against. */
export interface CheckedCalls {
  /**
   * Whether the agent lets this message through to the server.
   * @param definitionHash of a tool, as the server listed it last in this session
   * @returns the method, if it is a request or notification
   * @throws AppError AGENT_REFUSED, FILE_UNWRITABLE
   */
  check(head: OpenHead, body: Uint8Array, definitionHash: (tool: string) => string): string | undefined
}

export interface CheckedCallsOptions {
  server: string
  required: NonNullable<AgentConfig['approvals']>['required'][string]
  document: Pick<TrustDocument, 'trust'>
  used: Pick<UsedApprovals, 'take'>
  clock: Clock
}

type Reason = ProofReason | 'unreadable' | 'denied-by-rule' | 'used-before'

const deepestMessage = 100
/** the agent does not know who calls; a condition that asks stands in no signed rule */
const nobody: Person = { sub: '', name: '', groups: [], roles: [] }
/** top-level names, and those inside params, that a careless reader finds in another case too */
const topNames = ['jsonrpc', 'id', 'method', 'params']
const callNames = ['name', 'arguments']

/** Whatever the gateway says: the signed rules say which calls need an approval, and the approval has to show for itself that it is one. */
export function createCheckedCalls({ server, required, document, used, clock }: CheckedCallsOptions): CheckedCalls {
  const { connection, dialect } = required
  const refuse = (reason: Reason, problem: string) => new AppError('AGENT_REFUSED', { server, reason, problem })

  /** As strict as the gateway: what two readers could read differently might be one call here and another one at the server. */
  function read({ headers }: OpenHead, body: Uint8Array): Message {
    const parsed = parseMessage(body, { maxBytes: largestMessageBytes, maxDepth: deepestMessage })
    if (!parsed.ok) throw refuse('unreadable', new AppError(parsed.code, parsed.data).message.replace(/\.$/, ''))
    const { message, text } = parsed
    const { method, params = {} } = message
    if (hasOtherCase(JSON.parse(text) as object, topNames) || hasOtherCase(params, callNames)) {
      throw refuse('unreadable', 'a name stands in it in another case')
    }
    const name = params[namedBy[method ?? ''] ?? 'name']
    const header = { method: headers['mcp-method'], name: headers['mcp-name'] }
    const differs =
      (header.method !== undefined && header.method !== method) ||
      (header.name !== undefined && typeof name === 'string' && decodeHeader(header.name) !== name)
    if (differs) throw refuse('unreadable', 'its headers say something else than its body')
    return message
  }

  return {
    check(head, body, definitionHash) {
      const message = read(head, body)
      const { method, tool } = message
      if (method === undefined) return undefined
      const { trust } = document
      const called = method === 'tools/call'
      const args = called ? message.args : message.params
      const facts = { connection, server, method, ...(called && { tool }), args, person: nobody, dialect }
      const decision = decideMessage(trust.rules, facts)
      if (decision.effect === 'deny') throw refuse('denied-by-rule', `the signed rules deny it: ${decision.because.replace(/\.$/, '')}`)
      if (decision.effect !== 'review') return method

      const named = tool ?? method
      const checked = checkProof({
        proof: head.approval,
        call: {
          session: head.session,
          connection,
          server,
          method,
          tool: named,
          toolDefinitionHash: definitionHash(named),
          argumentBytes: decidedBytes(message, body),
        },
        review: decision.review,
        policies: trust.policies,
        reviewers: trust.reviewers,
        breakGlass: trust.breakGlass,
        now: clock.now(),
      })
      if (!checked.ok) throw refuse(checked.reason, checked.problem)
      if (!used.take(checked.digest, checked.runUntil)) throw refuse('used-before', 'its approval has been used before')
      return method
    },
  }
}

const hasOtherCase = (object: object, names: readonly string[]): boolean =>
  Object.keys(object).some((key) => !names.includes(key) && names.includes(key.toLowerCase()))
