import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCreateKey, runShow, runSign } from './trust.ts'

const policy = `version: 1
rules:
  - id: allowed
    match: {}
    effect: allow
    because: Nothing to see here.
  - id: schema-change
    match: { tools: [execute] }
    when: sql(args.sql).kinds.exists(k, k == "ddl")
    effect: review
    review: { groups: [dba] }
    because: Schema changes need a DBA.
  - id: not-by-interns
    match: { tools: [execute] }
    when: '"interns" in user.groups'
    effect: review
    review: { groups: [dba] }
    because: Interns are helped.
  - id: never-drop
    match: { tools: [drop] }
    effect: deny
    because: Nobody drops.
  - id: no-contractors
    match: {}
    when: user.groups.exists(g, g == "contractors")
    effect: deny
    because: Contractors stay out.
`
const keyOf = (letter: string) => `ES256.${letter.repeat(43)}.${letter.repeat(43)}`
const reviewer = (sub: string, key: string) => `  - { sub: ${sub}, name: ${sub}, groups: [dba], keys: [${key}] }\n`

let folder: string
let said: string
const stdout = new Writable({
  write(chunk: Buffer, _encoding, done) {
    said += chunk.toString()
    done()
  },
})
const path = (name: string) => join(folder, name)

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-trust-'))
  said = ''
  await runCreateKey({ out: path('root.pem'), name: 'approvals-root', stdout })
  writeFileSync(path('root.pub'), said)
  writeFileSync(path('policy.yaml'), policy)
  write(reviewer('anna', keyOf('A')))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (reviewers: string, version = 3) => writeFileSync(path('reviewers.yaml'), `version: ${version}\nreviewers:\n${reviewers}`)
const sign = (changed: Partial<Parameters<typeof runSign>[0]> = {}) => {
  said = ''
  const files = { reviewers: path('reviewers.yaml'), policy: path('policy.yaml'), key: path('root.pem'), out: path('signed') }
  return runSign({ ...files, name: 'approvals-root', stdout, ...changed })
}
const show = (changed: { root?: string } = {}) => {
  said = ''
  return runShow({ file: path('signed'), root: path('root.pub'), stdout, ...changed })
}

describe('gatehouse trust', () => {
  test('makes a key that only its owner may read, and never overwrites one', async () => {
    expect(said).toMatch(/^approvals-root\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\n$/)
    expect(statSync(path('root.pem')).mode & 0o777).toBe(0o600)
    const before = readFileSync(path('root.pem'), 'utf8')
    await expect(runCreateKey({ out: path('root.pem'), name: 'other', stdout })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
    expect(readFileSync(path('root.pem'), 'utf8')).toBe(before)
  })

  test('signs what holds and denies, says what it cannot take over, and shows it again', async () => {
    await sign()
    const told = said
    expect(told).toContain('version 3')
    expect(told).toContain('needs approval: schema-change')
    expect(told).toContain('denied: never-drop')
    expect(told).toContain('reviewer anna (anna) in dba: 1 key\n')
    expect(told).toContain('not-by-interns reads user')
    expect(told).toContain('no-contractors reads user')
    const signed = readFileSync(path('signed'), 'utf8')
    expect(signed).toContain('schema-change')
    expect(signed).not.toMatch(/no-contractors|Nothing to see here|user.groups/)
    await show()
    expect(told.startsWith(said)).toBe(true)
  })

  test('says who may break the glass, where, for which calls and how long', async () => {
    const may = `breakGlass:\n  - connection: orders\n    tools: [execute, 'reset_*']\n    maxMinutes: 15\n    people:\n      - { sub: olivia, name: Olivia, keys: [${keyOf('C')}] }\n`
    write(reviewer('anna', keyOf('A')) + may)
    await sign()
    await show()
    expect(said).toContain('may break the glass: Olivia (olivia) on orders, calls of execute, reset_*, at most 15 min: 1 key\n')
    write(reviewer('anna', keyOf('A')))
    await sign()
    await show()
    expect(said).toContain('may break the glass: nobody\n')
  })

  test('shows nothing that was changed, or that another root has signed', async () => {
    await sign()
    const signed = readFileSync(path('signed'), 'utf8')
    writeFileSync(path('signed'), signed.replace('"version":3', '"version":4'))
    await expect(show()).rejects.toMatchObject({ code: 'CONFIG_INVALID', data: { problem: 'the signature of the root does not fit it' } })
    writeFileSync(path('signed'), signed)
    said = ''
    await runCreateKey({ out: path('other.pem'), name: 'approvals-root', stdout })
    await expect(show({ root: said.trim() })).rejects.toMatchObject({ data: { problem: 'it is not signed by the root' } })
  })

  test.each([
    ['a key of two people', reviewer('anna', keyOf('A')) + reviewer('ben', keyOf('A')), 'could count for two people'],
    ['a person twice', reviewer('anna', keyOf('A')) + reviewer('anna', keyOf('B')), 'named twice'],
    ['what is no key', reviewer('anna', 'ssh-ed25519'), 'ES256, x and y'],
  ])('signs no %s', async (_, reviewers, problem) => {
    write(reviewers)
    await expect(sign()).rejects.toThrow(problem)
  })

  test('signs nothing with another kind of key, and no policy with a fault', async () => {
    writeFileSync(path('no.pem'), 'nothing')
    await expect(sign({ key: path('no.pem') })).rejects.toMatchObject({ code: 'KEY_INVALID' })
    writeFileSync(path('policy.yaml'), 'version: 2')
    await expect(sign()).rejects.toMatchObject({ code: 'POLICY_INVALID' })
  })
})
