import type { Approval, Person } from '../../src-protocol/model.ts'
import { oneLine } from './decide-notifications.ts'
import type { DesktopNotification } from './notifier.ts'
import type { NotificationPlan } from './planned-notifications.ts'

/** what was reported before is no news any more to whoever signs in */
const newsMs = 24 * 3600 * 1000

/** What administrators should have on the screen: each reported request once, for as long as it is news. Who reported it is not told. */
export function decideReportNotifications(input: {
  approvals: readonly Approval[]
  person: Person | undefined
  announced: ReadonlySet<string>
  /** ids of what is on the screen */
  visible: readonly string[]
  enabled: boolean
  now: Date
}): NotificationPlan<ReadonlySet<string>> {
  const { person } = input
  const from = input.now.getTime() - newsMs
  const news = input.approvals.filter(
    ({ reported, votes }) =>
      person?.roles.includes('administrator') === true &&
      reported !== undefined &&
      Date.parse(reported.at) > from &&
      !votes.some((vote) => vote.decision === 'deny' && vote.person.sub === person.sub && vote.person.name === reported.by),
  )
  const announced = new Set(news.map(({ id }) => idOf(id)))
  if (!input.enabled) return { withdraw: [...input.visible], show: [], announced }
  return {
    withdraw: input.visible.filter((id) => !announced.has(id)),
    show: news.filter(({ id }) => !input.announced.has(idOf(id))).map(notificationOf),
    announced,
  }
}

/** Who and where, never the arguments or what was said of them: it may be read on a lock screen. */
const notificationOf = ({ id, connection, requester, reported }: Approval): DesktopNotification => ({
  id: idOf(id),
  title: `Request reported: ${oneLine(connection)}`,
  body: `${oneLine(reported?.by ?? 'A reviewer')} reported a request of ${oneLine(requester.name)}. The session was ended.`,
  actions: [{ action: 'open', label: 'Open' }],
})

const prefix = 'report:'
const idOf = (approval: string): string => `${prefix}${approval}`

/** Where a click on the notification leads. */
export const pageOfReport = (id: string): string => `/inbox/${id.slice(prefix.length)}`
