import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogEntryDraft, TransparencyLog } from '../../src-node/log-store.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Role } from '../../src-protocol/model.ts'
import { openState } from '../state/state-database.ts'
import { createLoggedDocuments, type LoggedDocuments } from './logged-documents.ts'
import { createPolicies, type Policies } from './policies.ts'

const documentOf = (effect: string) => `version: 1\nrules:\n  - { id: all, match: {}, effect: ${effect}, because: A test says so. }\n`
const masking = 'version: 1\nrules: []\n'
const file = 'file policy.yaml'
const ada = { sub: 'u-ada', name: 'Ada' }
const ben = { sub: 'u-ben', name: 'Ben' }
const sevenDays = 7 * 24 * 60 * 60 * 1000
const proposed = { kind: 'policy', text: documentOf('allow'), message: 'Reading became daily work.' } as const

let folder: string
let state: Awaited<ReturnType<typeof openState>>
let logged: LogEntryDraft[]
let time: number
let roles: Map<string, Role[]>
const emails = new Map<string, string>()
let changes: number
let policies: Policies

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-proposals-'))
  state = await openState(folder)
  logged = []
  time = Date.parse('2026-11-22T16:05:00.000Z')
  changes = 0
  roles = new Map([
    [ada.sub, ['administrator']],
    [ben.sub, ['administrator']],
  ])
  policies = started()
  await policies.fileRead('policy', documentOf('deny'), file)
  await policies.fileRead('masking', masking, 'file masking.yaml')
})
afterEach(() => {
  state.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What a gateway that starts learns from its log. */
const readFrom = (entries: LogEntryDraft[]): LoggedDocuments => {
  const documents = createLoggedDocuments()
  for (const [index, entry] of entries.entries()) documents.listener.note(entry as LogEntry, index)
  return documents
}
const started = () =>
  createPolicies({
    database: state.database,
    log: { append: async (draft: LogEntryDraft) => ({ index: logged.push(draft) }) } as unknown as TransparencyLog,
    logged: readFrom(logged),
    clock: { now: () => new Date(time) },
    approvals: 2,
    personNow: (sub) => (roles.has(sub) ? { roles: roles.get(sub) ?? [], email: emails.get(sub) } : undefined),
    onChanged: () => void (changes += 1),
    onActivated: () => {},
  })
const effectInForce = () => policies.inForce().policy.document.rules[0]?.effect
const propose = async (request: Parameters<Policies['activate']>[0] = proposed, by = ada) => {
  const outcome = await policies.activate(request, by)
  if (outcome.outcome !== 'proposed') throw new Error('it was put in force')
  return outcome
}
const proposalNow = async (id: string) => (await policies.proposals()).proposals.find((one) => one.id === id)

test('at the first start the file counts, and the log says so', () => {
  expect(logged[0]).toMatchObject({
    kind: 'policy.version',
    document: 'policy',
    author: file,
    message: expect.stringContaining('first start'),
  })
  expect(effectInForce()).toBe('deny')
})

test('what one administrator proposes rules when another one activates it, and both stand in the log and on the version', async () => {
  const before = changes
  const { id, version, base } = await propose()
  expect(effectInForce()).toBe('deny')
  expect(changes).toBe(before + 1)
  expect(await policies.proposals()).toMatchObject({
    approvals: 2,
    proposals: [{ id, state: 'open', author: ada, message: proposed.message }],
  })
  expect(logged.at(-1)).toMatchObject({ kind: 'policy.proposed', proposal: id, version, base, author: ada.sub, message: proposed.message })

  const activated = await policies.activateProposal(id, ben)
  expect(effectInForce()).toBe('allow')
  const names = { version, author: ada.sub, approvedBy: ben.sub, message: proposed.message }
  expect(activated).toMatchObject({ ...names, active: true })
  expect(logged.at(-1)).toMatchObject({ kind: 'policy.version', ...names })
  expect(await proposalNow(id)).toMatchObject({ state: 'activated', decidedBy: ben })
  // the difference can be told from what the log names: both texts are kept, and their hashes are in it
  const texts = (await policies.list()).map(({ text }) => [hash('sha256', text, 'hex'), text])
  expect(Object.fromEntries(texts)).toMatchObject({ [base]: documentOf('deny'), [version]: documentOf('allow') })
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
})

test('nobody decides their own with a second account', async () => {
  const { id } = await propose()
  for (const { sub } of [ada, ben]) emails.set(sub, 'ada@acme.example')
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_OWN' })
  emails.set(ben.sub, 'ben@acme.example')
  await policies.activateProposal(id, ben)
  expect(effectInForce()).toBe('allow')
})

test('nobody decides their own', async () => {
  const { id } = await propose()
  const before = logged.length
  await expect(policies.activateProposal(id, ada)).rejects.toMatchObject({ code: 'PROPOSAL_OWN' })
  await expect(policies.rejectProposal(id, ada, 'Changed my mind.')).rejects.toMatchObject({ code: 'PROPOSAL_OWN' })
  expect(effectInForce()).toBe('deny')
  expect(logged).toHaveLength(before)
})

test('whoever is no administrator at this moment does not decide', async () => {
  const { id } = await propose()
  roles.set(ben.sub, ['operator', 'reviewer', 'auditor'])
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(policies.rejectProposal(id, ben, 'It is not needed.')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  roles.delete(ben.sub)
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(effectInForce()).toBe('deny')
})

test('a rejection has its reason; only the author withdraws', async () => {
  const first = await propose()
  const rejected = await policies.rejectProposal(first.id, ben, 'It allows too much.')
  expect(rejected).toMatchObject({ state: 'rejected', reason: 'It allows too much.', decidedBy: ben })
  expect(logged.at(-1)).toMatchObject({ kind: 'policy.rejected', author: ada.sub, by: ben.sub, reason: 'It allows too much.' })

  const second = await propose()
  await expect(policies.withdrawProposal(second.id, ben)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(await policies.withdrawProposal(second.id, ada)).toMatchObject({ state: 'withdrawn' })
  expect(logged.at(-1)).toMatchObject({ kind: 'policy.withdrawn', proposal: second.id, by: ada.sub })
  for (const { id } of [first, second]) {
    await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  }
  expect(effectInForce()).toBe('deny')
})

test('without a message, with an error, a second time or as it is in force, nothing is proposed', async () => {
  const before = logged.length
  await expect(policies.activate({ kind: 'policy', text: documentOf('allow') }, ada)).rejects.toMatchObject({ code: 'REASON_REQUIRED' })
  await expect(policies.activate({ ...proposed, text: 'version: 1\n' }, ada)).rejects.toMatchObject({ code: 'POLICY_INVALID' })
  await expect(policies.activate({ ...proposed, text: documentOf('deny') }, ada)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(logged).toHaveLength(before)
  await propose()
  await expect(policies.activate(proposed, ada)).rejects.toMatchObject({ code: 'CONFLICT' })
  await expect(policies.activateProposal('prp_0000000000000000', ben)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('once another version rules it is stale, also when the earlier one comes back', async () => {
  const waiting = await propose()
  const other = await propose({ ...proposed, text: `${documentOf('deny')}# other\n` }, ben)
  await policies.activateProposal(other.id, ada)
  await expect(policies.activateProposal(waiting.id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  const back = await propose({ ...proposed, text: documentOf('deny') }, ben)
  expect((await policies.activateProposal(back.id, ada)).version).toBe(waiting.base)
  expect(await proposalNow(waiting.id)).toMatchObject({ state: 'stale' })
  await expect(policies.activateProposal(waiting.id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  // what concerns the other document goes on
  const masks = await propose({ kind: 'masking', text: `${masking}# more\n`, message: 'More of it.' })
  await policies.activateProposal((await propose()).id, ben)
  expect(await proposalNow(masks.id)).toMatchObject({ state: 'open' })
})

test('after seven days it has expired, and a clock that is set back revives nothing', async () => {
  const { id } = await propose()
  time += sevenDays - 1
  expect(await proposalNow(id)).toMatchObject({ state: 'open' })
  time += 1
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  time -= sevenDays
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  expect(await proposalNow(id)).toMatchObject({ state: 'expired' })
})

test('a start brings proposals back as they were, and they can be activated', async () => {
  const { id } = await propose()
  policies = started()
  for (const kind of ['policy', 'masking'] as const) await policies.restore(kind)
  expect(effectInForce()).toBe('deny')
  await expect(policies.activateProposal(id, ada)).rejects.toMatchObject({ code: 'PROPOSAL_OWN' })
  await policies.activateProposal(id, ben)
  expect(effectInForce()).toBe('allow')
})

test('a stop between a version and what it makes of proposals leaves none that can be activated', async () => {
  const { id } = await propose()
  await state.database
    .updateTable('policy_proposals')
    .set({ base: 'a'.repeat(64) })
    .execute()
  policies = started()
  for (const kind of ['policy', 'masking'] as const) await policies.restore(kind)
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
})

test('a text that was changed in the state is not activated', async () => {
  const { id } = await propose()
  await state.database
    .updateTable('policy_proposals')
    .set({ text: `${documentOf('allow')}# changed\n` })
    .execute()
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'POLICY_INVALID' })
  expect(effectInForce()).toBe('deny')
})

test('what the log does not say was proposed is not activated: written into the state, in another name, or brought back', async () => {
  const { id } = await propose()
  const stored = () => state.database.selectFrom('policy_proposals').selectAll().where('id', '=', id)
  const row = await stored().executeTakeFirstOrThrow()
  const text = `${documentOf('allow')}# mine\n`
  const forged = { ...row, id: 'prp_AAAAAAAAAAAAAAAA', text, version: hash('sha256', text, 'hex'), author_sub: 'somebody' } as const
  await state.database.insertInto('policy_proposals').values(forged).execute()
  await expect(policies.activateProposal(forged.id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  // the author who gives it another author could decide it alone
  await state.database.updateTable('policy_proposals').set({ author_sub: 'somebody' }).where('id', '=', id).execute()
  await expect(policies.activateProposal(id, ada)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  await state.database.updateTable('policy_proposals').set({ author_sub: ada.sub }).where('id', '=', id).execute()
  await policies.rejectProposal(id, ben, 'It allows too much.')
  await state.database.updateTable('policy_proposals').set({ state: 'open' }).where('id', '=', id).execute()
  policies = started()
  for (const kind of ['policy', 'masking'] as const) await policies.restore(kind)
  await expect(policies.activateProposal(id, ben)).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  expect(effectInForce()).toBe('deny')
})

test('a changed file rules only when an administrator has agreed; any one may', async () => {
  expect(await policies.fileRead('policy', documentOf('allow'), file)).toBe('proposed')
  expect(effectInForce()).toBe('deny')
  expect(await policies.fileRead('policy', documentOf('allow'), file)).toBe('unchanged')
  const { proposals } = await policies.proposals()
  expect(proposals).toMatchObject([{ state: 'open', author: { sub: file } }])
  expect(await policies.activateProposal(proposals[0]!.id, ada)).toMatchObject({ author: file, approvedBy: ada.sub })
  expect(effectInForce()).toBe('allow')
})

test('a file that changes again replaces its proposal; one that is as what rules leaves none', async () => {
  await policies.fileRead('policy', documentOf('allow'), file)
  await policies.fileRead('policy', `${documentOf('allow')}# again\n`, file)
  const waiting = async () => (await policies.proposals()).proposals.filter((one) => one.state === 'open')
  expect(await waiting()).toMatchObject([{ text: `${documentOf('allow')}# again\n` }])
  expect(await policies.fileRead('policy', documentOf('deny'), file)).toBe('unchanged')
  expect(await waiting()).toEqual([])
  expect(effectInForce()).toBe('deny')
})

test('a file that was changed while the gateway was stopped is proposed at the start, once', async () => {
  for (let starts = 0; starts < 2; starts += 1) {
    policies = started()
    await policies.restore('policy')
    await policies.fileRead('policy', documentOf('allow'), file)
  }
  await policies.restore('masking')
  expect(effectInForce()).toBe('deny')
  expect((await policies.proposals()).proposals).toMatchObject([{ state: 'open', author: { sub: file } }])
})
