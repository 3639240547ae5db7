/** However a session ends, nothing of it stays: no process of its server, no exchange in the memory of gateway, desktop or agent. */
import { ChildProcess } from 'node:child_process'
import { queryObjects } from 'node:v8'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Delivery } from '../../src-gateway/exchange/delivery.ts'
import { ToolDefinitions } from '../../src-gateway/exchange/tool-definitions.ts'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { Session } from '../../src-protocol/model.ts'
import { processGone } from '../fixtures/process-gone.ts'
import { initialize, post, rpcOf, toolCall, type Access, type RawSession } from '../fixtures/raw-client.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

const countOf = (kind: new (...parameters: never[]) => unknown): number => queryObjects(kind, { format: 'count' })
const patience = { timeout: 30_000, interval: 100 }
/** sessions that ended are kept for a while, so that whoever looks at one sees how it ended */
const keptEnded = 20

/** what files that ran before in the same process have left */
let before: { exchanges: number; processes: number; definitions: number }
let chain: WholeChain
let operator: Desktop
let reviewer: Desktop

beforeAll(async () => {
  before = { exchanges: countOf(Delivery), processes: liveChildren(), definitions: countOf(ToolDefinitions) }
  chain = await startWholeChain({ limits: { graceSeconds: 1, idleMinutes: 20 / 60 } })
  operator = await chain.signedIn('operator')
  reviewer = await chain.signedIn('reviewer')
}, 120_000)
afterAll(() => chain.close())

interface Running {
  session: Session
  access: Access
  client: RawSession
  /** the server, and a process that it started */
  processes: number[]
}

async function run(desktop = operator): Promise<Running> {
  const session = await desktop.handlers['sessions:open']({ connection: 'fixture', reason: 'to be ended', minutes: 5 })
  const access = await desktop.handlers['sessions:client-setup'](session.id)
  const client = await initialize(access)
  const pidOf = async (tool: string) => Number(rpcOf(await client.call(tool)).result?.content?.[0]?.text)
  const processes = [await pidOf('pid'), await pidOf('grandchild')]
  expect(processes.some(processGone)).toBe(false)
  return { session, access, client, processes }
}

const stateOf = async ({ session }: Running) =>
  (await reviewer.handlers['sessions:list'](undefined)).find(({ id }) => id === session.id)?.endReason

/** Posts and goes away before there is an answer; the exchange is still open then. */
async function leaveHanging({ access, client }: Running): Promise<() => Promise<unknown>> {
  const listening = fetch(access.url, { headers: { authorization: `Bearer ${access.bearer}`, accept: 'text/event-stream' } }).catch(
    () => undefined,
  )
  const hanging = client.call('silent').catch(() => undefined)
  const leaving = new AbortController()
  const left = fetch(access.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${access.bearer}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: toolCall('silent'),
    signal: leaving.signal,
  }).catch(() => undefined)
  await client.call('echo')
  leaving.abort()
  return () => Promise.all([listening, hanging, left])
}

test.for<[string, (running: Running) => Promise<unknown>, string]>([
  ['ended by its operator', ({ session }) => operator.handlers['sessions:end'](session.id), 'ended-by-operator'],
  [
    'ended by a reviewer',
    ({ session }) => reviewer.handlers['sessions:end-other']({ session: session.id, reason: 'looks odd' }),
    'ended-by-reviewer',
  ],
  ['ended by the crash of its server', ({ client }) => client.call('crash'), 'server-stopped'],
  ['ended by the agent that stops', () => chain.restartAgent(), 'agent-disconnected'],
])('%s, with calls open and clients gone', async ([, end, reason]) => {
  const running = await run()
  const settled = await leaveHanging(running)
  await end(running)
  await expect.poll(() => stateOf(running), patience).toBe(reason)
  await expect.poll(() => running.processes.filter((pid) => !processGone(pid)), patience).toEqual([])
  await settled()
})

test('ended by a desktop that goes away', async () => {
  const leaving = await chain.signedIn('operator')
  const running = await run(leaving)
  await leaving.close()
  await expect.poll(() => stateOf(running), patience).toBeDefined()
  await expect.poll(() => running.processes.filter((pid) => !processGone(pid)), patience).toEqual([])
})

test('a client that says goodbye takes its server with it; the session ends later, when nobody comes', async () => {
  const running = await run()
  const answer = await fetch(running.access.url, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${running.access.bearer}`, 'mcp-session-id': running.client.mcpSession },
  })
  expect(answer.status).toBeLessThan(300)
  await expect.poll(() => running.processes.filter((pid) => !processGone(pid)), patience).toEqual([])
  await expect.poll(() => stateOf(running), { ...patience, timeout: 60_000 }).toBe('idle')
}, 90_000)

test('nothing of all of them is left in memory', async () => {
  for (let count = 0; count < keptEnded + 2; count += 1) {
    const session = await operator.handlers['sessions:open']({ connection: 'fixture', reason: 'one of many', minutes: 5 })
    const access = await operator.handlers['sessions:client-setup'](session.id)
    await post(access, toolCall('echo'))
    await operator.handlers['sessions:end'](session.id)
  }
  const running = await run()
  const settled = await leaveHanging(running)
  expect(countOf(Delivery)).toBeGreaterThan(before.exchanges)
  await operator.handlers['sessions:end'](running.session.id)
  await settled()
  await expect.poll(() => countOf(Delivery), patience).toBeLessThanOrEqual(before.exchanges)
  // the identity provider is a process of its own
  await expect.poll(liveChildren, patience).toBeLessThanOrEqual(before.processes + 1)
  expect(countOf(ToolDefinitions)).toBeLessThanOrEqual(before.definitions + keptEnded)
}, 120_000)

/** Objects that ended but are still referenced count too: they are what a leak is made of. */
const liveChildren = (): number => countOf(ChildProcess)
