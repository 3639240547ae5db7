import type { DesktopHandlers } from '../services/desktop.ts'
import { decideWatchNotifications, watchedKey } from './decide-watch-notifications.ts'
import { startPlannedNotifications, type PlannedNotificationsPorts } from './planned-notifications.ts'

export interface WatchNotificationsPorts extends PlannedNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'sessions:list'>
}

/** Tells operators that somebody watches one of their sessions, or ended it. */
export const startWatchNotifications = (ports: WatchNotificationsPorts): Promise<{ close(): void }> => {
  const keys = new Map<string, string>()
  return startPlannedNotifications<ReadonlySet<string>>(ports, {
    nothing: new Set(),
    async plan({ person, ...known }) {
      const sessions = person?.roles.includes('operator') ? await ports.handlers['sessions:list'](undefined) : []
      return decideWatchNotifications({ sessions, me: person?.sub, ...known })
    },
    pageOf: (id) => `/sessions/${id.split(':')[1] ?? ''}`,
    follow: (changed) =>
      ports.subscribe('session:changed', (session) => {
        const key = watchedKey(session)
        if (keys.get(session.id) === key) return
        keys.set(session.id, key)
        changed()
      }),
    failed: 'the sessions could not be listed',
  })
}
