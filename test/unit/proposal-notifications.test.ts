import { describe, expect, test } from 'vitest'
import { decideProposalNotifications } from '../../src-main/notifications/decide-proposal-notifications.ts'
import type { NotifierEvents } from '../../src-main/notifications/notifier.ts'
import { startProposalNotifications, type ProposalNotificationsPorts } from '../../src-main/notifications/proposal-notifications.ts'
import type { ProposalId } from '../../src-protocol/ids.ts'
import type { Role } from '../../src-protocol/model.ts'
import type { PolicyProposal } from '../../src-protocol/policy-proposal.ts'

type Proposal = Pick<PolicyProposal, 'id' | 'kind' | 'state' | 'author'>
const proposal = (id: string, change: Partial<Proposal> = {}): Proposal => ({
  id: id as ProposalId,
  kind: 'policy',
  state: 'open',
  author: { sub: 'ada', name: 'Ada' },
  ...change,
})
const decide = (proposals: Proposal[], announced: string[] = [], visible: string[] = [], enabled = true) => {
  const plan = decideProposalNotifications({ proposals, me: 'ben', announced: new Set(announced), visible, enabled })
  return { show: plan.show.map(({ id }) => id), withdraw: plan.withdraw, announced: [...plan.announced] }
}

describe('what is on the screen', () => {
  test.for<[string, ReturnType<typeof decide>, Partial<ReturnType<typeof decide>>]>([
    ['nothing waits', decide([]), { show: [], withdraw: [] }],
    ['one waits', decide([proposal('a')]), { show: ['policy:a'], announced: ['policy:a'] }],
    ['it is their own', decide([proposal('a', { author: { sub: 'ben', name: 'Ben' } })]), { show: [], announced: [] }],
    ['it was announced', decide([proposal('a')], ['policy:a'], ['policy:a']), { show: [], withdraw: [] }],
    ['it was dismissed', decide([proposal('a')], ['policy:a']), { show: [], withdraw: [] }],
    ['another one waits', decide([proposal('a'), proposal('b', { kind: 'masking' })], ['policy:a'], ['policy:a']), { show: ['masking:b'] }],
    ['it is decided', decide([proposal('a', { state: 'rejected' })], ['policy:a'], ['policy:a']), { show: [], withdraw: ['policy:a'] }],
    ['nobody wants to know', decide([proposal('a')], [], ['policy:b'], false), { show: [], withdraw: ['policy:b'] }],
  ])('%s', ([, plan, expected]) => {
    expect(plan).toMatchObject(expected)
  })

  test('names cannot make it say something else', () => {
    const forged = proposal('a', { author: { sub: 'x', name: 'Ada\n\u202eapproved' } })
    const { show } = decideProposalNotifications({ proposals: [forged], me: 'ben', announced: new Set(), visible: [], enabled: true })
    expect(show[0]?.body).toBe('Ada approved proposes a version that another administrator has to activate.')
  })
})

describe('a desktop', () => {
  async function start(roles: Role[]) {
    const listeners = new Map<string, (payload: never) => void>()
    const seen: string[] = []
    const pages: string[] = []
    let events: NotifierEvents | undefined
    let proposals = [proposal('a', { kind: 'masking' })]
    const state = {
      signIn: { state: 'signed-in', person: { sub: 'ben', name: 'Ben', groups: [], roles } },
      preferences: { notifications: true },
    }
    const ports = {
      handlers: { 'state:get': async () => state, 'policies:proposals': async () => ({ approvals: 2, proposals }) },
      subscribe: (name: string, listener: (payload: never) => void) => {
        listeners.set(name, listener)
        return () => listeners.delete(name)
      },
      openNotifier: (given: NotifierEvents) => {
        events = given
        return {
          show: async ({ id }: { id: string }) => (seen.push(`show ${id}`), 'shown' as const),
          withdraw: async (id: string) => void seen.push(`withdraw ${id}`),
          close: () => undefined,
        }
      },
      openPage: (page: string) => void pages.push(page),
      log: { info: () => undefined, warn: () => undefined },
    }
    await startProposalNotifications(ports as unknown as ProposalNotificationsPorts)
    return {
      seen,
      pages,
      press: (id: string) => events?.onAction(id, 'open'),
      change: (next: Proposal[]) => {
        proposals = next
        listeners.get('policies:changed')?.({} as never)
      },
    }
  }

  test('of an administrator tells, leads to the page of its kind, and takes back what is decided', async () => {
    const { seen, pages, press, change } = await start(['administrator'])
    expect(seen).toEqual(['show masking:a'])
    press('masking:a')
    expect(pages).toEqual(['/masking'])
    change([proposal('b')])
    await expect.poll(() => seen.at(-1)).toBe('show policy:b')
    change([proposal('b', { state: 'activated' })])
    await expect.poll(() => seen.at(-1)).toBe('withdraw policy:b')
  })

  test('of anybody else tells nothing, and asks for nothing', async () => {
    expect((await start(['operator', 'reviewer', 'auditor'])).seen).toEqual([])
  })
})
