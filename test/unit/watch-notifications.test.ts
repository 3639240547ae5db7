import { describe, expect, test } from 'vitest'
import { decideWatchNotifications } from '../../src-main/notifications/decide-watch-notifications.ts'
import { startWatchNotifications, type WatchNotificationsPorts } from '../../src-main/notifications/watch-notifications.ts'
import type { Person, Session } from '../../src-protocol/model.ts'

const person = (sub: string): Person => ({ sub, name: sub, groups: [], roles: ['operator'] })
const since = '2026-11-22T10:00:00.000Z'
const watchedBy = (...subs: string[]) => ({ watchers: subs.map((sub) => ({ sub, name: `Name of ${sub}`, since })) })
const session = (owner: string, more: Partial<Session> = {}) =>
  ({ id: 'ses_A', connection: 'db', person: person(owner), state: 'live', ...more }) as Session
const decide = (sessions: Session[], announced: string[] = [], visible: string[] = [], enabled = true) => {
  const plan = decideWatchNotifications({ sessions, me: 'me', announced: new Set(announced), visible, enabled })
  return { show: plan.show.map(({ id }) => id), withdraw: plan.withdraw }
}
const id = 'watch:ses_A:helene'

describe('what is on the screen', () => {
  test.for<[string, ReturnType<typeof decide>, ReturnType<typeof decide>]>([
    ['nobody watches', decide([session('me')]), { show: [], withdraw: [] }],
    ['somebody does', decide([session('me', watchedBy('helene'))]), { show: [id], withdraw: [] }],
    ['it was told', decide([session('me', watchedBy('helene'))], [id], [id]), { show: [], withdraw: [] }],
    [
      'another one does too',
      decide([session('me', watchedBy('helene', 'jonas'))], [id], [id]),
      { show: ['watch:ses_A:jonas'], withdraw: [] },
    ],
    ['they stopped', decide([session('me')], [id], [id]), { show: [], withdraw: [id] }],
    ['it is the session of somebody else', decide([session('other', watchedBy('me'))]), { show: [], withdraw: [] }],
    [
      'somebody ended it',
      decide([session('me', { state: 'ended', endedBy: { name: 'Jonas', reason: 'secret reason' } })], [id], [id]),
      { show: ['ended:ses_A'], withdraw: [id] },
    ],
    ['nobody wants to know', decide([session('me', watchedBy('helene'))], [], [id], false), { show: [], withdraw: [id] }],
  ])('%s', ([, plan, expected]) => {
    expect(plan).toEqual(expected)
  })

  test('names, never a reason: it may be read on a lock screen', () => {
    const ended = session('me', { state: 'ended', endedBy: { name: 'Jonas', reason: 'secret reason' } })
    const { show } = decideWatchNotifications({ sessions: [ended], me: 'me', announced: new Set(), visible: [], enabled: true })
    expect(show[0]?.body).toContain('Jonas')
    expect(JSON.stringify(show)).not.toContain('secret')
  })
})

test('a busy session is not listed anew for each of its calls; opening leads to it', async () => {
  let tell: ((session: Session) => void) | undefined
  let listed = 0
  let sessions = [session('me')]
  const seen: string[] = []
  const pages: string[] = []
  let act: ((id: string) => void) | undefined
  const state = { signIn: { state: 'signed-in', person: person('me') }, preferences: { notifications: true } }
  const started = await startWatchNotifications({
    handlers: {
      'state:get': async () => state,
      'sessions:list': async () => {
        listed += 1
        return sessions
      },
    },
    subscribe(event: string, listener: (payload: never) => void) {
      if (event === 'session:changed') tell = listener as typeof tell
      return () => {}
    },
    openNotifier(events: { onAction: (id: string) => void }) {
      act = events.onAction
      return { show: async ({ id: shown }: { id: string }) => (seen.push(shown), 'shown'), withdraw: async () => {}, close: () => {} }
    },
    openPage: (page: string) => void pages.push(page),
    log: { info: () => {} },
  } as unknown as WatchNotificationsPorts)
  for (let call = 0; call < 50; call += 1) tell?.(session('me', { records: call }))
  await expect.poll(() => listed).toBe(2)
  sessions = [session('me', watchedBy('helene'))]
  tell?.(sessions[0] as Session)
  await expect.poll(() => seen).toEqual([id])
  expect(listed).toBe(3)
  act?.(id)
  expect(pages).toEqual(['/sessions/ses_A'])
  started.close()
})
