import { expect, test } from 'vitest'
import { concerns, decideNotifications, summaryId } from '../../src-main/notifications/decide-notifications.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'
import { approvalExample, reviewer } from '../fakes/approval-example.ts'

const me = reviewer

test('a pending request of somebody else, for one of my groups, concerns me', () => {
  expect(concerns(approvalExample(1), me)).toEqual({ ok: true })
})

test.for([
  ['nobody is signed in', {}, undefined, 'signed-out'],
  ['it is my own request', { requester: { ...approvalExample(1).requester, sub: me.sub } }, me, 'own-request'],
  ['I am no reviewer', {}, { ...me, roles: ['operator', 'administrator'] }, 'not-reviewer'],
  ['it asks for other groups', {}, { ...me, groups: ['engineering'] }, 'not-in-groups'],
  ['it is decided', { state: 'denied' }, me, 'not-pending'],
  ['it is withdrawn', { state: 'withdrawn' }, me, 'not-pending'],
  ['it has expired', { state: 'expired' }, me, 'not-pending'],
  [
    'I have voted already',
    { votes: [{ person: me, decision: 'approve', reason: '', at: '', signature: '', key: {} }] },
    me,
    'already-decided-by-me',
  ],
] as const satisfies readonly (readonly [string, Partial<Approval>, Person | undefined, string])[])(
  'it does not when %s',
  ([, change, person, reason]) => {
    expect(concerns({ ...approvalExample(1), ...change }, person)).toEqual({ ok: false, reason })
  },
)

const [first, second, third, fourth] = [1, 2, 3, 4].map((number) => approvalExample(number)) as [Approval, Approval, Approval, Approval]
const nothing = { announced: [], visible: [], enabled: true }
const ids = (plan: { show: { id: string }[] }) => plan.show.map(({ id }) => id)

test('a new request is announced, with who and what', () => {
  const plan = decideNotifications({ ...nothing, waiting: [first] })
  expect(plan.withdraw).toEqual([])
  expect(plan.show).toEqual([
    {
      id: first.id,
      title: 'Approval needed: orders-db',
      body: 'Mira Okafor asks to run execute_sql.',
      actions: [
        { action: 'open', label: 'Open' },
        { action: 'deny', label: 'Deny…' },
      ],
    },
  ])
})

test('neither arguments nor reasons nor the digest stand in it', () => {
  const text = JSON.stringify(decideNotifications({ ...nothing, waiting: [first] }).show)
  for (const secret of ['DROP TABLE', first.sessionReason, first.digest, first.because]) expect(text).not.toContain(secret)
})

test('without a reason to give, denying needs no window', () => {
  const [shown] = decideNotifications({ ...nothing, waiting: [{ ...first, reasonRequired: false }] }).show
  expect(shown?.actions[1]).toEqual({ action: 'deny', label: 'Deny' })
})

test('a name cannot break out of its line', () => {
  const requester = { ...first.requester, name: 'Mira\n\u202eevil\u0000' + 'x'.repeat(200) }
  const [shown] = decideNotifications({ ...nothing, waiting: [{ ...first, requester }] }).show
  expect(shown?.body).toMatch(/^Mira evil x+… asks to run execute_sql\.$/)
  expect(shown?.body.length).toBeLessThan(120)
})

test('what was announced is not announced again, also after it was dismissed', () => {
  expect(ids(decideNotifications({ ...nothing, waiting: [first, second], announced: [first.id] }))).toEqual([second.id])
  expect(ids(decideNotifications({ ...nothing, waiting: [first], announced: [first.id], visible: [] }))).toEqual([])
})

test('what is decided is withdrawn and forgotten', () => {
  const plan = decideNotifications({ waiting: [second], announced: [first.id, second.id], visible: [first.id, second.id], enabled: true })
  expect(plan).toEqual({ withdraw: [first.id], show: [], announced: [second.id] })
})

test('a fourth one makes it a summary', () => {
  const plan = decideNotifications({
    waiting: [first, second, third, fourth],
    announced: [first.id, second.id, third.id],
    visible: [first.id, second.id, third.id],
    enabled: true,
  })
  expect(plan.withdraw).toEqual([first.id, second.id, third.id])
  expect(ids(plan)).toEqual([summaryId])
  expect(plan.show[0]?.title).not.toMatch(/\d/)
})

test('a summary stays as it is while more come, and goes with the last', () => {
  const summary = { announced: [first.id], visible: [summaryId], enabled: true }
  expect(decideNotifications({ ...summary, waiting: [first, second] })).toMatchObject({ withdraw: [], show: [] })
  expect(decideNotifications({ ...summary, waiting: [] })).toMatchObject({ withdraw: [summaryId], show: [] })
})

test('switched off, everything is withdrawn and nothing is caught up on later', () => {
  const off = decideNotifications({ waiting: [first, second], announced: [first.id], visible: [first.id], enabled: false })
  expect(off).toEqual({ withdraw: [first.id], show: [], announced: [first.id, second.id] })
  expect(ids(decideNotifications({ waiting: [first, second], announced: off.announced, visible: [], enabled: true }))).toEqual([])
})
