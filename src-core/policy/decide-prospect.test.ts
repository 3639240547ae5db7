import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideMessage } from './decide-message.ts'
import { decideProspect, type MessageProspect } from './decide-prospect.ts'
import { loadPolicy } from './load-policy.ts'
import type { Policy } from './policy.ts'

const prospect: MessageProspect = {
  connection: 'customers',
  server: 'database',
  method: 'tools/call',
  tool: 'query',
  known: {},
  person: { sub: 'olivia', name: 'Olivia', groups: ['operators'], roles: ['operator'] },
}

async function policyOf(rules: string): Promise<Policy> {
  const load = await loadPolicy(`version: 1\nrules:\n${rules || '  []'}`)
  if (!load.ok) throw new Error(JSON.stringify(load.problems))
  return load.policy
}
const prospectOf = async (rules: string, changed: Partial<MessageProspect> = {}) =>
  decideProspect(await policyOf(rules), { ...prospect, ...changed })

const rule = (id: string, effect: 'allow' | 'deny' | 'review', when?: string, match = '') =>
  `  - { id: ${id}, match: {${match}}, effect: ${effect}, because: ${id} says so., ${when === undefined ? '' : `when: ${JSON.stringify(when)}, `}${effect === 'review' ? 'review: { groups: [dba] }' : ''}}\n`
const allow = rule('open', 'allow')

describe('a tool that may be called', () => {
  test.for<[string, string]>([
    ['allowed outright', allow],
    ['only after a review', rule('a', 'review')],
    ['for some arguments', rule('a', 'allow', 'args.sql == "SELECT 1"')],
    ['denied for some arguments', allow + rule('a', 'deny', 'args.sql.contains("x")')],
    ['denied for every argument, as it happens, but only arguments can tell', allow + rule('a', 'deny', 'has(args.x) || !has(args.x)')],
    ['denied for arguments as a whole', allow + rule('a', 'deny', 'size(args) > 3')],
    ['denied to others', allow + rule('a', 'deny', '!("operators" in user.groups)')],
    ['denied on another connection', allow + rule('a', 'deny', undefined, 'connections: [payroll]')],
    ['denied as another tool', allow + rule('a', 'deny', undefined, 'tools: [drop]')],
    ['allowed to this person', rule('a', 'allow', 'user.sub == "olivia"')],
  ])('%s', async ([, rules]) => {
    expect(await prospectOf(rules)).toEqual({ possible: true })
  })
})

test('a text that is known is read in the dialect of the connection', async () => {
  const rules = rule('reads', 'allow', 'sql(args.uri).kinds == ["select"]')
  const known = { known: { uri: 'SELECT `a` FROM `b`' } }
  expect(await prospectOf(rules, known)).toMatchObject({ possible: false })
  expect(await prospectOf(rules, { ...known, dialect: 'mysql' })).toEqual({ possible: true })
})

describe('a tool that may never be called', () => {
  test.for<[string, string, string | null]>([
    ['no rule at all', '', null],
    ['no rule for it', rule('a', 'allow', undefined, 'tools: [other]'), null],
    ['denied outright', allow + rule('a', 'deny'), 'a'],
    ['denied, also for what a review could let through', rule('b', 'review', 'args.sql != ""') + rule('a', 'deny'), 'a'],
    ['denied to this person', allow + rule('a', 'deny', '"operators" in user.groups'), 'a'],
    ['allowed to others only', rule('a', 'allow', '"dba" in user.groups'), null],
    ['a condition that fails whatever the arguments are', allow + rule('a', 'deny', 'user.email == "x"'), 'a'],
    ['an allowing condition that fails: any doubt denies', allow + rule('a', 'allow', 'user.email == "x"'), 'a'],
  ])('%s', async ([, rules, by]) => {
    expect(await prospectOf(rules)).toMatchObject({ possible: false, rule: by })
  })

  test('it says why, in a sentence', async () => {
    expect(await prospectOf(allow + rule('a', 'deny'))).toEqual({ possible: false, rule: 'a', because: 'a says so.' })
    expect(await prospectOf('')).toMatchObject({ because: expect.stringMatching(/\.$/) })
  })
})

describe('what is known of the arguments counts', () => {
  const reads = (known: MessageProspect['known']) => ({ method: 'resources/read', known, tool: undefined }) as Partial<MessageProspect>
  const notes = rule('a', 'allow', 'args.uri.startsWith("notes://")', 'methods: [resources/read]')
  test.for<[string, string, MessageProspect['known'], boolean]>([
    ['a resource that a rule names', notes, { uri: 'notes://1' }, true],
    ['one that no rule names', notes, { uri: 'secrets://1' }, false],
    ['an address that is not known', notes, {}, true],
    ['an address that is no text', notes, { uri: 7 }, false],
    [
      'a rule that reads more than the address',
      notes + rule('b', 'deny', 'args.range == 1', 'methods: [resources/read]'),
      { uri: 'notes://1' },
      true,
    ],
  ])('%s', async ([, rules, known, possible]) => {
    expect((await prospectOf(rules, reads(known))).possible).toBe(possible)
  })
})

describe('housekeeping of the protocol', () => {
  const sampling = { method: 'sampling/createMessage', tool: undefined } as Partial<MessageProspect>
  test.for([
    ['is possible without a rule', '', true],
    ['is not if a rule denies it by name', rule('a', 'deny', undefined, 'methods: [sampling/createMessage]'), false],
    ['is if a rule denies everything, but not by name', rule('a', 'deny', undefined, 'methods: ["*"]'), true],
    ['is if a rule denies some of it', rule('a', 'deny', 'args.maxTokens > 10', 'methods: [sampling/createMessage]'), true],
  ] as const)('%s', async ([, rules, possible]) => {
    expect((await prospectOf(rules, sampling)).possible).toBe(possible)
  })
})

test('whatever is called impossible is denied for any arguments', async () => {
  const conditions = [
    'args.n > 1',
    'has(args.n)',
    'user.sub == "olivia"',
    'user.email == "x"',
    'true',
    'args.s == "a" && args.n == 1',
    'sql("SELECT 1").hasWhere',
  ]
  const effects = ['allow', 'deny', 'review'] as const
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...effects), fc.option(fc.constantFrom(...conditions), { nil: undefined })), { maxLength: 4 }),
      fc.array(fc.dictionary(fc.constantFrom('n', 's', 'x'), fc.oneof(fc.integer(), fc.constantFrom('a', 'b'), fc.boolean())), {
        maxLength: 5,
      }),
      async (rules, calls) => {
        const policy = await policyOf(rules.map(([effect, when], index) => rule(`r${index}`, effect, when)).join(''))
        if (decideProspect(policy, prospect).possible) return
        for (const args of calls) expect(decideMessage(policy, { ...prospect, args }).effect).toBe('deny')
      },
    ),
  )
})
