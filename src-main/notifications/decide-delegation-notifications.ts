import type { Delegation } from '../../src-protocol/delegation.ts'
import type { Person } from '../../src-protocol/model.ts'
import { oneLine } from './decide-notifications.ts'
import type { NotificationPlan } from './planned-notifications.ts'

/** Whoever was named to decide in somebody's place has that on the screen once, until it has ended. What stood before this person signed in is no news. */
export function decideDelegationNotifications(input: {
  delegations: readonly Delegation[]
  person: Pick<Person, 'sub'> | undefined
  announced: ReadonlySet<string>
  /** ids of what is on the screen */
  visible: readonly string[]
  enabled: boolean
  first: boolean
}): NotificationPlan<ReadonlySet<string>> {
  const received = input.delegations.filter(({ delegate, endedAt }) => delegate.sub === input.person?.sub && endedAt === undefined)
  const announced = new Set<string>(received.map(({ id }) => id))
  if (!input.enabled) return { withdraw: [...input.visible], show: [], announced }
  const news = input.first ? [] : received.filter(({ id }) => !input.announced.has(id))
  return {
    withdraw: input.visible.filter((id) => !announced.has(id)),
    show: news.map(({ id, delegator, groups }) => ({
      id,
      title: `You stand in for ${oneLine(delegator.name)}`,
      body: `You decide in their place about requests for ${oneLine(groups.join(', '))}. Your settings say until when.`,
      actions: [{ action: 'open', label: 'Open' }],
    })),
    announced,
  }
}
