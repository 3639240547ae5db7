import type { DesktopHandlers } from '../services/desktop.ts'
import { decideToolNotifications } from './decide-tool-notifications.ts'
import { startPlannedNotifications, type PlannedNotificationsPorts } from './planned-notifications.ts'

export interface ToolNotificationsPorts extends PlannedNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'connections:list'>
}

/** Tells administrators that a server changed its tools, and takes that back when it is decided. */
export const startToolNotifications = (ports: ToolNotificationsPorts): Promise<{ close(): void }> =>
  startPlannedNotifications<ReadonlyMap<string, number>>(ports, {
    nothing: new Map(),
    async plan({ person, ...known }) {
      const connections = person?.roles.includes('administrator') ? await ports.handlers['connections:list'](undefined) : []
      return decideToolNotifications({ connections, ...known })
    },
    pageOf: () => '/connections',
    follow: (changed) => ports.subscribe('connections:changed', changed),
    failed: 'the connections could not be listed',
  })
