import { RE2JS } from '@bufbuild/re2'
import type { parse } from '@bufbuild/cel'

export type Expression = ReturnType<typeof parse>['expr']
type Kind = Expression['exprKind']
type Call = Extract<Kind, { case: 'callExpr' }>['value']
type Comprehension = Extract<Kind, { case: 'comprehensionExpr' }>['value']

/** `args` as a whole, or the arguments that the condition names: the others need not be looked at. */
export type ArgumentsRead = 'whole' | ReadonlySet<string>

export interface ConditionCheck {
  problems: string[]
  reads: ArgumentsRead
}

const variables = ['args', 'user', 'connection', 'method', 'tool', 'server']
const operators = '_&&_ _||_ !_ _?_:_ _==_ _!=_ _<_ _<=_ _>_ _>=_ @in _+_ _-_ -_ _*_ _/_ _%_ _[_] @not_strictly_false'.split(' ')
const functions =
  'sql path url size contains startsWith endsWith matches lowerAscii upperAscii trim substring indexOf int double string bool'.split(' ')
const known = new Set([...operators, ...functions])
const depthLimit = 60
/** the variable in which a macro gathers its result; the grammar has no way to write it */
const accumulator = '@result'

interface Scope {
  depth: number
  macro: boolean
  locals: ReadonlySet<string>
}

/**
 * Refuses what a condition may not use. The evaluator has no budget, so that a condition's cost has to be bounded by its
 * shape: no macro in a macro, and nothing costly or growing (`sql`, `+`) inside one; regular expressions are constants.
 */
export function checkCondition(root: Expression): ConditionCheck {
  const problems = new Set<string>()
  const fields = new Set<string>()
  let whole = false

  const visit = (expression: Expression | undefined, scope: Scope): void => {
    if (expression === undefined) return
    if (scope.depth > depthLimit) {
      problems.add(`the condition nests deeper than ${depthLimit} levels`)
      return
    }
    const { exprKind: kind } = expression
    const inner = { ...scope, depth: scope.depth + 1 }
    switch (kind.case) {
      case 'constExpr':
        return
      case 'identExpr':
        if (isArguments(expression, scope)) whole = true
        else if (!variables.includes(kind.value.name) && !scope.locals.has(kind.value.name)) {
          problems.add(`${kind.value.name} is not known; there are ${variables.join(', ')}`)
        }
        return
      case 'selectExpr':
        if (isArguments(kind.value.operand, scope)) fields.add(kind.value.field)
        else visit(kind.value.operand, inner)
        return
      case 'callExpr':
        return visitCall(kind.value, inner)
      case 'listExpr':
        for (const element of kind.value.elements) visit(element, inner)
        return
      case 'structExpr':
        if (kind.value.messageName !== '') problems.add(`the type ${kind.value.messageName} is not known`)
        for (const entry of kind.value.entries) {
          if (entry.keyKind.case === 'mapKey') visit(entry.keyKind.value, inner)
          visit(entry.value, inner)
        }
        return
      case 'comprehensionExpr':
        return visitMacro(kind.value, inner)
      default:
        problems.add('the condition has a part that is not supported')
    }
  }

  const visitCall = (call: Call, scope: Scope): void => {
    if (!known.has(call.function)) {
      problems.add(`the function ${call.function} is not known; there are ${functions.join(', ')}`)
      return
    }
    if (call.function === 'matches') problems.add(patternProblem(call) ?? '')
    if (call.function === 'sql') {
      if (call.target !== undefined || call.args.length !== 1) problems.add('sql takes one text: sql(args.sql)')
      if (scope.macro) problems.add('sql cannot be called for every element of a list')
    }
    if ((call.function === 'path' || call.function === 'url') && (call.target !== undefined || call.args.length !== 1)) {
      problems.add(`${call.function} takes one text: ${call.function}(args.${call.function})`)
    }
    if (call.function === '_+_' && scope.macro && nameOf(call.args[0]) !== accumulator) {
      problems.add('+ cannot be used for every element of a list')
    }
    const field = namedArgument(call, scope)
    if (field !== undefined) {
      fields.add(field)
      return
    }
    visit(call.target, scope)
    for (const argument of call.args) visit(argument, scope)
  }

  const visitMacro = (macro: Comprehension, scope: Scope): void => {
    visit(macro.iterRange, scope)
    if (scope.macro) problems.add('a macro (exists, all, map, filter …) cannot stand inside another one')
    if (variables.includes(macro.iterVar)) problems.add(`${macro.iterVar} cannot be the name of an element: it has a meaning already`)
    const inside: Scope = { ...scope, macro: true, locals: new Set([...scope.locals, macro.iterVar, macro.iterVar2, macro.accuVar]) }
    for (const part of [macro.accuInit, macro.loopCondition, macro.loopStep, macro.result]) visit(part, inside)
  }

  visit(root, { depth: 0, macro: false, locals: new Set() })
  if (isNeverBoolean(root)) problems.add('the condition is neither true nor false')
  problems.delete('')
  return { problems: [...problems], reads: whole ? 'whole' : fields }
}

const nameOf = (expression: Expression | undefined): string | undefined =>
  expression?.exprKind.case === 'identExpr' ? expression.exprKind.value.name : undefined

const isArguments = (expression: Expression | undefined, scope: Scope): boolean =>
  nameOf(expression) === 'args' && !scope.locals.has('args')

function constantText(expression: Expression | undefined): string | undefined {
  if (expression?.exprKind.case !== 'constExpr') return undefined
  const { constantKind } = expression.exprKind.value
  return constantKind.case === 'stringValue' ? constantKind.value : undefined
}

/** `args["name"]` and `"name" in args` */
function namedArgument(call: Call, scope: Scope): string | undefined {
  const [first, second] = call.args
  if (call.function === '_[_]' && isArguments(first, scope)) return constantText(second)
  if (call.function === '@in' && isArguments(second, scope)) return constantText(first)
  return undefined
}

function patternProblem(call: Call): string | undefined {
  const pattern = constantText(call.args.at(-1))
  if (pattern === undefined) return 'the regular expression of matches has to be written out as a text'
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch {
    return `the regular expression ${JSON.stringify(pattern)} is not valid (RE2 syntax)`
  }
}

function isNeverBoolean({ exprKind }: Expression): boolean {
  if (exprKind.case === 'constExpr') return exprKind.value.constantKind.case !== 'boolValue'
  return exprKind.case === 'listExpr' || exprKind.case === 'structExpr'
}
