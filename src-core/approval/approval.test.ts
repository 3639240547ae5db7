import { describe, expect, test } from 'vitest'
import type { Approval, ApprovalDigestInput, ApprovalState } from '../../src-protocol/model.ts'
import { approvalDigest } from './approval-digest.ts'
import { decideApprovalState, settleApproval } from './approval-state.ts'
import { decideExecution, type ExecutionFacts } from './decide-execution.ts'
import { decideVote, type VoteFacts } from './decide-vote.ts'
import { after, approvalWith, digestInput, loggedOf, start, voteOf, voteRequestOf, voter } from './testing/approval-fixture.ts'
import { keyThumbprint, verifyVoteSignature } from './vote-signature.ts'

const dora = voter('dora')
const lena = voter('lena', ['lead'])
const people = new Map([dora, lena].map(({ person }) => [person.sub, person]))

/** An approval that Dora approved a minute after it was asked for. */
function approved(changed: Partial<Approval> = {}, changedInput: Partial<ApprovalDigestInput> = {}): Approval {
  const pending = approvalWith({}, changedInput)
  return { ...settleApproval({ ...pending, votes: [voteOf(dora, pending)] }, after(60)), ...changed }
}

function execution(changed: Partial<ExecutionFacts> = {}): string {
  const approval = changed.approval ?? approved()
  const decision = decideExecution({
    approval,
    digest: approval.digest,
    now: after(120),
    liveMembers: people,
    logged: loggedOf(approval),
    ...changed,
  })
  return decision.ok ? 'runs' : `${decision.voids ? 'void' : 'refused'}: ${decision.reason}`
}

function voteOutcome(changed: Partial<VoteFacts> = {}): string {
  const approval = changed.approval ?? approvalWith()
  const facts = {
    approval,
    voter: dora.person,
    request: voteRequestOf(dora, approval),
    keyThumbprint: dora.thumbprint,
    now: after(60),
    ...changed,
  }
  const decision = decideVote(facts)
  return decision.ok ? 'counts' : decision.error.code
}

describe('promise 1: changing anything the approval is bound to voids it', () => {
  test.for([
    ['approval', { approval: 'apr_fedcba9876543210' }],
    ['nonce', { nonce: 'other' }],
    ['session', { session: 'ses_fedcba9876543210' }],
    ['requester', { requester: 'eve' }],
    ['connection', { connection: 'other' }],
    ['server', { server: 'other' }],
    ['method', { method: 'prompts/get' }],
    ['tool', { tool: 'other' }],
    ['tool definition', { toolDefinitionHash: 'd'.repeat(64) }],
    ['one byte of the arguments', { argumentsHash: `${'b'.repeat(63)}c` }],
    ['length of the arguments', { argumentsBytes: 43 }],
    ['policy version', { policyVersion: 'd'.repeat(64) }],
    ['rule', { rule: 'other' }],
    ['time to decide', { decideBy: after(901).toISOString() }],
    ['time to run', { runWithinSeconds: 301 }],
    ['groups', { groups: ['dba'] }],
    ['number of approvals', { approvals: 2 }],
  ] as const)('%s', ([, changed]) => {
    const digest = approvalDigest({ ...digestInput, ...changed } as ApprovalDigestInput)
    expect(digest).not.toBe(approved().digest)
    expect(execution({ digest })).toBe('void: digest-mismatch')
  })

  test('unchanged it runs, whatever the order of the fields', () => {
    const turned = Object.fromEntries(Object.entries(digestInput).reverse()) as ApprovalDigestInput
    expect(approvalDigest(turned)).toBe(approved().digest)
    expect(execution()).toBe('runs')
  })

  test('the digest is pinned: what was signed years ago must still verify', () => {
    expect(approvalDigest(digestInput)).toBe('ace43b0396e4d7f8cb5da12ecffe4dd5dba9b277db09983c9dfe80f3a397c213')
  })

  test('fields that nobody signed cannot ride along, and a missing one throws', () => {
    expect(approvalDigest({ ...digestInput, extra: 1 } as ApprovalDigestInput)).toBe(approvalDigest(digestInput))
    const { nonce: _, ...incomplete } = digestInput
    expect(() => approvalDigest(incomplete as ApprovalDigestInput)).toThrow(/nonce/)
  })

  test('a stored digest that is not the one of its own input is void', () => {
    const changed = approved()
    expect(execution({ approval: { ...changed, digestInput: { ...changed.digestInput, tool: 'other' } } })).toBe('void: not-as-logged')
    expect(execution({ approval: { ...changed, requester: { ...changed.requester, sub: 'eve' } } })).toBe('void: not-as-logged')
  })
})

