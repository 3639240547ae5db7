/** Deciding in the place of a reviewer who is away, against a real gateway, log and identity provider; and limits that outlive a restart. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { delegationHandlers } from '../../src-main/services/desktop/delegation-handlers.ts'
import { checkStore } from '../../src-node/check-store.ts'
import { systemClock } from '../../src-node/clock.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import type { Approval, Session } from '../../src-protocol/model.ts'
import { connectScriptedAgent, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  castVote,
  exchange,
  openEcho,
  policyText,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type ClientExchange,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'
import { loggedApproval } from './logged-approval.ts'

const account = (user: string, ...groups: string[]) => ({ user, name: user, email: `${user}@example.com`, groups })
const accounts = [
  account('admin', 'gatehouse-admins'),
  account('operator', 'operators', 'reviewers'),
  account('dora', 'reviewers', 'dba', 'security'),
  account('dirk', 'reviewers'),
  account('lena', 'reviewers'),
  account('sana', 'reviewers', 'security'),
]
const policy = `${policyText}  - id: two-reviewed
    match: { connections: ['*'], tools: [two] }
    effect: review
    review: { groups: [dba, security], approvals: 2 }
    because: This needs two people.
`

/** of one person, in this whole file */
const mostRequests = 9

let folder: string
let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let agent: ScriptedAgent
let agentIdentity: AgentIdentity
let session: Session
const people = new Map<string, SignedInPerson>()
const the = (user: string): SignedInPerson => people.get(user) as SignedInPerson
const subOf = async (user: string): Promise<string> => (await the(user).api.call('me')).person.sub

async function startProvider(known: object[]): Promise<void> {
  const config = join(folder, 'provider.yaml')
  const port = provider === undefined ? 0 : Number(new URL(provider.issuer).port)
  const gatewayRedirect = 'http://127.0.0.1/sign-in/callback'
  await writeFile(config, JSON.stringify({ port, gatewayRedirect, clientSecret: 'env:DEMO_CLIENT_SECRET', data: folder, accounts: known }))
  provider = await startIdentityProviderProcess({ config })
}

async function restartGateway(running?: Session): Promise<void> {
  await gateway.restart()
  const servers = [{ name: 'echo', title: 'Echo', transport: 'stdio' as const }]
  agent = await connectScriptedAgent(gateway.url, agentIdentity, servers, running ? [running.id] : [])
  await until(() => [...people.values()].every(({ tunnel }) => tunnel.state === 'open'), 'the desktops are back')
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-provider-'))
  await startProvider(accounts)
  gateway = await startTestGateway(provider.issuer, {
    holdSeconds: 600,
    graceSeconds: 20,
    sameApprovalRequests: 2,
    approvalRequests: mostRequests,
  })
  for (const { user } of accounts) people.set(user, await signInAs(gateway.url, user))
  ;({ agent, identity: agentIdentity } = await registerEcho(gateway.url, the('admin')))
  await the('admin').api.call('activatePolicy', { kind: 'policy', text: policy })
}, 60_000)
beforeEach(async () => {
  session = await openEcho(the('operator'))
})
afterAll(async () => {
  for (const person of people.values()) person.leave()
  await gateway.close()
  await provider.stop()
  await rm(folder, { recursive: true, force: true })
})

/** As the desktop does it: signed with the key of the sign-in. */
async function give(from: string, to: string, groups: string[], hours = 1): Promise<Delegation> {
  const handlers = delegationHandlers({ access: () => the(from), clock: systemClock })
  const [now, delegate] = [Date.now(), await subOf(to)]
  const until = new Date(now + hours * 3_600_000).toISOString()
  return handlers['delegations:give']({ delegate, groups, from: new Date(now).toISOString(), until, reason: 'at a conference' })
}
const end = (user: string, { id }: Delegation) => the(user).api.call('endDelegation', { id })
const placeOf = ({ id, delegator }: Delegation) => ({ onBehalfOf: { sub: delegator.sub, delegation: id } })

interface Held {
  call: ClientExchange
  approval: Approval
  body: string
  marker: string
}

