/** MCP servers and agents that fail, through the whole chain: the client learns what happened, and the recording says so too. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { Session } from '../../src-protocol/model.ts'
import type { MessageRecord } from '../../src-protocol/recording.ts'
import { processGone } from '../fixtures/process-gone.ts'
import { descendantsOf } from '../fixtures/process-tree.ts'
import { gatehouse, killProgram, startProgram, type Program } from '../fixtures/program.ts'
import { codeOf, initialize, post, rpcOf, type Access, type RawAnswer } from '../fixtures/raw-client.ts'
import { kindsOf, readRecords } from '../fixtures/read-records.ts'
import { fixtureServer, startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'
import { until } from './gateway-harness.ts'

const policy = `
version: 1
rules:
  - id: allow-all
    match: { connections: ['*'], methods: ['*'] }
    effect: allow
    because: These connections are for trying everything.
`
const patience = { timeout: 30_000 }

let chain: WholeChain
let operator: Desktop
let administrator: Desktop

beforeAll(async () => {
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
  administrator = await chain.signedIn('admin2')
  await administrator.handlers['policies:activate']({ kind: 'policy', text: policy })
  await connection('mute', 'test-agent')
})
afterAll(() => chain.close())

const agentNamed = async (name: string) => (await administrator.handlers['agents:list'](undefined)).find((agent) => agent.name === name)

/** `mute` of the agent's servers, or its `fixture`. */
async function connection(name: string, agentName: string): Promise<void> {
  const agent = await agentNamed(agentName)
  if (!agent) throw new Error(`there is no agent ${agentName}`)
  const server = name === 'mute' ? 'mute' : 'fixture'
  await administrator.handlers['connections:create']({ name, title: name, agent: agent.id, server, groups: [], maxMinutes: 60 })
}

async function open(name: string): Promise<{ session: Session; access: Access }> {
  const session = await operator.handlers['sessions:open']({ connection: name, reason: 'A test', minutes: 5 })
  return { session, access: await operator.handlers['sessions:client-setup'](session.id) }
}

const stateOf = async ({ id }: Session) => (await operator.handlers['sessions:get'](id)).session
const records = ({ id }: Session) => readRecords(join(chain.folder, 'recordings'), id)
const textOf = (answer: RawAnswer) => rpcOf(answer).result?.content?.[0]?.text

/** The recording is closed, has what was asked, and no result for it. */
async function expectClosed(session: Session, endReason: string, asked: string): Promise<void> {
  await expect.poll(() => kindsOf(records(session)).at(-1), patience).toBe('close')
  const written = records(session)
  expect(written.at(-1)).toMatchObject({ kind: 'close', endReason })
  const messages = written.filter((record): record is MessageRecord => record.kind === 'request' || record.kind === 'response')
  const request = messages.findLast(({ kind }) => kind === 'request')
  expect(request).toMatchObject({ body: expect.stringContaining(asked) as string, decision: { effect: 'allow' } })
  const answers = messages.filter(({ kind, exchange }) => kind === 'response' && exchange === request?.exchange)
  expect(answers.filter(({ body }) => body.includes('"result"'))).toEqual([])
}

