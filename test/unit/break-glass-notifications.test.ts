import { expect, test } from 'vitest'
import { startBreakGlassNotifications, type BreakGlassNotificationsPorts } from '../../src-main/notifications/break-glass-notifications.ts'
import { decideBreakGlassNotifications } from '../../src-main/notifications/decide-break-glass-notifications.ts'
import type { NotifierEvents } from '../../src-main/notifications/notifier.ts'
import type { BreakGlassOpening } from '../../src-protocol/break-glass.ts'
import type { Person } from '../../src-protocol/model.ts'
import { fakeBreakGlass } from '../fakes/fake-break-glass.ts'
import { people, tomas } from '../fakes/fake-people.ts'

const now = Date.parse('2026-11-22T13:19:39.000Z')
const setting = { scenario: 'full' as const, person: people.jonas, now }
const { openings } = (await fakeBreakGlass(setting, () => {})['break-glass:overview'](undefined)) as { openings: BreakGlassOpening[] }
const running = openings.find(({ endedAt }) => endedAt === undefined)!
const due = openings.find(({ endedAt, review }) => endedAt !== undefined && !review)!
const alert = `open:${running.id}`
const reminder = `review:1:${due.id}`

const decide = (changed: Partial<Parameters<typeof decideBreakGlassNotifications>[0]> = {}) => {
  const known = { openings, person: people.jonas as Person | undefined, announced: new Set<string>(), visible: [], enabled: true }
  const plan = decideBreakGlassNotifications({ ...known, ...changed })
  return { show: plan.show.map(({ id }) => id), withdraw: plan.withdraw }
}
const closed = openings.map((opening) => (opening === running ? { ...opening, endedAt: running.endsAt, overdueDays: 0 } : opening))

test.for<[string, ReturnType<typeof decide>, Partial<ReturnType<typeof decide>>]>([
  ['reviewers are told at once, and reminded of what nobody has reviewed', decide(), { show: [alert, reminder] }],
  ['each once', decide({ announced: new Set([alert, reminder]) }), { show: [], withdraw: [] }],
  [
    'administrators are told at once; who is in no group for the review is not reminded',
    decide({ person: { ...people.priya, groups: [] } }),
    { show: [alert] },
  ],
  ['who opened it is told nothing', decide({ person: { ...tomas, roles: ['operator', 'reviewer'] } }), { show: [] }],
  ['operators and auditors are told nothing', decide({ person: people.helene }), { show: [] }],
  ['nobody is told nothing', decide({ person: undefined }), { show: [] }],
  [
    'it is taken off the screen when it has ended',
    decide({ openings: closed, announced: new Set([alert, reminder]), visible: [alert] }),
    { withdraw: [alert] },
  ],
  [
    'the reminder comes anew the next day',
    decide({ openings: [{ ...due, overdueDays: 2 }], announced: new Set([reminder]), visible: [reminder] }),
    { show: [`review:2:${due.id}`], withdraw: [reminder] },
  ],
  [
    'it stops with the review',
    decide({ openings: [{ ...due, review: { ...due.statement, reviewedAt: due.endsAt } }], visible: [reminder] }),
    { show: [], withdraw: [reminder] },
  ],
  ['who wants none is told nothing', decide({ enabled: false, visible: [alert] }), { show: [], withdraw: [alert] }],
])('%s', ([, plan, expected]) => {
  expect(plan).toMatchObject(expected)
})

test('it names who and where, and neither the reason nor the calls', () => {
  const { show } = decideBreakGlassNotifications({ openings, person: people.jonas, announced: new Set(), visible: [], enabled: true })
  expect(show.map(({ title, body }) => [title, body])).toEqual([
    ['Glass broken: crm-prod', 'Tomas Rehák runs calls without approval for 15 minutes. Open Gatehouse to stop it.'],
    ['Review needed: crm-prod', 'Noor Haddad broke the glass, and nobody has reviewed it for a day.'],
  ])
})

test('a desktop shows it when it is pushed, and leads to the page', async () => {
  let push = () => {}
  let events: NotifierEvents | undefined
  let known: BreakGlassOpening[] = []
  const seen: string[] = []
  const pages: string[] = []
  const state = { signIn: { state: 'signed-in', person: people.jonas }, preferences: { notifications: true } }
  const ports = {
    handlers: { 'state:get': async () => state, 'break-glass:overview': async () => ({ offers: [], openings: known }) },
    subscribe: (name: string, listener: () => void) => {
      if (name === 'break-glass:changed') push = listener
      return () => {}
    },
    openNotifier: (given: NotifierEvents) => {
      events = given
      return { show: async (shown: { id: string }) => (seen.push(shown.id), 'shown' as const), withdraw: async () => {}, close: () => {} }
    },
    openPage: (page: string) => void pages.push(page),
    log: { info: () => {} },
  }
  const notifications = await startBreakGlassNotifications(ports as unknown as BreakGlassNotificationsPorts)
  expect(seen).toEqual([])
  known = [running]
  push()
  await expect.poll(() => seen).toEqual([alert])
  events?.onAction(alert, 'open')
  expect(pages).toEqual(['/break-glass'])
  notifications.close()
})
