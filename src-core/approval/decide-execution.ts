import { AppError } from '../../src-protocol/app-error.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Approval, Person, Vote } from '../../src-protocol/model.ts'
import { decideApprovalState, voteClockToleranceMs } from './approval-state.ts'
import { differenceFromLog } from './compare-with-log.ts'
import { problemOfStandIn } from './stand-in.ts'
import { endsRequest, fillByVotes, isFilled } from './quorum.ts'
import { stepUpProblem } from './step-up.ts'
import { verifyVoteSignature } from './vote-signature.ts'

export interface ExecutionFacts {
  approval: Approval
  /** of the call as it is about to run: recomputed from the held bytes and what is in force now */
  digest: string
  now: Date
  /** sub → the groups and roles in which the gateway knows a voter, or somebody whose place they took, now; whoever is not in it has none */
  liveMembers: ReadonlyMap<string, Pick<Person, 'groups' | 'roles'>>
  /** every entry of the log about this approval */
  logged: readonly LogEntry[]
  /** the opening of break-glass that the log has for this approval, and the one that is open now and about this call */
  glass?: { brokeGlass: string | undefined; open: string | undefined }
  /** a delegation as the log has it */
  delegation?: (id: string) => Delegation | undefined
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
  | 'glass-closed'
  | 'not-delegated'

/** `voids`: the approval is to be stored as void with the error's reason; otherwise its state stays. */
export type ExecutionDecision = { ok: true } | { ok: false; reason: ExecutionReason; voids: boolean; error: AppError }

/**
 * The last look before an approved call runs. Any doubt voids. At most once is the store's promise: it has to move the
 * approval from approved to executed in one durable step, and to forward only if that step was its own.
 */
export function decideExecution({ approval, digest, now, liveMembers, logged, glass, delegation }: ExecutionFacts): ExecutionDecision {
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

  const { votes, brokeGlass } = approval
  if (brokeGlass !== undefined) {
    if (votes.some((vote) => endsRequest(digestInput, vote))) return voided('too-few-approvals', 'somebody has denied it')
    const stands = glass?.brokeGlass === brokeGlass && glass.open === brokeGlass
    return stands ? { ok: true } : voided('glass-closed', 'the broken glass was closed')
  }
  const approvals = votes.filter((vote) => vote.decision === 'approve')
  if (votes.some((vote) => endsRequest(digestInput, vote)) || !isFilled(fillByVotes(digestInput, votes))) {
    return voided('too-few-approvals', 'it does not have the approvals it needs')
  }
  if (!votes.every((vote) => verifyVoteSignature(approval, vote))) {
    return voided('signature-invalid', 'the signature of a vote does not fit')
  }
  for (const vote of approvals) {
    const { person, at, stepUp, onBehalfOf } = vote
    const problem = digestInput.stepUp && stepUpProblem(digestInput.stepUp, stepUp, new Date(at), voteClockToleranceMs)
    if (problem !== undefined) return voided('step-up-invalid', `the fresh sign-in of ${person.name} does not hold: ${problem}`)
    const undelegated = onBehalfOf && problemOfPlace(vote, approval, delegation?.(onBehalfOf.delegation))
    if (undelegated !== undefined) return voided('not-delegated', `the vote of ${person.name} does not hold: ${undelegated}`)
    // whoever decided in somebody's place has to be a reviewer still, and so has that person, who lent their groups
    if (onBehalfOf && !isReviewer(liveMembers.get(person.sub))) return voided('voter-lost-role', `${person.name} is no longer a reviewer`)
    const member = onBehalfOf ?? person
    const { groups, roles } = liveMembers.get(member.sub) ?? nobody
    if (!digestInput.groups.some((group) => groups.includes(group))) {
      return voided('voter-lost-role', `${member.name} is no longer in a group that may approve this`)
    }
    if (!isReviewer({ roles })) return voided('voter-lost-role', `${member.name} is no longer a reviewer`)
  }
  // everybody is still in some group, but perhaps not in those that are needed
  if (!isFilled(fillByVotes(digestInput, votes, (sub) => liveMembers.get(sub)?.groups ?? []))) {
    return voided('voter-lost-role', 'those who approved are no longer in the groups that it needs')
  }
  return { ok: true }
}

/** That the delegation ended since takes back nothing: what was decided under it stays decided. */
function problemOfPlace(
  { person, onBehalfOf, groups = [], at }: Vote,
  approval: Approval,
  delegation: Delegation | undefined,
): string | undefined {
  if (delegation?.delegator.sub !== onBehalfOf?.sub) return 'nobody has named them for it'
  const signedAt = new Date(Date.parse(at) - voteClockToleranceMs)
  const problem = problemOfStandIn(delegation, { approval, sub: person.sub, at: signedAt })
  return problem ?? (groups.every((group) => delegation?.groups.includes(group)) ? undefined : 'it is for another group')
}

const isReviewer = (person: Pick<Person, 'roles'> | undefined): boolean => person?.roles.includes('reviewer') === true

const nobody: Pick<Person, 'groups' | 'roles'> = { groups: [], roles: [] }

const refuse = (reason: ExecutionReason, voids: boolean, error: AppError): ExecutionDecision => ({ ok: false, reason, voids, error })
