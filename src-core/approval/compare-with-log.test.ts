import { describe, expect, test } from 'vitest'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Approval, ApprovalState, Vote } from '../../src-protocol/model.ts'
import { settleApproval } from './approval-state.ts'
import { differenceFromLog } from './compare-with-log.ts'
import { after, approvalWith, loggedOf, voteOf, voter } from './testing/approval-fixture.ts'

const dora = voter('dora')
const eve = voter('eve')
const pending = approvalWith()
const honest = settleApproval({ ...pending, votes: [voteOf(dora, pending)] }, after(60))
const [asked, cast] = loggedOf(honest) as [LogEntry, LogEntry]
const vote = honest.votes[0] as Vote
const settledAs = (state: ApprovalState): LogEntry =>
  ({ v: 1, at: after(70).toISOString(), kind: 'approval.settled', approval: honest.id, digest: honest.digest, state }) as LogEntry

test('an approval that is as the log has it', () => {
  expect(honest.state).toBe('approved')
  expect(differenceFromLog(honest, [asked, cast])).toBeUndefined()
  expect(differenceFromLog(honest, [asked, cast, settledAs('approved')])).toBeUndefined()
})

describe('a database that was written to', () => {
  const withVote = (changed: Partial<Vote>): Approval => ({ ...honest, votes: [{ ...vote, ...changed }] })
  test.for([
    ['a vote more, properly signed by somebody', { ...honest, votes: [vote, voteOf(eve, pending)] }, 'the vote of eve is not in the log'],
    ['another vote instead', { ...honest, votes: [voteOf(eve, pending)] }, 'the vote of eve is not in the log'],
    ['a vote less', { ...honest, votes: [] }, 'the log has a vote that the database does not have'],
    ['the same vote twice', { ...honest, votes: [vote, vote] }, 'the vote of dora is not in the log'],
    ['another decision', withVote({ decision: 'deny' }), 'the vote of dora is not in the log'],
    ['another reason', withVote({ reason: 'other' }), 'the vote of dora is not in the log'],
    ['another voter', withVote({ person: eve.person }), 'the vote of eve is not in the log'],
    ['another key and signature of the voter', withVote(voteOf(dora, pending)), 'the vote of dora is not in the log'],
    ['another requester', { ...honest, requester: { ...honest.requester, sub: 'mallory' } }, 'its request is another one'],
    ['another digest', { ...honest, digest: 'e'.repeat(64) }, 'its request is another one'],
    ['fewer approvals needed', { ...honest, digestInput: { ...honest.digestInput, approvals: 0 } }, 'its request is another one'],
    ['a whole other request', { ...approvalWith({}, { requester: 'mallory' }), votes: honest.votes }, 'its request is another one'],
    ['more time to run', { ...honest, runBy: after(60 + 120 + 300.001).toISOString() }, 'it would run later than its votes'],
    ['no time to run', { ...honest, runBy: undefined }, 'it would run later than its votes'],
  ] as const)('%s', ([, approval, difference]) => {
    expect(differenceFromLog(approval as Approval, [asked, cast])).toContain(difference)
  })
})

describe('a log that says something else', () => {
  const denial: LogEntry = { ...cast, vote: voteOf(eve, pending, { decision: 'deny' }) } as LogEntry
  test.for([
    ['nothing', [], 'its request is not in the log'],
    ['only votes', [cast], 'its request is not in the log'],
    ['two requests', [asked, asked, cast], 'its request is not in the log'],
    ['a denial that the database does not have', [asked, cast, denial], 'the log has a vote that the database does not have'],
    ['a vote for another digest', [asked, { ...cast, digest: 'e'.repeat(64) } as LogEntry], 'the log has a vote for something else'],
    ['it has run', [asked, cast, settledAs('executed')], 'in the log it is executed already'],
    ['it was denied', [asked, cast, settledAs('denied')], 'in the log it is denied already'],
    ['nobody decided in time', [asked, cast, settledAs('expired')], 'in the log it is expired already'],
    ['it was withdrawn', [asked, cast, settledAs('withdrawn')], 'in the log it is withdrawn already'],
    ['it became void', [asked, cast, settledAs('void')], 'in the log it is void already'],
  ] as const)('%s', ([, logged, difference]) => {
    expect(differenceFromLog(honest, logged)).toContain(difference)
  })
})
