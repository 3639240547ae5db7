import { expect, test } from 'vitest'
import { decideReportNotifications } from '../../src-main/notifications/decide-report-notifications.ts'
import type { NotifierEvents } from '../../src-main/notifications/notifier.ts'
import { startReportNotifications, type ReportNotificationsPorts } from '../../src-main/notifications/report-notifications.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'
import { fakeApprovals } from '../fakes/fake-approvals.ts'
import { people } from '../fakes/fake-people.ts'

const now = new Date('2026-11-22T13:19:39.000Z')
const approvals = fakeApprovals({ scenario: 'full', person: people.priya, now: now.getTime() })
const reported = approvals.find((approval) => approval.reported) as Approval
const id = `report:${reported.id}`

const decide = (changed: Partial<Parameters<typeof decideReportNotifications>[0]> = {}) => {
  const known = { approvals, person: people.priya, announced: new Set<string>(), visible: [], enabled: true, now }
  const plan = decideReportNotifications({ ...known, ...changed })
  return { show: plan.show.map((one) => one.id), withdraw: plan.withdraw }
}
const ada: Person = { ...people.priya, sub: 'u-0099', name: 'Ada Kim' }

test.for<[string, ReturnType<typeof decide>, Partial<ReturnType<typeof decide>>]>([
  ['a reported request is told to an administrator', decide(), { show: [id] }],
  ['once', decide({ announced: new Set([id]) }), { show: [], withdraw: [] }],
  ['not to a reviewer', decide({ person: people.jonas }), { show: [] }],
  ['not to nobody', decide({ person: undefined }), { show: [] }],
  ['not to who reported it', decide({ person: ada }), { show: [] }],
  ['not a day later', decide({ now: new Date(now.getTime() + 18 * 3600 * 1000), visible: [id] }), { show: [], withdraw: [id] }],
  ['not to who wants none', decide({ enabled: false, visible: [id] }), { show: [], withdraw: [id] }],
])('%s', ([, plan, expected]) => {
  expect(plan).toMatchObject(expected)
})

test('it names who and where, and nothing of the call', () => {
  const { show } = decideReportNotifications({ approvals, person: people.priya, announced: new Set(), visible: [], enabled: true, now })
  expect(show).toEqual([
    {
      id,
      title: 'Request reported: orders-db',
      body: 'Ada Kim reported a request of Noor Haddad. The session was ended.',
      actions: [{ action: 'open', label: 'Open' }],
    },
  ])
})

test('a desktop shows it when it is pushed, and leads to the request', async () => {
  let push: (approval: Approval) => void = () => {}
  let events: NotifierEvents | undefined
  let known: Approval[] = []
  const seen: string[] = []
  const pages: string[] = []
  const state = { signIn: { state: 'signed-in', person: people.priya }, preferences: { notifications: true } }
  const ports = {
    handlers: { 'state:get': async () => state, 'approvals:list': async () => known },
    subscribe: (name: string, listener: (approval: Approval) => void) => {
      if (name === 'approval:changed') push = listener
      return () => {}
    },
    openNotifier: (given: NotifierEvents) => {
      events = given
      return { show: async (shown: { id: string }) => (seen.push(shown.id), 'shown' as const), withdraw: async () => {}, close: () => {} }
    },
    openPage: (page: string) => void pages.push(page),
    log: { info: () => {} },
    clock: { now: () => now },
  }
  const notifications = await startReportNotifications(ports as unknown as ReportNotificationsPorts)
  expect(seen).toEqual([])
  known = [reported]
  push({ ...reported, reported: undefined })
  push(reported)
  await expect.poll(() => seen).toEqual([id])
  events?.onAction(id, 'open')
  expect(pages).toEqual([`/inbox/${reported.id}`])
  notifications.close()
})
