import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../json/json-value.ts'
import { createConditionLanguage } from './condition.ts'
import { conditionArguments, ConditionInputTooLarge, conditionLimits, conditionUser } from './condition-input.ts'
import type { ConditionFacts } from './direct-condition.ts'

const person = { sub: 'ada', name: 'Ada', groups: ['dba', 'ops'], roles: ['operator' as const] }
const language = createConditionLanguage()

function compile(text: string) {
  const compiled = language.compile(text)
  if (!compiled.ok) throw new Error(`${text}: ${compiled.problems.join('; ')}`)
  return compiled.condition
}

/** The way that every condition can go. */
function byLanguage(text: string, facts: ConditionFacts): boolean | string {
  const compiled = compile(text)
  const about = { user: conditionUser(facts.person), connection: facts.connection, method: facts.method, server: facts.server }
  try {
    const args = conditionArguments(facts.args, compiled.reads)
    return compiled.evaluate({ ...about, ...(facts.tool !== undefined && { tool: facts.tool }), args })
  } catch (error) {
    if (error instanceof ConditionInputTooLarge) return 'too-large'
    throw error
  }
}

const constants = fc.constantFrom('""', '"a"', '"dba"', '"ada"', '"echo"', '"ä"', '"\\U0001F600"')
const texts = fc.oneof(
  constants,
  fc.constantFrom('args.x', 'args.y', 'args.constructor', 'connection', 'method', 'tool', 'server', 'user.sub', 'user.name', 'user.email'),
)
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      'true',
      'false',
      'has(args.x)',
      'has(args.y)',
      'has(args.constructor)',
      '"dba" in user.groups',
      'tool in ["echo", "a"]',
    ),
    fc.tuple(texts, fc.constantFrom('==', '!='), texts).map(([left, operator, right]) => `${left} ${operator} ${right}`),
    fc.tuple(texts, fc.constantFrom('startsWith', 'endsWith', 'contains'), texts).map(([left, name, right]) => `${left}.${name}(${right})`),
    fc.tuple(texts, fc.constantFrom('["a", "dba"]', '[]', 'user.roles', 'user.groups')).map(([text, list]) => `${text} in ${list}`),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie('condition').map((inner) => `!(${inner})`),
  ),
}))
const values: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>('', 'a', 'dba', 'ada', 'echo', 'ä', '😀', 1, true, null, ['a'], {
  a: 'b',
})
const facts: fc.Arbitrary<ConditionFacts> = fc.record(
  {
    connection: fc.constantFrom('a', 'echo'),
    method: fc.constantFrom('tools/call', 'a'),
    server: fc.constantFrom('a', 'dba'),
    tool: fc.constantFrom('echo', 'a'),
    person: fc.constantFrom(person, { ...person, email: 'a' }),
    args: fc.oneof(fc.dictionary(fc.constantFrom('x', 'y', 'constructor'), values), fc.constantFrom<JsonValue>(['a'], 'a')),
  },
  { requiredKeys: ['connection', 'method', 'server', 'person'] },
)

describe('a condition that is translated', () => {
  test('says what the language says, or leaves it to the language', () => {
    let decided = 0
    fc.assert(
      fc.property(condition, facts, (text, about) => {
        const direct = compile(text).direct?.(about)
        if (direct === undefined) return
        decided += 1
        expect({ text, truth: direct }).toEqual({ text, truth: byLanguage(text, about) })
      }),
      { numRuns: 3000 },
    )
    expect(decided).toBeGreaterThan(500)
  })

  test.for<[string, JsonValue, boolean | undefined]>([
    ['has(args.text) && args.text == "forbidden"', { text: 'fine' }, false],
    ['has(args.text) && args.text == "forbidden"', { text: 'forbidden' }, true],
    ['args.text == "forbidden"', {}, undefined],
    ['args.text == "forbidden"', { text: 1 }, undefined],
    ['args.text == args.other', { text: 'a', other: 'a' }, true],
    ['size(args.text) > 3', { text: 'a' }, undefined],
    ['args.list.exists(item, item == "a")', { list: ['a'] }, undefined],
  ])('%s', ([text, args, expected]) => {
    expect(compile(text).direct?.({ connection: 'c', method: 'tools/call', server: 's', tool: 't', person, args })).toBe(expected)
  })

  test('arguments that are too large are left to the language, which doubts them', () => {
    const about = { connection: 'c', method: 'tools/call', server: 's', person, args: { text: 'x'.repeat(conditionLimits.characters + 1) } }
    expect(compile('args.text == "a"').direct?.(about)).toBeUndefined()
    expect(byLanguage('args.text == "a"', about)).toBe('too-large')
  })
})