describe('promise 2: it runs at most once', () => {
  test.for(['pending', 'denied', 'expired', 'withdrawn', 'void'] as const)('not while it is %s', (state) => {
    expect(execution({ approval: approved({ state }) })).toBe('refused: not-approved')
  })

  test('not when it has run', () => {
    expect(execution({ approval: approved({ state: 'executed' }) })).toBe('refused: already-executed')
    expect(execution({ approval: approved({ executedAt: after(100).toISOString() }) })).toBe('refused: already-executed')
  })
})

describe('promise 3: two expiries, and no way back', () => {
  const pending = approvalWith()
  test.for([
    ['just in time to decide', pending, 900, 'pending'],
    ['a moment too late to decide', pending, 900.001, 'expired'],
    ['just in time to run', approved(), 60 + 300, 'approved'],
    ['a moment too late to run', approved(), 60 + 300.001, 'void'],
    ['before it was asked for: the clock was set back', pending, -0.001, 'void'],
    ['before it was approved: the clock was set back', approved(), 59.999, 'void'],
    ['with a time to run that is no time', approved({ runBy: 'soon' }), 70, 'void'],
    ['without a time to run', approved({ runBy: undefined }), 70, 'void'],
  ] as const)('%s', ([, approval, seconds, state]) => {
    expect(decideApprovalState(approval, after(seconds)).state).toBe(state)
  })

  test('time-out of the running is void, not executed', () => {
    expect(execution({ now: after(361) })).toBe('void: out-of-time')
    expect(execution({ now: after(59) })).toBe('void: out-of-time')
    expect(execution({ now: new Date(NaN) })).toBe('void: out-of-time')
  })

  test.for(['denied', 'expired', 'withdrawn', 'executed', 'void'] as const)('%s stays what it is at any time', (state: ApprovalState) => {
    for (const seconds of [-1000, 0, 60, 10_000]) {
      const settled = approvalWith({ state, votes: [voteOf(dora, approvalWith())] })
      expect(settleApproval(settled, after(seconds))).toBe(settled)
    }
  })

  test('an approval that is settled late, after a crash, gets no more time to run', () => {
    const late = settleApproval({ ...pending, votes: [voteOf(dora, pending)] }, after(800))
    expect(late.state).toBe('approved')
    expect(Date.parse(late.runBy ?? '')).toBeLessThanOrEqual(after(60 + 120 + 300).getTime())
  })

  test('a vote after the end does not count', () => {
    const request = voteRequestOf(dora, pending, { at: after(901).toISOString() })
    expect(voteOutcome({ request, now: after(901) })).toBe('APPROVAL_EXPIRED')
  })
})

describe('promise 4: the requester never counts, nor does who joined later', () => {
  const olivia = voter('olivia', ['operators', 'dba'])

  test('the requester may not vote, not even to deny', () => {
    for (const decision of ['approve', 'deny'] as const) {
      const request = voteRequestOf(olivia, approvalWith(), { decision })
      expect(voteOutcome({ voter: olivia.person, request, keyThumbprint: olivia.thumbprint })).toBe('APPROVAL_OWN_REQUEST')
    }
  })

  test.for([
    ['an address of its own', 'dora@acme.example', 'counts'],
    ['the address of the requester', 'ＯLIVIA@acme.example ', 'APPROVAL_OWN_REQUEST'],
    ['no address', undefined, 'counts'],
  ] as const)('a second account with %s', ([, email, outcome]) => {
    const approval = approvalWith({ requester: { sub: 'olivia', name: 'Olivia', email: 'olivia@acme.example', groups: [] } })
    const request = voteRequestOf(dora, approval)
    expect(voteOutcome({ approval, request, voter: { ...dora.person, email } })).toBe(outcome)
  })

  test('whoever approved with one account does not approve with another one', () => {
    const pending = approvalWith({}, { approvals: 2 })
    const approval = { ...pending, votes: [voteOf(lena, pending)] }
    const request = voteRequestOf(dora, approval)
    const accountOf = (sub: string) => ({ sub, email: 'dora@acme.example' })
    const asDora = { ...dora.person, email: 'dora@acme.example' }
    expect(voteOutcome({ approval, request, voter: asDora, accountOf })).toBe('APPROVAL_ALREADY_VOTED')
    expect(voteOutcome({ approval, request, voter: asDora, accountOf: (sub) => ({ sub, email: `${sub}@acme.example` }) })).toBe('counts')
  })

  test('a vote of the requester that got into the store does not approve', () => {
    const pending = approvalWith()
    const votes = [voteOf(olivia, pending)]
    expect(decideApprovalState({ ...pending, votes }, after(60)).state).toBe('pending')
    expect(execution({ approval: approved({ votes }) })).toBe('void: too-few-approvals')
  })

  test.for([
    ['in the group long before', { dba: after(-1000).toISOString() }, 'counts'],
    ['in the group since the same moment', { dba: start.toISOString() }, 'counts'],
    ['not known since when', {}, 'counts'],
    ['joined after the request', { dba: after(0.001).toISOString() }, 'APPROVAL_NOT_REVIEWER'],
    ['joined at a time that is no time', { dba: 'yesterday' }, 'APPROVAL_NOT_REVIEWER'],
  ] as const)('%s', ([, groupsSince, outcome]) => {
    expect(voteOutcome({ groupsSince })).toBe(outcome)
  })

  test('nor does anyone outside the groups', () => {
    const eve = voter('eve', ['operators'])
    const request = voteRequestOf(eve, approvalWith())
    expect(voteOutcome({ voter: eve.person, request, keyThumbprint: eve.thumbprint })).toBe('APPROVAL_NOT_REVIEWER')
  })
})

