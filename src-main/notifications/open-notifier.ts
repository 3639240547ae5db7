import type { Notifier, NotifierEvents } from './notifier.ts'

/**
 * Chooses once: on Linux the session bus if a daemon answers there, else what Electron offers. While the bus is being asked,
 * notifications wait; one that the daemon fails to take is handed to Electron.
 */
export function openNotifier(
  events: NotifierEvents,
  adapters: {
    /** absent where there is no session bus */
    dbus: ((events: NotifierEvents) => Promise<Notifier>) | undefined
    electron: (events: NotifierEvents) => Notifier
    log: { info(details: object, message: string): void }
  },
): Notifier {
  const electron = adapters.electron(events)
  const primary: Promise<Notifier | undefined> = (adapters.dbus?.(events) ?? Promise.resolve(undefined)).catch((error: unknown) => {
    adapters.log.info({ err: error }, 'no notification daemon on the session bus: notifications have no buttons')
    return undefined
  })
  return {
    async show(notification) {
      const result = await (await primary)?.show(notification)
      return result === undefined || (result !== 'shown' && 'failed' in result) ? electron.show(notification) : result
    },
    async withdraw(id) {
      await (await primary)?.withdraw(id)
      await electron.withdraw(id)
    },
    close() {
      void primary.then((notifier) => notifier?.close())
      electron.close()
    },
  }
}
