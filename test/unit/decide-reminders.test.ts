import { expect, test } from 'vitest'
import { decideReminders, reminderAt } from '../../src-main/notifications/decide-reminders.ts'
import { summaryId } from '../../src-main/notifications/decide-notifications.ts'
import { approvalExample } from '../fakes/approval-example.ts'

const lasting = (minutes: number, number = 1) =>
  approvalExample(number, { decideBy: new Date(Date.parse('2026-11-22T16:00:00.000Z') + minutes * 60_000).toISOString() })
const clockAt = (minutes: number): number => Date.parse('2026-11-22T16:00:00.000Z') + minutes * 60_000
const atMinute = (...args: Parameters<typeof reminderAt>): number | undefined => {
  const at = reminderAt(...args)
  return at === undefined ? undefined : (at - clockAt(0)) / 60_000
}

test.for([
  ['a quarter of an hour is left of one', 60, 'quarter', 45],
  ['half an hour is left of one', 60, 'half', 30],
  ['two minutes are left at least', 5, 'quarter', 3],
  ['but not before half of a short time is over', 3, 'quarter', 1.5],
  ['a time that runs out at once has none', 0.5, 'quarter', undefined],
  ['who wants none has none', 60, 'never', undefined],
] as const)('%s', ([, minutes, remind, moment]) => {
  expect(atMinute(lasting(minutes), remind)).toBe(moment)
})

const all = [1, 2, 3, 4].map((number) => lasting(60, number))
const [first, second] = all
const known = {
  announced: all.map(({ id }) => id),
  reminded: [] as string[],
  visible: [] as string[],
  enabled: true,
  remind: 'quarter' as const,
}
const ids = ({ show }: { show: { id: string }[] }): string[] => show.map(({ id }) => id)

test('once, when it is time and not before, and not after its end', () => {
  const waiting = all.slice(0, 1)
  const plan = (minutes: number, reminded: string[] = []) => decideReminders({ ...known, reminded, waiting, now: clockAt(minutes) })
  expect(ids(plan(44.9))).toEqual([])
  const due = plan(45)
  expect([ids(due), due.reminded]).toEqual([[first?.id], [first?.id]])
  expect(ids(plan(46, due.reminded))).toEqual([])
  expect(ids(plan(60))).toEqual([])
})

test('what stands on the screen makes room, so that it is seen again', () => {
  const plan = decideReminders({ ...known, visible: [first?.id ?? '', second?.id ?? ''], waiting: all.slice(0, 1), now: clockAt(50) })
  expect([plan.withdraw, ids(plan)]).toEqual([[first?.id], [first?.id]])
})

test('a request of which one hears for the first time so late is told of once', () => {
  const plan = decideReminders({ ...known, announced: [], waiting: all.slice(0, 1), now: clockAt(50) })
  expect([ids(plan), plan.reminded]).toEqual([[], [first?.id]])
})

test('switched off, nothing is shown, and nothing is caught up on later', () => {
  const off = decideReminders({ ...known, enabled: false, waiting: all.slice(0, 1), now: clockAt(50) })
  expect([ids(off), off.reminded]).toEqual([[], [first?.id]])
})

test('above three, one stands for all; neither names arguments or reasons', () => {
  const plan = decideReminders({ ...known, visible: [summaryId], waiting: all, now: clockAt(50) })
  expect([plan.withdraw, ids(plan)]).toEqual([[summaryId], [summaryId]])
  const single = decideReminders({ ...known, waiting: all.slice(0, 3), now: clockAt(50) })
  for (const secret of ['DROP TABLE', 'Month-end', first?.digest ?? '']) expect(JSON.stringify([plan, single])).not.toContain(secret)
})
