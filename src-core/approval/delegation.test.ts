import { describe, expect, test } from 'vitest'
import type { Delegation, DelegationInput } from '../../src-protocol/delegation.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Approval, Person, Vote } from '../../src-protocol/model.ts'
import { settleApproval } from './approval-state.ts'
import { decideExecution, type ExecutionFacts } from './decide-execution.ts'
import { decideVote, type VoteFacts } from './decide-vote.ts'
import { createDelegationBook } from './delegation-book.ts'
import { problemOfGiving, verifyDelegationSignature } from './judge-delegation.ts'
import { standInsFor } from './stand-in.ts'
import { fillByVotes } from './quorum.ts'
import { after, approvalWith, loggedOf, start, voteOf, voter, voteRequestOf, type Voter } from './testing/approval-fixture.ts'
import { delegationFrom, delegationOf, givenEntry } from './testing/delegation-fixture.ts'
import { signedVoteText, verifyVoteSignature } from './vote-signature.ts'

/** Dora is away and has named Dirk, who is a reviewer in another group; Lena may decide herself. */
const dora = voter('dora')
const dirk = voter('dirk', ['security'])
const lena = voter('lena', ['lead'])
const given = delegationOf(dora, dirk)
const place = { sub: 'dora', delegation: given.id }

interface Cast {
  by?: Voter
  approval?: Approval
  delegation?: Delegation | undefined
  delegator?: Person | undefined
  since?: Record<string, string>
  onBehalfOf?: typeof place
  decision?: 'approve' | 'deny'
  signed?: Partial<{ onBehalfOf: typeof place }>
}

function cast({ by = dirk, approval = approvalWith(), decision = 'approve', onBehalfOf = place, ...change }: Cast = {}) {
  const { delegation, delegator } = { delegation: given as Delegation | undefined, delegator: dora.person as Person | undefined, ...change }
  const request = { ...voteRequestOf(by, approval, { decision, ...(change.signed ?? { onBehalfOf }) }), onBehalfOf }
  const standIn = { delegation, delegator, groupsSince: change.since ?? {} }
  const facts: VoteFacts = { approval, voter: by.person, request, keyThumbprint: by.thumbprint, standIn, now: after(60) }
  return decideVote(facts)
}

const outcome = (change: Cast = {}): string => {
  const decided = cast(change)
  return decided.ok ? 'counts' : `${decided.error.code} ${decided.error.data['problem'] ?? ''}`.trim()
}

const votesOf = (...outcomes: ReturnType<typeof cast>[]): Vote[] => outcomes.flatMap((one) => (one.ok ? [one.vote] : []))

describe('a vote in the place of somebody who is away', () => {
  test('counts by that person’s groups, says in whose place, and is signed as what it is', () => {
    const decided = cast()
    const [vote] = votesOf(decided)
    expect(vote).toMatchObject({
      person: { sub: 'dirk' },
      groups: ['dba'],
      onBehalfOf: { sub: 'dora', name: 'dora', delegation: given.id },
    })
    const approval = approvalWith()
    expect(vote && verifyVoteSignature(approval, vote)).toBe(true)
    // neither can it be taken for a vote of Dirk's own, nor the other way round
    const { onBehalfOf: _, ...own } = vote as Vote
    expect(verifyVoteSignature(approval, own)).toBe(false)
    expect(signedVoteText(approval, own)).toMatch(/^gatehouse-vote\/v1\n/)
  })

  test.for<[string, Cast, string]>([
    ['which nobody gave', { delegation: undefined }, 'nobody has named you'],
    ['which was given to somebody else', { by: lena }, 'nobody has named you'],
    ['on behalf of another person than gave it', { onBehalfOf: { ...place, sub: 'lena' } }, 'nobody has named you'],
    ['which was given after the request was made', { delegation: { ...given, givenAt: after(1).toISOString() } }, 'before you stood in'],
    ['which begins after the request was made', { delegation: { ...given, from: after(1).toISOString() } }, 'before you stood in'],
    ['which has ended', { delegation: { ...given, endedAt: after(60).toISOString() } }, 'has ended'],
    ['whose time is over', { delegation: { ...given, until: after(60).toISOString() } }, 'time of your delegation is over'],
    ['while who gave it is no reviewer', { delegator: { ...dora.person, roles: ['operator'] } }, 'no longer a reviewer'],
    ['while nobody knows who gave it', { delegator: undefined }, 'no longer a reviewer'],
  ])('does not count by a delegation %s', ([, change, problem]) => {
    expect(outcome()).toBe('counts')
    expect(outcome(change)).toMatch(new RegExp(`^APPROVAL_NOT_DELEGATED .*${problem}`))
  })

  test.for<[string, Cast, string]>([
    ['by the requester', { by: voter('olivia'), delegation: delegationOf(dora, voter('olivia')) }, 'APPROVAL_OWN_REQUEST'],
    ['in the place of the requester', inPlaceOfRequester(), 'APPROVAL_NOT_DELEGATED it was asked for by the person in whose place'],
    ['for a group that was not handed over', { delegation: { ...given, groups: ['security'] } }, 'APPROVAL_NOT_REVIEWER'],
    ['for a group that who is away has left', { delegator: { ...dora.person, groups: [] } }, 'APPROVAL_NOT_REVIEWER'],
    ['for a group that who is away joined later', { since: { dba: after(1).toISOString() } }, 'APPROVAL_NOT_REVIEWER'],
    ['signed as a vote of one’s own', { signed: {} }, 'APPROVAL_SIGNATURE_INVALID'],
    [
      'signed for another delegation',
      { signed: { onBehalfOf: { ...place, delegation: 'dlg_fedcba9876543210' } } as never },
      'SIGNATURE_INVALID',
    ],
  ])('does not count %s', ([, change, code]) => {
    expect(outcome(change)).toContain(code)
  })

  test('is never handed on: Lena, whom Dirk named, decides by Dirk’s groups and not by Dora’s', () => {
    const onward = delegationOf(dirk, lena, { id: 'dlg_fedcba9876543210' as Delegation['id'] })
    const asked = { sub: 'dirk', delegation: onward.id }
    const approval = approvalWith({}, { groups: ['dba'] })
    expect(outcome({ approval, by: lena, delegation: onward, delegator: dirk.person, onBehalfOf: asked })).toBe('APPROVAL_NOT_REVIEWER')
    expect(outcome({ approval, by: lena })).toContain('nobody has named you')
  })
})

