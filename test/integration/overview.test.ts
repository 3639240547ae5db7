/** The overview against the real gateway: every number is what was really done, and leads to its rows. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Approval, Session } from '../../src-protocol/model.ts'
import type { Overview, Period } from '../../src-protocol/overview.ts'
import {
  castVote,
  exchange,
  openEcho,
  registerEcho,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let reviewer: SignedInPerson
let auditor: SignedInPerson
let first: Session
let second: Session

const today = (): Period => {
  const day = new Date().toISOString().slice(0, 10)
  // a test that runs at midnight has two days
  return { from: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10), to: day }
}
const say = (session: Session, text: string) => exchange(operator, session.id, toolCall('echo', { text })).done

async function hold(session: Session): Promise<{ done: Promise<unknown>; approval: Approval }> {
  const call = exchange(operator, session.id, toolCall('risky', { text: 'dangerous' }))
  let approval: Approval | undefined
  await until(async () => {
    approval = (await operator.api.call('approvals')).approvals.find(({ state, session: of }) => state === 'pending' && of === session.id)
    return approval !== undefined
  }, 'approval is asked for')
  return { done: call.done, approval: approval as Approval }
}

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { holdSeconds: 20 })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  reviewer = await signInAs(gateway.url, 'reviewer')
  auditor = await signInAs(gateway.url, 'auditor')
  await registerEcho(gateway.url, admin)

  first = await openEcho(operator)
  for (const text of ['one', 'two', 'three']) await say(first, text)
  for (const text of ['forbidden', 'forbidden']) await say(first, text)
  await say(first, 'card 4111111111111111 and 5500005555555559')
  const approved = await hold(first)
  await castVote(reviewer, approved.approval, 'approve')
  await approved.done
  await operator.api.call('endSession', { id: first.id })

  second = await openEcho(operator)
  await say(second, 'four')
  const denied = await hold(second)
  await castVote(reviewer, denied.approval, 'deny')
  await denied.done
})
afterAll(async () => {
  for (const person of [admin, operator, reviewer, auditor]) person.leave()
  await gateway.close()
  await provider.stop()
})

/** what was done above */
const expected = { allowed: 4, masked: 1, held: 2, denied: 2 }

const hasNumbers = (found: Overview) => {
  expect(found).toMatchObject({ sessions: 2, people: 1, calls: expected, grain: 'hour' })
  const summed = (key: keyof typeof expected | 'sessions') => found.series.reduce((sum, bucket) => sum + bucket[key], 0)
  expect([summed('sessions'), summed('allowed'), summed('masked'), summed('held'), summed('denied')]).toEqual([2, 4, 1, 2, 2])
  const outcomes = Object.fromEntries(found.approvals.outcomes.map(({ outcome, count }) => [outcome, count]))
  expect(outcomes).toEqual({ pending: 0, approved: 1, denied: 1, expired: 0, withdrawn: 0, void: 0 })
  expect(found.approvals.waiting).toEqual([2, 0, 0, 0, 0, 0])
  expect(found.approvals.longestSeconds).toBeGreaterThan(0)
  expect(found.access).toEqual([
    { person: { sub: expect.any(String), name: 'Mira Okafor' }, connection: 'echo', sessions: 2, calls: expected },
  ])
  expect(found.gaps.every(({ count }) => count === 0)).toBe(true)
}

test('each number is what was done, while a session still runs', async () => {
  const found = await auditor.api.call('overview', today())
  hasNumbers(found)
  expect(found.masks).toEqual([{ rule: 'payment-data', values: expect.any(Number) }])
})

