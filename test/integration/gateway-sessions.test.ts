import { describe, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { connectScriptedAgent, enrolScriptedAgent, type ReceivedExchange } from '../fakes/scripted-agent.ts'
import { exchange, openEcho, rpcOf, signInAs, toolCall, until } from './gateway-harness.ts'
import { useTestGateway } from './use-test-gateway.ts'

const world = useTestGateway({ people: ['operator'] })

test('an agent cannot end what runs at another one', async () => {
  const session = await openEcho(world.operator)
  const { joinToken } = await world.admin.api.call('createJoinToken', { name: 'other-agent' })
  const other = await connectScriptedAgent(world.gateway.url, await enrolScriptedAgent(world.gateway.url, joinToken))
  await until(async () => (await world.admin.api.call('agents')).agents.every(({ online }) => online), 'the other agent is online')
  const error = new AppError('SERVER_STOPPED', { server: 'echo', problem: 'so says another agent' }).toJSON()
  other.socket.sendControl({ type: 'session.ended', session: session.id, error })
  // what it says next is handled after that
  const servers = [{ name: 'later', title: 'Later', transport: 'stdio' as const }]
  other.socket.sendControl({ type: 'hello', version: '0.0.0-test', servers, sessions: [] })
  const laterOf = async () => (await world.admin.api.call('agents')).agents.some((one) => one.servers.some(({ name }) => name === 'later'))
  await until(laterOf, 'the other agent was heard to its end')
  other.drop()
  const answer = await exchange(world.operator, session.id, toolCall('echo', { text: 'still here' })).done
  expect(rpcOf(answer).result).toBeDefined()
})

describe('a session', () => {
  test('of somebody else cannot be used', async () => {
    const session = await openEcho(world.operator)
    const before = world.agent.received.length
    const answer = await exchange(world.admin, session.id, toolCall('echo', { text: 'x' })).done
    expect(answer.aborted?.code).toBe('SESSION_UNKNOWN')
    expect(world.agent.received).toHaveLength(before)
  })

  test('of an earlier sign-in of the same person cannot be used', async () => {
    const session = await openEcho(world.operator)
    const other = await signInAs(world.gateway.url, 'operator')
    const answer = await exchange(other, session.id, toolCall('echo', { text: 'x' })).done
    expect(answer.aborted?.code).toBe('SESSION_UNKNOWN')
    other.leave()
  })

  test('cuts its streams when it is ended, and nothing passes afterwards', async () => {
    const session = await openEcho(world.operator)
    const open: ReceivedExchange[] = []
    world.agent.script = (received) => void open.push(received)
    const call = exchange(world.operator, session.id, toolCall('echo', { text: 'x' }))
    const listening = exchange(world.operator, session.id, undefined, { method: 'GET' })
    await until(() => open.length === 2, 'both have reached the agent')
    const ended = await world.operator.api.call('endSession', { id: session.id })
    expect(ended).toMatchObject({ state: 'ended', endReason: 'ended-by-operator' })
    expect(rpcOf(await call.done).error?.data).toMatchObject({ code: 'SESSION_ENDED' })
    expect((await listening.done).aborted?.code).toBe('SESSION_ENDED')
    expect(world.agent.commands.at(-1)).toEqual({ type: 'session.end', session: session.id })
    const after = await exchange(world.operator, session.id, toolCall('echo', { text: 'x' })).done
    expect(after.aborted?.code).toBe('SESSION_ENDED')
  })

  test('can be ended by an administrator, not by another operator', async () => {
    const session = await openEcho(world.operator)
    const auditor = await signInAs(world.gateway.url, 'auditor')
    await expect(auditor.api.call('endSession', { id: session.id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    auditor.leave()
    expect(await world.admin.api.call('endSession', { id: session.id, reason: 'a test' })).toMatchObject({
      endReason: 'ended-by-administrator',
    })
    await expect(world.admin.api.call('endSession', { id: session.id, reason: 'a test' })).rejects.toMatchObject({ code: 'SESSION_ENDED' })
  })

  test('ends when its server stops by itself', async () => {
    const session = await openEcho(world.operator)
    const error = new AppError('SERVER_STOPPED', { server: 'echo', problem: 'it crashed' }).toJSON()
    world.agent.socket.sendControl({ type: 'session.ended', session: session.id, error })
    await expect(endReasonOf(session.id)).resolves.toBe('server-stopped')
  })

  test('whose server does not start is ended and sealed', async () => {
    const started = world.agent.onStart
    const error = new AppError('SERVER_START_FAILED', { server: 'echo', problem: 'no such file' }).toJSON()
    world.agent.onStart = ({ session }, socket) => socket.sendControl({ type: 'session.failed', session, error })
    await expect(openEcho(world.operator)).rejects.toMatchObject({ code: 'SERVER_START_FAILED' })
    world.agent.onStart = started
    const [session] = (await world.operator.api.call('sessions')).sessions
    expect(session).toMatchObject({ state: 'ended', endReason: 'server-stopped', records: 2 })
  })

  test.for([
    ['without the role', () => world.admin, { connection: 'echo', reason: 'a test', minutes: 5 }, 'FORBIDDEN'],
    ['on an unknown connection', () => world.operator, { connection: 'nothing', reason: 'a test', minutes: 5 }, 'NOT_FOUND'],
    [
      'for longer than the connection allows',
      () => world.operator,
      { connection: 'echo', reason: 'a test', minutes: 61 },
      'INVALID_REQUEST',
    ],
    ['without a reason', () => world.operator, { connection: 'echo', reason: '  ', minutes: 5 }, 'INVALID_REQUEST'],
  ] as const)('cannot be opened %s', async ([, person, request, code]) => {
    await expect(person().api.call('openSession', request as never)).rejects.toMatchObject({ code })
  })

  test('ends when its person signs out', async () => {
    const other = await signInAs(world.gateway.url, 'operator')
    const session = await openEcho(other)
    await other.api.call('signOut')
    await expect(endReasonOf(session.id)).resolves.toBe('signed-out')
    other.leave()
  })

  test('ends when its desktop stays away for longer than the grace', async () => {
    const other = await signInAs(world.gateway.url, 'operator')
    const session = await openEcho(other)
    other.leave()
    await expect(endReasonOf(session.id)).resolves.toBe('desktop-disconnected')
  })
})

async function endReasonOf(id: SessionId): Promise<string | undefined> {
  let session = (await world.operator.api.call('session', { id })).session
  await until(async () => {
    session = (await world.operator.api.call('session', { id })).session
    return session.state === 'ended'
  }, 'the session ends')
  return session.endReason
}
