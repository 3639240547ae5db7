import { decideAlarmNotification } from './decide-alarm-notification.ts'
import { startPlannedNotifications, type PlannedNotificationsPorts } from './planned-notifications.ts'

/** Tells whoever sits at this computer that the gateway's log contradicts what was seen of it before. */
export const startAlarmNotifications = (ports: PlannedNotificationsPorts): Promise<{ close(): void }> =>
  startPlannedNotifications<string | undefined>(ports, {
    nothing: undefined,
    async plan({ announced, visible, enabled }) {
      const { alarm } = await ports.handlers['state:get'](undefined)
      return decideAlarmNotification({ alarm, announced, visible, enabled })
    },
    pageOf: () => '/recordings',
    follow(changed) {
      let last: string | undefined
      return ports.subscribe('state:changed', ({ alarm }) => {
        if (alarm === last) return
        last = alarm
        changed()
      })
    },
    failed: 'whether the log is in order could not be asked',
  })
