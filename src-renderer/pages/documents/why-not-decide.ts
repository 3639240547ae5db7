import type { PolicyProposal } from '../../../src-protocol/policy-proposal.ts'

export interface DecisionFacts {
  administrator: boolean
  reachable: boolean
  /** `sub` of whoever looks at it */
  me: string | undefined
  proposal: Pick<PolicyProposal, 'state' | 'author'>
}

/** Why a proposal cannot be activated or rejected by this person now; undefined if it can. The gateway checks again. */
export function whyNotDecide({ administrator, reachable, me, proposal }: DecisionFacts): string | undefined {
  if (!administrator) return 'Deciding needs the role administrator.'
  if (!reachable) return 'The gateway cannot be reached.'
  if (proposal.state !== 'open') return stateSentences[proposal.state]
  if (proposal.author.sub === me) return 'You proposed it, so another administrator must decide.'
  return undefined
}

const stateSentences: Record<Exclude<PolicyProposal['state'], 'open'>, string> = {
  activated: 'It was activated.',
  rejected: 'It was rejected.',
  withdrawn: 'Its author withdrew it.',
  expired: 'It is more than seven days old: propose it again.',
  stale: 'Another version came into force since: propose it again.',
}

/** in a badge and in lists */
export const stateWords: Record<PolicyProposal['state'], string> = {
  open: 'Proposed',
  activated: 'Activated',
  rejected: 'Rejected',
  withdrawn: 'Withdrawn',
  expired: 'Expired',
  stale: 'Stale',
}
