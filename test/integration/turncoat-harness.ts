/** A server that changes what it offers, behind real gateway, agent and process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { pino } from 'pino'
import { startAgent, type Agent } from '../../src-agent/agent.ts'
import { systemClock } from '../../src-node/clock.ts'
import { agentConfig } from '../../src-protocol/config.ts'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { MessageRecord } from '../../src-protocol/recording.ts'
import { readLogEntries } from '../fixtures/read-log-entries.ts'
import { readRecords } from '../fixtures/read-records.ts'
import {
  exchange,
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
export let gateway: TestGateway
let agent: Agent
export let admin: SignedInPerson
export let operator: SignedInPerson
let folder: string
/** each test has a connection of its own, and so pins of its own */
export let connection: ConnectionName
let connections = 0

export const listed = (name: string, values: object = {}) => ({
  name,
  description: `Runs ${name}`,
  inputSchema: { type: 'object' },
  ...values,
})
export const echo = listed('echo')
export const risky = listed('risky')
/** no rule of the policy allows it */
export const forbidden = listed('forbidden')
export const serve = (lists: Record<string, string>) => writeFileSync(join(folder, 'lists.json'), JSON.stringify(lists))
export const serveTools = (...tools: object[]) => serve({ 'tools/list': JSON.stringify({ tools }) })

/** Before the tests of a file. */
export function useTurncoat(): void {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-turncoat-'))
    provider = await startIdentityProviderProcess()
    gateway = await startTestGateway(provider.issuer)
    admin = await signInAs(gateway.url, 'admin')
    operator = await signInAs(gateway.url, 'operator')
    const { joinToken } = await admin.api.call('createJoinToken', { name: 'turncoats' })
    agent = await startAgent({
      config: agentConfig.parse({
        gateway: gateway.url,
        data: 'agent',
        joinToken: 'env:JOIN',
        servers: [
          {
            name: 'turncoat',
            title: 'Turncoat',
            command: [process.execPath, join(import.meta.dirname, '../fixtures/turncoat-server.ts')],
            env: { TURNCOAT_LISTS: 'env:LISTS' },
          },
        ],
      }),
      folder,
      env: { PATH: process.env['PATH'], HOME: folder, JOIN: joinToken, LISTS: join(folder, 'lists.json') },
      log: pino({ level: 'silent' }),
      clock: systemClock,
      random: () => 0,
    })
    await agentOnline()
  }, 120_000)
  afterAll(async () => {
    for (const person of [admin, operator]) person.leave()
    await agent.close()
    await gateway.close()
    await provider.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    connection = `turncoat-${++connections}` as ConnectionName
    const [registered] = (await admin.api.call('agents')).agents
    const server = { agent: registered!.id, server: 'turncoat', groups: [], maxMinutes: 60 }
    await admin.api.call('createConnection', { name: connection, title: 'Turncoat', ...server })
    serveTools(echo, risky)
  })

  afterEach(async () => {
    // and with it its sessions, of which there may be only so many
    await admin.api.call('removeConnection', { name: connection })
  })
}

export const agentOnline = () => until(async () => (await admin.api.call('agents')).agents[0]?.online === true, 'the agent is online')

interface Client {
  session: SessionId
  send(method: string, params?: object, headers?: Record<string, string>): Promise<string>
  list(params?: object): Promise<{ tools: string[]; text: string }>
  call(tool: string, args?: object): Promise<string>
}

export async function open(): Promise<Client> {
  const { id: session } = await operator.api.call('openSession', { connection, reason: 'a test', minutes: 5 })
  let id = 0
  const client: Client = {
    session,
    async send(method, params, headers) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: `q${++id}`, method, ...(params && { params }) })
      return (await exchange(operator, session, body, { headers }).done).messages.at(-1) ?? ''
    },
    async list(params) {
      const text = await client.send('tools/list', params)
      const { result } = JSON.parse(text) as { result?: { tools: { name: string }[] } }
      if (!result) throw new Error(text)
      return { text, tools: result.tools.map(({ name }) => name) }
    },
    // a condition of the policy reads `text`
    async call(tool, args) {
      const { result, error } = rpcOf(await exchange(operator, session, toolCall(tool, { text: 'hello', ...args })).done)
      return error ? `error ${error.code} ${error.message}` : (result?.content[0]?.text ?? '')
    },
  }
  return client
}

export const pins = async () => (await admin.api.call('connectionTools', { name: connection })).tools
export const stateOf = async (tool: string) => (await pins()).find((pin) => pin.tool === tool)?.state
export const decide = async (tool: string, decision: 'accept' | 'reject', hash?: string, by = admin) => {
  const pin = (await pins()).find((each) => each.tool === tool)
  return by.api.call('decideTool', { name: connection, tool, decision, hash: hash ?? pin!.hash, reason: 'looked at it' })
}
export const leftOut = (session: SessionId) =>
  readRecords(gateway.recordings, session).flatMap((record) => (record as MessageRecord).leftOut ?? [])

export const loggedAbout = async (name: string): Promise<LogEntry[]> =>
  (await readLogEntries(join(gateway.root, 'log'))).filter((entry) => 'connection' in entry && entry.connection === name)
