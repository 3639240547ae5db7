import { createHash } from 'node:crypto'
import { policyDocument, type PolicyRule } from '../../src-protocol/policy-document.ts'
import type { DocumentProblem } from '../../src-protocol/policy-version.ts'
import { compilePattern } from '../pattern.ts'
import { loadSqlParser } from '../sql/sql-parser.ts'
import { readYamlDocument } from '../yaml-document.ts'
import { createConditionLanguage, type Condition, type ConditionLanguage } from './condition.ts'
import { createPolicy, secondsOf, type Policy } from './policy.ts'
import { hasContent, methodsWithContent, protocolRule } from './protocol-methods.ts'

export type PolicyLoad =
  { ok: true; policy: Policy; lineOf(path: readonly PropertyKey[]): number | undefined } | { ok: false; problems: DocumentProblem[] }

const textLimit = 1_000_000
const longestSeconds = 7 * 24 * 3600

/** Reads a policy document. One with any problem is refused as a whole; all problems are told at once, with their lines. */
export async function loadPolicy(text: string): Promise<PolicyLoad> {
  if (text.length > textLimit) return { ok: false, problems: [{ path: '', message: `longer than ${textLimit} characters` }] }
  const read = readYamlDocument(text, policyDocument)
  if (!read.ok) return read
  const document = read.value
  // the parsers take tens of megabytes: a policy without SQL does without them
  if (document.rules.some(({ when }) => when?.includes('sql'))) await loadSqlParser()

  const language = createConditionLanguage()
  const problems: DocumentProblem[] = []
  const report = (path: PropertyKey[], message: string) => problems.push({ path: path.join('.'), message, line: read.lineOf(path) })

  const ids = new Set<string>()
  const conditions: (Condition | undefined)[] = []
  for (const [index, rule] of document.rules.entries()) {
    if (ids.has(rule.id)) report(['rules', index, 'id'], `the id ${rule.id} is used twice`)
    ids.add(rule.id)
    for (const { path, message } of ruleProblems(rule)) report(['rules', index, ...path], message)
    conditions.push(compileCondition(language, rule, (message) => report(['rules', index, 'when'], message)))
  }
  if (problems.length > 0) return { ok: false, problems }
  const policy = createPolicy(createHash('sha256').update(text).digest('hex'), document, conditions, language)
  return { ok: true, policy, lineOf: (path) => read.lineOf(path) }
}

/** What the schema cannot say. */
function ruleProblems(rule: PolicyRule): { path: PropertyKey[]; message: string }[] {
  const problems: { path: PropertyKey[]; message: string }[] = []
  if (rule.id === protocolRule) problems.push({ path: ['id'], message: `the id ${protocolRule} belongs to the built-in rule` })
  if (rule.review) {
    for (const name of ['decideWithin', 'runWithin'] as const) {
      if (secondsOf(rule.review[name]) > longestSeconds) problems.push({ path: ['review', name], message: 'longer than a week' })
    }
    // holding any other message would leave the protocol itself waiting
    if (rule.match.methods.some((method) => method !== 'tools/call')) {
      problems.push({ path: ['match', 'methods'], message: 'only tools/call can wait for a review' })
    }
  }
  // what is masked is the answer to a call; a list or housekeeping is none, and what a server sends answers nothing
  if (rule.mask && !rule.match.methods.every(hasContent)) {
    problems.push({ path: ['match', 'methods'], message: `only ${methodsWithContent.join(', ')} have answers that a rule can mask` })
  }
  const aboutTools = rule.match.methods.some((method) => compilePattern(method)('tools/call'))
  if (!aboutTools && !rule.match.tools.includes('*')) {
    problems.push({ path: ['match', 'tools'], message: 'only tools/call has a tool, so that this rule never matches' })
  }
  return problems
}

function compileCondition(language: ConditionLanguage, rule: PolicyRule, report: (message: string) => void): Condition | undefined {
  if (rule.when === undefined) return undefined
  const compiled = language.compile(rule.when)
  if (compiled.ok) return compiled.condition
  for (const problem of compiled.problems) report(problem)
  return undefined
}
