import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { echo, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import { kindsOf, readRecords } from '../fixtures/read-records.ts'
import {
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
let agent: ScriptedAgent

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { idleMinutes: 8 / 60, sessionsPerSignIn: 2, sessions: 3 })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  ;({ agent } = await registerEcho(gateway.url, admin))
  agent.script = echo
})
afterAll(async () => {
  for (const person of [admin, operator]) person.leave()
  await gateway.close()
  await provider.stop()
})

const ended = (id: string) => async () => {
  const { sessions } = await operator.api.call('sessions')
  return sessions.find((session) => session.id === id)?.state === 'ended'
}

test('a session that nobody uses ends as idle, and says so in its recording; one with a listener goes on', async () => {
  const [idle, listened] = [await openEcho(operator), await openEcho(operator)]
  agent.script = (received) => {
    if (received.head.method === 'GET') return received.answerHead(200, { 'content-type': 'text/event-stream' })
    return echo(received)
  }
  const listening = exchange(operator, listened.id, undefined, { method: 'GET' })
  await until(() => listening.answer.status === 200, 'its client listens')
  expect(rpcOf(await exchange(operator, idle.id, toolCall('echo', { text: 'once' })).done).result).toBeDefined()

  await until(ended(idle.id), 'the idle session has ended')
  const records = readRecords(join(gateway.root, 'recordings'), idle.id)
  expect(kindsOf(records)).toEqual(['open', 'request', 'response', 'close'])
  expect(records.at(-1)).toMatchObject({ endReason: 'idle' })
  expect(agent.commands.at(-1)).toEqual({ type: 'session.end', session: idle.id })
  expect((await exchange(operator, idle.id, toolCall('echo', { text: 'late' })).done).aborted?.code).toBe('SESSION_ENDED')
  expect(operator.pushes).toContainEqual(
    expect.objectContaining({ type: 'session', session: expect.objectContaining({ id: idle.id, endReason: 'idle' }) as unknown }),
  )
  expect(rpcOf(await exchange(operator, listened.id, toolCall('echo', { text: 'still' })).done).result).toBeDefined()
  await operator.api.call('endSession', { id: listened.id })
})

test('one sign-in has so many sessions at once, also if it asks for all at the same time; what ended makes room', async () => {
  const attempts = await Promise.allSettled([1, 2, 3, 4].map(() => openEcho(operator)))
  const opened = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
  expect(opened).toHaveLength(2)
  const refused = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []))
  expect(refused).toEqual(
    [1, 2].map(() => expect.objectContaining({ code: 'TOO_MANY_SESSIONS', data: { where: 'under your sign-in', limit: 2 } })),
  )

  const other = await signInAs(gateway.url, 'operator')
  const third = await openEcho(other)
  await expect(openEcho(other)).rejects.toMatchObject({ code: 'TOO_MANY_SESSIONS', data: { where: 'at this gateway', limit: 3 } })
  for (const session of [...opened, third]) await operator.api.call('endSession', { id: session.id })
  const again = await openEcho(operator)
  await operator.api.call('endSession', { id: again.id })
  other.leave()
})
