import { AppError } from '../../src-protocol/app-error.ts'
import type { Approval } from '../../src-protocol/model.ts'
import { approvalDigest } from './approval-digest.ts'
import { approversOf, decideApprovalState } from './approval-state.ts'
import { verifyVoteSignature } from './vote-signature.ts'

export interface ExecutionFacts {
  approval: Approval
  /** of the call as it is about to run: recomputed from the held bytes and what is in force now */
  digest: string
  now: Date
  /** sub → the groups in which the gateway knows the person now; whoever is not in it has none */
  liveMembers: ReadonlyMap<string, readonly string[]>
}

export type ExecutionReason =
  'not-approved' | 'already-executed' | 'digest-mismatch' | 'out-of-time' | 'too-few-approvals' | 'signature-invalid' | 'voter-lost-role'

/** `voids`: the approval is to be stored as void with the error's reason; otherwise its state stays. */
export type ExecutionDecision = { ok: true } | { ok: false; reason: ExecutionReason; voids: boolean; error: AppError }

/**
 * The last look before an approved call runs. Any doubt voids. At most once is the store's promise: it has to move the
 * approval from approved to executed in one durable step, and to forward only if that step was its own.
 */
export function decideExecution({ approval, digest, now, liveMembers }: ExecutionFacts): ExecutionDecision {
  const { id, state, digestInput } = approval
  if (state === 'executed' || approval.executedAt !== undefined) {
    return refuse('already-executed', false, new AppError('APPROVAL_NOT_PENDING', { approval: id, state: 'executed' }))
  }
  if (state !== 'approved') return refuse('not-approved', false, new AppError('APPROVAL_NOT_PENDING', { approval: id, state }))

  const voided = (reason: ExecutionReason, sentence: string) =>
    refuse(reason, true, new AppError('APPROVAL_VOID', { approval: id, reason: sentence }))
  if (digest !== approval.digest || !hasDigest(approval)) return voided('digest-mismatch', 'the call is not the one that was approved')
  const outcome = decideApprovalState(approval, now)
  if (outcome.state !== 'approved') return voided('out-of-time', outcome.voidReason ?? 'its time is over')

  const approvals = approval.votes.filter((vote) => vote.decision === 'approve')
  if (approvals.length !== approval.votes.length || approversOf(approval).size < digestInput.approvals) {
    return voided('too-few-approvals', 'it does not have the approvals it needs')
  }
  if (!approvals.every((vote) => verifyVoteSignature(approval, vote))) {
    return voided('signature-invalid', 'the signature of a vote does not fit')
  }
  for (const { person } of approvals) {
    const groups = liveMembers.get(person.sub) ?? []
    if (!digestInput.groups.some((group) => groups.includes(group))) {
      return voided('voter-lost-role', `${person.name} is no longer in a group that may approve this`)
    }
  }
  return { ok: true }
}

const refuse = (reason: ExecutionReason, voids: boolean, error: AppError): ExecutionDecision => ({ ok: false, reason, voids, error })

/** A digest that is not the one of its own input was changed in the store. */
function hasDigest(approval: Approval): boolean {
  try {
    const { digestInput } = approval
    return (
      approvalDigest(digestInput) === approval.digest &&
      digestInput.approval === approval.id &&
      digestInput.requester === approval.requester.sub
    )
  } catch {
    return false
  }
}
