/** AI clients as people configure them, over gateway, agent and `gatehouse connect` as programs of their own: the gateway is restarted below them. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { stringify } from 'yaml'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { clientSetup } from '../../src-main/services/client-setup.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { gatehouse, killProgram, root, startProgram, type Program } from '../fixtures/program.ts'
import { prepareGateway, signInAs, startIdentityProviderProcess, until, type Folders, type SignedInPerson } from './gateway-harness.ts'
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts'
import { signInByFetch } from './sign-in-by-fetch.ts'

const policy = `version: 1
rules:
  - id: notebook
    match: { connections: [notebook], tools: [pid, note] }
    effect: allow
    because: It is there to be written to.
`
const patience = { timeout: 30_000 }
const connection = 'notebook'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let folders: Folders
let gateway: GatewayProcess
let administrator: SignedInPerson
let agent: Program
let connect: Program
let ready: { url: string; bearer: string; session: SessionId }
let clients: Client[]

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
})
afterAll(() => provider.stop())

beforeEach(async () => {
  clients = []
  folders = await prepareGateway(provider.issuer, { graceSeconds: 60, checkpointSeconds: 1 })
  await writeFile(folders.policy, policy)
  await mkdir(join(folders.root, 'run'), { mode: 0o700 })
  gateway = await startGatewayProcess(folders.config)
  administrator = await signInAs(folders.url, 'admin')
  const { joinToken } = await administrator.api.call('createJoinToken', { name: 'test-agent' })
  const server = {
    name: connection,
    title: 'Notebook',
    command: [process.execPath, join(root, 'test/fixtures/notebook-server.ts')],
    env: { NOTEBOOK: join(folders.root, 'notebook') },
  }
  const agentFile = join(folders.root, 'agent.yaml')
  await writeFile(agentFile, stringify({ gateway: folders.url, data: 'agent', joinToken: 'env:JOIN', servers: [server] }))
  agent = startProgram(gatehouse, ['agent', '--config', agentFile], { JOIN: joinToken, HOME: folders.root })
  const online = async () => (await administrator.api.call('agents')).agents.find((each) => each.online)?.id
  await until(async () => (await online()) !== undefined, 'the agent is online')
  const agentId = (await online()) ?? ''
  const request = { name: connection, title: 'Notebook', agent: agentId, server: connection, groups: [], maxMinutes: 60 }
  await administrator.api.call('createConnection', request)
  const args = ['connect', connection, '--gateway', folders.url, '--reason', 'A test', '--minutes', '30']
  connect = startProgram(gatehouse, args, { HOME: folders.root, GATEHOUSE_RUNTIME_DIR: join(folders.root, 'run') })
  const [, address = ''] = await connect.said(/^Sign in here: (.+)$/)
  await signInByFetch(address, { username: 'operator' })
  const [line = ''] = await connect.said(/^\{.*\}$/)
  ready = JSON.parse(line) as typeof ready
}, 120_000)

afterEach(async () => {
  await Promise.allSettled(clients.map((client) => client.close()))
  administrator.leave()
  for (const program of [connect, agent]) await killProgram(program)
  await gateway.kill('SIGTERM')
  await rm(folders.root, { recursive: true, force: true })
}, 60_000)

interface HttpEntry {
  url: string
  headers: Record<string, string>
}

/** What the client reads from the very text that people are told to paste. */
function entryOf(client: 'claude-code' | 'vs-code'): HttpEntry {
  const setup = clientSetup(connection, { connection, ...ready })
  const text = setup.clients.find(({ id }) => id === client)?.snippet ?? '{}'
  const config = JSON.parse(text) as { mcpServers?: Record<string, HttpEntry>; servers?: Record<string, HttpEntry> }
  const entry = (config.mcpServers ?? config.servers)?.[connection]
  if (!entry) throw new Error(`no entry for ${client}`)
  return entry
}

function transportOf(kind: 'claude-code' | 'vs-code' | 'stdio') {
  if (kind === 'stdio') {
    const env = { GATEHOUSE_RUNTIME_DIR: join(folders.root, 'run') }
    const shim = join(root, 'src-cli', 'gatehouse-mcp.ts')
    return new StdioClientTransport({ command: process.execPath, args: [shim, connection], env, stderr: 'ignore' })
  }
  const { url, headers } = entryOf(kind)
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
}

async function connected(kind: Parameters<typeof transportOf>[0]): Promise<Client> {
  const client = new Client({ name: kind, version: '1' })
  clients.push(client)
  await client.connect(transportOf(kind))
  return client
}

