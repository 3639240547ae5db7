import type { DesktopState } from '../../src-protocol/desktop-api.ts'
import type { Person } from '../../src-protocol/model.ts'
import type { Desktop, DesktopHandlers } from '../services/desktop.ts'
import type { DesktopNotification, Notifier, NotifierEvents } from './notifier.ts'

export interface PlannedNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get'>
  subscribe: Desktop['subscribe']
  openNotifier: (events: NotifierEvents) => Notifier
  openPage: (page: string) => void
  log: { info(details: object, message: string): void }
}

/** What should be on the screen, against what is; `announced` is what was spoken of so far. */
export interface NotificationPlan<A> {
  withdraw: string[]
  show: DesktopNotification[]
  announced: A
}

export interface NotificationSubject<A> {
  /** what was spoken of to a person of whom nothing is known yet */
  nothing: A
  /** asks for what there is, for this person, and plans */
  plan(known: { person: Person | undefined; announced: A; visible: readonly string[]; enabled: boolean }): Promise<NotificationPlan<A>>
  pageOf(id: string): string
  /** tells when something may have changed; returns its clean-up */
  follow(changed: () => void): () => void
  /** for the log, when `plan` failed */
  failed: string
}

/** Keeps the screen as a plan wants it, while its subject, the person or the preferences change. */
export async function startPlannedNotifications<A>(
  ports: PlannedNotificationsPorts,
  subject: NotificationSubject<A>,
): Promise<{ close(): void }> {
  const visible = new Set<string>()
  let announced = subject.nothing
  let who: string | undefined
  let queue = Promise.resolve()

  const notifier = ports.openNotifier({
    onAction(id) {
      visible.delete(id)
      ports.openPage(subject.pageOf(id))
    },
    onDismissed: (id) => visible.delete(id),
  })

  const bringUpToDate = async () => {
    const { signIn, preferences } = await ports.handlers['state:get'](undefined)
    const person = signIn.state === 'signed-in' ? signIn.person : undefined
    if (person?.sub !== who) announced = subject.nothing
    who = person?.sub
    const plan = await subject.plan({ person, announced, visible: [...visible], enabled: preferences.notifications })
    announced = plan.announced
    for (const id of plan.withdraw) {
      visible.delete(id)
      await notifier.withdraw(id)
    }
    for (const notification of plan.show) {
      visible.add(notification.id)
      if ((await notifier.show(notification)) !== 'shown') visible.delete(notification.id)
    }
  }

  /** One plan at a time: a second one must know what the first has put on the screen. */
  const update = () => {
    queue = queue.then(bringUpToDate).catch((error: unknown) => ports.log.info({ err: error }, subject.failed))
  }
  let last = ''
  const unsubscribe = [
    subject.follow(update),
    // the state changes often: only who is signed in and whether notifications are wanted matter
    ports.subscribe('state:changed', (state) => {
      const now = whoAndWhether(state)
      if (now === last) return
      last = now
      update()
    }),
  ]
  update()
  await queue

  return {
    close() {
      unsubscribe.forEach((end) => end())
      for (const id of visible) void notifier.withdraw(id)
      notifier.close()
    },
  }
}

const whoAndWhether = ({ signIn, preferences }: DesktopState): string =>
  `${signIn.state === 'signed-in' ? signIn.person.sub : ''} ${preferences.notifications}`
