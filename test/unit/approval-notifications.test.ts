import { beforeEach, expect, test, vi } from 'vitest'
import { reasonFromNotification, startApprovalNotifications } from '../../src-main/notifications/approval-notifications.ts'
import { createElectronNotifier } from '../../src-main/notifications/electron-notifier.ts'
import type { DesktopNotification, NotifierEvents, ShowResult } from '../../src-main/notifications/notifier.ts'
import { openNotifier } from '../../src-main/notifications/open-notifier.ts'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import { Notification } from '../electron-host/notification.ts'
import { approvalExample, requester, reviewer } from '../fakes/approval-example.ts'
import { createDesktopDouble } from '../fakes/desktop-double.ts'

const quiet = { info: () => undefined, warn: () => undefined }

/** Within the hour in which the examples wait. */
const clock = { at: 0, now: () => new Date(clock.at) }
beforeEach(() => {
  clock.at = Date.parse('2026-11-22T16:00:01.000Z')
})

interface Given {
  showResult?: ShowResult
  approvals?: ReturnType<typeof approvalExample>[]
  delegations?: Delegation[]
  quietHours?: boolean
}

async function start(options: Given = {}) {
  const desktop = createDesktopDouble({ 'delegations:list': () => Promise.resolve(options.delegations ?? []) })
  const scheduler = createManualScheduler()
  desktop.approvals = options.approvals ?? []
  const shown: DesktopNotification[] = []
  const withdrawn: string[] = []
  const pages: [page: string, confirm: string | undefined][] = []
  const counts: number[] = []
  let events: NotifierEvents | undefined
  desktop.signIn(reviewer)
  const notifications = await startApprovalNotifications({
    handlers: desktop.handlers,
    subscribe: desktop.subscribe,
    openNotifier: (given) => {
      events = given
      return {
        show: (notification) => {
          shown.push(notification)
          return Promise.resolve(options.showResult ?? 'shown')
        },
        withdraw: (id) => {
          withdrawn.push(id)
          return Promise.resolve()
        },
        close: () => undefined,
      }
    },
    openPage: (page, confirm) => pages.push([page, confirm]),
    showCount: (count) => counts.push(count),
    log: quiet,
    clock,
    scheduler,
  })
  const press = (id: string, action: 'open' | 'deny') => events?.onAction(id, action)
  const dismiss = (id: string) => events?.onDismissed(id)
  return { desktop, scheduler, notifications, shown, withdrawn, pages, counts, press, dismiss }
}

const first = approvalExample(1)
const shownIds = (shown: DesktopNotification[]) => shown.map(({ id }) => id)

test('requests that already wait at the start are announced and counted', async () => {
  const { shown, counts } = await start({ approvals: [first] })
  await vi.waitFor(() => expect(shownIds(shown)).toEqual([first.id]))
  expect(counts.at(-1)).toBe(1)
})

test('a request that arrives is announced; decided, it is withdrawn and the count falls', async () => {
  const { desktop, shown, withdrawn, counts } = await start()
  desktop.emit('approval:changed', first)
  await vi.waitFor(() => expect(shownIds(shown)).toEqual([first.id]))
  desktop.emit('approval:changed', { ...first, state: 'approved' })
  await vi.waitFor(() => expect(withdrawn).toEqual([first.id]))
  expect(counts.at(-1)).toBe(0)
})

test('the requester is never told about their own request', async () => {
  const { desktop, shown, counts } = await start()
  desktop.signIn({ ...requester, roles: ['operator', 'reviewer'], groups: ['dba'] })
  desktop.emit('approval:changed', first)
  desktop.emit('approval:changed', approvalExample(2, { requester: { sub: 'u-3', name: 'Tomas', groups: [] } }))
  await vi.waitFor(() => expect(shownIds(shown)).toEqual([approvalExample(2).id]))
  expect(counts.at(-1)).toBe(1)
})

test('a request is told of once more while a quarter of its time is left, and withdrawn when it is decided', async () => {
  const { desktop, scheduler, shown, withdrawn } = await start({ approvals: [first] })
  await vi.waitFor(() => expect(shownIds(shown)).toEqual([first.id]))
  expect(scheduler.waiting).toEqual([45 * 60_000 - 1000 + 1])
  clock.at = Date.parse('2026-11-22T16:45:00.000Z')
  scheduler.run()
  await vi.waitFor(() => expect(shown).toHaveLength(2))
  expect(shown[1]).toMatchObject({ id: first.id, title: 'Still waiting: orders-db' })
  expect(scheduler.waiting).toEqual([])
  desktop.emit('approval:changed', first)
  desktop.emit('approval:changed', { ...first, state: 'denied' })
  await vi.waitFor(() => expect(withdrawn).toEqual([first.id, first.id]))
  expect(shown).toHaveLength(2)
})

