import { expect, test } from 'vitest'
import type { Approval, Person, Vote } from '../../src-protocol/model.ts'
import { inboxLists, isWaitingFor, whyNotDecide } from '../../src-renderer/pages/inbox/inbox-lists.ts'
import { fakeApprovals } from '../fakes/fake-approvals.ts'
import { people } from '../fakes/fake-people.ts'
import { heldApproval } from '../fakes/fake-sessions.ts'

const now = Date.parse('2026-11-22T13:19:39.000Z')
const approvals = fakeApprovals({ scenario: 'full', person: people.jonas, now })
const held = approvals.find((approval) => approval.id === heldApproval)
if (held === undefined) throw new Error('The example has no held call.')

test('a reviewer of a named group may decide', () => {
  expect(whyNotDecide(held, people.jonas, now)).toBeUndefined()
})

const voted: Vote = {
  person: { sub: people.jonas.sub, name: 'J' },
  decision: 'approve',
  reason: '',
  at: held.requestedAt,
  signature: '',
  key: {},
}
const cases: [string, Approval, Person | undefined, string][] = [
  ['nobody is signed in', held, undefined, 'Sign in'],
  ['it is one’s own', { ...held, requester: { ...held.requester, sub: people.jonas.sub } }, people.jonas, 'yourself'],
  ['the group is missing', held, people.helene, 'one of the groups dba, gatehouse-admins'],
  ['it is decided', { ...held, state: 'denied' }, people.jonas, 'it is denied'],
  ['one has voted', { ...held, votes: [voted] }, people.jonas, 'already decided'],
]

test.for(cases)('a request cannot be decided when %s, and does not count as waiting', ([, approval, person, sentence]) => {
  expect(whyNotDecide(approval, person, now)).toContain(sentence)
  expect(isWaitingFor(approval, person)).toBe(false)
})

test('a request cannot be decided when its time is over', () => {
  expect(whyNotDecide(held, people.jonas, Date.parse(held.decideBy))).toContain('time to decide is over')
})

test('what has least time left stands first; what was decided last stands first', () => {
  const { waiting, own, decided } = inboxLists(approvals, people.jonas)
  expect(own.map((approval) => approval.requester.sub)).toEqual([people.jonas.sub])
  expect(waiting.map((approval) => approval.decideBy)).toEqual(waiting.map((approval) => approval.decideBy).toSorted())
  expect(waiting.every((approval) => approval.state === 'pending')).toBe(true)
  expect(decided.map((approval) => approval.state)).toEqual(['executed', 'denied', 'expired', 'withdrawn', 'denied'])
})
