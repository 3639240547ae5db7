import type { Approval } from '../../src-protocol/model.ts'
import type { RemindAt } from '../../src-protocol/notification-settings.ts'
import { oneLine, summaryId } from './decide-notifications.ts'
import type { DesktopNotification } from './notifier.ts'

const shares: Record<Exclude<RemindAt, 'never'>, number> = { quarter: 1 / 4, half: 1 / 2 }
/** less than this is no help: reading a request takes longer */
const leastLeftMs = 2 * 60_000
/** a request that is this short is announced while it runs out anyway */
const shortestMs = 60_000
const mostAtOnce = 3

/**
 * When one is told of a request once more, in epoch milliseconds: with the share of its time left that was chosen, at least two minutes, but not
 * before half of it is over.
 */
export function reminderAt({ requestedAt, decideBy }: Approval, remind: RemindAt): number | undefined {
  const end = Date.parse(decideBy)
  const whole = end - Date.parse(requestedAt)
  if (remind === 'never' || !(whole >= shortestMs)) return undefined
  return end - Math.min(Math.max(whole * shares[remind], leastLeftMs), whole / 2)
}

export interface ReminderPlan {
  withdraw: string[]
  show: DesktopNotification[]
  /** of those that wait, the ones of which nobody is told again */
  reminded: string[]
}

/**
 * Which requests to tell of once more: those that still wait for this person, that they were told of before, and whose time comes to its end. Whoever
 * is told of a request for the first time so late is not told twice. What stands on the screen is taken away first, for a system may show the same again in silence.
 */
export function decideReminders(input: {
  waiting: readonly Approval[]
  /** before what is announced now */
  announced: readonly string[]
  reminded: readonly string[]
  visible: readonly string[]
  enabled: boolean
  remind: RemindAt
  now: number
}): ReminderPlan {
  const { waiting, announced, remind, now, visible } = input
  const isDue = (approval: Approval): boolean => (reminderAt(approval, remind) ?? Infinity) <= now && now < Date.parse(approval.decideBy)
  const late = waiting.filter((approval) => isDue(approval) && !input.reminded.includes(approval.id))
  const due = late.filter(({ id }) => announced.includes(id))
  const reminded = waiting.map(({ id }) => id).filter((id) => input.reminded.includes(id) || late.some((approval) => approval.id === id))
  if (!input.enabled || due.length === 0) return { withdraw: [], show: [], reminded }
  const show = due.length > mostAtOnce ? [manyRunOut] : due.map(reminderOf)
  const gone = due.length > mostAtOnce ? [...due.map(({ id }) => id), summaryId] : due.map(({ id }) => id)
  return { withdraw: gone.filter((id) => visible.includes(id)), show, reminded }
}

const manyRunOut: DesktopNotification = {
  id: summaryId,
  title: 'Several requests are about to run out',
  body: 'Whatever nobody decides in time is denied. Open the inbox to decide.',
  actions: [{ action: 'open', label: 'Open inbox' }],
}

/** Who and what, as at first; no time, which would be wrong a moment later. */
const reminderOf = (approval: Approval): DesktopNotification => ({
  id: approval.id,
  title: `Still waiting: ${oneLine(approval.connection)}`,
  body: `${oneLine(approval.requester.name)} asks to run ${oneLine(approval.tool)}. The time to decide is nearly over.`,
  actions: [
    { action: 'open', label: 'Open' },
    { action: 'deny', label: approval.reasonRequired ? 'Deny…' : 'Deny' },
  ],
})
