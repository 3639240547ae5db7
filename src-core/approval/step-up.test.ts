import { describe, expect, test } from 'vitest'
import type { Approval } from '../../src-protocol/model.ts'
import { settleApproval } from './approval-state.ts'
import { decideExecution } from './decide-execution.ts'
import { decideVote, type VoteFacts } from './decide-vote.ts'
import { isStepUpNonce, stepUpNonce, type StepUp } from './step-up.ts'
import { after, approvalWith, loggedOf, voteOf, voteRequestOf, voter } from './testing/approval-fixture.ts'

const dora = voter('dora')
const terms = { stepUp: { maxAgeSeconds: 120, acr: ['phr'] } }
const pending = approvalWith({}, terms)
const signIn = (changed: Partial<StepUp> = {}): StepUp => ({ at: after(50).toISOString(), acr: 'phr', token: 'f'.repeat(64), ...changed })

function outcome(freshSignIn: VoteFacts['freshSignIn'], decision: 'approve' | 'deny' = 'approve'): string {
  const request = voteRequestOf(dora, pending, { decision, at: after(180).toISOString() })
  const decided = decideVote({
    approval: pending,
    voter: dora.person,
    request,
    keyThumbprint: dora.thumbprint,
    freshSignIn,
    now: after(180),
  })
  return decided.ok ? 'counts' : `${decided.error.code}: ${decided.error.message}`
}

describe('a vote where a fresh sign-in is asked for', () => {
  test.for([
    ['none', undefined, 'STEP_UP_REQUIRED'],
    ['fresh enough', { sub: 'dora', stepUp: signIn({ at: after(61).toISOString() }) }, 'counts'],
    ['a little too old', { sub: 'dora', stepUp: signIn({ at: after(57).toISOString() }) }, 'it is too old'],
    ['from the future', { sub: 'dora', stepUp: signIn({ at: after(183).toISOString() }) }, 'it comes from the future'],
    ['at a time that is no time', { sub: 'dora', stepUp: signIn({ at: 'now' }) }, 'it is too old'],
    ['another way', { sub: 'dora', stepUp: signIn({ at: after(170).toISOString(), acr: 'pwd' }) }, 'in the way that the rule asks for'],
    ['no way that is known', { sub: 'dora', stepUp: signIn({ at: after(170).toISOString(), acr: undefined }) }, 'in the way'],
    ['somebody else', { sub: 'dirk', stepUp: signIn({ at: after(170).toISOString() }) }, 'somebody else signed in'],
  ] as const)('%s', ([, freshSignIn, expected]) => {
    expect(outcome(freshSignIn)).toContain(expected)
  })

  test('to deny needs none', () => {
    expect(outcome(undefined, 'deny')).toBe('counts')
  })
})

describe('a call whose rule asks for a fresh sign-in runs only', () => {
  const settled = (stepUp: StepUp | undefined): Approval => {
    const vote = { ...voteOf(dora, pending), ...(stepUp && { stepUp }) }
    return settleApproval({ ...pending, votes: [vote] }, after(60))
  }
  test.for([
    ['with one', signIn(), 'runs'],
    ['not without', undefined, 'step-up-invalid'],
    ['not with one that was too old when the vote was cast', signIn({ at: after(-190).toISOString() }), 'step-up-invalid'],
    ['not with one in another way', signIn({ acr: 'pwd' }), 'step-up-invalid'],
  ] as const)('%s', ([, stepUp, expected]) => {
    const approval = settled(stepUp)
    const liveMembers = new Map([['dora', dora.person]])
    const decided = decideExecution({ approval, digest: approval.digest, now: after(70), liveMembers, logged: loggedOf(approval) })
    expect(decided.ok ? 'runs' : decided.reason).toBe(expected)
  })
})

test('the nonce of a sign-in is of one request and one key', () => {
  const request = { approval: 'apr_1', digest: 'd', keyThumbprint: 'k' }
  const nonce = stepUpNonce(request, 'r4nd0m')
  expect(isStepUpNonce(nonce, request)).toBe(true)
  for (const changed of [{ approval: 'apr_2' }, { digest: 'e' }, { keyThumbprint: 'l' }]) {
    expect(isStepUpNonce(nonce, { ...request, ...changed })).toBe(false)
  }
  expect(isStepUpNonce(`other${nonce}`, request)).toBe(false)
  expect(isStepUpNonce('', request)).toBe(false)
})