async function hold(tool: string, marker: string = randomUUID()): Promise<Held> {
  const body = toolCall(tool, { marker })
  const call = exchange(the('operator'), session.id, body)
  const asked = async () =>
    (await the('admin').api.call('approvals')).approvals.find((one) => one.argumentsText.includes(marker) && one.state === 'pending')
  await until(async () => (await asked()) !== undefined, 'approval is asked for')
  return { call, approval: (await asked()) as Approval, body, marker }
}
const ran = ({ marker }: Held): number => agent.received.filter(({ text }) => text.includes(marker)).length

test('who stands in is told, decides once in that person’s place, and both are in the log', async () => {
  const before = await hold('risky')
  await expect(the('dirk').api.call('approval', { id: before.approval.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const delegation = await give('dora', 'dirk', ['dba'])
  await until(() => the('dirk').pushes.some(({ type }) => type === 'delegations'), 'Dirk is told')
  expect(the('lena').pushes.some(({ type }) => type === 'delegations')).toBe(false)
  // what waited before is not Dirk's to decide
  await expect(castVote(the('dirk'), before.approval, 'approve', placeOf(delegation))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await the('operator').api.call('withdraw', { id: before.approval.id })
  await before.call.done

  const held = await hold('two')
  await until(() => the('dirk').pushes.some((push) => push.type === 'approval' && push.approval.id === held.approval.id), 'Dirk is asked')
  await expect(castVote(the('dirk'), held.approval, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_NOT_REVIEWER' })
  await expect(castVote(the('lena'), held.approval, 'approve', placeOf(delegation))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(castVote(the('sana'), held.approval, 'approve', placeOf(delegation))).rejects.toMatchObject({
    code: 'APPROVAL_NOT_DELEGATED',
  })
  const voted = await castVote(the('dirk'), held.approval, 'approve', placeOf(delegation))
  expect(voted.state).toBe('pending')
  // together they are one
  await expect(castVote(the('dora'), held.approval, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_DECIDED_FOR_YOU' })
  expect(ran(held)).toBe(0)
  expect((await castVote(the('sana'), held.approval, 'approve')).state).toBe('approved')
  await held.call.done
  expect(ran(held)).toBe(1)
  const votes = (await loggedApproval(gateway, held.approval.id)).flatMap((entry) => (entry.kind === 'approval.vote' ? [entry.vote] : []))
  expect(votes[0]).toMatchObject({ person: { name: 'dirk' }, onBehalfOf: { name: 'dora', delegation: delegation.id }, groups: ['dba'] })
  await end('dora', delegation)
})

test('a denial in somebody’s place names both to who asked', async () => {
  const delegation = await give('dora', 'dirk', ['dba'])
  const held = await hold('risky')
  await castVote(the('dirk'), held.approval, 'deny', placeOf(delegation))
  expect(rpcOf(await held.call.done).result?.content[0]?.text).toContain('denied by dirk in the place of dora')
  expect(ran(held)).toBe(0)
  await end('dora', delegation)
})

test('who asked for a call decides it in nobody’s place', async () => {
  const delegation = await give('dora', 'operator', ['dba'])
  const held = await hold('risky')
  await expect(castVote(the('operator'), held.approval, 'approve', placeOf(delegation))).rejects.toMatchObject({
    code: 'APPROVAL_OWN_REQUEST',
  })
  await end('operator', delegation)
  await the('operator').api.call('withdraw', { id: held.approval.id })
  await held.call.done
})

test('only what stands in the log counts: nobody names somebody in another’s place, twice, for groups of others, or to hand it on', async () => {
  const delegation = await give('dora', 'dirk', ['dba'])
  await expect(give('dirk', 'lena', ['dba'])).rejects.toMatchObject({ code: 'DELEGATION_INVALID' })
  await expect(give('dora', 'lena', ['dba'])).rejects.toMatchObject({ code: 'DELEGATION_INVALID' })
  await expect(give('dora', 'lena', ['security'], 24 * 31)).rejects.toMatchObject({ code: 'DELEGATION_INVALID' })
  await expect(give('dora', 'admin', ['security'])).rejects.toMatchObject({ code: 'DELEGATION_INVALID' })
  // signed by another key than that of the sign-in
  const forged = delegationHandlers({ access: () => ({ api: the('dora').api, identity: foreignKey() }), clock: systemClock })
  const { from, until: to } = delegation
  await expect(
    forged['delegations:give']({ delegate: await subOf('lena'), groups: ['security'], from, until: to, reason: 'not hers' }),
  ).rejects.toMatchObject({ code: 'APPROVAL_SIGNATURE_INVALID' })
  await expect(end('lena', delegation)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await the('lena').api.call('delegations')).delegations).toEqual([])
  expect((await the('admin').api.call('delegations')).delegations.filter(({ endedAt }) => endedAt === undefined)).toHaveLength(1)
  await end('dirk', delegation)
})

/** Dora's sign-in, and a signature of Dirk's key. */
function foreignKey(): SignedInPerson['identity'] {
  const dirk = the('dirk').identity
  return Object.create(the('dora').identity, {
    sign: { value: (text: string) => dirk.sign(text) },
    state: { get: () => the('dora').identity.state },
  }) as SignedInPerson['identity']
}

test(
  'it outlives a restart, and ends with the group of who gave it; an audit of the whole store finds nothing',
  { timeout: 60_000 },
  async () => {
    const delegation = await give('dora', 'dirk', ['dba'])
    await restartGateway(session)
    expect((await the('dirk').api.call('delegations')).delegations[0]).toMatchObject({ id: delegation.id, groups: ['dba'] })
    const held = await hold('risky')
    held.call.abandon()
    await castVote(the('dirk'), held.approval, 'approve', placeOf(delegation))

    await provider.stop()
    await startProvider(accounts.map((one) => (one.user === 'dora' ? account('dora', 'reviewers', 'security') : one)))
    await the('dora').identity.recheck()
    const ended = async () => (await the('dirk').api.call('delegations')).delegations.find(({ id }) => id === delegation.id)?.endReason
    await until(async () => (await ended()) === 'groups-lost', 'it has ended')
    // the vote was cast for a group that Dora has lost since
    const answer = await exchange(the('operator'), session.id, held.body).done
    expect(rpcOf(answer).result?.content[0]?.text ?? rpcOf(answer).error?.message).toContain('no longer in a group')
    expect(ran(held)).toBe(0)
    const next = await hold('risky')
    await expect(castVote(the('dirk'), next.approval, 'approve', placeOf(delegation))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await the('operator').api.call('withdraw', { id: next.approval.id })
    await next.call.done
    await the('operator').api.call('endSession', { id: session.id })

    const key = parseVerifierKey((await the('operator').api.call('me')).logKey)
    if (!key.ok) throw new Error(key.problem)
    const check = async () => checkStore({ log: join(gateway.root, 'log'), recordings: gateway.recordings }, key.key)
    const wrong = async () => (await check()).findings.filter(({ severity }) => severity === 'error')
    await expect.poll(() => wrong().catch(() => 'not yet'), { timeout: 20_000, interval: 200 }).toEqual([])
  },
)

test('what somebody asked for is not forgotten when the gateway is started again', { timeout: 60_000 }, async () => {
  const withdraw = async ({ approval, call }: Held): Promise<void> => {
    await the('operator').api.call('withdraw', { id: approval.id })
    await call.done
  }
  const first = await hold('risky')
  await withdraw(first)
  await withdraw(await hold('risky', first.marker))
  await restartGateway(session)
  const asked = (marker: string) => exchange(the('operator'), session.id, toolCall('risky', { marker })).done
  const refused = async (marker: string): Promise<string> => rpcOf(await asked(marker)).error?.message ?? 'not refused'
  expect(await refused(first.marker)).toContain('2 times within 10 minutes for this very call')
  // others are not, until there are as many of whatever kind as one person may ask for
  const before = (await the('admin').api.call('approvals')).approvals.length
  for (let count = before; count < mostRequests; count += 1) await withdraw(await hold('risky'))
  expect(await refused(randomUUID())).toContain(`${mostRequests} times within 10 minutes by you`)
})