describe('an MCP server that', () => {
  test.for([
    ['crashes', 'crash', 'SERVER_STOPPED'],
    ['prints garbage without end', 'flood', 'SERVER_OUTPUT_INVALID'],
    ['prints a line that no message has', 'overlong', 'SERVER_STOPPED'],
  ] as const)('%s: whoever waits is told at once, and the session is over', async ([, tool, code]) => {
    const { session, access } = await open('fixture')
    const client = await initialize(access)
    const pid = Number(textOf(await client.call('pid')))
    const waiting = client.call('silent')
    await until(async () => (await callsOf(session)).some((call) => call.tool === 'silent' && call.state === 'running'), 'a call waits')
    expect(codeOf(await client.call(tool))).toBe(code)
    expect(codeOf(await waiting)).toBe(code)
    await expect.poll(() => stateOf(session), patience).toMatchObject({ state: 'ended', endReason: 'server-stopped' })
    await expect.poll(() => processGone(pid), patience).toBe(true)
    await expectClosed(session, 'server-stopped', tool)
    const after = await client.call('echo')
    expect({ status: after.status, code: codeOf(after) }).toEqual({ status: 410, code: 'SESSION_ENDED' })
  })

  test('prints a line that is no message: it is dropped, and the answer comes', async () => {
    const { session, access } = await open('fixture')
    const client = await initialize(access)
    expect(textOf(await client.call('garbage'))).toBe('after the garbage')
    await operator.handlers['sessions:end'](session.id)
    expect(records(session).some((record) => 'body' in record && record.body.includes('Warning'))).toBe(false)
  })

  test('hangs from the start: the client is told after the server’s start time, and the process is ended', async () => {
    const before = descendantsOf(process.pid)
    const { session, access } = await open('mute')
    const servers = descendantsOf(process.pid).filter((pid) => !before.includes(pid))
    // the server, and who would end it if the agent were killed
    expect(servers.length).toBeGreaterThan(0)
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } }
    const answer = await post(access, JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }))
    expect(codeOf(answer)).toBe('SERVER_TIMED_OUT')
    await expect.poll(() => servers.filter((pid) => !processGone(pid)), patience).toEqual([])
    await expectClosed(session, 'server-stopped', 'initialize')
  })

  test('hangs in the middle of a call: the session can be ended, and the call learns it', async () => {
    const { session, access } = await open('fixture')
    const client = await initialize(access)
    const pid = Number(textOf(await client.call('pid')))
    const hanging = client.call('silent')
    await until(async () => (await callsOf(session)).some((call) => call.tool === 'silent' && call.state === 'running'), 'the call hangs')
    expect(textOf(await client.call('echo', { meanwhile: 1 }))).toBe('{"meanwhile":1}')
    await operator.handlers['sessions:end'](session.id)
    expect(codeOf(await hanging)).toBe('SESSION_ENDED')
    await expect.poll(() => processGone(pid), patience).toBe(true)
    expect(records(session).at(-1)).toMatchObject({ kind: 'close', endReason: 'ended-by-operator' })
  })
})

const callsOf = async ({ id }: Session) => (await operator.handlers['sessions:get'](id)).calls

describe('an agent that is killed in the middle of a call', () => {
  let agent: Program | undefined
  let start: () => Promise<void>

  beforeEach(async () => {
    const { joinToken } = await administrator.handlers['agents:create-join-token']({ name: 'mortal' })
    const config = join(chain.folder, 'mortal.yaml')
    const servers = [{ name: 'fixture', title: 'Fixture', command: fixtureServer }]
    writeFileSync(config, stringify({ gateway: chain.gatewayUrl, data: 'mortal', joinToken: 'env:JOIN', servers }))
    start = async () => {
      agent = startProgram(gatehouse, ['agent', '--config', config], {
        JOIN: joinToken,
        HOME: chain.folder,
        PATH: process.env['PATH'] ?? '',
      })
      await agent.said(/connected to the gateway/)
      await until(async () => (await agentNamed('mortal'))?.online === true, 'the agent is online')
    }
    await start()
    await connection('mortal', 'mortal')
  })
  afterEach(() => killProgram(agent))

  test('leaves the client with AGENT_LOST and no server behind; started again it serves new sessions', async () => {
    const { session, access } = await open('mortal')
    const client = await initialize(access)
    const pid = Number(textOf(await client.call('pid')))
    const servers = descendantsOf(agent?.pid ?? 0)
    expect(servers).toContain(pid)
    const lost = client.call('silent')
    await until(async () => (await callsOf(session)).some((call) => call.tool === 'silent' && call.state === 'running'), 'the call runs')
    await killProgram(agent)
    expect(codeOf(await lost)).toBe('AGENT_LOST')
    await expectClosed(session, 'agent-disconnected', 'silent')
    await expect.poll(() => servers.filter((server) => !processGone(server)), patience).toEqual([])
    await expect(open('mortal')).rejects.toMatchObject({ code: 'AGENT_OFFLINE' })

    await start()
    const next = await open('mortal')
    expect(textOf(await (await initialize(next.access)).call('echo', { again: 1 }))).toBe('{"again":1}')
    await operator.handlers['sessions:end'](next.session.id)
  })
})