describe('promise 5: as many distinct people as asked for; one denial denies', () => {
  const pending = approvalWith({}, { approvals: 2 })
  const dorasVote = voteOf(dora, pending)
  const lenasVote = voteOf(lena, pending)
  test.for([
    ['nobody yet', [], 'pending'],
    ['one of two', [dorasVote], 'pending'],
    ['the same person twice', [dorasVote, dorasVote], 'pending'],
    ['two people', [dorasVote, lenasVote], 'approved'],
    ['one denial', [voteOf(dora, pending, { decision: 'deny' })], 'denied'],
    ['a denial among approvals', [dorasVote, lenasVote, voteOf(voter('dirk'), pending, { decision: 'deny' })], 'denied'],
  ] as const)('%s', ([, votes, state]) => {
    expect(decideApprovalState({ ...pending, votes: [...votes] }, after(60)).state).toBe(state)
  })

  test('the time to run begins with the last approval', () => {
    const settled = settleApproval({ ...pending, votes: [dorasVote, lenasVote] }, after(90))
    expect(settled).toMatchObject({ state: 'approved', runBy: after(90 + 300).toISOString() })
    expect(execution({ approval: settled })).toBe('runs')
  })

  test('the same person cannot vote twice', () => {
    const approval = { ...pending, votes: [dorasVote] }
    expect(voteOutcome({ approval })).toBe('APPROVAL_ALREADY_VOTED')
  })

  test('a settled approval takes no more votes', () => {
    expect(voteOutcome({ approval: approved() })).toBe('APPROVAL_NOT_PENDING')
    expect(voteOutcome({ approval: approvalWith({ state: 'withdrawn' }) })).toBe('APPROVAL_NOT_PENDING')
  })

  test('fewer approvals than asked for never run, whatever the store says', () => {
    expect(execution({ approval: { ...pending, state: 'approved', runBy: after(360).toISOString(), votes: [dorasVote] } })).toBe(
      'void: too-few-approvals',
    )
    const denial = voteOf(lena, pending, { decision: 'deny' })
    const votes = [dorasVote, voteOf(voter('dirk'), pending), denial]
    expect(execution({ approval: { ...pending, state: 'approved', runBy: after(360).toISOString(), votes } })).toBe(
      'void: too-few-approvals',
    )
  })
})

describe('promise 6: a vote is void if its voter lost the role before the call runs', () => {
  test.for([
    ['still in the group', ['dba'], 'runs'],
    ['moved to the other group that may approve', ['lead'], 'runs'],
    ['in another group only', ['operators'], 'void: voter-lost-role'],
    ['in no group', [], 'void: voter-lost-role'],
  ] as const)('%s', ([, groups, outcome]) => {
    expect(execution({ liveMembers: new Map([['dora', { ...dora.person, groups: [...groups] }]]) })).toBe(outcome)
  })

  test.for([
    ['still a reviewer', ['operator', 'reviewer'], 'runs'],
    ['in the group, and no longer a reviewer', ['operator', 'administrator'], 'void: voter-lost-role'],
    ['in the group, without any role', [], 'void: voter-lost-role'],
  ] as const)('%s', ([, roles, outcome]) => {
    expect(execution({ liveMembers: new Map([['dora', { ...dora.person, roles: [...roles] }]]) })).toBe(outcome)
  })

  test('not known any more', () => {
    expect(execution({ liveMembers: new Map() })).toBe('void: voter-lost-role')
  })

  test('one of two voters is enough', () => {
    const pending = approvalWith({}, { approvals: 2 })
    const settled = settleApproval({ ...pending, votes: [voteOf(dora, pending), voteOf(lena, pending)] }, after(60))
    expect(execution({ approval: settled })).toBe('runs')
    expect(execution({ approval: settled, liveMembers: new Map([['dora', dora.person]]) })).toBe('void: voter-lost-role')
  })
})

