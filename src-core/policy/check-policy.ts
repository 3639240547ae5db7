import type { DocumentProblem, Person } from '../../src-protocol/model.ts'
import type { PolicyExample } from '../../src-protocol/policy-document.ts'
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
}

export type PolicyCheck =
  | { ok: true; policy: Policy; examples: ExampleOutcome[]; problems: DocumentProblem[] }
  /** `examples` if it could be loaded */
  | { ok: false; examples?: ExampleOutcome[]; problems: DocumentProblem[] }

/**
 * Reads a policy as it is read before it is activated: what keeps it from being loaded, examples that do not hold, and, as warnings, rules
 * that never decide. `ok` says that it loads, is true to its examples and may be activated.
 */
export async function checkPolicy(text: string): Promise<PolicyCheck> {
  const loaded = await loadPolicy(text)
  if (!loaded.ok) return loaded
  const { policy } = loaded
  const examples = policy.document.examples.map((example) => runExample(policy, example))
  const failed = examples.flatMap(({ problem }, index) => (problem === undefined ? [] : [at(loaded, ['examples', index], problem)]))
  const idle = findIdleRules(policy.document).map(({ rule, message }) => ({
    ...at(loaded, ['rules', rule], message),
    severity: 'warning' as const,
  }))
  const problems = [...failed, ...idle]
  return failed.length > 0 ? { ok: false, examples, problems } : { ok: true, policy, examples, problems }
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
