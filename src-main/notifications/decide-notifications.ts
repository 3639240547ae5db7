import { hasTakenPart, standInsFor } from '../../src-core/approval/stand-in.ts'
import { decidingGroups } from '../../src-core/approval/quorum.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'
import type { DesktopNotification } from './notifier.ts'

/** the one notification that stands for many */
export const summaryId = 'summary'
/** from the next one on there is a summary instead */
const mostAtOnce = 3

export type NoNotification = 'signed-out' | 'not-reviewer' | 'own-request' | 'not-in-groups' | 'already-decided-by-me' | 'not-pending'

/** In whose place the person may decide, and the moment. */
export interface StandingIn {
  delegations: readonly Delegation[]
  at: Date
}

/** Whether a request concerns this person as a reviewer, or in the place of one. Nobody is told about their own request. */
export function concerns(
  approval: Approval,
  me: Person | undefined,
  standingIn?: StandingIn,
): { ok: true } | { ok: false; reason: NoNotification } {
  if (!me) return { ok: false, reason: 'signed-out' }
  if (approval.state !== 'pending') return { ok: false, reason: 'not-pending' }
  if (approval.requester.sub === me.sub) return { ok: false, reason: 'own-request' }
  if (!me.roles.includes('reviewer')) return { ok: false, reason: 'not-reviewer' }
  const own = decidingGroups(approval.digestInput).some((group) => me.groups.includes(group))
  const inPlace = standingIn !== undefined && standInsFor(approval, me.sub, standingIn.delegations, standingIn.at).length > 0
  if (!own && !inPlace) return { ok: false, reason: 'not-in-groups' }
  if (hasTakenPart(approval.votes, me.sub)) return { ok: false, reason: 'already-decided-by-me' }
  return { ok: true }
}

export interface NotificationPlan {
  withdraw: string[]
  show: DesktopNotification[]
  /** requests that are announced after this plan; those decided meanwhile are forgotten */
  announced: string[]
}

/**
 * What should be on the screen now. `waiting` are the pending requests that concern the person; a request is announced once, and a
 * person who dismissed it is not told again. Decided requests are withdrawn. Many at once become one summary, which names no number,
 * so that it cannot be wrong; the tray counts.
 */
export function decideNotifications(input: {
  waiting: readonly Approval[]
  announced: readonly string[]
  /** ids of what is on the screen */
  visible: readonly string[]
  enabled: boolean
}): NotificationPlan {
  if (!input.enabled) return { withdraw: [...input.visible], show: [], announced: input.waiting.map(({ id }) => id) }
  const waitingIds = new Set<string>(input.waiting.map(({ id }) => id))
  const fresh = input.waiting.filter(({ id }) => !input.announced.includes(id))
  const announced = [...waitingIds]
  const summaryIsVisible = input.visible.includes(summaryId)
  const single = input.visible.filter((id) => id !== summaryId)
  const stale = single.filter((id) => !waitingIds.has(id))
  const kept = single.filter((id) => waitingIds.has(id))

  if (summaryIsVisible) {
    return waitingIds.size === 0 ? { withdraw: [...stale, summaryId], show: [], announced } : { withdraw: stale, show: [], announced }
  }
  if (kept.length + fresh.length <= mostAtOnce) return { withdraw: stale, show: fresh.map(notificationOf), announced }
  return { withdraw: [...stale, ...kept], show: [summary], announced }
}

const summary: DesktopNotification = {
  id: summaryId,
  title: 'Several requests wait for approval',
  body: 'Open the inbox to decide them.',
  actions: [{ action: 'open', label: 'Open inbox' }],
}

/** Who and what, never the arguments or the reason: it may be read on a lock screen. */
function notificationOf(approval: Approval): DesktopNotification {
  return {
    id: approval.id,
    title: `Approval needed: ${oneLine(approval.connection)}`,
    body: `${oneLine(approval.requester.name)} asks to run ${oneLine(approval.tool)}.`,
    actions: [
      { action: 'open', label: 'Open' },
      { action: 'deny', label: approval.reasonRequired ? 'Deny…' : 'Deny' },
    ],
  }
}

/** Names come from outside: control and direction characters could make a notification say something else. */
export const oneLine = (text: string): string => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain
}
