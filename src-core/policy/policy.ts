import type { StepUpTerms } from '../../src-protocol/model.ts'
import type { PolicyDocument, PolicyRule, ReviewTerms } from '../../src-protocol/policy-document.ts'
import { compilePattern } from '../pattern.ts'
import type { AddedMasks, AddedRule } from '../masking/added-masks.ts'
import type { Condition, ConditionLanguage } from './condition.ts'
import type { ReviewNeeded } from './decision.ts'

export interface MessageTarget {
  connection: string
  method: string
  tool?: string | undefined
}

export interface ActiveRule {
  id: string
  effect: PolicyRule['effect']
  because: string
  /** false if only the pattern `*` brought the rule to this method */
  namesMethod: boolean
  condition?: Condition
  review?: ReviewNeeded
  mask?: AddedRule
}

/** A policy document ready to decide. */
export interface Policy {
  /** SHA-256 (hex) of the document's text */
  version: string
  document: PolicyDocument
  /** the rules whose patterns match, in the order of the file */
  rulesFor(target: MessageTarget): readonly ActiveRule[]
  /** what any rule could mask on the connection: for answers of which nobody knows which call they belong to */
  masksOn(connection: string): AddedMasks | undefined
  language: ConditionLanguage
}

/** What one document can be asked about before its memory of matching rules starts anew. */
const rememberedTargets = 2000

export function createPolicy(
  version: string,
  document: PolicyDocument,
  conditions: readonly (Condition | undefined)[],
  language: ConditionLanguage,
): Policy {
  const compiled = document.rules.map((rule, index) => compileRule(rule, conditions[index]))
  const remembered = new Map<string, readonly ActiveRule[]>()
  const masking = document.rules.flatMap((rule) => {
    const connections = rule.match.connections.map(compilePattern)
    const mask = addedRule(rule)
    return mask ? [{ mask, isAbout: (connection: string) => connections.some((matches) => matches(connection)) }] : []
  })
  return {
    version,
    document,
    language,
    rulesFor(target) {
      const key = JSON.stringify([target.connection, target.method, target.tool])
      const known = remembered.get(key)
      if (known) return known
      const rules = compiled.flatMap((rule) => rule(target) ?? [])
      if (remembered.size >= rememberedTargets) remembered.clear()
      remembered.set(key, rules)
      return rules
    },
    masksOn(connection) {
      if (masking.length === 0) return undefined
      const about = masking.filter(({ isAbout }) => isAbout(connection))
      return about.length === 0
        ? undefined
        : joinMasks(
            version,
            about.map(({ mask }) => mask),
          )
    },
  }
}

const addedRule = ({ id, because, mask }: PolicyRule): AddedRule | undefined => mask && { id, because, masks: mask }

/** What several rules of one document mask together; there is at least one. */
export const joinMasks = (version: string, rules: AddedRule[]): AddedMasks => ({
  key: `${version} ${rules.map(({ id }) => id).join(' ')}`,
  rules,
})

/** Undefined if the rule is not about the target. */
function compileRule(rule: PolicyRule, condition: Condition | undefined): (target: MessageTarget) => ActiveRule | undefined {
  const connections = rule.match.connections.map(compilePattern)
  const methods = rule.match.methods.map((pattern) => ({ explicit: pattern !== '*', matches: compilePattern(pattern) }))
  const tools = rule.match.tools.map(compilePattern)
  const everyTool = rule.match.tools.includes('*')
  return ({ connection, method, tool }) => {
    if (!connections.some((matches) => matches(connection))) return undefined
    const matching = methods.filter(({ matches }) => matches(method))
    if (matching.length === 0) return undefined
    if (tool === undefined ? !everyTool : !tools.some((matches) => matches(tool))) return undefined
    return {
      id: rule.id,
      effect: rule.effect,
      because: rule.because,
      namesMethod: matching.some(({ explicit }) => explicit),
      condition,
      review: rule.review && reviewNeeded(rule.review),
      mask: addedRule(rule),
    }
  }
}

/** how old a fresh sign-in may be when its vote is cast */
const standardStepUpSeconds = 300
const secondsOfUnit = { s: 1, m: 60, h: 3600 }

/** Of a duration such as `15m`; the schema has checked its form. */
export const secondsOf = (duration: string): number =>
  Number.parseInt(duration, 10) * secondsOfUnit[duration.at(-1) as keyof typeof secondsOfUnit]

function reviewNeeded(terms: ReviewTerms): ReviewNeeded {
  const { groups = [], approvals, each, veto, stepUp } = terms
  const needs = each ?? [{ groups, approvals }]
  return {
    groups: [...new Set(needs.flatMap((need) => need.groups))],
    approvals: needs.reduce((sum, need) => sum + need.approvals, 0),
    ...(each && { each: needs.map((need) => ({ groups: [...new Set(need.groups)], approvals: need.approvals })) }),
    ...(veto && { veto: [...new Set(veto)] }),
    ...(stepUp !== false && { stepUp: stepUpNeeded(stepUp) }),
    decideWithinSeconds: secondsOf(terms.decideWithin),
    runWithinSeconds: secondsOf(terms.runWithin),
    reasonRequired: terms.reasonRequired,
  }
}

function stepUpNeeded(stepUp: Exclude<ReviewTerms['stepUp'], false>): StepUpTerms {
  if (stepUp === true) return { maxAgeSeconds: standardStepUpSeconds }
  return { maxAgeSeconds: secondsOf(stepUp.maxAge), ...(stepUp.acr && { acr: [...new Set(stepUp.acr)] }) }
}
