/** Sessions over a restart of the gateway: what was held, what waits, and who does not come back. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Approval, Session } from '../../src-protocol/model.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { connectScriptedAgent, echo, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
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
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let reviewer: SignedInPerson
let agent: ScriptedAgent
let agentIdentity: AgentIdentity

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { graceSeconds: 10 })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  reviewer = await signInAs(gateway.url, 'reviewer')
  ;({ agent, identity: agentIdentity } = await registerEcho(gateway.url, admin))
})
beforeEach(() => {
  agent.script = echo
})
afterAll(async () => {
  for (const person of [admin, operator, reviewer]) person.leave()
  await gateway.close()
  await provider.stop()
})

const servers = [{ name: 'echo', title: 'Echo', transport: 'stdio' as const }]

/** The agent is back with the servers of these sessions, or stays away. */
async function restart(running: Session[] | 'without agent'): Promise<void> {
  await gateway.restart()
  if (running === 'without agent') return
  const ids = running.map(({ id }) => id)
  agent = await connectScriptedAgent(gateway.url, agentIdentity, servers, ids)
  await until(() => operator.tunnel.state === 'open' && reviewer.tunnel.state === 'open', 'the desktops are back')
}

const stateOf = async ({ id }: Session) => (await admin.api.call('session', { id })).session
const pendingOf = async (session: Session): Promise<Approval[]> =>
  (await reviewer.api.call('approvals')).approvals.filter((approval) => approval.session === session.id)

