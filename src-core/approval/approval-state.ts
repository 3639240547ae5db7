import type { Approval, ApprovalState } from '../../src-protocol/model.ts'
import { endsRequest, fillByVotes, isFilled } from './quorum.ts'

/** How far a reviewer's clock may be off. */
export const voteClockToleranceMs = 2 * 60 * 1000

export interface ApprovalOutcome {
  state: ApprovalState
  /** until when an approved call may run */
  runBy?: string | undefined
  voidReason?: string | undefined
}

/**
 * What an approval is at a moment: one denial denies (or one of those who have the veto), as many
 * approvals as asked for approve, time-out is denial.
 * A settled state stays what it is, whatever the clock says; a clock that was set back voids.
 */
export function decideApprovalState(approval: Approval, now: Date): ApprovalOutcome {
  const { state, runBy, voidReason } = approval
  if (state === 'approved') return decideApproved(approval, now)
  if (state !== 'pending') return { state, runBy, voidReason }

  const at = now.getTime()
  if (!(at >= Date.parse(approval.requestedAt))) return { state: 'void', voidReason: 'the clock was set back' }
  // votes come first: one that was in time stays in time, however late it is looked at
  if (approval.votes.some((vote) => endsRequest(approval.digestInput, vote))) return { state: 'denied' }
  if (isFilled(fillByVotes(approval.digestInput, approval.votes))) {
    // settled late, after a crash: the time to run counts from the votes all the same
    const lastVote = Math.max(...approval.votes.map((vote) => Date.parse(vote.at)))
    const approvedAt = Math.min(at, lastVote + voteClockToleranceMs)
    if (Number.isNaN(approvedAt)) return { state: 'void', voidReason: 'a vote has no time' }
    return { state: 'approved', runBy: new Date(approvedAt + approval.digestInput.runWithinSeconds * 1000).toISOString() }
  }
  return { state: at <= Date.parse(approval.digestInput.decideBy) ? 'pending' : 'expired' }
}

/** The approval as it is to be stored; the same object if nothing changes. */
export function settleApproval(approval: Approval, now: Date): Approval {
  const { state, runBy, voidReason } = decideApprovalState(approval, now)
  if (state === approval.state) return approval
  return { ...approval, state, ...(runBy !== undefined && { runBy }), ...(voidReason !== undefined && { voidReason }) }
}

function decideApproved(approval: Approval, now: Date): ApprovalOutcome {
  const { runBy } = approval
  const at = now.getTime()
  const end = Date.parse(runBy ?? '')
  const start = end - approval.digestInput.runWithinSeconds * 1000
  // written so that a time that is no time (NaN) is out of bounds as well
  if (!(at <= end)) return { state: 'void', runBy, voidReason: 'it was not run in time' }
  if (!(at >= start)) return { state: 'void', runBy, voidReason: 'the clock was set back' }
  return { state: 'approved', runBy }
}