function inPlaceOfRequester(): Cast {
  const olivia = voter('olivia')
  return {
    delegation: delegationOf(olivia, dirk),
    delegator: olivia.person,
    onBehalfOf: { sub: 'olivia', delegation: given.id },
  }
}

describe('nobody counts twice', () => {
  const two = { groups: ['dba', 'lead', 'security'], approvals: 2 }
  const filled = (votes: Vote[]): number => fillByVotes({ ...approvalWith({}, two).digestInput }, votes)[0]?.given ?? -1

  test('who is away cannot vote any more, and nobody votes for who has voted', () => {
    const asked = approvalWith({}, two)
    const inPlace = approvalWith({ votes: votesOf(cast({ approval: asked })) }, two)
    const own = voteRequestOf(dora, inPlace)
    const decided = decideVote({ approval: inPlace, voter: dora.person, request: own, keyThumbprint: dora.thumbprint, now: after(60) })
    expect(decided.ok || decided.error.code).toBe('APPROVAL_DECIDED_FOR_YOU')
    const herself = approvalWith({ votes: [voteOf(dora, asked)] }, two)
    expect(outcome({ approval: herself })).toBe('APPROVAL_NOT_DELEGATED dora has a vote on it already')
    // nor does Dirk vote once more, for himself
    const again = { approval: inPlace, voter: dirk.person, request: voteRequestOf(dirk, inPlace), keyThumbprint: dirk.thumbprint }
    const repeated = decideVote({ ...again, now: after(60) })
    expect(repeated.ok || repeated.error.code).toBe('APPROVAL_ALREADY_VOTED')
  })

  test('votes in which a person has a part twice fill one place, in whatever order somebody wrote them', () => {
    const asked = approvalWith({}, two)
    const [forDora] = votesOf(cast({ approval: asked })) as [Vote]
    const ofDora: Vote = { ...voteOf(dora, asked), groups: ['dba'] }
    const ofDirk: Vote = { ...voteOf(dirk, asked), groups: ['security'] }
    const ofLena: Vote = { ...voteOf(lena, asked), groups: ['lead'] }
    for (const twice of [ofDora, ofDirk]) {
      expect(filled([forDora, twice])).toBe(1)
      expect(filled([twice, forDora])).toBe(1)
    }
    expect(filled([forDora, ofLena])).toBe(2)
    // both are members, and each decided for themselves
    expect(filled([ofDora, ofDirk])).toBe(2)
    expect(filled([{ ...forDora, onBehalfOf: { sub: 'olivia', name: 'Olivia', delegation: given.id } }])).toBe(0)
  })
})

