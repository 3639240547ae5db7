import { expect, test } from 'vitest'
import type { Delegation } from '../../src-protocol/delegation.ts'
import { inboxLists, isWaitingFor, whyNotDecide } from '../../src-renderer/pages/inbox/inbox-lists.ts'
import { awayPeriod, dayOf, problemsOfStandIn, type StandInDraft } from '../../src-renderer/pages/settings/stand-in-draft.ts'
import { approvalExample, reviewer } from '../fakes/approval-example.ts'

const now = new Date(2026, 10, 23, 15, 30).getTime()
const draft: StandInDraft = { delegate: 'ada', groups: ['dba'], first: '2026-11-23', last: '2026-11-27', reason: 'On leave.' }

test('whole days, from now at the earliest, to the end of the last one', () => {
  expect(dayOf(now)).toBe('2026-11-23')
  expect(awayPeriod('2026-11-23', '2026-11-27', now)).toEqual({
    from: new Date(now).toISOString(),
    until: new Date(2026, 10, 28).toISOString(),
  })
  expect(awayPeriod('2026-11-25', '2026-11-25', now)).toEqual({
    from: new Date(2026, 10, 25).toISOString(),
    until: new Date(2026, 10, 26).toISOString(),
  })
})

test.for<[keyof StandInDraft, Partial<StandInDraft>]>([
  ['delegate', { delegate: null }],
  ['groups', { groups: [] }],
  ['first', { first: '2026-11-22' }],
  ['first', { first: '' }],
  ['last', { last: '2026-11-20' }],
  ['last', { last: '2026-12-24' }],
  ['last', { last: '' }],
  ['reason', { reason: ' x ' }],
])('says what is wrong with the field %s', ([field, change]) => {
  expect(problemsOfStandIn(draft, now)).toEqual({})
  expect(Object.keys(problemsOfStandIn({ ...draft, ...change }, now))).toContain(field)
})

const given: Delegation = {
  id: 'dlg_0123456789abcdef' as Delegation['id'],
  delegator: { sub: 'ada', name: 'Ada Kim' },
  delegate: { sub: reviewer.sub, name: reviewer.name },
  groups: ['security'],
  from: '2026-11-22T15:00:00.000Z',
  until: '2026-11-23T15:00:00.000Z',
  reason: 'away',
  givenAt: '2026-11-22T15:00:00.000Z',
}
const asked = approvalExample(1)
const guarded = { ...asked, digestInput: { ...asked.digestInput, groups: ['security'] } }
const at = Date.parse(guarded.requestedAt)

test('a request of the groups of who is away waits for who stands in, and for nobody else', () => {
  expect(isWaitingFor(guarded, reviewer, [given])).toBe(true)
  expect(isWaitingFor(guarded, reviewer, [])).toBe(false)
  expect(isWaitingFor(guarded, { ...reviewer, sub: 'lena' }, [given])).toBe(false)
  expect(inboxLists([guarded], reviewer, [given])).toMatchObject({ waiting: [guarded], others: [] })
  expect(whyNotDecide(guarded, reviewer, at, 'approve', given)).toBeUndefined()
  expect(whyNotDecide(guarded, reviewer, at, 'approve')).toContain('needs one of the groups security')
})

test('who is away reads who has decided for them', () => {
  const voter = { sub: 'jonas', name: 'Jonas' }
  const onBehalfOf = { sub: reviewer.sub, name: reviewer.name, delegation: given.id }
  const votes = [{ person: voter, onBehalfOf, decision: 'approve' as const, reason: '', at: '', signature: '', key: {} }]
  expect(whyNotDecide({ ...asked, votes }, reviewer, at)).toBe('Jonas has decided this in your place.')
  // and who stands in finds the place taken once that person has voted
  const own = [{ person: given.delegator, decision: 'approve' as const, reason: '', at: '', signature: '', key: {} }]
  expect(whyNotDecide({ ...guarded, votes: own }, reviewer, at, 'approve', given)).toContain('needs one of the groups')
})
