import type { Clock } from '../../src-node/clock.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'
import type { RemindAt } from '../../src-protocol/notification-settings.ts'
import type { Desktop, DesktopHandlers } from '../services/desktop.ts'
import { concerns, decideNotifications, summaryId } from './decide-notifications.ts'
import { decideReminders, reminderAt } from './decide-reminders.ts'
import type { NotificationAction, Notifier, NotifierEvents, ShowResult } from './notifier.ts'

export interface ApprovalNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'approvals:list' | 'approvals:vote' | 'delegations:list'>
  subscribe: Desktop['subscribe']
  openNotifier: (events: NotifierEvents) => Notifier
  /** shows a page; `confirm` asks it to begin with that decision */
  openPage: (page: string, confirm?: 'deny') => void
  /** tray and application badge */
  showCount: (waiting: number) => void
  clock: Clock
  scheduler: Scheduler
  log: { info(details: object, message: string): void; warn(details: object, message: string): void }
}

/** timers are no longer than this; what is due later is looked at again */
const longestTimerMs = 24 * 60 * 60 * 1000

/** the reason that a denial from the notification carries, where the policy demands none */
export const reasonFromNotification = 'Denied from the notification.'

/** Keeps the screen's notifications and the tray's count in step with the requests that wait for this person. */
export async function startApprovalNotifications(ports: ApprovalNotificationsPorts): Promise<{ close(): void }> {
  const requests = new Map<string, Approval>()
  const visible = new Set<string>()
  let delegations: Delegation[] = []
  let announced: string[] = []
  let reminded: string[] = []
  let remind: RemindAt = 'quarter'
  let cancelReminder = () => {}
  let me: Person | undefined
  let enabled = true
  let queue = Promise.resolve()

  const notifier = ports.openNotifier({
    onAction: (id, action) => {
      visible.delete(id)
      void act(id, action)
    },
    onDismissed: (id) => visible.delete(id),
  })

  const waiting = () => {
    const standingIn = { delegations, at: ports.clock.now() }
    return [...requests.values()].filter((approval) => concerns(approval, me, standingIn).ok)
  }

  /** Comes back when the next one has to be told of again. */
  const planReminder = (waiting: readonly Approval[]) => {
    cancelReminder()
    const now = ports.clock.now().getTime()
    const next = Math.min(...waiting.map((approval) => reminderAt(approval, remind) ?? Infinity).filter((at) => at > now))
    cancelReminder = Number.isFinite(next) ? ports.scheduler.after(Math.min(next - now + 1, longestTimerMs), update) : () => {}
  }

  const bringUpToDate = async (facts: { waiting: Approval[]; enabled: boolean }) => {
    ports.showCount(facts.waiting.length)
    const plan = decideNotifications({ ...facts, announced, visible: [...visible] })
    const now = ports.clock.now().getTime()
    const again = decideReminders({ ...facts, announced, reminded, visible: [...visible], remind, now })
    announced = plan.announced
    reminded = again.reminded
    planReminder(facts.waiting)
    for (const id of new Set([...plan.withdraw, ...again.withdraw])) {
      visible.delete(id)
      await notifier.withdraw(id)
    }
    for (const notification of [...plan.show, ...again.show]) {
      visible.add(notification.id)
      const result = await notifier.show(notification)
      if (result === 'shown') continue
      visible.delete(notification.id)
      ports.log.warn({ id: notification.id, ...reasonOf(result) }, 'a notification was not shown')
    }
  }

  /** One plan at a time: a second one must know what the first has put on the screen. */
  const update = () => {
    const facts = { waiting: waiting(), enabled }
    queue = queue
      .then(() => bringUpToDate(facts))
      .catch((error: unknown) => ports.log.warn({ err: error }, 'notifications could not be brought up to date'))
  }

  const act = async (id: string, action: NotificationAction) => {
    const approval = requests.get(id)
    if (id === summaryId || !approval) return ports.openPage('/inbox')
    if (action === 'open') return ports.openPage(`/inbox/${approval.id}`)
    // a reason must be written, so the denial goes on in the window
    if (approval.reasonRequired) return ports.openPage(`/inbox/${approval.id}`, 'deny')
    try {
      await ports.handlers['approvals:vote']({
        approval: approval.id,
        decision: 'deny',
        reason: reasonFromNotification,
        digest: approval.digest,
      })
    } catch (error) {
      ports.log.warn({ approval: approval.id, err: error }, 'a request could not be denied from its notification')
      ports.openPage(`/inbox/${approval.id}`, 'deny')
    }
  }

  const reload = async () => {
    requests.clear()
    delegations = []
    if (me?.roles.includes('reviewer')) {
      try {
        // whoever stands in for nobody is told of their own all the same
        delegations = await ports.handlers['delegations:list'](undefined).catch(() => [])
        for (const approval of await ports.handlers['approvals:list'](undefined)) requests.set(approval.id, approval)
      } catch (error) {
        ports.log.info({ err: error }, 'the requests could not be listed; they will arrive as they change')
      }
    }
    update()
  }

  const unsubscribe = [
    ports.subscribe('approval:changed', (approval) => {
      requests.set(approval.id, approval)
      update()
    }),
    // a request that was not this person's to decide may be now, or the other way round
    ports.subscribe('delegations:changed', () => void reload()),
    ports.subscribe('state:changed', (state) => {
      const person = state.signIn.state === 'signed-in' ? state.signIn.person : undefined
      const changedPerson = person?.sub !== me?.sub
      const changedSwitch = enabled !== state.preferences.notifications
      me = person
      enabled = state.preferences.notifications
      const changedReminder = remind !== (state.preferences.remind ?? 'quarter')
      remind = state.preferences.remind ?? 'quarter'
      if (changedPerson) void reload()
      else if (changedSwitch || changedReminder) update()
    }),
  ]
  const state = await ports.handlers['state:get'](undefined)
  me = state.signIn.state === 'signed-in' ? state.signIn.person : undefined
  enabled = state.preferences.notifications
  remind = state.preferences.remind ?? 'quarter'
  await reload()

  return {
    close() {
      cancelReminder()
      unsubscribe.forEach((end) => end())
      for (const id of visible) void notifier.withdraw(id)
      notifier.close()
    },
  }
}

const reasonOf = (result: Exclude<ShowResult, 'shown'>) =>
  'suppressed' in result ? { suppressed: result.suppressed } : { failed: result.failed }
