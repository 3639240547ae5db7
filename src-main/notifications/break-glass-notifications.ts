import type { DesktopHandlers } from '../services/desktop.ts'
import { decideBreakGlassNotifications, pageOfBreakGlass } from './decide-break-glass-notifications.ts'
import { startPlannedNotifications, type PlannedNotificationsPorts } from './planned-notifications.ts'

export interface BreakGlassNotificationsPorts extends PlannedNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'break-glass:overview'>
}

/** Tells reviewers and administrators at once that the glass was broken, and reviewers each day that nobody has reviewed it. */
export const startBreakGlassNotifications = (ports: BreakGlassNotificationsPorts): Promise<{ close(): void }> =>
  startPlannedNotifications<ReadonlySet<string>>(ports, {
    nothing: new Set(),
    async plan({ person, ...known }) {
      const openings = person ? (await ports.handlers['break-glass:overview'](undefined)).openings : []
      return decideBreakGlassNotifications({ openings, person, ...known })
    },
    pageOf: pageOfBreakGlass,
    follow: (changed) => ports.subscribe('break-glass:changed', changed),
    failed: 'where the glass was broken could not be asked',
  })
