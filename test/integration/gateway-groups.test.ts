import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Approval, Session } from '../../src-protocol/model.ts'
import type { ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  castVote,
  exchange,
  openEcho,
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

const admin = { user: 'admin', name: 'Priya Raman', email: 'priya.raman@example.com', groups: ['gatehouse-admins'] }
const operator = { user: 'operator', name: 'Mira Okafor', email: 'mira.okafor@example.com', groups: ['operators'] }
const reviewer = { user: 'reviewer', name: 'Jonas Lindqvist', email: 'jonas.lindqvist@example.com', groups: ['reviewers', 'dba'] }
const guard = { user: 'guard', name: 'Sana Idris', email: 'sana.idris@example.com', groups: ['reviewers', 'security'] }
const outsider = { user: 'outsider', name: 'Ada Novak', email: 'ada.novak@example.com', groups: ['reviewers'] }

let folder: string
let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let agent: ScriptedAgent
let people: SignedInPerson[]

/** The provider with these accounts; started again it keeps its address, keys and sessions. */
async function startProvider(accounts: object[]): Promise<void> {
  const config = join(folder, 'provider.yaml')
  const port = provider === undefined ? 0 : Number(new URL(provider.issuer).port)
  const gatewayRedirect = 'http://127.0.0.1/sign-in/callback'
  const whole = { port, gatewayRedirect, clientSecret: 'env:DEMO_CLIENT_SECRET', data: folder, accounts }
  await writeFile(config, JSON.stringify(whole))
  provider = await startIdentityProviderProcess({ config })
}

async function changeAccounts(accounts: object[], ...asked: SignedInPerson[]): Promise<void> {
  await provider.stop()
  await startProvider(accounts)
  for (const person of asked) await person.identity.recheck()
}

async function signIn(username: string): Promise<SignedInPerson> {
  const person = await signInAs(gateway.url, username)
  people.push(person)
  return person
}

async function hold(
  person: SignedInPerson,
  session: Session,
  body: string,
  viewer = person,
): Promise<{ call: ClientExchange; approval: Approval }> {
  const call = exchange(person, session.id, body)
  const find = async () => (await viewer.api.call('approvals')).approvals.find((approval) => approval.session === session.id)
  await until(async () => (await find()) !== undefined, 'approval is asked for')
  return { call, approval: (await find()) as Approval }
}

beforeEach(async () => {
  people = []
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-provider-'))
  await startProvider([admin, operator, reviewer, guard, outsider])
  gateway = await startTestGateway(provider.issuer)
  ;({ agent } = await registerEcho(gateway.url, await signIn('admin')))
})
afterEach(async () => {
  for (const person of people) person.leave()
  await gateway.close()
  await provider.stop()
  await rm(folder, { recursive: true, force: true })
})

test('whoever loses the group of a connection loses the session at that moment', async () => {
  const mira = await signIn('operator')
  const session = await openEcho(mira)
  const listening = exchange(mira, session.id, undefined, { method: 'GET' })
  // still an operator, so that it is the group which counts
  await changeAccounts([admin, { ...operator, groups: ['dba'] }, reviewer], mira)
  await until(async () => (await mira.api.call('session', { id: session.id })).session.state === 'ended', 'the session ends')
  await listening.done
  const after = await exchange(mira, session.id, toolCall('echo', { text: 'x' })).done
  expect(after.aborted?.code).toBe('SESSION_ENDED')
  await expect(openEcho(mira)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await mira.api.call('connections')).connections).toEqual([])
})

test('the vote of somebody who has left the group since no longer counts', async () => {
  const mira = await signIn('operator')
  const jonas = await signIn('reviewer')
  const session = await openEcho(mira)
  const body = toolCall('risky', { marker: 'left the group' })
  const { call, approval } = await hold(mira, session, body)
  call.abandon()
  await until(async () => (await mira.api.call('session', { id: session.id })).calls[0]?.state === 'done', 'the client has left')
  expect(await castVote(jonas, approval, 'approve')).toMatchObject({ state: 'approved' })
  await changeAccounts([admin, operator, { ...reviewer, groups: ['reviewers'] }], jonas)
  const answer = await exchange(mira, session.id, body).done
  expect(rpcOf(answer).result?.content[0]?.text).toContain('Jonas Lindqvist is no longer in a group that may approve this')
  expect(agent.received.filter(({ text }) => text.includes('left the group'))).toEqual([])
})

test('the vote of somebody who is no longer a reviewer does not count, also while they are still in the group', async () => {
  const mira = await signIn('operator')
  const sana = await signIn('guard')
  const session = await openEcho(mira)
  const body = toolCall('guarded', { marker: 'lost the role' })
  const { call, approval } = await hold(mira, session, body, sana)
  call.abandon()
  await until(async () => (await mira.api.call('session', { id: session.id })).calls[0]?.state === 'done', 'the client has left')
  expect(await castVote(sana, approval, 'approve')).toMatchObject({ state: 'approved' })
  await changeAccounts([admin, operator, { ...guard, groups: ['security'] }], sana)
  const answer = await exchange(mira, session.id, body).done
  expect(rpcOf(answer).result?.content[0]?.text).toContain('Sana Idris is no longer a reviewer')
  expect(agent.received.filter(({ text }) => text.includes('lost the role'))).toEqual([])
})

test('whoever joined the group after the request was made cannot decide it', async () => {
  const mira = await signIn('operator')
  const ada = await signIn('outsider')
  const session = await openEcho(mira)
  const { call, approval } = await hold(mira, session, toolCall('risky', { marker: 'joined later' }))
  await expect(castVote(ada, approval, 'approve')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await changeAccounts([admin, operator, reviewer, { ...outsider, groups: ['reviewers', 'dba'] }], ada)
  await expect(castVote(ada, approval, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_NOT_REVIEWER' })
  await mira.api.call('withdraw', { id: approval.id })
  await call.done
})

test('a connection that is removed takes its sessions with it', async () => {
  const [mira, priya] = [await signIn('operator'), await signIn('admin')]
  const session = await openEcho(mira)
  await priya.api.call('removeConnection', { name: 'echo' })
  await until(async () => (await mira.api.call('session', { id: session.id })).session.state === 'ended', 'the session has ended')
  expect((await exchange(mira, session.id, toolCall('echo', {})).done).aborted?.code).toBe('SESSION_ENDED')
  await expect(openEcho(mira)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
