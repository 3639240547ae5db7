/** What the person may press. `open` is also what clicking the notification itself does. */
export type NotificationAction = 'open' | 'deny'

export interface DesktopNotification {
  id: string
  title: string
  body: string
  /** shown as buttons where the system has them */
  actions: readonly { action: NotificationAction; label: string }[]
}

export type ShowResult = 'shown' | { suppressed: string } | { failed: string }

/** The system's notifications, as the rest of the desktop needs them. */
export interface Notifier {
  show(notification: DesktopNotification): Promise<ShowResult>
  /** takes a notification back; one that is no longer there is no failure */
  withdraw(id: string): Promise<void>
  close(): void
}

export interface NotifierEvents {
  onAction(id: string, action: NotificationAction): void
  /** it has left the screen without an action: dismissed or expired */
  onDismissed(id: string): void
}
