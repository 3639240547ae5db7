import type { Person } from '../../src-protocol/model.ts'
import type { DocumentProblem } from '../../src-protocol/policy-version.ts'
import type { PolicyExample, PolicyRule } from '../../src-protocol/policy-document.ts'
import type { Masking } from '../masking/load-masking.ts'
import { decideMessage } from './decide-message.ts'
import type { Decision } from './decision.ts'
import { findIdleRules } from './find-idle-rules.ts'
import { loadPolicy, type PolicyLoad } from './load-policy.ts'
import type { Policy } from './policy.ts'

/** Whether an example holds, and what the policy said. */
export interface ExampleOutcome {
  example: PolicyExample
  decision: Decision
  /** what is wrong, as a sentence; undefined if it holds */
  problem?: string
  /** where it stands in the document */
  line?: number | undefined
}

export type PolicyCheck =
  | { ok: true; policy: Policy; examples: ExampleOutcome[]; problems: DocumentProblem[] }
  /** `examples` if it could be loaded */
  | { ok: false; examples?: ExampleOutcome[]; problems: DocumentProblem[] }

/**
 * Reads a policy as it is read before it is activated: what keeps it from being loaded, examples that do not hold, and, as warnings, rules
 * that never decide. `ok` says that it loads, is true to its examples and may be activated.
 * @param masking the document beside which it is to be in force: the rules that a policy names must be there
 */
export async function checkPolicy(text: string, masking?: Pick<Masking, 'has'>): Promise<PolicyCheck> {
  const loaded = await loadPolicy(text)
  if (!loaded.ok) return loaded
  const { policy } = loaded
  const examples = policy.document.examples.map((example, index) => ({
    ...runExample(policy, example),
    line: loaded.lineOf(['examples', index]),
  }))
  const failed = examples.flatMap(({ problem }, index) => (problem === undefined ? [] : [at(loaded, ['examples', index], problem)]))
  const idle = findIdleRules(policy.document).map(({ rule, message }) => ({
    ...at(loaded, ['rules', rule], message),
    severity: 'warning' as const,
  }))
  const unknown = masking
    ? unknownMasks(policy, masking).map(({ rule, index, name }) =>
        at(loaded, ['rules', index, 'mask'], `the rule ${rule.id} masks by ${name}, which is no rule of the masking document in force`),
      )
    : []
  const problems = [...unknown, ...failed, ...idle]
  return unknown.length + failed.length > 0 ? { ok: false, examples, problems } : { ok: true, policy, examples, problems }
}

/** Rules of the masking document that a policy names and that it does not have: the calls in question would be refused. */
export function unknownMasks(
  policy: Policy | undefined,
  masking: Pick<Masking, 'has'>,
): { rule: PolicyRule; index: number; name: string }[] {
  return (policy?.document.rules ?? []).flatMap((rule, index) =>
    (rule.mask ?? []).flatMap(({ rules = [] }) => rules.filter((name) => !masking.has(name)).map((name) => ({ rule, index, name }))),
  )
}

function at(loaded: Extract<PolicyLoad, { ok: true }>, path: PropertyKey[], message: string): DocumentProblem {
  return { path: path.join('.'), message, line: loaded.lineOf(path) }
}

export function runExample(policy: Policy, example: PolicyExample): ExampleOutcome {
  const { connection, server, method, tool, dialect, args, expect, rule } = example
  // an address that is not there must not be one that is undefined
  const person: Person = { ...example.user }
  const decision = decideMessage(policy, { connection, server, method, tool, dialect, args, person })
  const decidedBy = decision.rule ?? 'default'
  const name = example.name === undefined ? 'This example' : `The example “${example.name}”`
  if (decision.effect !== expect) {
    return { example, decision, problem: `${name} expects ${expect}, and ${by(decidedBy)} says ${decision.effect}: ${decision.because}` }
  }
  if (rule !== undefined && rule !== decidedBy) {
    return { example, decision, problem: `${name} expects ${by(rule)} to ${expect} it, and it is ${by(decidedBy)} that does.` }
  }
  return { example, decision }
}

const by = (rule: string): string => (rule === 'default' ? 'the default' : `the rule ${rule}`)
