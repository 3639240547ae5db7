import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Role } from '../../src-protocol/model.ts'
import type { JsonValue } from '../json/json-value.ts'
import { decideMessage } from './decide-message.ts'
import type { MessageFacts } from './decision.ts'
import { loadPolicy } from './load-policy.ts'
import type { Policy } from './policy.ts'

const facts: MessageFacts = {
  connection: 'customers',
  server: 'database',
  method: 'tools/call',
  tool: 'query',
  args: { sql: 'SELECT 1', path: '/a', count: 3, list: ['a', 'b'] },
  person: { sub: 'olivia', name: 'Olivia', groups: ['operators'], roles: ['operator'] },
}

async function policyOf(rules: string): Promise<Policy> {
  const load = await loadPolicy(`version: 1\nrules:\n${rules}`)
  if (!load.ok) throw new Error(JSON.stringify(load.problems))
  return load.policy
}

const decided = async (rules: string, changed: Partial<MessageFacts> = {}) => decideMessage(await policyOf(rules), { ...facts, ...changed })
const outcomeOf = async (rules: string, changed: Partial<MessageFacts> = {}) => {
  const { effect, rule } = await decided(rules, changed)
  return `${effect} ${rule ?? '-'}`
}

const rule = (id: string, effect: 'allow' | 'deny' | 'review', when?: string, extra = '') =>
  `  - { id: ${id}, match: {${extra}}, effect: ${effect}, because: ${id} says so., ${when === undefined ? '' : `when: ${JSON.stringify(when)}, `}${effect === 'review' ? 'review: { groups: [dba] }' : ''}}\n`
const allow = rule('open', 'allow')

describe('precedence', () => {
  test.for([
    ['nothing allows', '', 'deny -'],
    ['one allows', rule('a', 'allow'), 'allow a'],
    ['two allow: the first', rule('a', 'allow') + rule('b', 'allow'), 'allow a'],
    ['review before allow', rule('a', 'allow') + rule('b', 'review'), 'review b'],
    ['deny before review', rule('a', 'allow') + rule('b', 'review') + rule('c', 'deny'), 'deny c'],
    ['two deny: the first', rule('b', 'deny') + rule('a', 'deny'), 'deny b'],
    ['a rule whose condition is false is not there', rule('a', 'deny', 'false') + rule('b', 'allow', 'true'), 'allow b'],
    ['all conditions are false', rule('a', 'allow', 'false'), 'deny -'],
  ] as const)('%s', async ([, rules, outcome]) => {
    expect(await outcomeOf(rules || '  []')).toBe(outcome)
  })

  test('the order in the file does not matter', async () => {
    const rules = [rule('a', 'allow'), rule('b', 'review'), rule('c', 'deny', 'args.count > 2'), rule('d', 'allow', 'args.missing == 1')]
    expect(await outcomeOf(rules.join(''))).toBe('deny c')
    expect(await outcomeOf(rules.toReversed().join(''))).toBe('deny c')
  })
})

describe('paths and addresses', () => {
  test.for([
    ['path(args.path).folded.exists(p, p == "secrets")', { path: '/data/SECRETS./x' }, 'allow a'],
    ['args.list.exists(p, "secrets" in path(p).folded)', { list: ['/a', '/data/./secrets/x'] }, 'allow a'],
    ['path(args.path).text.startsWith("/data/") && !path(args.path).doubtful', { path: '/data/../etc/passwd' }, 'deny -'],
    ['url(args.url).host == "example.com" && url(args.url).port == 443', { url: 'https://example.com/' }, 'allow a'],
    ['!url(args.url).private', { url: 'http://2130706433/' }, 'deny -'],
    // a field that they do not give, and what is no text, is doubt
    ['path(args.path).owner == "root"', { path: '/data' }, 'deny a'],
    ['path(args.path).absolute', { path: 7 }, 'deny a'],
  ] as const)('%s of %j: %s', async ([when, args, outcome]) => {
    expect(await outcomeOf(rule('a', 'allow', when), { args: args as unknown as JsonValue })).toBe(outcome)
  })
})

