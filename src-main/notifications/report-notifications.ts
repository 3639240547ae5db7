import type { Clock } from '../../src-node/clock.ts'
import type { DesktopHandlers } from '../services/desktop.ts'
import { decideReportNotifications, pageOfReport } from './decide-report-notifications.ts'
import { startPlannedNotifications, type PlannedNotificationsPorts } from './planned-notifications.ts'

export interface ReportNotificationsPorts extends PlannedNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'approvals:list'>
  clock: Clock
}

/** Tells administrators that a reviewer took a request for an attack. */
export const startReportNotifications = (ports: ReportNotificationsPorts): Promise<{ close(): void }> =>
  startPlannedNotifications<ReadonlySet<string>>(ports, {
    nothing: new Set(),
    async plan({ person, ...known }) {
      const approvals = person?.roles.includes('administrator') ? await ports.handlers['approvals:list'](undefined) : []
      return decideReportNotifications({ approvals, person, now: ports.clock.now(), ...known })
    },
    pageOf: pageOfReport,
    follow: (changed) =>
      ports.subscribe('approval:changed', ({ reported }) => {
        if (reported !== undefined) changed()
      }),
    failed: 'the requests could not be listed',
  })