const pidOf = async (client: Client): Promise<string> => textOf(await client.callTool({ name: 'pid', arguments: {} }))
const textOf = (result: unknown): string => (result as { content: { text: string }[] }).content.map(({ text }) => text).join('')
const notebook = async (): Promise<string[]> =>
  (await readFile(join(folders.root, 'notebook'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')

async function sealedRecords(): Promise<SessionRecord[]> {
  const auditor = await signInAs(folders.url, 'auditor')
  const { text, proof } = await auditor.api.call('recording', { id: ready.session })
  const { key } = await auditor.api.call('logCheckpoint')
  auditor.leave()
  expect(verifyRecording({ recording: Buffer.from(text), proof, key })).toMatchObject({ verified: true })
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as SessionRecord]))
}

describe.for([
  ['killed', 'SIGKILL', 'gateway-crash'],
  ['stopped', 'SIGTERM', 'gateway-stopped'],
] as const)('a gateway that is %s and started again', ([, signal, cause]) => {
  test('its clients go on with the same objects and the same servers, and nothing runs twice', { timeout: 240_000 }, async () => {
    const kinds = ['claude-code', 'vs-code', 'stdio'] as const
    const all = await Promise.all(kinds.map(connected))
    const pids = await Promise.all(all.map(pidOf))
    expect(new Set(pids).size).toBe(kinds.length)

    // under way when it ends
    const underWay = all.map((client, at) => client.callTool({ name: 'note', arguments: { word: `during-${kinds[at]}` } }))
    const outcomes = Promise.allSettled(underWay)
    await expect.poll(notebook, patience).toHaveLength(kinds.length)
    await gateway.kill(signal)

    // sent while it is away
    const away = all.map(pidOf)
    // nobody may have answered: there is nobody
    expect(await Promise.race([...away, new Promise((resolve) => setTimeout(resolve, 1000, 'waits'))])).toBe('waits')
    gateway = await startGatewayProcess(folders.config)
    expect(await Promise.all(away)).toEqual(pids)

    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected' })
      expect(String(outcome.status === 'rejected' && outcome.reason)).toMatch(/call was (running|under way)\. The call may have/)
    }
    // what it started then is finished now, and belongs to nobody
    for (const kind of kinds) await writeFile(join(folders.root, `during-${kind}`), '')

    expect(await Promise.all(all.map(pidOf))).toEqual(pids)
    await writeFile(join(folders.root, 'after'), '')
    const noted = await Promise.all(all.map((client) => client.callTool({ name: 'note', arguments: { word: 'after' } })))
    expect(noted.map(textOf)).toEqual(kinds.map(() => 'noted after'))
    expect((await notebook()).toSorted()).toEqual([...kinds.map(() => 'after'), ...kinds.map((kind) => `during-${kind}`)].toSorted())

    connect.child.kill('SIGINT')
    expect(await connect.exited).toBe(0)
    const records = await sealedRecords()
    expect(records.filter(({ kind }) => kind === 'resume')).toMatchObject([{ cause }])
    const during = records.flatMap((record) => (record.kind === 'request' && record.body.includes('during-') ? [record.exchange] : []))
    expect(during).toHaveLength(kinds.length)
    for (const exchange of during) {
      const about = records.filter((record) => 'exchange' in record && record.exchange === exchange && record.kind !== 'request')
      expect(about).toMatchObject([{ kind: 'error', code: 'OUTCOME_UNKNOWN', tool: 'note' }])
    }
  })
})

test('twice in a row, and the sign-in is renewed in between', { timeout: 240_000 }, async () => {
  const client = await connected('claude-code')
  const pid = await pidOf(client)
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
    await gateway.kill(signal)
    gateway = await startGatewayProcess(folders.config)
    expect(await pidOf(client)).toBe(pid)
  }
  // the administrator’s desktop was signed in before the restarts, too
  await administrator.identity.recheck()
  expect(administrator.identity.state.state).toBe('signed-in')
  expect((await administrator.api.call('sessions')).sessions).toMatchObject([{ id: ready.session, state: 'live' }])
})

test('an agent that was restarted, too, has lost its servers: the session ends and says why', { timeout: 240_000 }, async () => {
  const client = await connected('claude-code')
  await pidOf(client)
  await gateway.kill('SIGKILL')
  await killProgram(agent)
  const waiting = client.callTool({ name: 'pid', arguments: {} })
  waiting.catch(() => undefined)
  gateway = await startGatewayProcess(folders.config)
  agent = startProgram(gatehouse, ['agent', '--config', join(folders.root, 'agent.yaml')], { HOME: folders.root })
  await expect(waiting).rejects.toThrow(/stopped|ended/)
  expect(await connect.exited).toBe(1)
  const records = await sealedRecords()
  expect(records.at(-1)).toMatchObject({ kind: 'close', endReason: 'agent-disconnected' })
  expect(records.some((record) => record.kind === 'error' && record.code === 'SERVER_STOPPED')).toBe(true)
})
