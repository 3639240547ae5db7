import type { DesktopHandlers } from '../services/desktop.ts'
import { decideAccessNotifications, pageOfAccess } from './decide-access-notifications.ts'
import { startPlannedNotifications, type PlannedNotificationsPorts } from './planned-notifications.ts'

export interface AccessNotificationsPorts extends PlannedNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'access:overview'>
}

/** Tells reviewers that access is asked for, and who asked what became of it. */
export function startAccessNotifications(ports: AccessNotificationsPorts): Promise<{ close(): void }> {
  const nothing: ReadonlySet<string> = new Set()
  return startPlannedNotifications<ReadonlySet<string>>(ports, {
    nothing,
    async plan({ person, ...known }) {
      const { requests, grants } = person ? await ports.handlers['access:overview'](undefined) : { requests: [], grants: [] }
      return decideAccessNotifications({ requests, grants, me: person, first: known.announced === nothing, ...known })
    },
    pageOf: pageOfAccess,
    follow: (changed) => ports.subscribe('access:changed', changed),
    failed: 'the requests for access could not be listed',
  })
}