test('each number leads to its rows, and their sum is the number', async () => {
  const { masks } = await auditor.api.call('overview', today())
  const rowsOf = async (filter: object) => (await auditor.api.call('overviewSessions', { ...today(), ...filter })).rows
  expect((await rowsOf({ opened: 'yes' })).map(({ session }) => session)).toEqual([second.id, first.id])
  for (const verdict of ['allowed', 'masked', 'held', 'denied'] as const) {
    const rows = await rowsOf({ verdict })
    expect(rows.reduce((sum, { calls }) => sum + calls[verdict], 0)).toBe(expected[verdict])
    expect(rows.every(({ calls }) => calls[verdict] > 0)).toBe(true)
  }
  expect((await rowsOf({ verdict: 'denied' })).map(({ session }) => session)).toEqual([first.id])
  const masked = await rowsOf({ rule: 'payment-data' })
  expect(masked).toMatchObject([{ session: first.id, values: masks[0]?.values }])
  expect(await rowsOf({ rule: 'no-such-rule' })).toEqual([])
  expect(await rowsOf({ connection: 'elsewhere' })).toEqual([])
  const { rows: approved } = await auditor.api.call('overviewApprovals', { ...today(), outcome: 'approved' })
  expect(approved).toMatchObject([
    { session: first.id, tool: 'risky', requester: { name: 'Mira Okafor' }, deciders: [{ name: 'Jonas Lindqvist' }], outcome: 'approved' },
  ])
  expect((await auditor.api.call('overviewApprovals', { ...today(), waited: 0 })).rows).toHaveLength(2)
  expect((await auditor.api.call('overviewApprovals', { ...today(), waited: 5 })).rows).toHaveLength(0)
})

test('another period has other numbers', async () => {
  const before = await auditor.api.call('overview', { from: '2020-01-01', to: '2020-01-31' })
  expect(before).toMatchObject({ sessions: 0, people: 0, calls: { allowed: 0, masked: 0, held: 0, denied: 0 }, series: [], access: [] })
  await expect(auditor.api.call('overview', { from: '2020-02-01', to: '2020-01-01' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  await expect(auditor.api.call('overview', { from: '2020-01-01', to: '2026-01-01' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  await expect(auditor.api.call('overviewSessions', { ...today(), cursor: "x' OR 1=1" })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
})

test('who can reach what, who did, and when last', async () => {
  const { rows } = await auditor.api.call('accessReview')
  const mira = rows.find(({ person }) => person.name === 'Mira Okafor')
  const seen = { connection: 'echo', may: true, through: ['operators'], needsAccess: false, sessions: 2, lastUsedAt: expect.any(String) }
  expect(mira).toMatchObject(seen)
  expect(Date.parse(mira?.lastUsedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(second.startedAt))
  // in no group of the connection
  expect(rows.some(({ person }) => person.name === 'Jonas Lindqvist')).toBe(false)
})

test('auditors and administrators ask, nobody else', async () => {
  for (const person of [operator, reviewer]) {
    const refused = { code: 'FORBIDDEN' }
    await expect(person.api.call('overview', today())).rejects.toMatchObject(refused)
    await expect(person.api.call('overviewSessions', today())).rejects.toMatchObject(refused)
    await expect(person.api.call('overviewApprovals', today())).rejects.toMatchObject(refused)
    await expect(person.api.call('accessReview')).rejects.toMatchObject(refused)
    await expect(person.api.call('controls', today())).rejects.toMatchObject(refused)
    await expect(person.api.call('testControl', { control: 'CC6.1' })).rejects.toMatchObject(refused)
  }
  expect(await admin.api.call('overview', today())).toMatchObject({ sessions: 2 })
})

test('after a restart, and from nothing but the log and the recordings, the numbers are the same', async () => {
  await operator.api.call('endSession', { id: second.id })
  hasNumbers(await auditor.api.call('overview', today()))
  const { rm } = await import('node:fs/promises')
  await gateway.running.close()
  expect(gateway.logged()).not.toContain('could not be brought up to date')
  await rm(`${gateway.root}/data/overview.sqlite`)
  await gateway.restart()
  auditor.leave()
  auditor = await signInAs(gateway.url, 'auditor')
  hasNumbers(await auditor.api.call('overview', today()))
})
