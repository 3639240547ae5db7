import { beforeEach, expect, test, vi } from 'vitest'
import { startApprovalNotifications } from '../../src-main/notifications/approval-notifications.ts'
import { decideDelegationNotifications } from '../../src-main/notifications/decide-delegation-notifications.ts'
import type { DesktopNotification, NotifierEvents } from '../../src-main/notifications/notifier.ts'
import { quietSummary, quietUntil, startQuietHours } from '../../src-main/notifications/quiet-hours.ts'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import { quietHours, type QuietHours } from '../../src-protocol/notification-settings.ts'
import { approvalExample, reviewer } from '../fakes/approval-example.ts'
import { createDesktopDouble } from '../fakes/desktop-double.ts'

/** From Monday to Friday at night, in Berlin (UTC+1). 2026-11-23 is a Monday. */
const nights = quietHours.parse({
  on: true,
  zone: 'Europe/Berlin',
  days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
  from: '20:00',
  to: '07:30',
})
const clock = { at: 0, now: () => new Date(clock.at) }
beforeEach(() => {
  clock.at = Date.parse('2026-11-23T20:00:00.000Z')
})

test.for([
  ['in the evening', '2026-11-23T19:00:00.000Z', '2026-11-24T06:30:00.000Z'],
  ['beyond midnight', '2026-11-24T06:29:59.999Z', '2026-11-24T06:30:00.000Z'],
  ['until Saturday morning, for the night began on Friday', '2026-11-28T03:00:00.000Z', '2026-11-28T06:30:00.000Z'],
  ['not in the morning', '2026-11-24T06:30:00.000Z', undefined],
  ['not before the evening', '2026-11-23T18:59:59.999Z', undefined],
  ['not on Sunday night', '2026-11-29T22:00:00.000Z', undefined],
] as const)('quiet %s', ([, now, until]) => {
  expect(quietUntil(nights, new Date(now))?.toISOString()).toBe(until)
  expect(quietUntil({ ...nights, on: false }, new Date(now))).toBeUndefined()
})

async function start(settings: QuietHours | undefined = nights) {
  const desktop = createDesktopDouble()
  await desktop.handlers['preferences:set']({ quietHours: settings })
  const shown: string[] = []
  const withdrawn: string[] = []
  const pages: string[] = []
  const scheduler = createManualScheduler()
  const events: NotifierEvents[] = []
  const openNotifier = (given: NotifierEvents) => {
    events.push(given)
    return {
      show: ({ id }: DesktopNotification) => Promise.resolve(void shown.push(id)).then(() => 'shown' as const),
      withdraw: (id: string) => Promise.resolve(void withdrawn.push(id)),
      close: () => undefined,
    }
  }
  const ports = { handlers: desktop.handlers, subscribe: desktop.subscribe, openNotifier, openPage: (page: string) => pages.push(page) }
  const quiet = await startQuietHours({ ...ports, clock, scheduler })
  const ordinary = quiet.hold(openNotifier)({ onAction: () => undefined, onDismissed: () => undefined })
  const alarm = openNotifier({ onAction: () => undefined, onDismissed: () => undefined })
  return { desktop, quiet, ordinary, alarm, shown, withdrawn, pages, scheduler, events }
}
const notification = (id: string): DesktopNotification => ({ id, title: id, body: '', actions: [] })
const over = Date.parse('2026-11-24T06:30:00.001Z')

