import { expect, test } from 'vitest'
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

test.for([
  ['nobody is signed in', held, undefined, now, 'Sign in'],
  ['it is one’s own', { ...held, requester: { ...held.requester, sub: people.jonas.sub } }, people.jonas, now, 'yourself'],
  ['the group is missing', held, people.helene, now, 'one of the groups dba, gatehouse-admins'],
  ['it is decided', { ...held, state: 'denied' as const }, people.jonas, now, 'it is denied'],
  ['its time is over', held, people.jonas, Date.parse(held.decideBy), 'time to decide is over'],
  [
    'one has voted',
    {
      ...held,
      votes: [
        {
          person: { sub: people.jonas.sub, name: 'J' },
          decision: 'approve' as const,
          reason: '',
          at: held.requestedAt,
          signature: '',
          key: {},
        },
      ],
    },
    people.jonas,
    now,
    'already decided',
  ],
] as const)('a request cannot be decided when %s', ([, approval, person, at, sentence]) => {
  expect(whyNotDecide(approval, person, at)).toContain(sentence)
  if (approval.state === 'pending' && at === now) expect(isWaitingFor(approval, person)).toBe(false)
})

test('what has least time left stands first; what was decided last stands first', () => {
  const { waiting, others, decided } = inboxLists(approvals, people.jonas)
  expect(others.map((approval) => approval.requester.sub)).toEqual([people.jonas.sub])
  expect(waiting.map((approval) => approval.decideBy)).toEqual(waiting.map((approval) => approval.decideBy).toSorted())
  expect(waiting.every((approval) => approval.state === 'pending')).toBe(true)
  expect(decided.map((approval) => approval.state)).toEqual(['executed', 'denied', 'expired', 'withdrawn'])
})
