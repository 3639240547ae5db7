import type { Notification as ElectronNotification, NotificationConstructorOptions } from 'electron'
import type { DesktopNotification, Notifier, NotifierEvents } from './notifier.ts'

/** Electron's class, so that tests run without Electron. */
export interface NotificationClass {
  new (options: NotificationConstructorOptions): ElectronNotification
  isSupported(): boolean
}

/** Electron's own notifications: with buttons on macOS and Windows, click-to-open elsewhere. */
export function createElectronNotifier(events: NotifierEvents, Notification: NotificationClass): Notifier {
  const shown = new Map<string, ElectronNotification>()

  return {
    show(notification) {
      if (!Notification.isSupported()) return Promise.resolve({ suppressed: 'the system has no notifications' })
      shown.get(notification.id)?.close()
      const native = new Notification({
        title: notification.title,
        body: notification.body,
        actions: buttonsOf(notification).map(({ label }) => ({ type: 'button', text: label })),
      })
      const forget = () => {
        if (shown.get(notification.id) !== native) return false
        return shown.delete(notification.id)
      }
      native.on('click', () => {
        if (forget()) events.onAction(notification.id, 'open')
      })
      native.on('action', (event) => {
        const button = buttonsOf(notification)[event.actionIndex]
        if (button && forget()) events.onAction(notification.id, button.action)
      })
      native.on('close', () => {
        if (forget()) events.onDismissed(notification.id)
      })
      shown.set(notification.id, native)
      return new Promise((resolve) => {
        native.once('show', () => resolve('shown'))
        native.once('failed', (_event, problem) => {
          forget()
          resolve({ failed: problem })
        })
        native.show()
      })
    },
    withdraw(id) {
      const native = shown.get(id)
      shown.delete(id)
      native?.close()
      return Promise.resolve()
    },
    close() {
      for (const native of shown.values()) native.close()
      shown.clear()
    },
  }
}

/** clicking the notification itself opens, so no button is spent on that */
const buttonsOf = (notification: DesktopNotification) => notification.actions.filter(({ action }) => action !== 'open')
