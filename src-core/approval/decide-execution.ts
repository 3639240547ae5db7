import { AppError } from '../../src-protocol/app-error.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'
import { decideApprovalState, voteClockToleranceMs } from './approval-state.ts'
import { differenceFromLog } from './compare-with-log.ts'
import { endsRequest, fillByVotes, isFilled } from './quorum.ts'
import { stepUpProblem } from './step-up.ts'
import { verifyVoteSignature } from './vote-signature.ts'

export interface ExecutionFacts {
  approval: Approval
  /** of the call as it is about to run: recomputed from the held bytes and what is in force now */
  digest: string
  now: Date
  /** sub → the groups and roles in which the gateway knows the person now; whoever is not in it has none */
  liveMembers: ReadonlyMap<string, Pick<Person, 'groups' | 'roles'>>
  /** every entry of the log about this approval */
  logged: readonly LogEntry[]
}

export type ExecutionReason =
  | 'not-approved'
  | 'already-executed'
  | 'digest-mismatch'
  | 'not-as-logged'
  | 'out-of-time'
  | 'too-few-approvals'
  | 'signature-invalid'
  | 'step-up-invalid'
  | 'voter-lost-role'

/** `voids`: the approval is to be stored as void with the error's reason; otherwise its state stays. */
export type ExecutionDecision = { ok: true } | { ok: false; reason: ExecutionReason; voids: boolean; error: AppError }

/**
 * The last look before an approved call runs. Any doubt voids. At most once is the store's promise: it has to move the
 * approval from approved to executed in one durable step, and to forward only if that step was its own.
 */
export function decideExecution({ approval, digest, now, liveMembers, logged }: ExecutionFacts): ExecutionDecision {
  const { id, state, digestInput } = approval
  if (state === 'executed' || approval.executedAt !== undefined) {
    return refuse('already-executed', false, new AppError('APPROVAL_NOT_PENDING', { approval: id, state: 'executed' }))
  }
  if (state !== 'approved') return refuse('not-approved', false, new AppError('APPROVAL_NOT_PENDING', { approval: id, state }))

  const voided = (reason: ExecutionReason, sentence: string) =>
    refuse(reason, true, new AppError('APPROVAL_VOID', { approval: id, reason: sentence }))
  const difference = differenceFromLog(approval, logged)
  if (difference !== undefined) return voided('not-as-logged', difference)
  if (digest !== approval.digest) return voided('digest-mismatch', 'the call is not the one that was approved')
  const outcome = decideApprovalState(approval, now)
  if (outcome.state !== 'approved') return voided('out-of-time', outcome.voidReason ?? 'its time is over')

  const { votes } = approval
  const approvals = votes.filter((vote) => vote.decision === 'approve')
  if (votes.some((vote) => endsRequest(digestInput, vote)) || !isFilled(fillByVotes(digestInput, votes))) {
    return voided('too-few-approvals', 'it does not have the approvals it needs')
  }
  if (!votes.every((vote) => verifyVoteSignature(approval, vote))) {
    return voided('signature-invalid', 'the signature of a vote does not fit')
  }
  for (const { person, at, stepUp } of approvals) {
    const problem = digestInput.stepUp && stepUpProblem(digestInput.stepUp, stepUp, new Date(at), voteClockToleranceMs)
    if (problem !== undefined) return voided('step-up-invalid', `the fresh sign-in of ${person.name} does not hold: ${problem}`)
    const { groups, roles } = liveMembers.get(person.sub) ?? nobody
    if (!digestInput.groups.some((group) => groups.includes(group))) {
      return voided('voter-lost-role', `${person.name} is no longer in a group that may approve this`)
    }
    if (!roles.includes('reviewer')) return voided('voter-lost-role', `${person.name} is no longer a reviewer`)
  }
  // everybody is still in some group, but perhaps not in those that are needed
  if (!isFilled(fillByVotes(digestInput, votes, (sub) => liveMembers.get(sub)?.groups ?? []))) {
    return voided('voter-lost-role', 'those who approved are no longer in the groups that it needs')
  }
  return { ok: true }
}

const nobody: Pick<Person, 'groups' | 'roles'> = { groups: [], roles: [] }

const refuse = (reason: ExecutionReason, voids: boolean, error: AppError): ExecutionDecision => ({ ok: false, reason, voids, error })
