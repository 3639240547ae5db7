import { fillByVotes, type FilledNeed } from '../../../src-core/approval/quorum.ts'
import type { Approval } from '../../../src-protocol/model.ts'

export interface ApprovalProgress {
  needs: readonly FilledNeed[]
  given: number
  needed: number
  /** `1 of 2 approvals, dba still missing` */
  sentence: string
}

/** How far a request is approved. The gateway counts again, with the groups of that moment. */
export function approvalProgress({ digestInput, votes }: Pick<Approval, 'digestInput' | 'votes'>): ApprovalProgress {
  const needs = fillByVotes(digestInput, votes)
  const given = needs.reduce((sum, need) => sum + need.given, 0)
  const needed = needs.reduce((sum, need) => sum + need.approvals, 0)
  const missing = needs.filter((need) => need.given < need.approvals).map(({ groups }) => groups.join(' or '))
  const counted = `${given} of ${needed} ${needed === 1 ? 'approval' : 'approvals'}`
  return {
    needs,
    given,
    needed,
    sentence: needs.length > 1 && missing.length > 0 ? `${counted}, ${missing.join(' and ')} still missing` : counted,
  }
}

/** Whether there is more to say about who decides than that one approval is enough and any denial denies. */
export const isPlainRequest = ({ digestInput: { approvals, veto, stepUp }, votes }: Approval): boolean =>
  approvals === 1 && veto === undefined && stepUp === undefined && votes.length === 0
