/** A draft run over what was really recorded: what would have been decided otherwise, and who may ask. */
import { beforeAll, expect, test } from 'vitest'
import type { Session } from '../../src-protocol/model.ts'
import type { SimulationRequest, SimulationRun } from '../../src-protocol/simulation.ts'
import { exchange, openEcho, policyText, toolCall, until } from './gateway-harness.ts'
import { useTestGateway } from './use-test-gateway.ts'

const the = useTestGateway({ people: ['operator', 'auditor'], limits: { holdSeconds: 1 } })

let first: Session
let second: Session

beforeAll(async () => {
  first = await openEcho(the.operator)
  for (const text of ['hello', 'forbidden', 'card 4111111111111111']) {
    await exchange(the.operator, first.id, toolCall('echo', { text, lines: 3 })).done
  }
  second = await openEcho(the.operator)
  await exchange(the.operator, second.id, toolCall('echo', { text: 'again' })).done
  for (const { id } of [first, second]) await the.operator.api.call('endSession', { id })
})

const draft = (when: string) => `version: 1
rules:
  - { id: echo-allowed, match: { connections: ['*'], tools: [echo] }, effect: allow, because: Echo harms nobody. }
  - { id: greetings, match: { tools: [echo] }, when: '${when}', effect: deny, because: No greetings. }
`
const greetings = draft('args.text == "hello"')

async function simulate(text: string, filter: SimulationRequest['filter'] = { limit: 100 }): Promise<SimulationRun> {
  const { id } = await the.admin.api.call('simulatePolicy', { text, filter })
  let run = await the.admin.api.call('simulation', { id })
  await until(async () => (run = await the.admin.api.call('simulation', { id })).state !== 'running', 'the simulation is over')
  return run
}

test('counts what would be decided otherwise, and leads to each call', async () => {
  const run = await simulate(greetings)
  expect(run).toMatchObject({ state: 'done', done: 2, total: 2, skipped: 0, by: 'Priya Raman' })
  expect(run.result).toMatchObject({ sessions: 2, messages: 4, unreadable: 0 })
  const counts = new Map(run.result?.transitions.map(({ from, to, count }) => [`${from} ${to}`, count]))
  expect(Object.fromEntries(counts)).toEqual({ 'allow deny': 1, 'deny allow': 1, 'allow indeterminate': 1, 'allow allow': 1 })
  const changes = new Map(run.result?.changes.map((change) => [`${change.from} ${change.to}`, change]))
  expect(changes.get('allow deny')).toMatchObject({ session: first.id, rule: 'greetings', fromRule: 'echo-allowed', connection: 'echo' })
  expect(changes.get('deny allow')).toMatchObject({ session: first.id, rule: 'echo-allowed', fromRule: 'secrets-denied' })
  expect(JSON.stringify(run)).not.toContain('4111')
  // the number leads to the call in the recording
  const { text } = await the.auditor.api.call('recording', { id: first.id })
  const line = text.split('\n')[changes.get('allow deny')?.seq ?? 0] ?? ''
  expect(JSON.parse(line)).toMatchObject({ kind: 'request', body: expect.stringContaining('hello') })
})

test('what is in force says again what it said then', async () => {
  const { result } = await simulate(policyText)
  expect(result?.transitions.filter(({ from, to }) => from !== to && to !== 'indeterminate')).toEqual([])
})

test('goes over those recordings that were asked for, the newest first', async () => {
  const sessionsOf = async (filter: SimulationRequest['filter']) => (await simulate(greetings, filter)).result?.sessions
  expect(await sessionsOf({ limit: 1 })).toBe(1)
  expect((await simulate(greetings, { limit: 1 })).result?.messages).toBe(1)
  expect(await sessionsOf({ limit: 9, connections: ['elsewhere' as Session['connection']] })).toBe(0)
  expect(await sessionsOf({ limit: 9, connections: ['echo' as Session['connection']] })).toBe(2)
  expect(await sessionsOf({ limit: 9, from: '2000-01-01T00:00:00.000Z', to: '2000-01-02T00:00:00.000Z' })).toBe(0)
  expect(await sessionsOf({ limit: 9, from: first.startedAt })).toBe(2)
  expect(await sessionsOf({ limit: 9, from: '2999-01-01T00:00:00.000Z' })).toBe(0)
})

test('a text that is no policy is refused with its problems', async () => {
  const filter = { limit: 1 }
  await expect(the.admin.api.call('simulatePolicy', { text: 'version: 1\nrules: 7\n', filter })).rejects.toMatchObject({
    code: 'POLICY_INVALID',
  })
})

test('administrators start and cancel it, auditors read it, nobody else', async () => {
  const request = { text: greetings, filter: { limit: 1 } }
  const { id } = await simulate(greetings)
  for (const person of [the.operator, the.auditor]) {
    await expect(person.api.call('simulatePolicy', request)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(person.api.call('cancelSimulation', { id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  }
  await expect(the.operator.api.call('simulation', { id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(await the.auditor.api.call('simulation', { id })).toMatchObject({ state: 'done' })
  // it is over: its result stays
  expect(await the.admin.api.call('cancelSimulation', { id })).toMatchObject({ state: 'done', result: { sessions: 2 } })
  const other = `sim_${'A'.repeat(16)}`
  await expect(the.admin.api.call('simulation', { id: other })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(the.admin.api.call('cancelSimulation', { id: other })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