describe('when the call is about to run', () => {
  const vote = votesOf(cast())
  const approval = { ...settleApproval(approvalWith({ votes: vote }), after(60)) }
  const live = (...changed: [Person, Partial<Person>][]) =>
    new Map([dora, dirk].map(({ person }) => [person.sub, { ...person, ...changed.find(([one]) => one === person)?.[1] }]))
  const run = (changed: Partial<ExecutionFacts> = {}): string => {
    const facts = {
      approval,
      digest: approval.digest,
      now: after(120),
      liveMembers: live(),
      logged: loggedOf(approval),
      delegation: () => given,
    }
    const decided = decideExecution({ ...facts, ...changed })
    return decided.ok ? 'runs' : decided.reason
  }

  test('the vote holds, also when the delegation has ended since', () => {
    expect(run()).toBe('runs')
    expect(run({ delegation: () => ({ ...given, endedAt: after(90).toISOString(), endReason: 'taken-back' }) })).toBe('runs')
  })

  test.for<[string, Partial<ExecutionFacts>, string]>([
    ['the log knows no such delegation', { delegation: () => undefined }, 'not-delegated'],
    ['it was given by somebody else', { delegation: () => delegationOf(lena, dirk) }, 'not-delegated'],
    ['it had ended long before the vote', { delegation: () => ({ ...given, endedAt: start.toISOString() }) }, 'runs'],
    ['it had ended before the request', { delegation: () => ({ ...given, endedAt: after(-3600).toISOString() }) }, 'not-delegated'],
    ['it is for another group', { delegation: () => ({ ...given, groups: ['lead'] }) }, 'not-delegated'],
    ['who is away has left the group', { liveMembers: live([dora.person, { groups: [] }]) }, 'voter-lost-role'],
    ['who is away is no reviewer any more', { liveMembers: live([dora.person, { roles: [] }]) }, 'voter-lost-role'],
    ['who voted is no reviewer any more', { liveMembers: live([dirk.person, { roles: [] }]) }, 'voter-lost-role'],
  ])('%s', ([, changed, reason]) => {
    expect(run(changed)).toBe(reason)
  })
})

describe('naming somebody', () => {
  const giving = (changed: Partial<DelegationInput> = {}, facts: Partial<Parameters<typeof problemOfGiving>[1]> = {}) =>
    problemOfGiving(delegationFrom(dora, dirk, { from: start.toISOString(), ...changed }), {
      delegator: dora.person,
      delegate: dirk.person,
      standing: [],
      now: start,
      ...facts,
    })
  const days = (count: number): string => after(count * 86_400).toISOString()

  test.for<[string, Parameters<typeof giving>, string]>([
    ['for somebody else', [{ delegator: 'lena' }], 'names somebody else'],
    ['oneself', [{ delegate: 'dora' }], 'stand in for yourself'],
    ['somebody who never signed in', [{}, { delegate: undefined }], 'never signed in'],
    ['somebody who is no reviewer', [{}, { delegate: { ...dirk.person, roles: ['operator'] } }], 'is no reviewer'],
    ['without being a reviewer', [{}, { delegator: { ...dora.person, roles: [] } }], 'you are no reviewer'],
    ['for a group of others, though one stands in for them', [{ groups: ['dba', 'security'] }], 'not in the group security'],
    ['from a time in the past', [{ from: after(-121).toISOString() }], 'in the past'],
    ['until before it begins', [{ until: start.toISOString() }], 'end before it begins'],
    ['for more than thirty days', [{ until: after(30 * 86_400 + 1).toISOString() }], 'longer than 30 days'],
    ['far ahead', [{ from: days(91), until: days(92) }], 'more than 90 days'],
    ['twice for the same group at the same time', [{}, { standing: [delegationOf(dora, lena)] }], 'decides in your place'],
  ])('%s is refused', ([, args, problem]) => {
    expect(giving()).toBeUndefined()
    expect(giving({ until: days(30) })).toBeUndefined()
    expect(giving(...args)).toContain(problem)
  })

  test('is signed as a whole: nothing of it can be changed', () => {
    const input = delegationFrom(dora, dirk)
    const entry = givenEntry(dora, dirk, input)
    expect(verifyDelegationSignature(entry)).toBe(true)
    for (const changed of [{ delegate: 'eve' }, { groups: ['dba', 'root'] }, { until: days(29) }, { delegator: 'lena' }]) {
      expect(verifyDelegationSignature({ ...entry, input: { ...input, ...changed } })).toBe(false)
    }
    expect(verifyDelegationSignature({ ...entry, signedAt: after(1).toISOString() })).toBe(false)
  })
})

test('the book is what the log says: given once, ended once', () => {
  const book = createDelegationBook()
  const entry = givenEntry(dora, dirk, delegationFrom(dora, dirk))
  const end = { v: 1, kind: 'delegation.ended', delegation: entry.delegation, delegator: 'dora', delegate: 'dirk' } as const
  const entries: LogEntry[] = [
    entry,
    { ...entry, delegate: { sub: 'eve', name: 'Eve' } },
    { ...end, at: after(10).toISOString(), reason: 'taken-back' },
    { ...end, at: after(20).toISOString(), reason: 'time-over' },
  ]
  for (const one of entries) book.apply(one)
  expect(book.all()).toMatchObject([{ delegate: { sub: 'dirk' }, endedAt: after(10).toISOString(), endReason: 'taken-back' }])
})

test('a request waits for who stands in, until that person’s place is taken', () => {
  const approval = approvalWith()
  expect(standInsFor(approval, 'dirk', [given], after(60))).toEqual([given])
  expect(standInsFor(approval, 'lena', [given], after(60))).toEqual([])
  expect(standInsFor(approvalWith({}, { groups: ['security'] }), 'dirk', [given], after(60))).toEqual([])
  expect(standInsFor({ ...approval, votes: [voteOf(dora, approval)] }, 'dirk', [given], after(60))).toEqual([])
})
