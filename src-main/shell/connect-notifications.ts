import { Notification } from 'electron'
import { startAlarmNotifications } from '../notifications/alarm-notifications.ts'
import { startAccessNotifications } from '../notifications/access-notifications.ts'
import { startApprovalNotifications } from '../notifications/approval-notifications.ts'
import { startBreakGlassNotifications } from '../notifications/break-glass-notifications.ts'
import { startDelegationNotifications } from '../notifications/delegation-notifications.ts'
import { createElectronNotifier } from '../notifications/electron-notifier.ts'
import type { NotifierEvents } from '../notifications/notifier.ts'
import { openNotifier } from '../notifications/open-notifier.ts'
import { startProposalNotifications } from '../notifications/proposal-notifications.ts'
import { startQuietHours } from '../notifications/quiet-hours.ts'
import { startReportNotifications } from '../notifications/report-notifications.ts'
import { startToolNotifications } from '../notifications/tool-notifications.ts'
import { startWatchNotifications } from '../notifications/watch-notifications.ts'
import { systemClock } from '../../src-node/clock.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { MainWindow } from './main-window.ts'
import type { Desktop } from '../services/desktop.ts'

/** Notifications with this system's adapters. */
export async function connectNotifications(ports: {
  services: Desktop
  window: MainWindow
  showCount: (waiting: number) => void
  log: Logger
}): Promise<{ close(): void }> {
  const { log, window, services } = ports
  const busAddress = process.platform === 'linux' ? process.env['DBUS_SESSION_BUS_ADDRESS'] : undefined
  const shared = {
    handlers: services.handlers,
    subscribe: services.subscribe,
    openNotifier: (events: NotifierEvents) =>
      openNotifier(events, {
        dbus: busAddress
          ? async () => {
              const { openDbusNotifier } = await import('../notifications/dbus-notifier.ts')
              return openDbusNotifier(events, { busAddress, applicationName: 'Gatehouse' })
            }
          : undefined,
        electron: (notifierEvents) => createElectronNotifier(notifierEvents, Notification),
        log,
      }),
    openPage: (page: string, confirm?: 'deny') =>
      void window.show(page, confirm).catch((error: unknown) => log.error({ err: error }, 'the window could not be shown')),
    log,
  }
  const time = { clock: systemClock, scheduler: systemScheduler }
  const quietHours = await startQuietHours({ ...shared, ...time })
  // what can wait for the end of quiet hours; alarms and reports come through always
  const ordinary = { ...shared, openNotifier: quietHours.hold(shared.openNotifier) }
  const started = await Promise.all([
    startApprovalNotifications({ ...ordinary, ...time, showCount: ports.showCount }),
    startAlarmNotifications(shared),
    startToolNotifications(ordinary),
    startWatchNotifications(ordinary),
    startProposalNotifications(ordinary),
    startAccessNotifications(ordinary),
    startDelegationNotifications(ordinary),
    startReportNotifications({ ...shared, clock: systemClock }),
    startBreakGlassNotifications(shared),
  ])
  return { close: () => [...started, quietHours].forEach((notifications) => notifications.close()) }
}
