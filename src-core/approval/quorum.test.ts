import { describe, expect, test } from 'vitest'
import type { ApprovalDigestInput, Vote } from '../../src-protocol/model.ts'
import { settleApproval } from './approval-state.ts'
import { decideExecution } from './decide-execution.ts'
import { decideVote } from './decide-vote.ts'
import { fillNeeds, isFilled } from './quorum.ts'
import { after, approvalWith, loggedOf, voteOf, voteRequestOf, voter, type Voter } from './testing/approval-fixture.ts'

const dora = voter('dora', ['dba'])
const dirk = voter('dirk', ['dba'])
const saskia = voter('saskia', ['security'])
const both = voter('bo', ['dba', 'security'])
const owner = voter('otto', ['owners'])

const each = [
  { groups: ['dba'], approvals: 1 },
  { groups: ['security'], approvals: 1 },
]
const twoGroups: Partial<ApprovalDigestInput> = { groups: ['dba', 'security'], approvals: 2, each }

/** What becomes of a request with these terms when these people vote, one after the other. */
function stateAfter(terms: Partial<ApprovalDigestInput>, ballots: readonly (readonly [Voter, Vote['decision']])[]): string {
  let approval = approvalWith({}, terms)
  for (const [by, decision] of ballots) {
    const request = voteRequestOf(by, approval, { decision })
    const decided = decideVote({ approval, voter: by.person, request, keyThumbprint: by.thumbprint, now: after(60) })
    if (!decided.ok) return decided.error.code
    approval = settleApproval({ ...approval, votes: [...approval.votes, decided.vote] }, after(60))
  }
  return approval.state
}

describe('places are filled by distinct people', () => {
  test.for([
    ['one of each', [['dba'], ['security']], [1, 1]],
    ['two of the same', [['dba'], ['dba']], [1, 0]],
    ['somebody in both counts once', [['dba', 'security']], [1, 0]],
    ['somebody in both gives way to who fits in one place only', [['dba', 'security'], ['dba']], [1, 1]],
    ['the same the other way round', [['dba'], ['dba', 'security']], [1, 1]],
    ['nobody', [], [0, 0]],
    ['somebody in none', [['other']], [0, 0]],
  ] as const)('%s', ([, people, given]) => {
    const filled = fillNeeds(each, people)
    expect(filled.map((need) => need.given)).toEqual(given)
    expect(isFilled(filled)).toBe(given.every((count) => count === 1))
  })

  test('a chain of people who can each stand in one of two places', () => {
    const needs = ['a', 'b', 'c'].map((group) => ({ groups: [group], approvals: 1 }))
    expect(isFilled(fillNeeds(needs, [['a', 'b'], ['b', 'c'], ['a']]))).toBe(true)
    expect(isFilled(fillNeeds(needs, [['a', 'b'], ['b'], ['a']]))).toBe(false)
  })
})

describe('two groups that each have to approve', () => {
  test.for([
    [
      'one of each',
      [
        [dora, 'approve'],
        [saskia, 'approve'],
      ],
      'approved',
    ],
    [
      'two of one',
      [
        [dora, 'approve'],
        [dirk, 'approve'],
      ],
      'pending',
    ],
    ['somebody in both, alone', [[both, 'approve']], 'pending'],
    [
      'somebody in both, and one more',
      [
        [both, 'approve'],
        [dora, 'approve'],
      ],
      'approved',
    ],
    [
      'a denial by either',
      [
        [dora, 'approve'],
        [saskia, 'deny'],
      ],
      'denied',
    ],
  ] as const)('%s', ([, ballots, state]) => {
    expect(stateAfter(twoGroups, ballots)).toBe(state)
  })

  test.for([
    ['everybody where they were', ['dba'], ['security'], 'runs'],
    ['somebody moved to the other group', ['security'], ['security'], 'void'],
    ['somebody left', [], ['security'], 'void'],
  ] as const)('at execution: %s', ([, doras, saskias, outcome]) => {
    const pending = approvalWith({}, twoGroups)
    const votes = [
      { ...voteOf(dora, pending), groups: ['dba'] },
      { ...voteOf(saskia, pending), groups: ['security'] },
    ]
    const approval = settleApproval({ ...pending, votes }, after(60))
    const liveMembers = new Map([
      ['dora', { ...dora.person, groups: [...doras] }],
      ['saskia', { ...saskia.person, groups: [...saskias] }],
    ])
    const decision = decideExecution({ approval, digest: approval.digest, now: after(70), liveMembers, logged: loggedOf(approval) })
    expect(decision.ok ? 'runs' : decision.voids ? 'void' : 'stays').toBe(outcome)
  })
})

describe('a configured veto', () => {
  const veto = { groups: ['dba'], approvals: 2, veto: ['owners'] }
  test.for([
    [
      'ends it, by somebody who may not approve',
      [
        [dora, 'approve'],
        [owner, 'deny'],
      ],
      'denied',
    ],
    ['is needed: another denial counts as no approval', [[dora, 'deny']], 'pending'],
    [
      'leaves the others to approve',
      [
        [dora, 'deny'],
        [dirk, 'approve'],
        [both, 'approve'],
      ],
      'approved',
    ],
    ['does not let its holder approve', [[owner, 'approve']], 'APPROVAL_NOT_REVIEWER'],
    ['is not everybody’s', [[saskia, 'deny']], 'APPROVAL_NOT_REVIEWER'],
  ] as const)('%s', ([, ballots, state]) => {
    expect(stateAfter(veto, ballots)).toBe(state)
  })

  test('that somebody with the veto cast keeps it from running, whatever the database says', () => {
    const pending = approvalWith({}, { ...veto, approvals: 1 })
    const votes = [
      { ...voteOf(dora, pending), groups: ['dba'] },
      { ...voteOf(owner, pending, { decision: 'deny' }), groups: ['owners'] },
    ]
    const approval = { ...pending, state: 'approved' as const, runBy: after(360).toISOString(), votes }
    const liveMembers = new Map([dora, owner].map(({ person }) => [person.sub, person]))
    const decision = decideExecution({ approval, digest: approval.digest, now: after(70), liveMembers, logged: loggedOf(approval) })
    expect(decision).toMatchObject({ ok: false, reason: 'too-few-approvals' })
  })
})
