import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { checkPolicy } from './check-policy.ts'
import { decideMessage } from './decide-message.ts'
import { loadPolicy } from './load-policy.ts'

interface RuleDraft {
  id: string
  effect: 'allow' | 'review' | 'deny'
  match?: { connections?: string[]; methods?: string[]; tools?: string[] }
  when?: string
}

const documentOf = (rules: RuleDraft[], examples: object[] = []) =>
  stringify({
    version: 1,
    rules: rules.map((rule) => ({
      match: {},
      ...rule,
      because: `${rule.id} says so.`,
      ...(rule.effect === 'review' && { review: { groups: ['dba'] } }),
    })),
    examples,
  })

const problemsOf = async (rules: RuleDraft[], examples: object[] = []) => (await checkPolicy(documentOf(rules, examples))).problems

describe('examples', () => {
  const rules: RuleDraft[] = [
    { id: 'read', effect: 'allow', when: 'sql(args.sql).kinds.all(k, k == "select")' },
    { id: 'schema', effect: 'review', when: 'sql(args.sql).kinds.exists(k, k == "ddl")' },
  ]
  const call = { connection: 'db', tool: 'query' }

  test('hold, by their effect and by their rule', async () => {
    const check = await checkPolicy(
      documentOf(rules, [
        { ...call, args: { sql: 'SELECT 1' }, expect: 'allow', rule: 'read' },
        { ...call, args: { sql: 'DROP TABLE t' }, expect: 'review' },
        { ...call, args: { sql: 'DELETE FROM t' }, expect: 'deny', rule: 'default' },
      ]),
    )
    expect(check).toMatchObject({ ok: true, problems: [] })
  })

  test('that do not hold keep the document from being activated, each with its line and the decision that was made', async () => {
    const text = documentOf(rules, [{ ...call, args: { sql: 'DROP TABLE t' }, expect: 'allow', name: 'daily work' }])
    const check = await checkPolicy(text)
    expect(check.ok).toBe(false)
    expect(check.problems).toEqual([
      {
        path: 'examples.0',
        line: text.split('\n').findIndex((line) => line.startsWith('examples')) + 2,
        message: 'The example “daily work” expects allow, and the rule schema says review: schema says so.',
      },
    ])
  })

  test('that are decided by another rule than the one they name do not hold', async () => {
    const [problem] = await problemsOf(rules, [{ ...call, args: { sql: 'SELECT 1' }, expect: 'allow', rule: 'schema' }])
    expect(problem?.message).toBe('This example expects the rule schema to allow it, and it is the rule read that does.')
  })

  test('are read in the dialect that they name', async () => {
    const text = { args: { sql: 'SELECT `a` FROM t' }, expect: 'allow' }
    expect(await problemsOf(rules, [{ ...call, ...text, dialect: 'mysql' }])).toEqual([])
    expect(await problemsOf(rules, [{ ...call, ...text }])).toHaveLength(1)
  })

  test('see the person that they name', async () => {
    const mine: RuleDraft[] = [{ id: 'dba', effect: 'allow', when: '"dba" in user.groups' }]
    const [denied] = await problemsOf(mine, [
      { ...call, expect: 'allow' },
      { ...call, user: { groups: ['dba'] }, expect: 'allow' },
    ])
    expect(denied?.path).toBe('examples.0')
  })
})

describe('rules that never decide are told as warnings', () => {
  test.for<[string, RuleDraft[], (string | undefined)[]]>([
    [
      'a deny above it',
      [
        { id: 'a', effect: 'deny' },
        { id: 'b', effect: 'allow', match: { tools: ['x'] } },
      ],
      ['rules.1'],
    ],
    [
      'a review above an allow',
      [
        { id: 'a', effect: 'review' },
        { id: 'b', effect: 'allow' },
      ],
      ['rules.1'],
    ],
    [
      'not with a condition',
      [
        { id: 'a', effect: 'deny', when: 'args.x == 1' },
        { id: 'b', effect: 'allow' },
      ],
      [],
    ],
    [
      'not on another connection',
      [
        { id: 'a', effect: 'deny', match: { connections: ['p*'] } },
        { id: 'b', effect: 'allow' },
      ],
      [],
    ],
    [
      'two that cover it together',
      [
        { id: 'a', effect: 'deny', match: { tools: ['read*'] } },
        { id: 'b', effect: 'deny', match: { tools: ['write_*'] } },
        { id: 'c', effect: 'allow', match: { tools: ['read_file', 'write_*_file'] } },
      ],
      ['rules.2'],
    ],
    [
      'the same again',
      [
        { id: 'a', effect: 'allow' },
        { id: 'b', effect: 'allow', when: 'args.x == 1' },
      ],
      ['rules.1'],
    ],
    ['housekeeping', [{ id: 'a', effect: 'allow', match: { methods: ['tools/list'] } }], ['rules.0']],
    ['not its refusal', [{ id: 'a', effect: 'deny', match: { methods: ['tools/list'] } }], []],
    [
      'the same messages, two effects',
      [
        { id: 'a', effect: 'allow', when: 'args.x == 1' },
        { id: 'b', effect: 'deny', when: 'args.x == 1' },
      ],
      ['rules.1'],
    ],
  ])('%s', async ([, rules, paths]) => {
    const problems = await problemsOf(rules)
    expect(problems.map(({ path }) => path)).toEqual(paths)
    expect(problems.every(({ severity }) => severity === 'warning')).toBe(true)
  })

  test('what is told never to decide never does', async () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''))
    const draft = fc.record({
      effect: fc.constantFrom('allow' as const, 'review' as const, 'deny' as const),
      tools: fc.array(pattern, { minLength: 1, maxLength: 2 }),
      when: fc.constantFrom(undefined, undefined, 'true', 'false'),
    })
    const name = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(
        fc.array(draft, { minLength: 1, maxLength: 5 }),
        fc.array(name, { minLength: 8, maxLength: 8 }),
        async (drafts, tools) => {
          const rules = drafts.map(({ effect, tools: matched, when }, index) => ({
            id: `r${index}`,
            effect,
            match: { tools: matched },
            ...(when !== undefined && { when }),
          }))
          const idle = (await problemsOf(rules)).filter(({ message }) => /never decides|adds nothing/.test(message))
          const warned = new Set(idle.map(({ path }) => path))
          const decide = async (kept: RuleDraft[]) => {
            const load = await loadPolicy(documentOf(kept))
            if (!load.ok) throw new Error(JSON.stringify(load.problems))
            const person = { sub: 'o', name: 'O', groups: [], roles: [] }
            return tools.map(
              (tool) => decideMessage(load.policy, { connection: 'c', server: 's', method: 'tools/call', tool, args: {}, person }).effect,
            )
          }
          // without all of them at once: one may be idle because of another that is idle too, but not the other way round
          const kept = rules.filter((_, index) => !warned.has(`rules.${index}`))
          expect(await decide(kept)).toEqual(await decide(rules))
        },
      ),
      { numRuns: 60 },
    )
  })
})
