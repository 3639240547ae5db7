import type { CelInput } from '@bufbuild/cel'
import { isJsonObject } from '../json/json-value.ts'
import { conditionArguments, ConditionInputAmbiguous, ConditionInputTooLarge, conditionUser } from './condition-input.ts'
import type { AddedMasks, AddedRule } from '../masking/added-masks.ts'
import { combineReviews } from './combine-reviews.ts'
import type { Decision, MessageFacts, ReviewNeeded } from './decision.ts'
import { joinMasks, type ActiveRule, type Policy } from './policy.ts'
import { isProtocolMethod, protocolRule } from './protocol-methods.ts'

/**
 * Decides about one message: deny before review before mask before allow, and what no rule allows is denied. Never throws.
 *
 * - Any doubt denies: if the condition of any matching rule fails, the message is denied in that rule's name, whatever
 *   the others say. The order of rules in the file does not matter, except for whose name a decision carries: the
 *   first of the deciding ones, or the strictest of several reviews.
 * - Several reviews are combined so that each one's terms hold (see combine-reviews.ts).
 * - What rules with effect mask name is masked in the answer whichever rule decides, unless the message is denied.
 * - Housekeeping of the protocol is allowed unless a rule denies it by name (see protocol-methods.ts).
 */
export function decideMessage(policy: Policy, facts: MessageFacts): Decision {
  let outcome: Outcome
  try {
    policy.language.takeSql(facts.dialect)
    outcome = decide(policy, facts)
  } catch {
    outcome = deny(null, 'The policy could not be applied to this message, so it is refused.')
  }
  const sql = policy.language.takeSql()
  return { ...outcome, policyVersion: policy.version, ...(sql && { sql }) }
}

type Outcome =
  | { effect: 'allow' | 'deny'; rule: string | null; because: string }
  | { effect: 'mask'; rule: string; because: string; masks: AddedMasks }
  | { effect: 'review'; rule: string; because: string; review: ReviewNeeded; masks?: AddedMasks }

const deny = (rule: string | null, because: string): Outcome => ({ effect: 'deny', rule, because })

function decide(policy: Policy, facts: MessageFacts): Outcome {
  if (facts.method === 'tools/call' && !facts.tool) return deny(null, 'This tool call names no tool, so no rule can judge it.')
  const protocol = isProtocolMethod(facts.method)
  // `has(args.path)` is false for a list, which would let it past the rules about paths
  if (!protocol && facts.args !== undefined && !isJsonObject(facts.args)) {
    return deny(null, 'The arguments are not an object, so no rule can judge them.')
  }
  const matching = policy.rulesFor(facts)
  const rules = protocol ? matching.filter((rule) => rule.effect === 'deny' && rule.namesMethod) : matching
  const { denies, reviews, masks, allows, doubts } = judge(rules, facts)

  if (denies[0]) return deny(denies[0].id, denies[0].because)
  if (doubts[0]) return deny(doubts[0].rule.id, doubtSentence(doubts[0]))
  if (protocol) return { effect: 'allow', rule: protocolRule, because: 'Housekeeping of the protocol; no rule denies it.' }
  const strictest = reviews.toSorted((one, other) => other.review.approvals - one.review.approvals)[0]
  const [first] = masks
  if (strictest) {
    const review = combineReviews(
      strictest.review,
      reviews.map((rule) => rule.review),
    )
    const held = { effect: 'review' as const, rule: strictest.id, because: strictest.because, review }
    return first ? { ...held, masks: joinMasks(policy.version, masks) } : held
  }
  if (first) return { effect: 'mask', rule: first.id, because: first.because, masks: joinMasks(policy.version, masks) }
  if (allows[0]) return { effect: 'allow', rule: allows[0].id, because: allows[0].because }
  return deny(null, defaultSentence(facts))
}

type ReviewRule = ActiveRule & { review: ReviewNeeded }
interface Doubt {
  rule: ActiveRule
  reason: 'failed' | 'too-large' | 'ambiguous'
}
interface Judged {
  denies: ActiveRule[]
  reviews: ReviewRule[]
  masks: AddedRule[]
  allows: ActiveRule[]
  doubts: Doubt[]
}

function judge(rules: readonly ActiveRule[], facts: MessageFacts): Judged {
  const judged: Judged = { denies: [], reviews: [], masks: [], allows: [], doubts: [] }
  let about: Record<string, CelInput> | undefined
  for (const rule of rules) {
    const holds = rule.condition?.direct?.(facts) ?? evaluate(rule, facts, (about ??= aboutMessage(facts)))
    if (typeof holds === 'string') judged.doubts.push({ rule, reason: holds })
    else if (!holds) continue
    else if (rule.effect === 'deny') {
      judged.denies.push(rule)
      return judged // nothing can change it any more
    } else if (rule.effect === 'allow') judged.allows.push(rule)
    else if (rule.effect === 'mask' && rule.mask) judged.masks.push(rule.mask)
    else if (rule.review) judged.reviews.push({ ...rule, review: rule.review })
    else judged.doubts.push({ rule, reason: 'failed' })
  }
  return judged
}

/** What every condition sees alike; the arguments depend on what it reads of them. */
function aboutMessage({ connection, method, tool, server, person }: MessageFacts): Record<string, CelInput> {
  const about: Record<string, CelInput> = { user: conditionUser(person), connection, method, server }
  // without a tool there is no such variable, so that a condition that reads it fails
  if (tool !== undefined) about['tool'] = tool
  return about
}

function evaluate({ condition }: ActiveRule, facts: MessageFacts, about: Record<string, CelInput>): boolean | Doubt['reason'] {
  if (!condition) return true
  try {
    const holds = condition.evaluate({ ...about, args: conditionArguments(facts.args, condition.reads) })
    return holds === 'doubt' ? 'failed' : holds
  } catch (error) {
    if (error instanceof ConditionInputAmbiguous) return 'ambiguous'
    return error instanceof ConditionInputTooLarge ? 'too-large' : 'failed'
  }
}

/** Says nothing about why the condition failed: that could tell what the arguments hold. */
function doubtSentence({ rule, reason }: Doubt): string {
  if (reason === 'ambiguous')
    return `Names of arguments differ only in the case of their letters from each other or from what the rule ${rule.id} reads, so the call is refused.`
  return reason === 'too-large'
    ? `The arguments are too large for the condition of the rule ${rule.id}, so the call is refused.`
    : `The condition of the rule ${rule.id} could not be evaluated (an argument is missing or has another type), so the call is refused.`
}

function defaultSentence({ method, tool, connection }: MessageFacts): string {
  const what = tool === undefined ? printable(method) : `the tool ${printable(tool)}`
  return `No rule allows ${what} on ${connection}${method === 'tools/call' ? ' with these arguments' : ''}.`
}

/** Names come from the client; a sentence must not break or turn round because of them. */
const printable = (name: string): string => name.slice(0, 100).replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '\ufffd')