test('nothing ordinary is shown; an alarm is; at the end one summary stands for what is left', async () => {
  const { ordinary, alarm, shown, withdrawn, scheduler, pages, events } = await start()
  for (const id of ['one', 'two', 'three']) expect(await ordinary.show(notification(id))).toBe('shown')
  await alarm.show(notification('log-alarm'))
  expect(shown).toEqual(['log-alarm'])
  // decided meanwhile: it will not be spoken of
  await ordinary.withdraw('two')
  expect(scheduler.waiting).toEqual([60_000])
  scheduler.run()
  expect(shown).toEqual(['log-alarm'])
  clock.at = over
  scheduler.run()
  await vi.waitFor(() => expect(shown).toEqual(['log-alarm', quietSummary.id]))
  expect(scheduler.waiting).toEqual([])
  await ordinary.withdraw('one')
  expect(withdrawn).not.toContain(quietSummary.id)
  await ordinary.withdraw('three')
  expect(withdrawn).toContain(quietSummary.id)
  events[0]?.onAction(quietSummary.id, 'open')
  expect(pages).toEqual(['/inbox'])
})

test('the only one that is left is shown itself; what is decided in time is not', async () => {
  const { ordinary, shown, scheduler } = await start()
  await ordinary.show(notification('one'))
  await ordinary.show(notification('two'))
  await ordinary.withdraw('one')
  clock.at = over
  scheduler.run()
  await vi.waitFor(() => expect(shown).toEqual(['two']))
  await ordinary.show(notification('three'))
  expect(shown).toEqual(['two', 'three'])
})

test('requests that wait are counted all the same', async () => {
  const { quiet, desktop, shown } = await start()
  const counts: number[] = []
  desktop.signIn(reviewer)
  desktop.approvals = [approvalExample(1), approvalExample(2)]
  await startApprovalNotifications({
    handlers: { ...desktop.handlers, 'delegations:list': () => Promise.resolve([]) },
    subscribe: desktop.subscribe,
    openNotifier: quiet.hold(() => ({
      show: ({ id }) => Promise.resolve(void shown.push(id)).then(() => 'shown' as const),
      withdraw: () => Promise.resolve(),
      close: () => undefined,
    })),
    openPage: () => undefined,
    showCount: (count) => counts.push(count),
    clock,
    scheduler: createManualScheduler(),
    log: { info: () => undefined, warn: () => undefined },
  })
  await vi.waitFor(() => expect(counts.at(-1)).toBe(2))
  await new Promise((resolve) => setImmediate(resolve))
  expect(shown).toEqual([])
})

test('they end at once when they are switched off', async () => {
  const { desktop, ordinary, shown } = await start()
  await ordinary.show(notification('one'))
  await desktop.handlers['preferences:set']({ quietHours: { ...nights, on: false } })
  await vi.waitFor(() => expect(shown).toEqual(['one']))
})

test('without any everything is shown', async () => {
  const { ordinary, shown } = await start({ ...nights, on: false })
  await ordinary.show(notification('one'))
  expect(shown).toEqual(['one'])
})

test('whoever is named to stand in is told once, with who and for what, and no reason', () => {
  const given: Delegation = {
    id: 'dlg_0123456789abcdef' as Delegation['id'],
    delegator: { sub: 'ada', name: 'Ada Kim' },
    delegate: { sub: 'jonas', name: 'Jonas' },
    groups: ['dba'],
    from: '2026-11-22T15:00:00.000Z',
    until: '2026-11-23T15:00:00.000Z',
    reason: 'in hospital',
    givenAt: '2026-11-22T15:00:00.000Z',
  }
  const known = { delegations: [given], person: { sub: 'jonas' }, announced: new Set<string>(), visible: [], enabled: true, first: false }
  const plan = decideDelegationNotifications(known)
  expect(plan.show).toMatchObject([{ id: given.id, title: 'You stand in for Ada Kim' }])
  expect(JSON.stringify(plan)).not.toContain('hospital')
  expect(decideDelegationNotifications({ ...known, announced: plan.announced }).show).toEqual([])
  expect(decideDelegationNotifications({ ...known, person: { sub: 'ada' } }).show).toEqual([])
  const ended = [{ ...given, endedAt: given.until }]
  expect(decideDelegationNotifications({ ...known, delegations: ended, announced: plan.announced, visible: [given.id] }).withdraw).toEqual([
    given.id,
  ])
})
