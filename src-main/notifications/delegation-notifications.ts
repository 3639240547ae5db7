import type { DesktopHandlers } from '../services/desktop.ts'
import { decideDelegationNotifications } from './decide-delegation-notifications.ts'
import { startPlannedNotifications, type PlannedNotificationsPorts } from './planned-notifications.ts'

export interface DelegationNotificationsPorts extends PlannedNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'delegations:list'>
}

/** Tells whoever was named to decide in somebody's place. */
export function startDelegationNotifications(ports: DelegationNotificationsPorts): Promise<{ close(): void }> {
  const nothing: ReadonlySet<string> = new Set()
  return startPlannedNotifications<ReadonlySet<string>>(ports, {
    nothing,
    async plan({ person, ...known }) {
      const delegations = person?.roles.includes('reviewer') ? await ports.handlers['delegations:list'](undefined) : []
      return decideDelegationNotifications({ delegations, person, first: known.announced === nothing, ...known })
    },
    pageOf: () => '/settings',
    follow: (changed) => ports.subscribe('delegations:changed', changed),
    failed: 'who stands in for whom could not be asked',
  })
}
