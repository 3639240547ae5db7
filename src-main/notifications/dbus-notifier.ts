import { sessionBus, Variant, type MessageBus } from 'dbus-next'
import type { DesktopNotification, NotificationAction, Notifier, NotifierEvents } from './notifier.ts'

const service = 'org.freedesktop.Notifications'
const objectPath = '/org/freedesktop/Notifications'

/** `org.freedesktop.Notifications`, as the Desktop Notifications Specification 1.2 has it. */
interface NotificationsInterface {
  GetCapabilities(): Promise<string[]>
  Notify(
    application: string,
    replaces: number,
    icon: string,
    summary: string,
    body: string,
    actions: string[],
    hints: Record<string, Variant>,
    expires: number,
  ): Promise<number>
  CloseNotification(id: number): Promise<void>
  on(signal: 'ActionInvoked', listener: (id: number, key: string) => void): unknown
  on(signal: 'NotificationClosed', listener: (id: number, reason: number) => void): unknown
}

/**
 * Talks to the desktop's notification daemon itself, since Electron shows no buttons on Linux.
 * @throws Error when there is no session bus or no daemon on it
 */
export async function openDbusNotifier(
  events: NotifierEvents,
  options: { busAddress: string; applicationName: string },
): Promise<Notifier> {
  const bus = sessionBus({ busAddress: options.busAddress })
  const ended = new Promise<never>((_resolve, reject) => {
    // stays: the bus may go away at any time, and an unheard 'error' would end the application
    bus.on('error', (error: Error) => reject(error))
  })
  ended.catch(() => undefined)
  try {
    const daemon = await Promise.race([findDaemon(bus), ended, timeout(3000)])
    const capabilities = new Set(await daemon.GetCapabilities())
    return createNotifier(bus, daemon, capabilities, events, options.applicationName)
  } catch (error) {
    bus.disconnect()
    throw error
  }
}

async function findDaemon(bus: MessageBus): Promise<NotificationsInterface> {
  const object = await bus.getProxyObject(service, objectPath)
  const daemon: unknown = object.getInterface(service)
  return daemon as NotificationsInterface
}

function timeout(milliseconds: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('the notification daemon does not answer')), milliseconds).unref()
  })
}

function createNotifier(
  bus: MessageBus,
  daemon: NotificationsInterface,
  capabilities: ReadonlySet<string>,
  events: NotifierEvents,
  applicationName: string,
): Notifier {
  const numbers = new Map<string, number>()
  const idOf = (number: number) => [...numbers].find(([, known]) => known === number)?.[0]

  daemon.on('ActionInvoked', (number: number, key: string) => {
    const id = idOf(number)
    const action = actionOf(key)
    if (id === undefined || action === undefined) return
    numbers.delete(id)
    events.onAction(id, action)
  })
  daemon.on('NotificationClosed', (number: number) => {
    const id = idOf(number)
    if (id === undefined) return
    numbers.delete(id)
    events.onDismissed(id)
  })

  return {
    async show(notification) {
      try {
        const number = await daemon.Notify(
          applicationName,
          numbers.get(notification.id) ?? 0,
          '',
          notification.title,
          capabilities.has('body-markup') ? escapeMarkup(notification.body) : notification.body,
          capabilities.has('actions') ? actionList(notification) : [],
          { urgency: new Variant('y', 1), category: new Variant('s', 'im.received') },
          // it waits until somebody decides
          0,
        )
        numbers.set(notification.id, number)
        return 'shown'
      } catch (error) {
        return { failed: error instanceof Error ? error.message : String(error) }
      }
    },
    async withdraw(id) {
      const number = numbers.get(id)
      numbers.delete(id)
      // the daemon answers with an error when it is already gone
      if (number !== undefined) await daemon.CloseNotification(number).catch(() => undefined)
    },
    close() {
      bus.disconnect()
    },
  }
}

/** Pairs of key and label; the key `default` is a click on the notification itself. */
const actionList = (notification: DesktopNotification): string[] => [
  'default',
  'Open',
  ...notification.actions.flatMap(({ action, label }) => [action, label]),
]

function actionOf(key: string): NotificationAction | undefined {
  if (key === 'default' || key === 'open') return 'open'
  return key === 'deny' ? 'deny' : undefined
}

const escapeMarkup = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