describe('any doubt denies, in the name of the rule that is in doubt', () => {
  test.for([
    ['a missing argument', 'args.missing == "x"'],
    ['an argument of another type', 'args.count.startsWith("x")'],
    ['a missing field of the person', 'user.email == "x"'],
    ['an index out of bounds', 'args.list[2] == "x"'],
    ['a division by zero', '1 / 0 == 1'],
    ['a result that is a text', 'args.sql'],
    ['a result that is a number', 'args.count'],
    ['a result that is a list', 'args.list'],
    ['sql of something that is not a text', 'sql(args.count).hasWhere'],
    ['a fact that sql does not give', 'sql(args.sql).danger'],
  ] as const)('%s', async ([, condition]) => {
    for (const effect of ['allow', 'review', 'deny'] as const) {
      const decision = await decided(allow + rule('doubtful', effect, condition))
      expect(decision).toMatchObject({ effect: 'deny', rule: 'doubtful' })
      expect(decision.because).toContain('could not be evaluated')
    }
  })

  test.for([
    ['a longer text', { sql: 'x'.repeat(300_000) }],
    ['a longer list', { sql: Array.from({ length: 2000 }, () => 1) }],
    ['deeper nesting', { sql: Array.from({ length: 100 }).reduce<JsonValue>((inner) => [inner], 1) }],
  ] as const)('arguments too large for a condition: %s', async ([, args]) => {
    const decision = await decided(allow + rule('doubtful', 'deny', 'args.sql == "x"'), { args: args as JsonValue })
    expect(decision).toMatchObject({ effect: 'deny', rule: 'doubtful' })
    expect(decision.because).toContain('too large')
    // a rule that does not read it has no doubt
    expect(await outcomeOf(allow + rule('doubtful', 'deny', 'has(args.other)'), { args: args as JsonValue })).toBe('allow open')
  })

  test('a certain denial names its own rule, not the doubtful one', async () => {
    expect(await outcomeOf(rule('doubtful', 'deny', 'args.missing') + rule('certain', 'deny'))).toBe('deny certain')
  })

  test('a rule that is not about this message cannot be in doubt', async () => {
    expect(await outcomeOf(allow + rule('other', 'deny', 'args.missing', 'tools: [other]'))).toBe('allow open')
  })

  test('asking first is no doubt', async () => {
    expect(await outcomeOf(allow + rule('careful', 'deny', 'has(args.missing) && args.missing == "x"'))).toBe('allow open')
    expect(await outcomeOf(allow + rule('careful', 'deny', 'has(args.missing) && args.missing == "x"'), { args: undefined })).toBe(
      'allow open',
    )
  })

  test('names of JavaScript objects are no arguments', async () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(await outcomeOf(rule('a', 'allow', `!has(args.${name})`))).toBe('allow a')
    }
    const args = JSON.parse('{"__proto__": {"admin": true}, "nested": {"__proto__": 1}}') as JsonValue
    expect(await outcomeOf(rule('a', 'allow', 'has(args.__proto__) && has(args.nested.__proto__) && !has(args.admin)'), { args })).toBe(
      'allow a',
    )
  })

  test('arguments that are no object, or a call without a tool, are denied whatever the rules say', async () => {
    for (const args of [null, [], 'x', 1, true]) expect(await outcomeOf(allow, { args })).toBe('deny -')
    for (const tool of [undefined, '']) expect(await outcomeOf(allow, { tool })).toBe('deny -')
  })

  test('the sentence does not tell what the arguments hold', async () => {
    const decision = await decided(rule('doubtful', 'deny', 'args.list[args.sql] == 1'), { args: { list: {}, sql: 'hunter2' } })
    expect(JSON.stringify({ ...decision, sql: undefined })).not.toContain('hunter2')
  })
})

describe('what a rule is about', () => {
  test.for([
    ['another connection', 'connections: [other]', {}, 'deny -'],
    ['a pattern of connections', 'connections: ["cust*"]', {}, 'allow a'],
    ['another tool', 'tools: [other]', {}, 'deny -'],
    ['a pattern of tools', 'tools: ["q*y"]', {}, 'allow a'],
    ['a pattern is no regular expression', 'tools: ["q.*y"]', {}, 'deny -'],
    ['upper and lower case differ', 'tools: [Query]', {}, 'deny -'],
    ['tool calls only, unless it says otherwise', '', { method: 'resources/read', tool: undefined }, 'deny -'],
    ['a method', 'methods: [resources/read]', { method: 'resources/read', tool: undefined }, 'allow a'],
    ['every method', 'methods: ["*"]', { method: 'prompts/get', tool: undefined }, 'allow a'],
    ['a tool, so not a method without one', 'methods: ["*"], tools: [query]', { method: 'prompts/get', tool: undefined }, 'deny -'],
  ] as const)('%s', async ([, match, changed, outcome]) => {
    expect(await outcomeOf(rule('a', 'allow', undefined, match), changed)).toBe(outcome)
  })

  test.for(['', '\n', ',', '\0', ' ', '","'])('names cannot be put together with %j so that they pass for others', async (glue) => {
    const policy = await policyOf(rule('a', 'allow', undefined, 'methods: ["x*"]'))
    expect(decideMessage(policy, { ...facts, method: `x${glue}y`, tool: undefined }).effect).toBe('allow')
    expect(decideMessage(policy, { ...facts, connection: `customers${glue}x`, method: 'y', tool: undefined }).effect).toBe('deny')
  })
})

