/** Notifications over a real D-Bus session, to a daemon of our own. Needs `dbus-daemon`; without it this is skipped, and says so. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDbusNotifier } from '../../src-main/notifications/dbus-notifier.ts'
import type { DesktopNotification, Notifier } from '../../src-main/notifications/notifier.ts'
import { startNotificationDaemon, type NotificationDaemon } from '../dbus/notification-daemon.ts'
import { findBusDaemon, startPrivateBus, type PrivateBus } from '../dbus/private-bus.ts'

const busDaemon = findBusDaemon()
if (busDaemon === undefined) console.warn('Not run: there is no dbus-daemon on this machine (Debian: apt-get install dbus).')

const example: DesktopNotification = {
  id: 'apr_1',
  title: 'Approval needed: orders-db',
  body: 'Mira <b>Okafor</b> & co ask to run execute_sql.',
  actions: [
    { action: 'open', label: 'Open' },
    { action: 'deny', label: 'Deny…' },
  ],
}

describe.skipIf(busDaemon === undefined)('over D-Bus', () => {
  let bus: PrivateBus
  beforeAll(async () => {
    bus = await startPrivateBus(busDaemon ?? '')
  })
  afterAll(() => bus.stop())

  async function connected(
    capabilities: string[],
    use: (parts: { daemon: NotificationDaemon; notifier: Notifier; heard: string[] }) => Promise<void>,
  ) {
    const daemon = await startNotificationDaemon({ address: bus.address, capabilities })
    const heard: string[] = []
    const notifier = await openDbusNotifier(
      { onAction: (id, action) => heard.push(`${id} ${action}`), onDismissed: (id) => heard.push(`${id} dismissed`) },
      { busAddress: bus.address, applicationName: 'Gatehouse' },
    )
    try {
      await use({ daemon, notifier, heard })
    } finally {
      notifier.close()
      daemon.stop()
    }
  }

  test('a daemon with buttons gets them, and a text without its own markup', () =>
    connected(['body', 'body-markup', 'actions'], async ({ daemon, notifier }) => {
      expect(await notifier.show(example)).toBe('shown')
      expect(daemon.received).toEqual([
        {
          id: 1,
          replaces: 0,
          application: 'Gatehouse',
          summary: 'Approval needed: orders-db',
          body: 'Mira &lt;b&gt;Okafor&lt;/b&gt; &amp; co ask to run execute_sql.',
          actions: ['default', 'Open', 'open', 'Open', 'deny', 'Deny…'],
          urgency: 1,
          expires: 0,
        },
      ])
    }))

  test('a daemon without buttons gets none', () =>
    connected(['body'], async ({ daemon, notifier }) => {
      await notifier.show(example)
      expect(daemon.received[0]).toMatchObject({ actions: [], body: example.body })
    }))

  test.for([
    ['the notification itself', 'default', 'apr_1 open'],
    ['Open', 'open', 'apr_1 open'],
    ['Deny', 'deny', 'apr_1 deny'],
  ] as const)('pressing %s is heard once', ([, key, expected]) =>
    connected(['actions'], async ({ daemon, notifier, heard }) => {
      await notifier.show(example)
      daemon.press(1, key)
      daemon.dismiss(1)
      await vi.waitFor(() => expect(heard).toEqual([expected]))
    }),
  )

  test('what somebody else’s notification or an unknown button does is not heard', () =>
    connected(['actions'], async ({ daemon, notifier, heard }) => {
      await notifier.show(example)
      daemon.press(99, 'deny')
      daemon.press(1, 'approve')
      daemon.dismiss(1)
      await vi.waitFor(() => expect(heard).toEqual(['apr_1 dismissed']))
    }))

  test('withdrawn, it is closed at the daemon, and that is no dismissal', () =>
    connected(['actions'], async ({ daemon, notifier, heard }) => {
      await notifier.show(example)
      await notifier.withdraw('apr_1')
      await notifier.withdraw('apr_unknown')
      expect(daemon.closed).toEqual([1])
      expect(heard).toEqual([])
    }))

  test('shown again, it takes the place of the first', () =>
    connected(['actions'], async ({ daemon, notifier }) => {
      await notifier.show(example)
      await notifier.show({ ...example, title: 'again' })
      expect(daemon.received.map(({ replaces }) => replaces)).toEqual([0, 1])
    }))

  test('a daemon that refuses is a failure with its reason', () =>
    connected(['actions'], async ({ daemon, notifier }) => {
      daemon.refuse()
      expect(await notifier.show(example)).toEqual({ failed: 'too many notifications' })
    }))

  test('without a daemon on the bus there is no notifier', async () => {
    const events = { onAction: () => undefined, onDismissed: () => undefined }
    await expect(openDbusNotifier(events, { busAddress: bus.address, applicationName: 'Gatehouse' })).rejects.toThrow()
  })

  test('without a bus there is no notifier', async () => {
    const events = { onAction: () => undefined, onDismissed: () => undefined }
    await expect(openDbusNotifier(events, { busAddress: 'unix:path=/nonexistent/bus', applicationName: 'Gatehouse' })).rejects.toThrow()
  })
})
