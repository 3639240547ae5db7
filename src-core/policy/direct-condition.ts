import type { Person } from '../../src-protocol/model.ts'
import { isJsonObject, type JsonValue } from '../json/json-value.ts'
import type { ArgumentsRead, Expression } from './condition-check.ts'
import { conditionLimits, hasLookalike } from './condition-input.ts'

/** What a condition is about, as the message has it. */
export interface ConditionFacts {
  connection: string
  method: string
  server: string
  tool?: string | undefined
  args?: JsonValue | undefined
  person: Person
}

/** Undefined: only the language itself can tell. */
export type DirectCondition = (facts: ConditionFacts) => boolean | undefined

type Text = (facts: ConditionFacts) => string | undefined

/**
 * Most conditions compare a few texts. Those are translated into functions that look at the message as it is; making its variables and
 * running the language costs many times as much. Whatever is not certain (a text that is missing or none, an error) is left to the
 * language, so that both always say the same.
 * @returns undefined if the condition uses more than comparisons of texts
 */
export function compileDirectly(expression: Expression, reads: ArgumentsRead): DirectCondition | undefined {
  if (reads === 'whole') return undefined
  const compiled = compileTruth(expression)
  const names = [...reads]
  return compiled && ((facts) => (areSmallTexts(facts.args, names, reads) ? compiled(facts) : undefined))
}

/** The language counts what it is given; what is nothing but short texts needs no count. */
function areSmallTexts(args: JsonValue | undefined, names: readonly string[], reads: ReadonlySet<string>): boolean {
  if (args === undefined || names.length === 0) return args === undefined || isJsonObject(args)
  if (!isJsonObject(args) || names.length >= conditionLimits.elements || hasLookalike(args, reads)) return false
  let characters = 0
  for (const name of names) {
    if (!Object.hasOwn(args, name)) continue
    const value = args[name]
    if (typeof value !== 'string') return false
    characters += value.length
  }
  return characters <= conditionLimits.characters
}

function compileTruth({ exprKind: kind }: Expression): DirectCondition | undefined {
  if (kind.case === 'constExpr') {
    const { constantKind } = kind.value
    return constantKind.case === 'boolValue' ? () => constantKind.value : undefined
  }
  if (kind.case === 'selectExpr') {
    const { operand, field, testOnly } = kind.value
    return testOnly && nameOf(operand) === 'args' ? ({ args }) => isJsonObject(args) && Object.hasOwn(args, field) : undefined
  }
  if (kind.case !== 'callExpr') return undefined
  const { function: name, target, args } = kind.value
  const [first, second] = args
  if (first === undefined) return undefined
  if (target !== undefined) return args.length === 1 ? compileTextTest(name, compileText(target), compileText(first)) : undefined
  if (name === '!_') {
    const inner = compileTruth(first)
    return inner && ((facts) => negated(inner(facts)))
  }
  if (second === undefined || args.length !== 2) return undefined
  if (name === '_&&_' || name === '_||_') return compileJunction(name === '_||_', compileTruth(first), compileTruth(second))
  if (name === '_==_' || name === '_!=_') {
    const equal = compileTextTest('_==_', compileText(first), compileText(second))
    if (name === '_==_') return equal
    return equal && ((facts) => negated(equal(facts)))
  }
  return name === '@in' ? compileMembership(first, second) : undefined
}

const negated = (truth: boolean | undefined): boolean | undefined => (truth === undefined ? undefined : !truth)

/** From left to right, and no further than the side that decides. */
function compileJunction(
  decisive: boolean,
  left: DirectCondition | undefined,
  right: DirectCondition | undefined,
): DirectCondition | undefined {
  if (!left || !right) return undefined
  return (facts) => {
    const truth = left(facts)
    return truth === undefined || truth === decisive ? truth : right(facts)
  }
}

const textTests: Record<string, (text: string, other: string) => boolean> = {
  '_==_': (text, other) => text === other,
  startsWith: (text, other) => text.startsWith(other),
  endsWith: (text, other) => text.endsWith(other),
  contains: (text, other) => text.includes(other),
}

function compileTextTest(name: string, left: Text | undefined, right: Text | undefined): DirectCondition | undefined {
  const holds = Object.hasOwn(textTests, name) ? textTests[name] : undefined
  if (!holds || !left || !right) return undefined
  return (facts) => {
    const text = left(facts)
    const other = right(facts)
    return text === undefined || other === undefined ? undefined : holds(text, other)
  }
}

/** `tool in ["a", "b"]` and `"dba" in user.groups` */
function compileMembership(element: Expression, list: Expression): DirectCondition | undefined {
  const text = compileText(element)
  if (!text) return undefined
  const { exprKind: kind } = list
  if (kind.case === 'selectExpr' && !kind.value.testOnly && nameOf(kind.value.operand) === 'user') {
    const { field } = kind.value
    if (field !== 'groups' && field !== 'roles') return undefined
    return (facts) => {
      const value = text(facts)
      return value === undefined ? undefined : (facts.person[field] as readonly string[]).includes(value)
    }
  }
  if (kind.case !== 'listExpr' || kind.value.optionalIndices.length > 0) return undefined
  const members = new Set<string>()
  for (const member of kind.value.elements) {
    const constant = constantText(member)
    if (constant === undefined) return undefined
    members.add(constant)
  }
  return (facts) => {
    const value = text(facts)
    return value === undefined ? undefined : members.has(value)
  }
}

function compileText(expression: Expression): Text | undefined {
  const constant = constantText(expression)
  if (constant !== undefined) return () => constant
  const { exprKind: kind } = expression
  if (kind.case === 'identExpr') {
    const { name } = kind.value
    return name === 'connection' || name === 'method' || name === 'server' || name === 'tool' ? (facts) => facts[name] : undefined
  }
  if (kind.case !== 'selectExpr' || kind.value.testOnly) return undefined
  const { operand, field } = kind.value
  if (nameOf(operand) === 'args') {
    return ({ args }) => {
      const value = isJsonObject(args) && Object.hasOwn(args, field) ? args[field] : undefined
      return typeof value === 'string' ? value : undefined
    }
  }
  if (nameOf(operand) !== 'user' || (field !== 'sub' && field !== 'name' && field !== 'email')) return undefined
  return ({ person }) => person[field]
}

const nameOf = (expression: Expression | undefined): string | undefined =>
  expression?.exprKind.case === 'identExpr' ? expression.exprKind.value.name : undefined

function constantText({ exprKind: kind }: Expression): string | undefined {
  if (kind.case !== 'constExpr') return undefined
  const { constantKind } = kind.value
  return constantKind.case === 'stringValue' ? constantKind.value : undefined
}
