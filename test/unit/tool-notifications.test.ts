import { describe, expect, test } from 'vitest'
import { decideToolNotifications } from '../../src-main/notifications/decide-tool-notifications.ts'
import type { NotifierEvents } from '../../src-main/notifications/notifier.ts'
import { startToolNotifications, type ToolNotificationsPorts } from '../../src-main/notifications/tool-notifications.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { Connection, Role } from '../../src-protocol/model.ts'

const connection = (name: string, toolsWaiting?: number) => ({
  name: name as ConnectionName,
  ...(toolsWaiting !== undefined && { toolsWaiting }),
})
const decide = (
  connections: ReturnType<typeof connection>[],
  announced: [string, number][] = [],
  visible: string[] = [],
  enabled = true,
) => {
  const plan = decideToolNotifications({ connections, announced: new Map(announced), visible, enabled })
  return { show: plan.show.map(({ id }) => id), withdraw: plan.withdraw, announced: [...plan.announced] }
}

describe('what is on the screen', () => {
  test.for<[string, ReturnType<typeof decide>, Partial<ReturnType<typeof decide>>]>([
    ['nothing waits', decide([connection('a'), connection('b', 0)]), { show: [], withdraw: [] }],
    ['one waits', decide([connection('a', 1), connection('b')]), { show: ['tools:a'], announced: [['tools:a', 1]] }],
    ['it was announced', decide([connection('a', 1)], [['tools:a', 1]], ['tools:a']), { show: [], withdraw: [] }],
    ['it was dismissed', decide([connection('a', 1)], [['tools:a', 1]]), { show: [], withdraw: [] }],
    ['more wait', decide([connection('a', 2)], [['tools:a', 1]], ['tools:a']), { show: ['tools:a'], withdraw: ['tools:a'] }],
    ['fewer wait', decide([connection('a', 1)], [['tools:a', 2]], ['tools:a']), { show: [], withdraw: [] }],
    ['it is decided', decide([connection('a')], [['tools:a', 1]], ['tools:a']), { show: [], withdraw: ['tools:a'], announced: [] }],
    ['nobody wants to know', decide([connection('a', 1)], [], ['tools:b'], false), { show: [], withdraw: ['tools:b'] }],
  ])('%s', ([, plan, expected]) => {
    expect(plan).toMatchObject(expected)
  })
})

describe('a desktop', () => {
  async function start(roles: Role[]) {
    const listeners = new Map<string, (payload: never) => void>()
    const seen: string[] = []
    const pages: string[] = []
    let events: NotifierEvents | undefined
    let connections: Pick<Connection, 'name' | 'toolsWaiting'>[] = [connection('db', 1)]
    const state = {
      signIn: { state: 'signed-in', person: { sub: 'p', name: 'P', groups: [], roles } },
      preferences: { notifications: true },
    }
    const ports = {
      handlers: { 'state:get': async () => state, 'connections:list': async () => connections },
      subscribe: (name: string, listener: (payload: never) => void) => {
        listeners.set(name, listener)
        return () => listeners.delete(name)
      },
      openNotifier: (given: NotifierEvents) => {
        events = given
        return {
          show: async ({ id, body }: { id: string; body: string }) => (seen.push(`show ${id} ${body}`), 'shown' as const),
          withdraw: async (id: string) => void seen.push(`withdraw ${id}`),
          close: () => undefined,
        }
      },
      openPage: (page: string) => void pages.push(page),
      log: { info: () => undefined, warn: () => undefined },
    }
    const started = await startToolNotifications(ports as unknown as ToolNotificationsPorts)
    return {
      started,
      seen,
      pages,
      press: (id: string) => events?.onAction(id, 'open'),
      change: (next: typeof connections) => {
        connections = next
        listeners.get('connections:changed')?.({} as never)
      },
    }
  }

  test('of an administrator tells, leads to the connections, and takes back what is decided', async () => {
    const { seen, pages, press, change } = await start(['administrator'])
    expect(seen).toEqual(['show tools:db One tool is held until an administrator decides.'])
    press('tools:db')
    expect(pages).toEqual(['/connections'])
    change([connection('db', 3)])
    await expect.poll(() => seen.at(-1)).toBe('show tools:db 3 tools are held until an administrator decides.')
    change([connection('db')])
    await expect.poll(() => seen.at(-1)).toBe('withdraw tools:db')
  })

  test('of anybody else tells nothing, and asks for nothing', async () => {
    expect((await start(['operator', 'reviewer'])).seen).toEqual([])
  })

  test('takes back what it shows when it closes', async () => {
    const { started, seen } = await start(['administrator'])
    started.close()
    await expect.poll(() => seen.at(-1)).toBe('withdraw tools:db')
  })
})