describe('conditions see', () => {
  test.for([
    ['the arguments', 'args.count == 3 && args.list.exists(x, x == "b") && args["path"] == "/a"'],
    ['the arguments as a whole', 'args.exists(name, name == "sql") && args.size() == 4'],
    ['the person', 'user.sub == "olivia" && user.name == "Olivia" && "operators" in user.groups && user.roles == ["operator"]'],
    [
      'connection, method, tool and server',
      'connection == "customers" && method == "tools/call" && tool == "query" && server == "database"',
    ],
    ['SQL', 'sql(args.sql).kinds == ["select"] && sql(args.sql).statements == 1 && sql(args.sql).hasWhere && sql(args.sql).tables == []'],
  ] as const)('%s', async ([, condition]) => {
    expect(await outcomeOf(rule('a', 'allow', condition))).toBe('allow a')
    expect(await outcomeOf(rule('a', 'allow', `!(${condition})`))).toBe('deny -')
  })

  test('an address if the identity provider gave one', async () => {
    const person = { ...facts.person, email: 'olivia@example.com' }
    expect(await outcomeOf(rule('a', 'allow', 'user.email == "olivia@example.com"'), { person })).toBe('allow a')
  })

  test('no tool where there is none', async () => {
    const changed = { method: 'resources/read', tool: undefined }
    expect(await outcomeOf(rule('a', 'allow', 'tool != "x"', 'methods: ["*"]'), changed)).toBe('deny a')
  })
})

describe('a decision about SQL', () => {
  test('carries what the conditions saw', async () => {
    const decision = await decided(rule('a', 'allow', 'sql(args.sql).hasWhere'), { args: { sql: 'SELECT * FROM t' } })
    expect(decision.sql).toMatchObject({ kinds: ['select'], tables: ['t'] })
  })

  test('carries it again for the same text', async () => {
    const policy = await policyOf(rule('a', 'allow', 'sql(args.sql).hasWhere'))
    expect(decideMessage(policy, facts).sql).toEqual(decideMessage(policy, facts).sql)
    expect(decideMessage(policy, facts).sql).toBeDefined()
  })

  test('says nothing of the message before', async () => {
    const policy = await policyOf(rule('a', 'allow', 'has(args.sql) && sql(args.sql).hasWhere'))
    expect(decideMessage(policy, facts).sql).toBeDefined()
    expect(decideMessage(policy, { ...facts, args: {} }).sql).toBeUndefined()
  })
})

describe('several reviews', () => {
  const review = (id: string, terms: string) =>
    `  - { id: ${id}, match: {}, effect: review, because: ${id} says so., review: { ${terms} } }\n`

  test('are combined so that the terms of each hold', async () => {
    const decision = await decided(
      review('a', 'groups: [dba, lead], decideWithin: 1h, runWithin: 30s, reasonRequired: false') +
        review('b', 'groups: [security, lead], approvals: 2, decideWithin: 10m, runWithin: 5m, reasonRequired: true'),
    )
    expect(decision).toMatchObject({
      effect: 'review',
      rule: 'b',
      review: { groups: ['lead'], approvals: 2, decideWithinSeconds: 600, runWithinSeconds: 30, reasonRequired: true },
    })
  })

  test.for([
    [
      'without a common group the people of each have to approve',
      ['groups: [dba]', 'groups: [security], approvals: 2'],
      {
        groups: ['dba', 'security'],
        approvals: 3,
        each: [
          { groups: ['dba'], approvals: 1 },
          { groups: ['security'], approvals: 2 },
        ],
      },
    ],
    [
      'of one that names several, a group that stands in both is asked once, for the most',
      ['groups: [dba], approvals: 2', 'each: [{ groups: [dba] }, { groups: [security] }]'],
      {
        groups: ['dba', 'security'],
        approvals: 3,
        each: [
          { groups: ['dba'], approvals: 2 },
          { groups: ['security'], approvals: 1 },
        ],
      },
    ],
    ['anybody’s denial ends it if it does by one of them', ['groups: [dba]', 'groups: [dba], veto: [owner]'], { veto: ['dba', 'owner'] }],
    [
      'the freshest sign-in is asked for, in a way that each accepts',
      ['groups: [dba], stepUp: { maxAge: 1h, acr: [phr, mfa] }', 'groups: [dba], stepUp: { maxAge: 2m, acr: [mfa] }'],
      { stepUp: { maxAgeSeconds: 120, acr: ['mfa'] } },
    ],
    ['one that asks for a fresh sign-in is enough', ['groups: [dba]', 'groups: [dba], stepUp: true'], { stepUp: { maxAgeSeconds: 300 } }],
  ] as const)('%s', async ([, [a, b], terms]) => {
    expect(await decided(review('a', a) + review('b', b))).toMatchObject({ effect: 'review', review: terms })
  })

  test('equally strict: the first names the rule', async () => {
    expect(await outcomeOf(review('a', 'groups: [dba]') + review('b', 'groups: [dba]'))).toBe('review a')
  })
})

