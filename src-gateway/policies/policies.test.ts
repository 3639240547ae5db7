import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogEntryDraft, TransparencyLog } from '../../src-node/log-store.ts'
import { systemClock } from '../../src-node/clock.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { openState } from '../state/state-database.ts'
import { createLoggedDocuments, type LoggedDocuments } from './logged-documents.ts'
import { createPolicies } from './policies.ts'

const documentOf = (effect: string) => `version: 1\nrules:\n  - { id: all, match: {}, effect: ${effect}, because: A test says so. }\n`

const admin = { sub: 'admin', name: 'Ada' }

let folder: string
let state: Awaited<ReturnType<typeof openState>>
let logged: LogEntryDraft[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-policies-'))
  state = await openState(folder)
  logged = []
})
afterEach(async () => {
  state.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What a gateway that starts learns from its log. */
const readFrom = (entries: LogEntryDraft[]): LoggedDocuments => {
  const documents = createLoggedDocuments()
  for (const [index, entry] of entries.entries()) documents.listener.note(entry as LogEntry, index)
  return documents
}

/** As a gateway that has just started sees its state. */
const started = () => {
  const log = { append: async (draft: LogEntryDraft) => ({ index: logged.push(draft) }) } as unknown as TransparencyLog
  return createPolicies({
    database: state.database,
    log,
    logged: readFrom(logged),
    clock: systemClock,
    approvals: 1,
    personNow: () => undefined,
    onChanged: () => {},
    onActivated: () => {},
  })
}

test('what was in force is in force again after a start, and the log says so', async () => {
  const { version } = await started().activate({ kind: 'policy', text: documentOf('deny') }, admin)
  expect(await started().restore('policy')).toBe(true)
  expect(logged).toMatchObject([
    { kind: 'policy.version', version, author: 'admin' },
    { kind: 'policy.version', version, author: 'gateway start' },
  ])
})

test('the log says what an activation changed, by what was in force and not by what the database says of it', async () => {
  const policies = started()
  const first = await policies.activate({ kind: 'policy', text: documentOf('deny') }, admin)
  await state.database
    .updateTable('policy_versions')
    .set({ text: documentOf('allow') })
    .where('version', '=', first.version)
    .execute()
  await policies.activate({ kind: 'policy', text: documentOf('allow') }, admin)
  await policies.activate({ kind: 'policy', text: documentOf('allow') }, admin)
  const rules = { added: [], changed: [{ rule: 'all', parts: ['effect'] }], removed: [] }
  expect(logged.map((entry) => ('change' in entry ? entry.change : undefined))).toEqual([
    undefined,
    { base: first.version, linesAdded: 1, linesRemoved: 1, rules, other: [] },
    // the same once more
    undefined,
  ])
})

test('every version is kept as it came, with its hash, author, time and message: nothing is updated in place', async () => {
  const policies = started()
  await policies.activate({ kind: 'masking', text: 'version: 1\nrules: []\n' }, admin)
  const first = await policies.activate({ kind: 'policy', text: documentOf('deny'), message: 'Quiet.' }, admin)
  await policies.activate({ kind: 'policy', text: documentOf('allow') }, { sub: 'ben', name: 'Ben' })
  // the same text again, by somebody else
  await policies.activate({ kind: 'policy', text: documentOf('deny'), message: 'Back.' }, { sub: 'ben', name: 'Ben' })
  const { outcome: _, ...kept } = first
  const all = (await policies.list()).filter(({ kind }) => kind === 'policy')
  expect(all).toHaveLength(2)
  expect(all.find(({ version }) => version === first.version)).toEqual({ ...kept, text: documentOf('deny') })
  expect(kept).toMatchObject({ version: hash('sha256', documentOf('deny'), 'hex'), author: 'admin', message: 'Quiet.' })
  expect(Date.parse(kept.at)).not.toBeNaN()
  // who brought it back, and why, stands in the log
  expect(logged.at(-1)).toMatchObject({ version: first.version, author: 'ben', message: 'Back.' })
})

test('a text that was changed in the state is not put in force', async () => {
  await started().activate({ kind: 'policy', text: documentOf('deny') }, admin)
  await state.database
    .updateTable('policy_versions')
    .set({ text: documentOf('allow') })
    .execute()
  await expect(started().restore('policy')).rejects.toMatchObject({ code: 'POLICY_INVALID' })
  expect(logged).toHaveLength(1)
})

test('which version rules says the log: neither one that was written into the state, nor an earlier one that was marked there', async () => {
  const { version: lax } = (await started().activate({ kind: 'policy', text: documentOf('allow') }, admin)) as { version: string }
  const { version } = await started().activate({ kind: 'policy', text: documentOf('deny') }, admin)
  await started().activate({ kind: 'masking', text: 'version: 1\nrules: []\n' }, admin)
  const rulesAfterStart = async () => {
    const policies = started()
    for (const kind of ['policy', 'masking'] as const) await policies.restore(kind)
    expect((await policies.list()).filter(({ kind, active }) => kind === 'policy' && active)).toMatchObject([{ version }])
    return policies.inForce().policy.version
  }
  const mark = async (marked: string) => {
    await state.database.updateTable('policy_versions').set({ active: 0 }).where('kind', '=', 'policy').execute()
    await state.database.updateTable('policy_versions').set({ active: 1 }).where('version', '=', marked).execute()
  }
  await mark(lax)
  expect(await rulesAfterStart()).toBe(version)

  const text = `${documentOf('allow')}# mine\n`
  const forged = hash('sha256', text, 'hex')
  const row = {
    kind: 'policy',
    version: forged,
    text,
    author: 'admin',
    at: '2026-11-22T16:00:00.000Z',
    active: 1,
    approved_by: null,
    message: null,
  } as const
  await state.database.insertInto('policy_versions').values(row).execute()
  await mark(forged)
  expect(await rulesAfterStart()).toBe(version)

  // without the text that rules there is nothing to go by
  await state.database.deleteFrom('policy_versions').where('version', '=', version).execute()
  await expect(started().restore('policy')).rejects.toMatchObject({ code: 'POLICY_INVALID' })
})

test('a document whose examples do not hold is not put in force, also when a file brings it; what warns is', async () => {
  const policies = started()
  const failing = `${documentOf('deny')}examples:\n  - { connection: db, tool: query, expect: allow }\n`
  await expect(policies.activate({ kind: 'policy', text: failing }, admin)).rejects.toMatchObject({ code: 'POLICY_INVALID' })
  await expect(policies.fileRead('policy', failing, 'policy.yaml')).rejects.toMatchObject({ code: 'POLICY_INVALID' })
  expect(logged).toEqual([])

  const idle = `${documentOf('deny')}  - { id: idle, match: {}, effect: allow, because: It never decides. }\n`
  expect(await policies.check('policy', idle)).toMatchObject([{ path: 'rules.1', severity: 'warning' }])
  await policies.activate({ kind: 'policy', text: idle }, admin)
  expect(() => policies.inForce()).toThrow()
  await policies.activate({ kind: 'masking', text: 'version: 1\nrules: []\n' }, admin)
  expect(policies.inForce().policy.document.rules).toHaveLength(2)
})

test('with one administrator a message is kept with its version, and nothing is proposed', async () => {
  const policies = started()
  await policies.activate({ kind: 'masking', text: 'version: 1\nrules: []\n' }, admin)
  const outcome = await policies.activate({ kind: 'policy', text: documentOf('deny'), message: 'A quiet week.' }, admin)
  expect(outcome).toMatchObject({ outcome: 'in-force', active: true, author: 'admin', message: 'A quiet week.' })
  expect(outcome).not.toHaveProperty('approvedBy')
  expect(logged.at(-1)).toMatchObject({ kind: 'policy.version', author: 'admin', message: 'A quiet week.' })
  await policies.fileRead('policy', documentOf('allow'), 'file policy.yaml')
  expect(policies.inForce().policy.document.rules).toMatchObject([{ effect: 'allow' }])
  expect(await policies.proposals()).toEqual({ approvals: 1, proposals: [] })
})

test('a policy that masks by a masking rule, and the document without it, do not come into force beside each other', async () => {
  const policies = started()
  const masking = (id: string) => `version: 1\nrules:\n  - { id: ${id}, detect: [card], because: Cards are private. }\n`
  const policy = (id: string) => `${documentOf('mask').trimEnd().slice(0, -1)}, mask: [{ rules: [${id}] }] }\n`
  await policies.activate({ kind: 'masking', text: masking('cards') }, admin)
  expect(await policies.check('policy', policy('gone'))).toMatchObject([{ path: 'rules.0.mask', line: 3 }])
  await expect(policies.activate({ kind: 'policy', text: policy('gone') }, admin)).rejects.toMatchObject({ code: 'POLICY_INVALID' })
  await policies.activate({ kind: 'policy', text: policy('cards') }, admin)
  await expect(policies.activate({ kind: 'masking', text: masking('others') }, admin)).rejects.toMatchObject({
    code: 'MASKING_INVALID',
    data: { problem: expect.stringContaining('the policy in force masks by the rule cards') as string },
  })
})

test('who writes a policy is told which examples hold, and by which rule; that keeps nothing from coming into force', async () => {
  const policies = started()
  const text = `${documentOf('allow')}examples:\n  - { name: work, connection: db, tool: query, expect: allow }\n`
  expect(await policies.check('policy', text)).toEqual([
    { path: 'examples.0', line: 5, severity: 'note', message: '“work” holds: allow by all. A test says so.' },
  ])
  await policies.activate({ kind: 'policy', text }, admin)
  expect(logged).toHaveLength(1)
})
