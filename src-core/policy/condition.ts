import { celEnv, celFunc, CelScalar, isCelError, mapType, parse, plan, type CelInput } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import { RE2JS } from '@bufbuild/re2'
import type { SqlDialect } from '../../src-protocol/model.ts'
import { analyseSql, type SqlAnalysis } from '../sql/analyse-sql.ts'
import { checkCondition, type ArgumentsRead, type Expression } from './condition-check.ts'
import { compileDirectly, type DirectCondition } from './direct-condition.ts'
import { pathFacts } from './path-facts.ts'
import { urlFacts } from './url-facts.ts'

export interface Condition {
  reads: ArgumentsRead
  /** `doubt`: it failed, or gave something that is neither true nor false */
  evaluate(variables: Record<string, CelInput>): boolean | 'doubt'
  /** the same at a fraction of the cost; it does not always know */
  direct?: DirectCondition | undefined
}

export type ConditionCompile = { ok: true; condition: Condition } | { ok: false; problems: string[] }

/** The language of `when`: CEL with the strings extension and `sql(text)`, `path(text)` and `url(text)`. */
export interface ConditionLanguage {
  compile(text: string): ConditionCompile
  /** the first SQL text that a condition looked at since the last call; forgets it, and reads what follows in this dialect */
  takeSql(dialect?: SqlDialect): SqlAnalysis | undefined
}

/** `loadSqlParser` must have resolved before a condition is evaluated. */
export function createConditionLanguage(): ConditionLanguage {
  // several rules look at the same text: it is parsed once a message
  let analysed: { text: string; facts: SqlAnalysis; value: Record<string, CelInput> } | undefined
  let first: SqlAnalysis | undefined
  let dialect: SqlDialect | undefined
  const patterns = new Map<string, RE2JS>()

  const sql = celFunc('sql', [CelScalar.STRING], mapType(CelScalar.STRING, CelScalar.DYN), (text) => {
    if (analysed?.text !== text) {
      const facts = analyseSql(text, dialect)
      const { kinds, tables, writes, functions, hasWhere, statements } = facts
      analysed = { text, facts, value: { kinds, tables, writes, functions, hasWhere, statements: BigInt(statements.length) } }
      first ??= facts
    }
    return analysed.value
  })
  const path = celFunc('path', [CelScalar.STRING], mapType(CelScalar.STRING, CelScalar.DYN), (text) => ({ ...pathFacts(text) }))
  const url = celFunc('url', [CelScalar.STRING], mapType(CelScalar.STRING, CelScalar.DYN), (text) => {
    const facts = urlFacts(text)
    return { ...facts, port: BigInt(facts.port) }
  })
  const env = celEnv({
    funcs: [...strings, sql, path, url],
    // patterns are constants of the document, so that this cannot grow
    re2: {
      compile(pattern) {
        const compiled = patterns.get(pattern) ?? RE2JS.compile(pattern)
        patterns.set(pattern, compiled)
        return compiled
      },
    },
  })

  return {
    compile(text) {
      const parsed = parseCondition(text)
      if (!parsed.ok) return parsed
      const { problems, reads } = checkCondition(parsed.expression)
      if (problems.length > 0) return { ok: false, problems }
      const run = plan(env, parsed.expression) as (variables: Record<string, CelInput>) => unknown
      return {
        ok: true,
        condition: {
          reads,
          direct: compileDirectly(parsed.expression, reads),
          evaluate(variables) {
            const result = run(variables)
            // a missing field or another type comes back as an error value; it is not thrown
            return isCelError(result) || typeof result !== 'boolean' ? 'doubt' : result
          },
        },
      }
    },
    takeSql(next) {
      const taken = first
      dialect = next
      first = undefined
      analysed = undefined
      return taken
    },
  }
}

function parseCondition(text: string): { ok: true; expression: Expression } | { ok: false; problems: string[] } {
  try {
    return { ok: true, expression: parse(text).expr }
  } catch (error) {
    // `<input>:1:5: found …`; a stack overflow has no place
    const found = error instanceof Error ? /^<input>:(\d+):(\d+): (.*)$/s.exec(error.message) : null
    const place = found ? ` at line ${found[1]}, column ${found[2]} of the condition: ${found[3]}` : ''
    return { ok: false, problems: [`the condition is not valid CEL${place}`] }
  }
}