describe('housekeeping of the protocol', () => {
  const housekeeping = [
    'initialize',
    'ping',
    'tools/list',
    'notifications/initialized',
    'notifications/cancelled',
    'sampling/createMessage',
    'roots/list',
  ]
  const data = [
    'resources/read',
    'prompts/get',
    'completion/complete',
    'resources/subscribe',
    'tasks/list',
    'something/new',
    '__proto__',
    'constructor',
  ]

  test.for(housekeeping)('%s is allowed by the built-in rule', async (method) => {
    expect(await outcomeOf('  []', { method, tool: undefined, args: undefined })).toBe('allow protocol')
  })

  test.for(data)('%s is not, it needs a rule', async (method) => {
    expect(await outcomeOf('  []', { method, tool: undefined })).toBe('deny -')
    expect(await outcomeOf(rule('a', 'allow', undefined, 'methods: ["*"]'), { method, tool: undefined })).toBe('allow a')
  })

  test('a rule can deny it by name or by family, and `*` does not mean it', async () => {
    const changed = { method: 'sampling/createMessage', tool: undefined, args: {} }
    expect(await outcomeOf(rule('a', 'deny', undefined, 'methods: [sampling/createMessage]'), changed)).toBe('deny a')
    expect(await outcomeOf(rule('a', 'deny', undefined, 'methods: ["sampling/*"]'), changed)).toBe('deny a')
    expect(await outcomeOf(rule('a', 'deny', undefined, 'methods: ["*"]'), changed)).toBe('allow protocol')
    expect(await outcomeOf(rule('a', 'deny', 'args.missing', 'methods: ["sampling/*"]'), changed)).toBe('deny a')
    expect(await outcomeOf(rule('a', 'deny', 'false', 'methods: ["sampling/*"]'), changed)).toBe('allow protocol')
  })
})

describe('the sentence of a default denial', () => {
  test('names tool and connection', async () => {
    expect((await decided('  []')).because).toBe('No rule allows the tool query on customers with these arguments.')
    expect((await decided('  []', { method: 'resources/read', tool: undefined })).because).toBe(
      'No rule allows resources/read on customers.',
    )
  })

  test('cannot be bent by a name', async () => {
    const { because } = await decided('  []', { tool: `a\n\u202e\u200b\ud800${'x'.repeat(500)}` })
    expect(because).toMatch(/^No rule allows the tool a\ufffd{4}x{95} on customers/)
  })
})

test('no message makes the decision throw, and what is not allowed by a rule is denied', async () => {
  const policy = await policyOf(
    [
      rule('a', 'allow', 'args.a == 1'),
      rule('b', 'review', 'sql(args.sql).kinds.exists(k, k == "ddl")', 'tools: ["q*"]'),
      rule('c', 'deny', 'args.exists(k, k == "bad") || args.a.b.matches("^x+$")'),
      rule('d', 'allow', 'user.email != "" && args["a"].size() > 2'),
    ].join(''),
  )
  const anything = fc.record({
    connection: fc.string(),
    server: fc.string(),
    method: fc.oneof(fc.constant('tools/call'), fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'toString')),
    tool: fc.option(fc.oneof(fc.constant('query'), fc.string({ unit: 'binary' })), { nil: undefined }),
    args: fc.oneof(
      fc.jsonValue(),
      fc.record({ a: fc.jsonValue(), sql: fc.string({ unit: 'binary' }) }, { requiredKeys: [] }),
      fc.constant(undefined),
    ) as fc.Arbitrary<JsonValue | undefined>,
    person: fc.record({ sub: fc.string(), name: fc.string(), groups: fc.array(fc.string()), roles: fc.constant([] as Role[]) }),
  })
  fc.assert(
    fc.property(anything, (message) => {
      const decision = decideMessage(policy, message)
      expect(decision.because.length).toBeGreaterThan(0)
      expect(decision.policyVersion).toBe(policy.version)
      expect(decision.effect !== 'allow' || ['a', 'd', 'protocol'].includes(decision.rule ?? '')).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('facts of impossible shape are denied, not thrown', async () => {
  const policy = await policyOf(rule('a', 'allow', '"x" in user.groups || args.a == 1'))
  for (const broken of [{}, { method: 'tools/call', tool: 'query' }, { ...facts, person: null }, { ...facts, args: { a: Symbol('x') } }]) {
    expect(decideMessage(policy, broken as unknown as MessageFacts).effect).toBe('deny')
  }
})
