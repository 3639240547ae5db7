import { describe, expect, test } from 'vitest'
import { loadMasking, type Masking } from '../masking/load-masking.ts'
import { maskMessage } from '../masking/mask-message.ts'
import { maskRpc } from '../masking/mask-rpc.ts'
import { checkPolicy } from './check-policy.ts'
import { decideMessage } from './decide-message.ts'
import { decideProspect } from './decide-prospect.ts'
import type { MessageFacts } from './decision.ts'
import { loadPolicy } from './load-policy.ts'

const facts: MessageFacts = {
  connection: 'customers',
  server: 'database',
  method: 'tools/call',
  tool: 'query',
  args: { sql: 'SELECT 1', count: 3 },
  person: { sub: 'olivia', name: 'Olivia', groups: ['operators'], roles: ['operator'] },
}

const terms = {
  allow: '',
  deny: '',
  review: ', review: { groups: [dba] }',
  mask: ', mask: [{ fields: [salary] }]',
}
const rule = (id: string, effect: keyof typeof terms, choices: { when?: string; mask?: string; match?: string } = {}) =>
  `  - { id: ${id}, match: {${choices.match ?? ''}}, effect: ${effect}, because: ${id} says so.${
    choices.when === undefined ? '' : `, when: ${JSON.stringify(choices.when)}`
  }${choices.mask === undefined ? terms[effect] : `, mask: [${choices.mask}]`} }\n`

const document = (...rules: string[]) => `version: 1\nrules:\n${rules.join('')}`

async function policyOf(...rules: string[]) {
  const load = await loadPolicy(document(...rules))
  if (!load.ok) throw new Error(JSON.stringify(load.problems))
  return load.policy
}
const decided = async (rules: string[], changed: Partial<MessageFacts> = {}) =>
  decideMessage(await policyOf(...rules), { ...facts, ...changed })
const problemsOf = async (...rules: string[]) => {
  const load = await loadPolicy(document(...rules))
  return load.ok ? [] : load.problems.map(({ message }) => message)
}
const warningsOf = async (...rules: string[]) => (await checkPolicy(document(...rules))).problems.map(({ message }) => message)

describe('precedence', () => {
  test.for([
    ['alone it allows', [rule('m', 'mask')], 'mask m m'],
    ['before allow', [rule('a', 'allow'), rule('m', 'mask')], 'mask m m'],
    ['review goes before it, and what it masks stays', [rule('m', 'mask'), rule('r', 'review')], 'review r m'],
    ['deny goes before it', [rule('m', 'mask'), rule('d', 'deny')], 'deny d -'],
    ['several add up', [rule('m', 'mask'), rule('n', 'mask')], 'mask m m,n'],
    ['one whose condition is false masks nothing', [rule('a', 'allow'), rule('m', 'mask', { when: 'args.count > 5' })], 'allow a -'],
    ['one whose condition fails denies', [rule('a', 'allow'), rule('m', 'mask', { when: 'args.missing == 1' })], 'deny m -'],
  ] as const)('%s', async ([, rules, outcome]) => {
    const { effect, rule: by, masks } = await decided([...rules])
    expect(`${effect} ${by} ${masks?.rules.map(({ id }) => id).join(',') ?? '-'}`).toBe(outcome)
  })

  test('it does not allow what it is not about', async () => {
    const rules = [rule('m', 'mask', { match: 'tools: [query]' })]
    expect((await decided(rules, { tool: 'other' })).effect).toBe('deny')
    const prospect = { connection: 'customers', server: 'database', method: 'tools/call', known: {}, person: facts.person }
    expect(decideProspect(await policyOf(...rules), { ...prospect, tool: 'query' })).toEqual({ possible: true })
    expect(decideProspect(await policyOf(...rules), { ...prospect, tool: 'other' }).possible).toBe(false)
  })

  test('examples expect it', async () => {
    const expecting = (expected: string) =>
      checkPolicy(`${document(rule('m', 'mask'))}examples:\n  - { connection: db, tool: query, expect: ${expected}, rule: m }\n`)
    expect((await expecting('mask')).ok).toBe(true)
    const refused = await expecting('allow')
    expect(refused.ok).toBe(false)
    expect(refused.problems[0]?.message).toContain('the rule m says mask')
  })
})

describe('what is refused in a document', () => {
  test.for([
    ['a rule with effect mask that masks nothing', [rule('m', 'mask').replace(terms.mask, '')], 'says in mask what'],
    ['a rule with another effect that masks', [rule('a', 'allow', { mask: '{ fields: [a] }' })], 'says in mask what'],
    [
      'a mask without anything to find',
      [rule('m', 'mask', { mask: '{ action: drop }' })],
      'exactly one of rules, detect, fields and media',
    ],
    [
      'a mask of two kinds',
      [rule('m', 'mask', { mask: '{ detect: [card], fields: [a] }' })],
      'exactly one of rules, detect, fields and media',
    ],
    ['part of a secret', [rule('m', 'mask', { mask: '{ detect: [secret], action: partial }' })], 'a secret cannot be masked in part'],
    ['an action for rules that have their own', [rule('m', 'mask', { mask: '{ rules: [pii], action: tag }' })], 'an action of its own'],
    ['a detector that does not exist', [rule('m', 'mask', { mask: '{ detect: [telepathy] }' })], 'Invalid option'],
    ['lists, which are no answers', [rule('m', 'mask', { match: 'methods: [tools/list]' })], 'have answers that a rule can mask'],
    ['a pattern of methods', [rule('m', 'mask', { match: "methods: ['*']" })], 'have answers that a rule can mask'],
  ] as const)('%s', async ([, rules, message]) => {
    expect((await problemsOf(...rules)).join()).toContain(message)
  })

  test('a masking rule that the masking document does not have, with its line', async () => {
    const text = document(rule('a', 'allow'), rule('m', 'mask', { mask: '{ rules: [pii, gone] }' }))
    const check = await checkPolicy(text, { has: (name) => name === 'pii' })
    expect(check.ok).toBe(false)
    expect(check.problems[0]).toMatchObject({ path: 'rules.1.mask', line: 4 })
    expect(check.problems[0]?.message).toContain('the rule m masks by gone')
    expect((await checkPolicy(text, { has: () => true })).problems.filter(({ severity }) => severity !== 'warning')).toEqual([])
  })
})

