import type { Person, SqlDialect } from '../../src-protocol/model.ts'
import type { JsonObject } from '../json/json-value.ts'
import { conditionArguments, conditionUser } from './condition-input.ts'
import type { ActiveRule, Policy } from './policy.ts'
import { isProtocolMethod } from './protocol-methods.ts'

/** A message that nobody has sent yet: of its arguments only `known` is certain. */
export interface MessageProspect {
  connection: string
  server: string
  method: string
  /** of a tool call */
  tool?: string
  /** the members of the arguments that every such message would have, with their values: the uri of a resource, the name of a prompt */
  known: JsonObject
  person: Person
  dialect?: SqlDialect | undefined
}

/** `rule` is null where no rule of the document could allow it. */
export type Prospect = { possible: true } | { possible: false; rule: string | null; because: string }

/**
 * Whether the policy could ever let such a message through, held for review or not. In doubt it could: whoever asks leaves out what is
 * not possible, and each message is decided about anyway (decide-message.ts). A condition counts only if all that it reads of the arguments
 * is known; then it has one answer, and an error is a denial like there. Never throws.
 */
export function decideProspect(policy: Policy, prospect: MessageProspect): Prospect {
  try {
    policy.language.takeSql(prospect.dialect)
    return decide(policy, prospect)
  } catch {
    return { possible: true }
  } finally {
    policy.language.takeSql()
  }
}

function decide(policy: Policy, prospect: MessageProspect): Prospect {
  const protocol = isProtocolMethod(prospect.method)
  const matching = policy.rulesFor(prospect)
  const rules = protocol ? matching.filter((rule) => rule.effect === 'deny' && rule.namesMethod) : matching
  let allowed = protocol
  for (const rule of rules) {
    const holds = settled(rule, prospect)
    if (holds === 'failed') return { possible: false, rule: rule.id, because: `The condition of the rule ${rule.id} cannot be evaluated.` }
    if (rule.effect === 'deny') {
      if (holds === true) return { possible: false, rule: rule.id, because: rule.because }
    } else if (holds !== false) allowed = true
  }
  return allowed ? { possible: true } : { possible: false, rule: null, because: `No rule allows it on ${prospect.connection}.` }
}

/** What the condition gives whatever the unknown arguments are; `open` if it depends on them. */
function settled(
  { condition }: ActiveRule,
  { connection, server, method, tool, known, person }: MessageProspect,
): boolean | 'failed' | 'open' {
  if (!condition) return true
  const { reads } = condition
  if (reads === 'whole' || ![...reads].every((name) => Object.hasOwn(known, name))) return 'open'
  const about = { user: conditionUser(person), connection, server, method, ...(tool !== undefined && { tool }) }
  const holds = condition.evaluate({ ...about, args: conditionArguments(known, reads) })
  return holds === 'doubt' ? 'failed' : holds
}