describe('a vote counts only if its voter signed exactly this', () => {
  const approval = approvalWith()
  const request = voteRequestOf(dora, approval)

  test('as signed', () => {
    expect(voteOutcome()).toBe('counts')
    expect(voteOutcome({ request: voteRequestOf(dora, approval, { decision: 'deny' }) })).toBe('counts')
  })

  test.for([
    ['another decision', { decision: 'deny' }, 'does not fit'],
    ['another reason', { reason: 'never said' }, 'does not fit'],
    ['another time', { at: after(61).toISOString() }, 'does not fit'],
    ['another digest', { digest: 'e'.repeat(64) }, 'another digest'],
    ['no signature', { signature: '' }, 'does not fit'],
    ['a signature of zeros', { signature: 'A'.repeat(86) }, 'does not fit'],
    ['a signature with something behind', { signature: `${request.signature}AA` }, 'does not fit'],
    ['a key that is none', { key: {} }, 'not a public ES256 key'],
    ['a key of another curve', { key: { ...dora.key, crv: 'P-384' } }, 'not a public ES256 key'],
    ['a private key', { key: dora.privateKey.export({ format: 'jwk' }) as Record<string, unknown> }, 'not a public ES256 key'],
    ['another key', { key: lena.key }, 'not the key of your sign-in'],
  ] as const)('%s', ([, changed, problem]) => {
    const decision = decideVote({
      approval,
      voter: dora.person,
      request: { ...request, ...changed },
      keyThumbprint: dora.thumbprint,
      now: after(60),
    })
    expect(decision.ok ? '' : decision.error.message).toContain(problem)
  })

  test('somebody else signed with the key of their own sign-in', () => {
    expect(voteOutcome({ voter: lena.person, request, keyThumbprint: lena.thumbprint })).toBe('APPROVAL_SIGNATURE_INVALID')
    expect(voteOutcome({ voter: lena.person, request, keyThumbprint: dora.thumbprint })).toBe('APPROVAL_SIGNATURE_INVALID')
  })

  test('a vote on one approval is none on another one', () => {
    const other = approvalWith({}, { approval: 'apr_fedcba9876543210' as Approval['id'] })
    expect(voteOutcome({ approval: other, request })).toBe('APPROVAL_SIGNATURE_INVALID')
    expect(voteOutcome({ approval: { ...other, digest: approval.digest }, request })).toBe('APPROVAL_SIGNATURE_INVALID')
  })

  test.for([
    ['two minutes slow', 180, 'counts'],
    ['slower', 180.001, 'APPROVAL_SIGNATURE_INVALID'],
    ['fast', 0, 'counts'],
  ] as const)('the voter’s clock is %s', ([, seconds, outcome]) => {
    expect(voteOutcome({ now: after(seconds) })).toBe(outcome)
  })

  test('a time in another form is refused', () => {
    for (const at of ['', 'now', '2026-11-22', '2026-11-22T10:01:00Z', '2026-11-22T11:01:00.000+01:00']) {
      expect(voteOutcome({ request: voteRequestOf(dora, approval, { at }) })).toBe('APPROVAL_SIGNATURE_INVALID')
    }
  })

  test('a reason is given where one is asked for', () => {
    expect(voteOutcome({ request: voteRequestOf(dora, approval, { reason: ' ' }) })).toBe('REASON_REQUIRED')
    expect(voteOutcome({ approval: { ...approval, reasonRequired: false }, request: voteRequestOf(dora, approval, { reason: '' }) })).toBe(
      'counts',
    )
  })

  test('a stored vote verifies offline, and not after a change', () => {
    const vote = voteOf(dora, approval)
    expect(verifyVoteSignature(approval, vote)).toBe(true)
    expect(verifyVoteSignature(approval, { ...vote, reason: 'other' })).toBe(false)
    expect(verifyVoteSignature(approval, { ...vote, person: lena.person })).toBe(false)
    expect(verifyVoteSignature({ ...approval, digest: 'e'.repeat(64) }, vote)).toBe(false)
    expect(verifyVoteSignature(approval, { ...vote, key: { ...dora.key, x: 'A'.repeat(43) } })).toBe(false)
    expect(execution({ approval: approved({ votes: [{ ...vote, reason: 'other' }] }) })).toBe('void: signature-invalid')
  })
})

test('a thumbprint is the one of RFC 7638: required members only, in order', () => {
  const key = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  }
  expect(keyThumbprint({ ...key, use: 'sig', kid: 'any' })).toBe('oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U')
})
