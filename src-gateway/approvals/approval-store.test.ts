import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Approval } from '../../src-protocol/model.ts'
import { openState, type State } from '../state/state-database.ts'
import { createApprovalStore, type ApprovalStore } from './approval-store.ts'

let folder: string
let state: State
let store: ApprovalStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-approvals-'))
  state = await openState(folder)
  store = createApprovalStore(state.database)
  await store.insert(approval, 'retry-key', 7)
})
afterEach(async () => {
  state.close()
  await rm(folder, { recursive: true, force: true })
})

const approval = {
  id: 'apr_AAAAAAAAAAAAAAAA',
  state: 'pending',
  digest: '0'.repeat(64),
  digestInput: {
    v: 1,
    approval: 'apr_AAAAAAAAAAAAAAAA',
    nonce: 'n',
    session: 'ses_AAAAAAAAAAAAAAAA',
    requester: 'mira',
    connection: 'db',
    server: 'db',
    method: 'tools/call',
    tool: 'execute_sql',
    toolDefinitionHash: 'h',
    argumentsHash: '0'.repeat(64),
    argumentsBytes: 2,
    policyVersion: 'p',
    rule: 'r',
    decideBy: '2026-11-22T16:15:00.000Z',
    runWithinSeconds: 60,
    groups: ['dba'],
    approvals: 1,
  },
  requester: { sub: 'mira', name: 'Mira', groups: [] },
  connection: 'db',
  session: 'ses_AAAAAAAAAAAAAAAA',
  sessionReason: 'a test',
  tool: 'execute_sql',
  argumentsText: '{}',
  argumentsMasks: [],
  warnings: [],
  rule: 'r',
  because: 'b',
  policyVersion: 'p',
  reasonRequired: true,
  requestedAt: '2026-11-22T16:00:00.000Z',
  decideBy: '2026-11-22T16:15:00.000Z',
  votes: [],
  before: [],
  similar: [],
} as unknown as Approval

const vote = {
  person: { sub: 'jonas', name: 'Jonas' },
  decision: 'approve' as const,
  reason: 'fine',
  at: '2026-11-22T16:01:00.000Z',
  signature: 's',
  key: {},
}

test('an approval comes back as it was stored', async () => {
  expect(await store.find(approval.id)).toEqual(approval)
  expect(await store.find('apr_BBBBBBBBBBBBBBBB')).toBeUndefined()
})

test('a change from a state that the approval has left changes nothing: an approved call is executed once', async () => {
  const approved: Approval = { ...approval, state: 'approved', runBy: '2026-11-22T16:06:00.000Z' }
  const executed: Approval = { ...approved, state: 'executed', executedAt: '2026-11-22T16:02:00.000Z' }
  expect(await store.move('pending', approved)).toBe(true)
  expect(await store.move('approved', executed)).toBe(true)
  expect(await store.move('approved', executed)).toBe(false)
  expect(await store.move('approved', { ...approved, state: 'void', voidReason: 'late' })).toBe(false)
  expect(await store.find(approval.id)).toMatchObject({ state: 'executed', executedAt: executed.executedAt })
})

test('a person has one vote', async () => {
  await store.addVote(approval.id, vote)
  await expect(store.addVote(approval.id, { ...vote, decision: 'deny' })).rejects.toThrow('UNIQUE')
  expect((await store.find(approval.id))?.votes).toEqual([vote])
})

test('what is settled is no longer open', async () => {
  expect((await store.openByRetryKey('retry-key')).map(({ id }) => id)).toEqual([approval.id])
  expect(await store.open('ses_BBBBBBBBBBBBBBBB')).toEqual([])
  await store.move('pending', { ...approval, state: 'withdrawn' })
  expect(await store.openByRetryKey('retry-key')).toEqual([])
  expect(await store.open()).toEqual([])
})
