import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { loadPolicy } from './load-policy.ts'

const ruleWith = (lines: string) => `version: 1
rules:
  - id: one
    match: {}
    effect: allow
    because: For the test.
${lines}`

const when = (condition: string) => ruleWith(`    when: ${JSON.stringify(condition)}\n`)

async function problemsOf(text: string) {
  const load = await loadPolicy(text)
  return load.ok ? [] : load.problems
}

test('the version is the SHA-256 of the text', async () => {
  const text = ruleWith('')
  const load = await loadPolicy(text)
  if (!load.ok) throw new Error('refused')
  expect(load.policy.version).toBe(createHash('sha256').update(text, 'utf8').digest('hex'))
  expect(load.policy.document.rules).toHaveLength(1)
})

test('a document without rules is valid and denies everything', async () => {
  expect((await loadPolicy('version: 1\nrules: []\n')).ok).toBe(true)
})

describe('a document is refused, with place and line', () => {
  test.for([
    ['that is not YAML', 'version: 1\nrules: [\n', { path: '' }],
    ['with a key twice', 'version: 1\nversion: 1\nrules: []', { path: '', line: 2 }],
    ['of another version', 'version: 2\nrules: []', { path: 'version', line: 1 }],
    ['with an unknown key in a rule', ruleWith('    efect: deny\n'), { path: 'rules.0', line: 3 }],
    ['without a sentence', 'version: 1\nrules:\n  - id: one\n    match: {}\n    effect: allow\n', { path: 'rules.0.because', line: 3 }],
    ['with an unknown effect', ruleWith('').replace('allow', 'alow'), { path: 'rules.0.effect', line: 5 }],
    ['with a review without terms', ruleWith('').replace('allow', 'review'), { path: 'rules.0.review' }],
    ['with terms without a review', ruleWith('    review: { groups: [dba] }\n'), { path: 'rules.0.review', line: 7 }],
    [
      'with nobody to review',
      ruleWith('    review: { groups: [] }\n').replace('allow', 'review'),
      { path: 'rules.0.review.groups', line: 7 },
    ],
    [
      'with groups and each',
      ruleWith('    review: { groups: [dba], each: [{ groups: [a] }, { groups: [b] }] }\n').replace('allow', 'review'),
      { path: 'rules.0.review', message: 'either groups or each is needed' },
    ],
    [
      'with a number beside each',
      ruleWith('    review: { approvals: 2, each: [{ groups: [a] }, { groups: [b] }] }\n').replace('allow', 'review'),
      { path: 'rules.0.review.approvals' },
    ],
    [
      'with a way to sign in that is two words',
      ruleWith('    review: { groups: [dba], stepUp: { acr: ["a b"] } }\n').replace('allow', 'review'),
      { path: 'rules.0.review.stepUp.acr.0' },
    ],
    ['with an id twice', `${ruleWith('')}  - { id: one, match: {}, effect: deny, because: Twice. }\n`, { path: 'rules.1.id', line: 7 }],
    ['with the id of the built-in rule', ruleWith('').replace('one', 'protocol'), { path: 'rules.0.id', line: 3 }],
    [
      'with a time longer than a week',
      ruleWith('    review: { groups: [dba], runWithin: 200h }\n').replace('allow', 'review'),
      { path: 'rules.0.review.runWithin', line: 7 },
    ],
    [
      'with a time without unit',
      ruleWith('    review: { groups: [dba], runWithin: "5" }\n').replace('allow', 'review'),
      { path: 'rules.0.review.runWithin', line: 7 },
    ],
    [
      'with a review of something that cannot wait',
      ruleWith('    review: { groups: [dba] }\n').replace('allow', 'review').replace('{}', '{ methods: ["*"] }'),
      { path: 'rules.0.match.methods', line: 4 },
    ],
    [
      'with a tool where there is none',
      ruleWith('').replace('{}', '{ methods: [resources/read], tools: [query] }'),
      { path: 'rules.0.match.tools', line: 4 },
    ],
    ['with a broken condition', when('args.sql =='), { path: 'rules.0.when', line: 7 }],
  ] as const)('%s', async ([, text, problem]) => {
    expect(await problemsOf(text)).toContainEqual(expect.objectContaining(problem))
  })

  test('all problems are told at once', async () => {
    const text = `version: 1
rules:
  - { id: one, match: {}, when: nobody == 1, effect: allow, because: First. }
  - { id: one, match: {}, when: "1", effect: allow, because: Second. }
`
    expect((await problemsOf(text)).map(({ path, line }) => [path, line])).toEqual([
      ['rules.0.when', 3],
      ['rules.1.id', 4],
      ['rules.1.when', 4],
    ])
  })

  test('a text over the limit', async () => {
    expect(await problemsOf(`${ruleWith('')}#${' '.repeat(1_000_000)}`)).toEqual([expect.objectContaining({ path: '' })])
  })
})