async function sealedRecords(session: Session): Promise<SessionRecord[]> {
  const file = join(gateway.recordings, session.id.slice(4, 6), `${session.id}.jsonl`)
  await until(
    () =>
      readFile(file).then(
        () => true,
        () => false,
      ),
    'it is sealed',
  )
  const text = await readFile(file, 'utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as SessionRecord]))
}

test('a held call is cut and told so; repeated, it attaches to its approval and runs once', { timeout: 60_000 }, async () => {
  const session = await openEcho(operator)
  // the definition of a tool is part of what was approved: it has to be known again
  await exchange(operator, session.id, JSON.stringify({ jsonrpc: '2.0', id: 'list', method: 'tools/list' })).done
  const held = exchange(operator, session.id, toolCall('risky', { marker: 'over-restart' }))
  await until(async () => (await pendingOf(session)).length === 1, 'the reviewer sees the request')
  const [before] = await pendingOf(session)
  await restart([session])

  const told = rpcOf(await held.done)
  expect(told.error?.data).toMatchObject({ code: 'APPROVAL_PENDING' })
  expect(told.error?.message).toContain('Repeat the same call')
  const repeated = exchange(operator, session.id, toolCall('risky', { marker: 'over-restart' }))
  await until(
    async () =>
      (await operator.api.call('session', { id: session.id })).calls.some(
        ({ state, approval }) => state === 'held' && approval === before?.id,
      ),
    'the repeated call is held for the same approval',
  )
  const [pending, ...others] = await pendingOf(session)
  expect(others).toEqual([])
  expect(pending).toMatchObject({ id: before?.id, state: 'pending', digest: before?.digest })
  await castVote(reviewer, pending as Approval, 'approve')
  expect(rpcOf(await repeated.done).result?.content[0]?.text).toContain('over-restart')
  expect(agent.received.filter(({ text }) => text.includes('over-restart'))).toHaveLength(1)

  await operator.api.call('endSession', { id: session.id })
  const records = await sealedRecords(session)
  const first = records.find((record) => record.kind === 'request' && record.body.includes('over-restart'))
  const about = records.filter((record) => 'exchange' in record && first && 'exchange' in first && record.exchange === first.exchange)
  expect(about.map((record) => ('event' in record ? record.event : 'code' in record ? record.code : record.kind))).toEqual([
    'request',
    'requested',
    'APPROVAL_PENDING',
  ])
  expect(records.some((record) => record.kind === 'approval' && record.event === 'attached')).toBe(true)
})

test('a call that runs is cut; the list of calls and the counts go on', { timeout: 60_000 }, async () => {
  const session = await openEcho(operator)
  await exchange(operator, session.id, toolCall('echo', { text: 'before' })).done
  agent.script = () => {}
  const running = exchange(operator, session.id, toolCall('echo', { text: 'running' }))
  await until(() => agent.received.some(({ text }) => text.includes('running')), 'it reached the server')
  await restart([session])
  expect(rpcOf(await running.done).error?.data).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  await exchange(operator, session.id, toolCall('echo', { text: 'after' })).done
  const { calls, session: now } = await operator.api.call('session', { id: session.id })
  expect(calls.map(({ summary, state, verdict }) => [summary, state, verdict])).toEqual([
    ['text: "before"', 'done', 'allowed'],
    ['text: "running"', 'done', 'failed'],
    ['text: "after"', 'done', 'allowed'],
  ])
  expect(now).toMatchObject({ state: 'live', counts: { allowed: 3 } })
  await operator.api.call('endSession', { id: session.id })
})

test('a call that comes before the agent is back waits for it', { timeout: 60_000 }, async () => {
  const session = await openEcho(operator)
  await restart('without agent')
  await until(() => operator.tunnel.state === 'open', 'the desktop is back')
  const early = exchange(operator, session.id, toolCall('echo', { text: 'early' }))
  await until(
    async () => (await operator.api.call('session', { id: session.id })).calls.some(({ state }) => state === 'running'),
    'it waits',
  )
  agent = await connectScriptedAgent(gateway.url, agentIdentity, servers, [session.id])
  expect(rpcOf(await early.done).result?.content[0]?.text).toContain('early')
  expect(agent.received).toHaveLength(1)
  await operator.api.call('endSession', { id: session.id })
})

test('an agent that does not come back ends its sessions, and who waits is told', { timeout: 60_000 }, async () => {
  const session = await openEcho(operator)
  await restart('without agent')
  await until(() => operator.tunnel.state === 'open', 'the desktop is back')
  const waiting = exchange(operator, session.id, toolCall('echo', { text: 'in vain' }))
  expect(rpcOf(await waiting.done).error?.data).toMatchObject({ code: 'AGENT_LOST' })
  expect(await stateOf(session)).toMatchObject({ state: 'ended', endReason: 'agent-disconnected' })
  const records = await sealedRecords(session)
  expect(records.some((record) => record.kind === 'error' && record.code === 'AGENT_LOST')).toBe(true)
  agent = await connectScriptedAgent(gateway.url, agentIdentity, servers, [session.id])
  // it still runs a server that nobody uses any more
  await until(() => agent.commands.some((command) => command.type === 'session.end' && command.session === session.id), 'it is ended')
})

test('a desktop that does not come back ends its sessions; another desktop’s go on', { timeout: 60_000 }, async () => {
  await until(async () => (await admin.api.call('agents')).agents[0]?.online === true, 'the agent is online')
  const visitor = await signInAs(gateway.url, 'operator')
  const [left, stays] = [await openEcho(visitor), await openEcho(operator)]
  visitor.leave()
  await restart([left, stays])
  await until(async () => (await stateOf(left)).state === 'ended', 'the grace of the desktop is over')
  expect(await stateOf(left)).toMatchObject({ endReason: 'desktop-disconnected' })
  expect(await stateOf(stays)).toMatchObject({ state: 'live' })
  expect((await sealedRecords(left)).map(({ kind }) => kind)).toEqual(['open', 'resume', 'close'])
  await operator.api.call('endSession', { id: stays.id })
})

test('a session that its person signed out of stays over', { timeout: 60_000 }, async () => {
  const visitor = await signInAs(gateway.url, 'operator')
  const session = await openEcho(visitor)
  await visitor.identity.signOut()
  await until(async () => (await stateOf(session)).state === 'ended', 'it is over')
  await restart([session])
  expect(await stateOf(session)).toMatchObject({ endReason: 'signed-out' })
  await until(() => agent.commands.some((command) => command.type === 'session.end'), 'the agent ends its server')
  visitor.leave()
})
