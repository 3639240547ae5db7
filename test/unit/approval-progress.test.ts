import { expect, test } from 'vitest'
import type { Approval, Vote } from '../../src-protocol/model.ts'
import { approvalProgress } from '../../src-renderer/pages/inbox/approval-progress.ts'
import { isWaitingFor, whyNotDecide } from '../../src-renderer/pages/inbox/inbox-lists.ts'
import { fakeApprovals } from '../fakes/fake-approvals.ts'
import { people } from '../fakes/fake-people.ts'

const now = Date.parse('2026-11-22T13:19:39.000Z')
const approvals = fakeApprovals({ scenario: 'full', person: people.jonas, now })
const twoGroups = approvals.find(({ digestInput }) => digestInput.each !== undefined) as Approval
const vote = (sub: string, groups: string[], decision: Vote['decision'] = 'approve'): Vote => {
  const person = { sub, name: sub }
  return { person, decision, groups, reason: '', at: twoGroups.requestedAt, signature: '', key: {} }
}

test.for([
  ['nobody yet', [], '0 of 2 approvals, crm-leads and dba still missing'],
  ['one of them', [vote('a', ['crm-leads'])], '1 of 2 approvals, dba still missing'],
  ['two of the same group', [vote('a', ['dba']), vote('b', ['dba'])], '1 of 2 approvals, crm-leads still missing'],
  ['both', [vote('a', ['dba']), vote('b', ['crm-leads'])], '2 of 2 approvals'],
  ['a denial that ends nothing', [vote('a', ['crm-leads'], 'deny')], '0 of 2 approvals, crm-leads and dba still missing'],
] as const)('progress of a request that needs two groups: %s', ([, votes, sentence]) => {
  expect(approvalProgress({ ...twoGroups, votes: [...votes] }).sentence).toBe(sentence)
})

test('where one group decides, only the count is told', () => {
  const digestInput = { ...twoGroups.digestInput, each: undefined, groups: ['dba'], approvals: 2 }
  expect(approvalProgress({ digestInput, votes: [vote('a', ['dba'])] }).sentence).toBe('1 of 2 approvals')
  expect(approvalProgress({ digestInput: { ...digestInput, approvals: 1 }, votes: [] }).sentence).toBe('0 of 1 approval')
})

test('whoever has only the veto can stop it, and cannot approve it', () => {
  const guardian = { ...people.jonas, sub: 'u-1', groups: ['privacy'] }
  expect(isWaitingFor(twoGroups, guardian)).toBe(true)
  expect(whyNotDecide(twoGroups, guardian, now, 'deny')).toBeUndefined()
  expect(whyNotDecide(twoGroups, guardian, now, 'approve')).toBe('You can stop this; approving it needs one of the groups crm-leads, dba.')
  expect(whyNotDecide(twoGroups, { ...guardian, groups: ['crm-support'] }, now)).toContain('Deciding this needs one of the groups')
})
