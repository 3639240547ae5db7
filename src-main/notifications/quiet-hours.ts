import { scheduleAt } from '../../src-core/access/access-schedule.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { QuietHours } from '../../src-protocol/notification-settings.ts'
import type { Desktop, DesktopHandlers } from '../services/desktop.ts'
import type { DesktopNotification, Notifier, NotifierEvents } from './notifier.ts'

type OpenNotifier = (events: NotifierEvents) => Notifier

export interface QuietHoursPorts {
  handlers: Pick<DesktopHandlers, 'state:get'>
  subscribe: Desktop['subscribe']
  openNotifier: OpenNotifier
  openPage: (page: string) => void
  clock: Clock
  scheduler: Scheduler
}

/** the one notification that stands for all that waited */
export const quietSummary: DesktopNotification = {
  id: 'quiet-hours',
  title: 'Quiet hours are over',
  body: 'Something waits since then. Open Gatehouse to see it.',
  actions: [{ action: 'open', label: 'Open inbox' }],
}

/** A computer that slept must not come hours late: it looks again at least so often while something is held. */
const lookEveryMs = 60_000

/** Until when it is quiet; undefined: it is not. */
export function quietUntil(settings: QuietHours | undefined, now: Date): Date | undefined {
  if (!settings?.on) return undefined
  const { zone, days, from, to } = settings
  const state = scheduleAt({ zone, windows: [{ days, from, to }] }, now)
  return state.open ? (state.closesAt ?? new Date(now.getTime() + lookEveryMs)) : undefined
}

/**
 * Holds notifications back in quiet hours. Whoever shows one is told that it is on the screen, and can take it back as ever; what is left at the end is shown,
 * as one notification where it is more than one. Notifiers that are not made by `hold` are not concerned: alarms come through always.
 */
export async function startQuietHours(ports: QuietHoursPorts): Promise<{ hold(open: OpenNotifier): OpenNotifier; close(): void }> {
  const { clock, scheduler } = ports
  let settings = (await ports.handlers['state:get'](undefined)).preferences.quietHours
  const held = new Map<string, { notification: DesktopNotification; notifier: Notifier; events: NotifierEvents }>()
  /** for what the summary on the screen stands */
  const summarised = new Set<string>()
  let cancel = () => {}
  const own = ports.openNotifier({
    onAction() {
      summarised.clear()
      ports.openPage('/inbox')
    },
    onDismissed: () => summarised.clear(),
  })

  function look(): void {
    cancel()
    cancel = () => {}
    if (held.size === 0) return
    const now = clock.now()
    const until = quietUntil(settings, now)
    if (!until) void release()
    else cancel = scheduler.after(Math.min(Math.max(until.getTime() - now.getTime(), 0) + 1, lookEveryMs), look)
  }

  async function release(): Promise<void> {
    const waiting = [...held.values()]
    held.clear()
    const [first] = waiting
    if (first && waiting.length === 1) {
      if ((await first.notifier.show(first.notification)) !== 'shown') first.events.onDismissed(first.notification.id)
      return
    }
    for (const { notification } of waiting) summarised.add(notification.id)
    await own.show(quietSummary)
  }

  const unsubscribe = ports.subscribe('state:changed', ({ preferences }) => {
    settings = preferences.quietHours
    look()
  })

  return {
    hold: (open) => (events) => {
      const notifier = open(events)
      return {
        show(notification) {
          if (!quietUntil(settings, clock.now())) return notifier.show(notification)
          held.set(notification.id, { notification, notifier, events })
          look()
          return Promise.resolve('shown')
        },
        async withdraw(id) {
          if (held.delete(id)) return
          if (summarised.delete(id) && summarised.size === 0) await own.withdraw(quietSummary.id)
          await notifier.withdraw(id)
        },
        close() {
          for (const [id, one] of held) if (one.notifier === notifier) held.delete(id)
          notifier.close()
        },
      }
    },
    close() {
      cancel()
      unsubscribe()
      own.close()
    },
  }
}
