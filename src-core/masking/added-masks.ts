import type { MaskingRule, PolicyMask } from '../../src-protocol/policy-document.ts'

/** What rules of a policy mask in answers, beside the masking document. Plain data: it crosses threads. */
export interface AddedMasks {
  /** the same only for the same masks */
  key: string
  rules: AddedRule[]
}

export interface AddedRule {
  /** of the policy */
  id: string
  because: string
  masks: PolicyMask[]
}

/** How a rule of the policy is called in what it masked: no rule of a masking document can have this name. */
const addedRuleName = (id: string): string => `policy:${id}`

/** The rules of the masking document that are named, each with the rule of the policy that names it first. */
export function namedMaskingRules({ rules }: AddedMasks): Map<string, string> {
  const named = new Map<string, string>()
  for (const { id, masks } of rules) {
    for (const name of masks.flatMap((mask) => mask.rules ?? [])) if (!named.has(name)) named.set(name, id)
  }
  return named
}

const everywhere = { connections: ['*'], tools: ['*'] }

/** The rules of a masking document, and those that a policy adds: what it names of the document is about everything. */
export function addMasks(rules: readonly MaskingRule[], added: AddedMasks): MaskingRule[] {
  const named = namedMaskingRules(added)
  return [
    ...rules.map((rule) => (named.has(rule.id) ? { ...rule, match: everywhere, except: undefined } : rule)),
    ...added.rules.flatMap(({ id, because, masks }) =>
      masks.flatMap(({ rules: named, action = 'mask', ...what }) =>
        named ? [] : [{ id: addedRuleName(id), match: everywhere, action, because, ...what }],
      ),
    ),
  ]
}
