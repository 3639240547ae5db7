import { describe, expect, test } from 'vitest'
import { startAccessNotifications, type AccessNotificationsPorts } from '../../src-main/notifications/access-notifications.ts'
import { decideAccessNotifications, pageOfAccess } from '../../src-main/notifications/decide-access-notifications.ts'
import type { AccessGrant, AccessRequest } from '../../src-protocol/access.ts'
import type { Person } from '../../src-protocol/model.ts'

const request = (id: string, change: Partial<AccessRequest> = {}, approvers = ['dba']): AccessRequest =>
  ({
    id: `acq_${id}`,
    state: 'pending',
    requester: { sub: 'mira', name: 'Mira', groups: [] },
    connection: 'orders-db',
    digestInput: { approvers },
    reason: 'a secret reason',
    ...change,
  }) as AccessRequest
const jonas = { sub: 'jonas', groups: ['dba'], roles: ['reviewer' as const] }
const mira = { sub: 'mira', groups: ['dba'], roles: ['operator' as const, 'reviewer' as const] }
const revoked = { id: 'acg_A', connection: 'orders-db', person: { sub: 'mira' }, endReason: 'revoked' } as AccessGrant

interface Known {
  requests?: AccessRequest[]
  grants?: AccessGrant[]
  me?: Pick<Person, 'sub' | 'groups' | 'roles'>
  announced?: string[]
  visible?: string[]
  enabled?: boolean
  first?: boolean
}
function decide({ announced = [], ...known }: Known) {
  const whole = { requests: [], grants: [], me: jonas, visible: [], enabled: true, first: false, ...known, announced: new Set(announced) }
  const { show, withdraw } = decideAccessNotifications(whole)
  return { show: show.map(({ id, title }) => `${id} ${title}`), withdraw }
}

describe('what is on the screen', () => {
  test.for<[string, Known, string[], string[]]>([
    ['nothing waits', {}, [], []],
    ['a request waits for this reviewer', { requests: [request('a')], first: true }, ['acq_a Access asked for'], []],
    ['it waits for others', { requests: [request('a', {}, ['security'])] }, [], []],
    ['the person is in the group, but no reviewer', { requests: [request('a')], me: { ...jonas, roles: [] } }, [], []],
    ['it is their own', { requests: [request('a')], me: mira }, [], []],
    ['it was announced', { requests: [request('a')], announced: ['acq_a'], visible: ['acq_a'] }, [], []],
    ['it was dismissed', { requests: [request('a')], announced: ['acq_a'] }, [], []],
    ['it is decided', { requests: [request('a', { state: 'granted' })], announced: ['acq_a'], visible: ['acq_a'] }, [], ['acq_a']],
    [
      'more than three wait',
      {
        requests: ['a', 'b', 'c', 'd'].map((id) => request(id)),
        announced: ['acq_a', 'acq_b', 'acq_c'],
        visible: ['acq_a', 'acq_b', 'acq_c'],
      },
      ['access-requests Access asked for'],
      ['acq_a', 'acq_b', 'acq_c'],
    ],
    ['the own request was approved', { requests: [request('a', { state: 'granted' })], me: mira }, ['outcome:acq_a Access granted'], []],
    ['the own request was denied', { requests: [request('a', { state: 'denied' })], me: mira }, ['outcome:acq_a Access denied'], []],
    ['it was denied before the person signed in', { requests: [request('a', { state: 'denied' })], me: mira, first: true }, [], []],
    ['it was given at once', { requests: [request('a', { state: 'granted' }, [])], me: mira }, [], []],
    ['the own access was revoked', { grants: [revoked], me: mira }, ['outcome:acg_A Access revoked'], []],
    ['somebody else’s was', { grants: [revoked] }, [], []],
    ['nobody wants to know', { requests: [request('a')], enabled: false, visible: ['acq_b'] }, [], ['acq_b']],
  ])('%s', ([, known, show, withdraw]) => {
    expect(decide(known)).toEqual({ show, withdraw })
  })

  test('neither reasons nor forged names are told', () => {
    const forged = request('a', { requester: { sub: 'x', name: 'Mira\n\u202eapproved', groups: [] } })
    const { show } = decideAccessNotifications({
      requests: [forged],
      grants: [],
      me: jonas,
      announced: new Set(),
      visible: [],
      enabled: true,
      first: true,
    })
    expect(show[0]?.body).toBe('Mira approved asks for access to orders-db.')
  })

  test('each leads to where something can be done', () => {
    expect(['acq_a', 'access-requests', 'outcome:acq_a'].map(pageOfAccess)).toEqual(['/inbox/acq_a', '/inbox', '/connections'])
  })
})

test('a desktop tells of a request, and of an outcome only what comes while it runs', async () => {
  const listeners = new Map<string, (payload: never) => void>()
  const seen: string[] = []
  let requests = [request('old', { state: 'denied' })]
  const state = { signIn: { state: 'signed-in', person: { ...mira, name: 'Mira' } }, preferences: { notifications: true } }
  const ports = {
    handlers: { 'state:get': async () => state, 'access:overview': async () => ({ requests, grants: [] }) },
    subscribe: (name: string, listener: (payload: never) => void) => {
      listeners.set(name, listener)
      return () => listeners.delete(name)
    },
    openNotifier: () => ({
      show: async ({ id }: { id: string }) => (seen.push(id), 'shown' as const),
      withdraw: async () => undefined,
      close: () => undefined,
    }),
    openPage: () => undefined,
    log: { info: () => undefined },
  }
  const notifications = await startAccessNotifications(ports as unknown as AccessNotificationsPorts)
  expect(seen).toEqual([])
  requests = [
    ...requests,
    request('new', { state: 'granted' }),
    request('theirs', { requester: { sub: 'tomas', name: 'Tomas', groups: [] } }),
  ]
  listeners.get('access:changed')?.({} as never)
  await expect.poll(() => seen).toEqual(['acq_theirs', 'outcome:acq_new'])
  notifications.close()
})
