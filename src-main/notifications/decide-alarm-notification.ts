import type { NotificationPlan } from './planned-notifications.ts'

/** the one notification about the gateway's log */
export const alarmId = 'log-alarm'

/**
 * What everybody should have on the screen while the log contradicts what this computer saw of it before. It is told once for each alarm; the window
 * says what to do, and keeps saying it. Not more than that on a lock screen.
 */
export function decideAlarmNotification(input: {
  alarm: string | undefined
  announced: string | undefined
  visible: readonly string[]
  enabled: boolean
}): NotificationPlan<string | undefined> {
  const { alarm, announced, visible, enabled } = input
  if (!enabled || alarm === undefined) return { withdraw: [...visible], show: [], announced: alarm }
  if (alarm === announced) return { withdraw: [], show: [], announced: alarm }
  return {
    withdraw: [...visible],
    show: [
      {
        id: alarmId,
        title: 'The gateway’s log may have been rewritten',
        body: 'It does not continue what this computer saw of it before. Open Gatehouse to read what to do.',
        actions: [{ action: 'open', label: 'Open' }],
      },
    ],
    announced: alarm,
  }
}