describe('a condition is refused if', () => {
  test.for([
    ['it does not parse', 'args.sql =', 'not valid CEL at line 1, column 10'],
    ['it nests beyond reason', `${'('.repeat(1900)}true${')'.repeat(1900)}`, 'not valid CEL'],
    ['it nests deeper than the limit', `args${'.a'.repeat(70)}`, 'deeper than 60'],
    ['it reads an unknown variable', 'argz.sql == "x"', 'argz is not known'],
    ['it reads what a server claims about its tools', 'annotations.readOnlyHint', 'annotations is not known'],
    ['it calls an unknown function', 'env("HOME") == "x"', 'function env is not known'],
    ['it calls an unknown method', 'args.a.format([1]) == "x"', 'function format is not known'],
    ['it calls a function that makes texts grow', 'args.a.replace("a", args.b) == "x"', 'function replace is not known'],
    ['it makes a message', 'google.protobuf.Struct{} == args', 'google.protobuf.Struct is not known'],
    ['its regular expression comes from the call', 'args.a.matches(args.b)', 'written out'],
    ['its regular expression is computed', 'args.a.matches("a" + "b")', 'written out'],
    ['its regular expression is not valid', 'args.a.matches("(a")', 'not valid (RE2'],
    ['its regular expression needs back-tracking', 'args.a.matches("(a)\\\\1")', 'not valid (RE2'],
    ['a macro stands in a macro', 'args.a.exists(x, args.b.exists(y, x == y))', 'inside another one'],
    ['a macro calls sql', 'args.a.exists(x, sql(x).hasWhere)', 'sql cannot be called for every element'],
    ['a macro makes texts grow', 'args.a.map(x, x + x).size() > 1', '+ cannot be used for every element'],
    ['a macro hides a variable', 'args.a.exists(user, user == "x")', 'user cannot be the name of an element'],
    ['sql has no text', 'sql().hasWhere', 'sql takes one text'],
    ['sql is called like a method', 'args.sql.sql().hasWhere', 'sql takes one text'],
    ['it is a text', '"true"', 'neither true nor false'],
    ['it is a list', '[true]', 'neither true nor false'],
    ['it is longer than 4000 characters', `true${' '.repeat(4000)}`, 'Too big'],
  ] as const)('%s', async ([, condition, message]) => {
    expect((await problemsOf(when(condition))).map((problem) => problem.message).join()).toContain(message)
  })
})

describe('a condition may', () => {
  test.for([
    ['compare and combine', 'args.a == "x" && (args.b > 1 || !(tool in ["t"])) ? true : false'],
    ['look for a field', 'has(args.a.b) && "c" in args && args["d"] == null'],
    ['use text methods', 'args.a.lowerAscii().trim().startsWith("x") && args.a.size() > 1 && args.a.matches("^[a-z]+$")'],
    ['use one macro behind the other', 'args.a.filter(x, x != "").map(x, x.lowerAscii()).exists(x, x == "y")'],
    ['use two macros side by side', 'args.a.all(x, x == 1) && args.b.exists_one(x, x == 1)'],
    ['look at SQL', 'sql(args.sql).kinds.exists(k, k in ["ddl"]) || sql(args.sql).statements > 1'],
    ['look at the person', '"dba" in user.groups || user.email.endsWith("@example.com")'],
    ['be true', 'true'],
  ] as const)('%s', async ([, condition]) => {
    expect(await problemsOf(when(condition))).toEqual([])
  })
})
