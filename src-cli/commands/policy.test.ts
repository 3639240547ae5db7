import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { documentSchema } from '../../src-protocol/document-schema.ts'
import { runPolicyCheck, runPolicyTest } from './policy.ts'

const rules = `version: 1
rules:
  - { id: read, match: { tools: [query] }, when: 'sql(args.sql).kinds.all(k, k == "select")', effect: allow, because: Reading is fine. }
examples:
`
const holds = `  - { connection: db, tool: query, args: { sql: SELECT 1 }, expect: allow, rule: read }\n`
const fails = `  - { name: a drop, connection: db, tool: query, args: { sql: DROP TABLE t }, expect: allow }\n`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function run(command: typeof runPolicyCheck, text: string | Buffer, json = false) {
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, text)
  let printed = ''
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed += chunk.toString()
      done()
    },
  })
  return { exit: await command({ file, json, stdout }), printed: printed.replaceAll(`${folder}/`, '') }
}

test('check: a good policy, one whose example does not hold, one with a warning, and one that cannot be read', async () => {
  expect(await run(runPolicyCheck, rules + holds)).toEqual({ exit: 0, printed: 'policy.yaml: no problem found\n' })
  expect(await run(runPolicyCheck, rules + fails)).toMatchObject({
    exit: 1,
    printed: expect.stringMatching(/^policy\.yaml:5: error: examples\.0: The example “a drop” expects allow, and the default says deny/),
  })
  const idle = `  - { id: never, match: { tools: [query] }, effect: allow, because: Covered. }\n`
  const warned = rules
    .replace('examples:', `${idle.replace('allow', 'deny')}examples:`)
    .replace('tools: [query] }, when', 'tools: [query] }, when')
  expect(await run(runPolicyCheck, warned + `  - { connection: db, tool: query, expect: deny }\n`)).toMatchObject({
    exit: 0,
    printed: expect.stringContaining('policy.yaml:3: warning: rules.0: the rule read never decides'),
  })
  expect(await run(runPolicyCheck, 'version: 2\n')).toMatchObject({
    exit: 1,
    printed: expect.stringContaining('policy.yaml:1: error: version'),
  })
})

test('test: each example and a sum', async () => {
  expect(await run(runPolicyTest, rules + holds)).toEqual({ exit: 0, printed: 'ok      db query: allow by read\n1 of 1 examples hold\n' })
  const { exit, printed } = await run(runPolicyTest, rules + holds + fails)
  expect(exit).toBe(1)
  expect(printed).toMatch(/^ok .*\nFAILED  a drop: .*\n1 of 2 examples hold\n$/)
})

test('as JSON, for other programs', async () => {
  const { printed } = await run(runPolicyTest, rules + holds + fails, true)
  expect(JSON.parse(printed)).toMatchObject({
    ok: false,
    examples: [
      { effect: 'allow', rule: 'read' },
      { effect: 'deny', rule: null },
    ],
  })
})

test('what is no text, or not there, is told with its code', async () => {
  await expect(run(runPolicyCheck, Buffer.from([0xff, 0xfe, 0x00]))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  await expect(runPolicyCheck({ file: join(folder, 'none.yaml') })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})

test('the schema takes what the gateway takes, and refuses a key that is not known', () => {
  const validate = new Ajv2020({ strict: false }).compile(documentSchema('policy'))
  expect(validate(parse(rules + holds))).toBe(true)
  expect(validate({ ...parse(rules + holds), extra: 1 })).toBe(false)
})