test('nobody is told once more who has voted', async () => {
  const { desktop, scheduler, shown } = await start({ approvals: [first] })
  await vi.waitFor(() => expect(shown).toHaveLength(1))
  const votes = [{ person: reviewer, decision: 'approve' as const, reason: '', at: '', signature: '', key: {} }]
  desktop.emit('approval:changed', { ...first, votes })
  await vi.waitFor(() => expect(scheduler.waiting).toEqual([]))
  clock.at = Date.parse('2026-11-22T16:50:00.000Z')
  desktop.emit('approval:changed', { ...first, votes: [...votes] })
  await new Promise((resolve) => setImmediate(resolve))
  expect(shown).toHaveLength(1)
})

test('who stands in for somebody is told of their requests, and no more once that person has decided', async () => {
  const ada = { sub: 'u-ada', name: 'Ada Kim', groups: ['security'] }
  const given: Delegation = {
    id: 'dlg_0123456789abcdef' as Delegation['id'],
    delegator: ada,
    delegate: { sub: reviewer.sub, name: reviewer.name },
    groups: ['security'],
    from: '2026-11-22T15:00:00.000Z',
    until: '2026-11-23T15:00:00.000Z',
    reason: 'away',
    givenAt: '2026-11-22T15:00:00.000Z',
  }
  const digestInput = { ...first.digestInput, groups: ['security'] }
  const guarded = approvalExample(1, { digestInput })
  const { desktop, shown, withdrawn, counts } = await start({
    approvals: [guarded, approvalExample(2, { digestInput, requester: ada })],
    delegations: [given],
  })
  await vi.waitFor(() => expect(shownIds(shown)).toEqual([guarded.id]))
  desktop.emit('approval:changed', {
    ...guarded,
    votes: [{ person: ada, decision: 'approve', reason: '', at: '', signature: '', key: {} }],
  })
  await vi.waitFor(() => expect(withdrawn).toEqual([guarded.id]))
  expect(counts.at(-1)).toBe(0)
  const without = await start({ approvals: [guarded] })
  expect(without.counts.at(-1)).toBe(0)
})

test('clicking opens exactly that request', async () => {
  const { pages, press, shown } = await start({ approvals: [first, approvalExample(2)] })
  await vi.waitFor(() => expect(shown).toHaveLength(2))
  press(approvalExample(2).id, 'open')
  expect(pages).toEqual([[`/inbox/${approvalExample(2).id}`, undefined]])
})

test('Deny with a reason to give goes on in the window, and decides nothing yet', async () => {
  const { desktop, pages, press, shown } = await start({ approvals: [first] })
  await vi.waitFor(() => expect(shown).toHaveLength(1))
  press(first.id, 'deny')
  expect(pages).toEqual([[`/inbox/${first.id}`, 'deny']])
  expect(desktop.calls).toEqual([])
})

test('Deny without a reason to give is a vote over the digest', async () => {
  const approval = approvalExample(1, { reasonRequired: false })
  const { desktop, pages, press, shown } = await start({ approvals: [approval] })
  await vi.waitFor(() => expect(shown).toHaveLength(1))
  press(approval.id, 'deny')
  expect(desktop.calls).toEqual([
    ['approvals:vote', { approval: approval.id, decision: 'deny', reason: reasonFromNotification, digest: approval.digest }],
  ])
  expect(pages).toEqual([])
})

test('a denial that fails opens the request instead of getting lost', async () => {
  const approval = approvalExample(1, { reasonRequired: false })
  const { desktop, pages, press, shown } = await start({ approvals: [approval] })
  await vi.waitFor(() => expect(shown).toHaveLength(1))
  desktop.approvals = []
  press(approval.id, 'deny')
  await vi.waitFor(() => expect(pages).toEqual([[`/inbox/${approval.id}`, 'deny']]))
})

test('nothing on a notification approves', async () => {
  const { shown } = await start({ approvals: [first, approvalExample(2, { reasonRequired: false })] })
  await vi.waitFor(() => expect(shown).toHaveLength(2))
  expect(new Set(shown.flatMap(({ actions }) => actions.map(({ action }) => action)))).toEqual(new Set(['open', 'deny']))
})

