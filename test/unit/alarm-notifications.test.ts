import { describe, expect, test } from 'vitest'
import { startAlarmNotifications } from '../../src-main/notifications/alarm-notifications.ts'
import { alarmId, decideAlarmNotification } from '../../src-main/notifications/decide-alarm-notification.ts'
import type { NotifierEvents } from '../../src-main/notifications/notifier.ts'
import type { PlannedNotificationsPorts } from '../../src-main/notifications/planned-notifications.ts'

const decide = (alarm?: string, announced?: string, visible: string[] = [], enabled = true) => {
  const plan = decideAlarmNotification({ alarm, announced, visible, enabled })
  return [plan.show.map(({ id }) => id), plan.withdraw]
}

describe('what is on the screen', () => {
  test.for<[string, unknown, unknown]>([
    ['no alarm', decide(), [[], []]],
    ['an alarm', decide('forked'), [[alarmId], []]],
    ['it was announced', decide('forked', 'forked', [alarmId]), [[], []]],
    ['it was dismissed', decide('forked', 'forked'), [[], []]],
    ['another alarm', decide('rolled back', 'forked', [alarmId]), [[alarmId], [alarmId]]],
    ['the alarm is over', decide(undefined, 'forked', [alarmId]), [[], [alarmId]]],
    ['nobody wants to know', decide('forked', undefined, [], false), [[], []]],
  ])('%s', ([, plan, expected]) => {
    expect(plan).toEqual(expected)
  })

  test('it says nothing about the log itself: it may be read on a lock screen', () => {
    const [shown] = decideAlarmNotification({ alarm: 'The log of 48,211 …', announced: undefined, visible: [], enabled: true }).show
    expect(`${shown?.title} ${shown?.body}`).not.toContain('48,211')
  })
})

test('a desktop tells an alarm once, also to who is not signed in, and leads to the window', async () => {
  const listeners: ((state: never) => void)[] = []
  const seen: string[] = []
  const pages: string[] = []
  let events: NotifierEvents | undefined
  let alarm: string | undefined
  const state = () => ({ signIn: { state: 'signed-out' }, preferences: { notifications: true }, ...(alarm !== undefined && { alarm }) })
  const ports = {
    handlers: { 'state:get': async () => state() },
    subscribe: (_name: string, listener: (payload: never) => void) => {
      listeners.push(listener)
      return () => undefined
    },
    openNotifier: (given: NotifierEvents) => {
      events = given
      return {
        show: async ({ id }: { id: string }) => (seen.push(id), 'shown' as const),
        withdraw: async (id: string) => void seen.push(`withdraw ${id}`),
        close: () => undefined,
      }
    },
    openPage: (page: string) => void pages.push(page),
    log: { info: () => undefined },
  }
  const started = await startAlarmNotifications(ports as unknown as PlannedNotificationsPorts)
  const changed = () => listeners.forEach((listener) => listener(state() as never))
  expect(seen).toEqual([])
  alarm = 'The log was forked.'
  changed()
  changed()
  await expect.poll(() => seen).toEqual([alarmId])
  events?.onAction(alarmId, 'open')
  expect(pages).toEqual(['/recordings'])
  started.close()
})