describe('warnings', () => {
  test('an allow that a mask always goes before', async () => {
    expect(await warningsOf(rule('m', 'mask'), rule('a', 'allow'))).toContain('the rule a never decides: m always goes before it')
  })
  test('none for a mask beside a review of the same calls, or beside another mask: both count', async () => {
    expect(await warningsOf(rule('m', 'mask'), rule('r', 'review'))).toEqual([])
    expect(await warningsOf(rule('m', 'mask'), rule('n', 'mask', { mask: '{ detect: [card] }' }))).toEqual([])
  })
  test('a mask of what is always denied', async () => {
    expect(await warningsOf(rule('m', 'mask'), rule('d', 'deny'))).toContain('the rule m never decides: d always goes before it')
  })
})

describe('what is masked', () => {
  const masking = (rules: string): Masking => {
    const load = loadMasking(`version: 1\nrules:\n${rules}`)
    if (!load.ok) throw new Error(JSON.stringify(load.problems))
    return load.masking
  }
  const elsewhere = masking(
    '  - { id: pii, match: { connections: [other] }, fields: [name], action: drop, because: Names. }\n' +
      '  - { id: cards, detect: [card], because: Cards. }\n',
  )
  const result = JSON.stringify({ name: 'Ada Lovelace', salary: 5100, card: '4111 1111 1111 1111', mail: 'ada@example.com' })
  const masked = async (mask: string, document = elsewhere) => {
    const { masks } = await decided([rule('m', 'mask', { mask })])
    if (!masks) throw new Error('nothing is masked')
    return maskMessage(document.adding(masks), result, { connection: 'customers', tool: 'query' })
  }

  test('the document alone masks what it is about', () => {
    expect(maskMessage(elsewhere, result, { connection: 'customers' }).text).toBe(
      result.replace('"4111 1111 1111 1111"', '"[MASKED:card]"'),
    )
  })

  test('fields and detectors in addition, each with its action and under the name of its rule', async () => {
    const { text, masks } = await masked('{ fields: [salary] }, { detect: [email], action: drop }')
    expect(JSON.parse(text)).toEqual({
      name: 'Ada Lovelace',
      salary: '[MASKED:salary]',
      card: '[MASKED:card]',
      mail: '[DROPPED:email]',
    })
    expect(masks.map(({ rule: by, path }) => `${by} ${path}`)).toEqual(['policy:m /salary', 'cards /card', 'policy:m /mail'])
  })

  test('a rule of the masking document that is about other connections, with its own action and name', async () => {
    const { text, masks } = await masked('{ rules: [pii] }')
    expect(JSON.parse(text)).toMatchObject({ name: '[DROPPED:name]', salary: 5100, card: '[MASKED:card]' })
    expect(masks.find(({ kind }) => kind === 'name')?.rule).toBe('pii')
  })

  test('one that is not there withholds the answer', async () => {
    await expect(masked('{ rules: [gone] }')).rejects.toMatchObject({ code: 'MESSAGE_UNMASKABLE' })
  })

  test('the same rules of another version of the policy are other masks', async () => {
    const [one, other] = [await decided([rule('m', 'mask')]), await decided([rule('m', 'mask', { mask: '{ fields: [name] }' })])]
    expect(one.masks?.key).not.toBe(other.masks?.key)
  })

  test('nobody is exempt by a masking rule of the same name', async () => {
    const exempting = masking(
      '  - { id: m, detect: [card], exempt: { groups: [fraud], because: They compare. }, because: Cards. }\n' +
        '  - { id: cards, detect: [card], because: Cards. }\n',
    )
    const { masks } = await decided([rule('m', 'mask')])
    if (!masks) throw new Error('nothing is masked')
    const { text, delivered } = maskRpc(exempting.adding(masks), result, { connection: 'customers', groups: ['fraud'] })
    expect(delivered ?? text).toContain('"salary":"[MASKED:salary]"')
  })
})

test('on a connection everything that any of its rules could mask', async () => {
  const policy = await policyOf(
    rule('m', 'mask', { when: 'args.count > 5' }),
    rule('n', 'mask', { match: 'connections: [other]' }),
    rule('a', 'allow'),
  )
  expect(policy.masksOn('customers')?.rules.map(({ id }) => id)).toEqual(['m'])
  expect((await policyOf(rule('a', 'allow'))).masksOn('customers')).toBeUndefined()
})