test('the preference takes effect at once', async () => {
  const { desktop, shown, withdrawn } = await start({ approvals: [first] })
  await vi.waitFor(() => expect(shown).toHaveLength(1))
  await desktop.handlers['preferences:set']({ notifications: false })
  await vi.waitFor(() => expect(withdrawn).toEqual([first.id]))
  desktop.emit('approval:changed', approvalExample(2))
  await desktop.handlers['preferences:set']({ notifications: true })
  desktop.emit('approval:changed', approvalExample(3))
  await vi.waitFor(() => expect(shownIds(shown)).toEqual([first.id, approvalExample(3).id]))
})

test('signing out withdraws everything', async () => {
  const { desktop, shown, withdrawn, counts } = await start({ approvals: [first] })
  await vi.waitFor(() => expect(shown).toHaveLength(1))
  desktop.signIn(undefined)
  await vi.waitFor(() => expect(withdrawn).toEqual([first.id]))
  expect(counts.at(-1)).toBe(0)
})

test('a notification that was not shown is not believed to be on the screen', async () => {
  const { desktop, shown, withdrawn } = await start({ approvals: [first], showResult: { failed: 'no daemon' } })
  await vi.waitFor(() => expect(shown).toHaveLength(1))
  desktop.emit('approval:changed', { ...first, state: 'denied' })
  desktop.emit('approval:changed', approvalExample(2))
  await vi.waitFor(() => expect(shown).toHaveLength(2))
  expect(withdrawn).toEqual([])
})

test('after the end nothing is heard any more', async () => {
  const { desktop, notifications, shown, withdrawn } = await start({ approvals: [first] })
  await vi.waitFor(() => expect(shown).toHaveLength(1))
  notifications.close()
  expect(withdrawn).toEqual([first.id])
  desktop.emit('approval:changed', approvalExample(2))
  await new Promise((resolve) => setImmediate(resolve))
  expect(shown).toHaveLength(1)
})

const example: DesktopNotification = {
  id: 'n1',
  title: 'Title',
  body: 'Body',
  actions: [
    { action: 'open', label: 'Open' },
    { action: 'deny', label: 'Deny…' },
  ],
}

function electron() {
  const heard: string[] = []
  const made: Notification[] = []
  class Recorded extends Notification {
    constructor(options: ConstructorParameters<typeof Notification>[0]) {
      super(options)
      made.push(this)
    }
  }
  const events: NotifierEvents = {
    onAction: (id, action) => heard.push(`${id} ${action}`),
    onDismissed: (id) => heard.push(`${id} dismissed`),
  }
  // the host's class has what the adapter uses of Electron's
  const notifier = createElectronNotifier(events, Recorded as unknown as Parameters<typeof createElectronNotifier>[1])
  return { notifier, heard, made, events }
}

test('Electron: the button denies, the notification itself opens, once', async () => {
  const { notifier, heard, made } = electron()
  expect(await notifier.show(example)).toBe('shown')
  expect(made[0]?.actions).toEqual([{ type: 'button', text: 'Deny…' }])
  made[0]?.press(0)
  made[0]?.press()
  expect(heard).toEqual(['n1 deny'])
  await notifier.show({ ...example, id: 'n2' })
  made[1]?.press()
  expect(heard).toEqual(['n1 deny', 'n2 open'])
})

test('Electron: withdrawn is not dismissed', async () => {
  const { notifier, heard, made } = electron()
  await notifier.show(example)
  await notifier.withdraw('n1')
  expect([made[0]?.closed, heard]).toEqual([true, []])
  await notifier.show({ ...example, id: 'n2' })
  made[1]?.close()
  expect(heard).toEqual(['n2 dismissed'])
})

test.for([
  ['there is no bus', undefined],
  ['the bus cannot be opened', () => Promise.reject(new Error('no daemon'))],
  [
    'the daemon fails to take it',
    () => Promise.resolve({ show: () => Promise.resolve({ failed: 'gone' }), withdraw: () => Promise.resolve(), close: () => undefined }),
  ],
] as const)('Electron shows it when %s', async ([, dbus]) => {
  const { notifier, made, events } = electron()
  const chosen = openNotifier(events, { dbus, electron: () => notifier, log: quiet })
  expect(await chosen.show(example)).toBe('shown')
  expect(made).toHaveLength(1)
})
