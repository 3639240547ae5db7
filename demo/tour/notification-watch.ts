import type { DesktopDriver } from './desktop-driver.ts'
import { startNotificationDaemon } from '../../test/dbus/notification-daemon.ts'
import { findBusDaemon, startPrivateBus } from '../../test/dbus/private-bus.ts'

export interface SeenNotification {
  title: string
  body: string
  buttons: string[]
}

/** Where the reviewer's notifications arrive: a notification daemon on a D-Bus session of the tour's own, if one can be had. */
export interface NotificationWatch {
  how: string
  env: Record<string, string>
  received(reviewer: DesktopDriver): Promise<SeenNotification[]>
  stop(): Promise<void>
}

export async function startNotificationWatch(): Promise<NotificationWatch> {
  const busDaemon = findBusDaemon()
  if (busDaemon === undefined)
    return {
      how: 'recorded by the host; there is no dbus-daemon here for a real notification daemon',
      env: { DBUS_SESSION_BUS_ADDRESS: '' },
      received: (reviewer) => reviewer.app.evaluate(readHostNotifications),
      stop: async () => {},
    }
  const bus = await startPrivateBus(busDaemon)
  const daemon = await startNotificationDaemon({ address: bus.address, capabilities: ['body', 'actions'] })
  return {
    how: 'received by a notification daemon over D-Bus',
    env: { DBUS_SESSION_BUS_ADDRESS: bus.address },
    received: () =>
      Promise.resolve(
        daemon.received.map(({ summary, body, actions }) => ({
          title: summary,
          body,
          buttons: actions.filter((_, index) => index % 2 === 1),
        })),
      ),
    async stop() {
      daemon.stop()
      await bus.stop()
    },
  }
}

interface HostGlobal {
  __gatehouseHost?: { notifications: { title: string; body: string; actions: { text: string }[] }[] }
}

/** runs in the desktop's main process */
function readHostNotifications(): SeenNotification[] {
  const { notifications = [] } = (globalThis as HostGlobal).__gatehouseHost ?? {}
  return notifications.map(({ title, body, actions }) => ({ title, body, buttons: actions.map(({ text }) => text) }))
}
