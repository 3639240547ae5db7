/** Sessions over a restart of the gateway: what was held, what waits, and who does not come back. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval, Session } from '../../src-protocol/model.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { connectScriptedAgent } from '../fakes/scripted-agent.ts'
import { castVote, exchange, openEcho, rpcOf, signInAs, toolCall, until } from './gateway-harness.ts'
import { useTestGateway } from './use-test-gateway.ts'

const the = useTestGateway({ people: ['operator', 'reviewer'], limits: { graceSeconds: 10 } })

const servers = [{ name: 'echo', title: 'Echo', transport: 'stdio' as const }]

/** The agent is back with the servers of these sessions, or stays away. */
async function restart(running: Session[] | 'without agent'): Promise<void> {
  await the.gateway.restart()
  if (running === 'without agent') return
  const ids = running.map(({ id }) => id)
  the.agent = await connectScriptedAgent(the.gateway.url, the.agentIdentity, servers, ids)
  await until(() => the.operator.tunnel.state === 'open' && the.reviewer.tunnel.state === 'open', 'the desktops are back')
}

const stateOf = async ({ id }: Session) => (await the.admin.api.call('session', { id })).session
const pendingOf = async (session: Session): Promise<Approval[]> =>
  (await the.reviewer.api.call('approvals')).approvals.filter((approval) => approval.session === session.id)

async function sealedRecords(session: Session): Promise<SessionRecord[]> {
  const file = join(the.gateway.recordings, session.id.slice(4, 6), `${session.id}.jsonl`)
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
  const session = await openEcho(the.operator)
  // the definition of a tool is part of what was approved: it has to be known again
  await exchange(the.operator, session.id, JSON.stringify({ jsonrpc: '2.0', id: 'list', method: 'tools/list' })).done
  const held = exchange(the.operator, session.id, toolCall('risky', { marker: 'over-restart' }))
  await until(async () => (await pendingOf(session)).length === 1, 'the reviewer sees the request')
  const [before] = await pendingOf(session)
  await restart([session])

  const told = rpcOf(await held.done)
  expect(told.error?.data).toMatchObject({ code: 'APPROVAL_PENDING' })
  expect(told.error?.message).toContain('Repeat the same call')
  const repeated = exchange(the.operator, session.id, toolCall('risky', { marker: 'over-restart' }))
  await until(
    async () =>
      (await the.operator.api.call('session', { id: session.id })).calls.some(
        ({ state, approval }) => state === 'held' && approval === before?.id,
      ),
    'the repeated call is held for the same approval',
  )
  const [pending, ...others] = await pendingOf(session)
  expect(others).toEqual([])
  expect(pending).toMatchObject({ id: before?.id, state: 'pending', digest: before?.digest })
  await castVote(the.reviewer, pending as Approval, 'approve')
  expect(rpcOf(await repeated.done).result?.content[0]?.text).toContain('over-restart')
  expect(the.agent.received.filter(({ text }) => text.includes('over-restart'))).toHaveLength(1)

  await the.operator.api.call('endSession', { id: session.id })
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
  const session = await openEcho(the.operator)
  await exchange(the.operator, session.id, toolCall('echo', { text: 'before' })).done
  the.agent.script = () => {}
  const running = exchange(the.operator, session.id, toolCall('echo', { text: 'running' }))
  await until(() => the.agent.received.some(({ text }) => text.includes('running')), 'it reached the server')
  await restart([session])
  expect(rpcOf(await running.done).error?.data).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  await exchange(the.operator, session.id, toolCall('echo', { text: 'after' })).done
  const { calls, session: now } = await the.operator.api.call('session', { id: session.id })
  expect(calls.map(({ summary, state, verdict }) => [summary, state, verdict])).toEqual([
    ['text: "before"', 'done', 'allowed'],
    ['text: "running"', 'done', 'failed'],
    ['text: "after"', 'done', 'allowed'],
  ])
  expect(now).toMatchObject({ state: 'live', counts: { allowed: 3 } })
  await the.operator.api.call('endSession', { id: session.id })
})

test('a call that comes before the agent is back waits for it', { timeout: 60_000 }, async () => {
  const session = await openEcho(the.operator)
  await restart('without agent')
  await until(() => the.operator.tunnel.state === 'open', 'the desktop is back')
  const early = exchange(the.operator, session.id, toolCall('echo', { text: 'early' }))
  await until(
    async () => (await the.operator.api.call('session', { id: session.id })).calls.some(({ state }) => state === 'running'),
    'it waits',
  )
  the.agent = await connectScriptedAgent(the.gateway.url, the.agentIdentity, servers, [session.id])
  expect(rpcOf(await early.done).result?.content[0]?.text).toContain('early')
  expect(the.agent.received).toHaveLength(1)
  await the.operator.api.call('endSession', { id: session.id })
})

test('an agent that does not come back ends its sessions, and who waits is told', { timeout: 60_000 }, async () => {
  const session = await openEcho(the.operator)
  await restart('without agent')
  await until(() => the.operator.tunnel.state === 'open', 'the desktop is back')
  const waiting = exchange(the.operator, session.id, toolCall('echo', { text: 'in vain' }))
  expect(rpcOf(await waiting.done).error?.data).toMatchObject({ code: 'AGENT_LOST' })
  expect(await stateOf(session)).toMatchObject({ state: 'ended', endReason: 'agent-disconnected' })
  const records = await sealedRecords(session)
  expect(records.some((record) => record.kind === 'error' && record.code === 'AGENT_LOST')).toBe(true)
  the.agent = await connectScriptedAgent(the.gateway.url, the.agentIdentity, servers, [session.id])
  // it still runs a server that nobody uses any more
  await until(() => the.agent.commands.some((command) => command.type === 'session.end' && command.session === session.id), 'it is ended')
})

test('a desktop that does not come back ends its sessions; another desktop’s go on', { timeout: 60_000 }, async () => {
  await until(async () => (await the.admin.api.call('agents')).agents[0]?.online === true, 'the agent is online')
  const visitor = await signInAs(the.gateway.url, 'operator')
  const [left, stays] = [await openEcho(visitor), await openEcho(the.operator)]
  visitor.leave()
  await restart([left, stays])
  await until(async () => (await stateOf(left)).state === 'ended', 'the grace of the desktop is over')
  expect(await stateOf(left)).toMatchObject({ endReason: 'desktop-disconnected' })
  expect(await stateOf(stays)).toMatchObject({ state: 'live' })
  expect((await sealedRecords(left)).map(({ kind }) => kind)).toEqual(['open', 'resume', 'close'])
  await the.operator.api.call('endSession', { id: stays.id })
})

test('a session that its person signed out of stays over', { timeout: 60_000 }, async () => {
  const visitor = await signInAs(the.gateway.url, 'operator')
  const session = await openEcho(visitor)
  await visitor.identity.signOut()
  await until(async () => (await stateOf(session)).state === 'ended', 'it is over')
  await restart([session])
  expect(await stateOf(session)).toMatchObject({ endReason: 'signed-out' })
  await until(() => the.agent.commands.some((command) => command.type === 'session.end'), 'the agent ends its server')
  visitor.leave()
})
