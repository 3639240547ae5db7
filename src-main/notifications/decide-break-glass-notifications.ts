import type { BreakGlassOpening } from '../../src-protocol/break-glass.ts'
import type { Person } from '../../src-protocol/model.ts'
import { oneLine } from './decide-notifications.ts'
import type { DesktopNotification } from './notifier.ts'
import type { NotificationPlan } from './planned-notifications.ts'

/**
 * What should be on the screen: to everybody who can stop it each opening, once, while it is open; to who has to review it each one that nobody has,
 * anew each day. Who opened it is told nothing.
 */
export function decideBreakGlassNotifications(input: {
  openings: readonly BreakGlassOpening[]
  person: Person | undefined
  announced: ReadonlySet<string>
  /** ids of what is on the screen */
  visible: readonly string[]
  enabled: boolean
}): NotificationPlan<ReadonlySet<string>> {
  const { openings, person } = input
  const others = openings.filter((opening) => person !== undefined && opening.input.person !== person.sub)
  const mayStop = person?.roles.some((role) => role === 'reviewer' || role === 'administrator') === true
  const alerts = others.filter(({ endedAt }) => mayStop && endedAt === undefined).map(alertOf)
  const due = others.filter(({ endedAt, review, input: { reviewers } }) => {
    const theirs = person?.roles.includes('reviewer') === true && reviewers.some((group) => person.groups.includes(group))
    return theirs && endedAt !== undefined && review === undefined
  })
  const standing = [...alerts, ...due.map(reminderOf)]
  const announced = new Set(standing.map(({ id }) => id))
  if (!input.enabled) return { withdraw: [...input.visible], show: [], announced }
  return {
    withdraw: input.visible.filter((id) => !announced.has(id)),
    show: standing.filter(({ id }) => !input.announced.has(id)),
    announced,
  }
}

/** Who and where, never the reason or a call: it may be read on a lock screen. */
const alertOf = ({ id, person, input }: BreakGlassOpening): DesktopNotification => ({
  id: `open:${id}`,
  title: `Glass broken: ${oneLine(input.connection)}`,
  body: `${oneLine(person.name)} runs calls without approval for ${input.minutes} minutes. Open Gatehouse to stop it.`,
  actions: [{ action: 'open', label: 'Open' }],
})

const reminderOf = ({ id, person, input, overdueDays = 0 }: BreakGlassOpening): DesktopNotification => ({
  id: `review:${overdueDays}:${id}`,
  title: `Review needed: ${oneLine(input.connection)}`,
  body:
    overdueDays === 0
      ? `${oneLine(person.name)} broke the glass. Somebody else has to review it.`
      : `${oneLine(person.name)} broke the glass, and nobody has reviewed it for ${overdueDays === 1 ? 'a day' : `${overdueDays} days`}.`,
  actions: [{ action: 'open', label: 'Open' }],
})

/** The page that has all of them. */
export const pageOfBreakGlass = (): string => '/break-glass'
