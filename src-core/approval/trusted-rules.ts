import { parse } from '@bufbuild/cel'
import type { PolicyDocument, PolicyRule } from '../../src-protocol/policy-document.ts'

export interface TrustedRules {
  rules: PolicyRule[]
  /** rules that hold calls, and stand in it without their condition: the agent demands an approval whoever calls */
  widened: string[]
  /** rules that deny, and are left out: the agent cannot tell whom they are about */
  left: string[]
}

/**
 * What of a policy an agent can hold calls against itself: the rules that hold calls, and those that deny them. Who calls is what the gateway
 * says, so that nothing may depend on it. Rules that allow or mask stay the gateway's.
 */
export function trustedRules({ rules }: PolicyDocument): TrustedRules {
  const trusted: TrustedRules = { rules: [], widened: [], left: [] }
  for (const rule of rules) {
    if (rule.effect !== 'review' && rule.effect !== 'deny') continue
    const asksWho = rule.when !== undefined && readsUser(parse(rule.when).expr)
    if (!asksWho) trusted.rules.push(rule)
    else if (rule.effect === 'deny') trusted.left.push(rule.id)
    else {
      const { when: _, ...always } = rule
      trusted.rules.push(always)
      trusted.widened.push(rule.id)
    }
  }
  return trusted
}

/** A local name `user` counts as well: that is stricter, and nobody writes it. */
function readsUser(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false
  if ('case' in node && node.case === 'identExpr' && 'value' in node && isNamedUser(node.value)) return true
  return Object.values(node).some(readsUser)
}

const isNamedUser = (value: unknown): boolean => typeof value === 'object' && value !== null && 'name' in value && value.name === 'user'
