import type { PolicyProposal } from '../../src-protocol/policy-proposal.ts'
import { oneLine } from './decide-notifications.ts'
import type { DesktopNotification } from './notifier.ts'
import type { NotificationPlan } from './planned-notifications.ts'

/**
 * What administrators should have on the screen: one notification for each version that waits for a second administrator, once, until it
 * is decided. Authors are not told of their own.
 */
export function decideProposalNotifications(input: {
  proposals: readonly Pick<PolicyProposal, 'id' | 'kind' | 'state' | 'author'>[]
  /** `sub` of the person */
  me: string | undefined
  announced: ReadonlySet<string>
  /** ids of what is on the screen */
  visible: readonly string[]
  enabled: boolean
}): NotificationPlan<ReadonlySet<string>> {
  const waiting = input.proposals.filter(({ state, author }) => state === 'open' && author.sub !== input.me)
  const announced = new Set(waiting.map(idOf))
  if (!input.enabled) return { withdraw: [...input.visible], show: [], announced }
  return {
    withdraw: input.visible.filter((id) => !announced.has(id)),
    show: waiting.filter((proposal) => !input.announced.has(idOf(proposal))).map(notificationOf),
    announced,
  }
}

/** Who and what kind, never the text or its message: it may be read on a lock screen. */
function notificationOf(proposal: Pick<PolicyProposal, 'id' | 'kind' | 'author'>): DesktopNotification {
  const what = proposal.kind === 'policy' ? 'Policy' : 'Masking rules'
  return {
    id: idOf(proposal),
    title: `${what} proposed`,
    body: `${oneLine(proposal.author.name)} proposes a version that another administrator has to activate.`,
    actions: [{ action: 'open', label: 'Open' }],
  }
}

/** It tells where to go when it is clicked. */
const idOf = ({ kind, id }: Pick<PolicyProposal, 'id' | 'kind'>): string => `${kind}:${id}`
