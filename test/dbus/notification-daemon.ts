/** A small notification daemon (Desktop Notifications Specification 1.2) that a test looks at and presses. */
import dbus from 'dbus-next'

const { Interface } = dbus.interface

interface ReceivedNotification {
  id: number
  replaces: number
  application: string
  summary: string
  body: string
  /** pairs of key and label */
  actions: string[]
  urgency: number
  expires: number
}

class NotificationsService extends Interface {
  readonly received: ReceivedNotification[] = []
  readonly closed: number[] = []
  capabilities: string[]
  refuses = false

  constructor(capabilities: string[]) {
    super('org.freedesktop.Notifications')
    this.capabilities = capabilities
  }

  Notify(
    application: string,
    replaces: number,
    _icon: string,
    summary: string,
    body: string,
    actions: string[],
    hints: Record<string, { value: unknown }>,
    expires: number,
  ): number {
    if (this.refuses) throw new dbus.DBusError('org.freedesktop.DBus.Error.LimitsExceeded', 'too many notifications')
    const id = replaces || this.received.length + 1
    this.received.push({ id, replaces, application, summary, body, actions, urgency: Number(hints['urgency']?.value), expires })
    return id
  }
  CloseNotification(id: number): void {
    this.closed.push(id)
    this.NotificationClosed(id, 3)
  }
  GetCapabilities(): string[] {
    return this.capabilities
  }
  GetServerInformation(): string[] {
    return ['notification-daemon', 'Gatehouse tests', '1', '1.2']
  }
  // signals: calling them sends them
  ActionInvoked(id: number, key: string): [number, string] {
    return [id, key]
  }
  NotificationClosed(id: number, reason: number): [number, number] {
    return [id, reason]
  }
}

NotificationsService.configureMembers({
  methods: {
    Notify: { inSignature: 'susssasa{sv}i', outSignature: 'u' },
    CloseNotification: { inSignature: 'u', outSignature: '' },
    GetCapabilities: { inSignature: '', outSignature: 'as' },
    GetServerInformation: { inSignature: '', outSignature: 'ssss' },
  },
  signals: { ActionInvoked: { signature: 'us' }, NotificationClosed: { signature: 'uu' } },
})

export interface NotificationDaemon {
  readonly received: readonly ReceivedNotification[]
  readonly closed: readonly number[]
  /** what a person does */
  press(id: number, key: string): void
  dismiss(id: number): void
  /** from now on it takes none */
  refuse(): void
  stop(): void
}

export async function startNotificationDaemon(options: { address: string; capabilities: string[] }): Promise<NotificationDaemon> {
  const bus = dbus.sessionBus({ busAddress: options.address })
  const service = new NotificationsService(options.capabilities)
  bus.export('/org/freedesktop/Notifications', service)
  await bus.requestName('org.freedesktop.Notifications', 0)
  return {
    received: service.received,
    closed: service.closed,
    press: (id, key) => void service.ActionInvoked(id, key),
    dismiss: (id) => void service.NotificationClosed(id, 2),
    refuse: () => {
      service.refuses = true
    },
    stop: () => bus.disconnect(),
  }
}
