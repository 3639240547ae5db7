/** Connections and agents whose rows somebody writes past the gateway: they are not used. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import { connectScriptedAgent, enrolScriptedAgent, type AgentIdentity } from '../fakes/scripted-agent.ts'
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
let agentIdentity: AgentIdentity

beforeEach(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { graceSeconds: 20 })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  ;({ identity: agentIdentity } = await registerEcho(gateway.url, admin))
})
afterEach(async () => {
  for (const person of [admin, operator]) person.leave()
  await gateway.close()
  await provider.stop()
})

const servers = [
  { name: 'echo', title: 'Echo', transport: 'stdio' as const },
  { name: 'other', title: 'Other', transport: 'stdio' as const },
]
const name = 'echo' as ConnectionName
const altered = { code: 'CONNECTION_ALTERED' }

function writeToDatabase(statement: string, ...values: unknown[]): void {
  const database = new Database(join(gateway.root, 'data', 'gateway.sqlite'))
  database.pragma('busy_timeout = 5000')
  expect(database.prepare(statement).run(...values).changes).toBe(1)
  database.close()
}

async function restart(sessions: SessionId[] = []): Promise<void> {
  await gateway.restart()
  await connectScriptedAgent(gateway.url, agentIdentity, servers, sessions)
  await until(() => operator.tunnel.state === 'open' && admin.tunnel.state === 'open', 'the desktops are back')
}

test('a connection that only administrators changed is used, also after a restart', { timeout: 60_000 }, async () => {
  await admin.api.call('changeNewTools', { name, newTools: 'hold' })
  await openEcho(operator)
  await restart()
  const session = await openEcho(operator)
  expect(rpcOf(await exchange(operator, session.id, toolCall('echo', { text: 'hello' })).done).result?.content[0]?.text).toContain('hello')
  expect((await admin.api.call('connections')).connections[0]?.altered).toBeUndefined()
})

test('a connection that was led to another server is refused until it is created anew', { timeout: 60_000 }, async () => {
  writeToDatabase("UPDATE connections SET server = 'other' WHERE name = 'echo'")
  await expect(openEcho(operator)).rejects.toMatchObject(altered)
  await restart()
  await expect(openEcho(operator)).rejects.toMatchObject(altered)
  expect(gateway.logged()).toContain('"alarm":"connection-altered"')
  // a change does not make it good
  await expect(admin.api.call('changeNewTools', { name, newTools: 'hold' })).rejects.toMatchObject(altered)
  const [shown] = (await admin.api.call('connections')).connections
  expect(shown).toMatchObject({ name: 'echo', altered: true })

  await admin.api.call('removeConnection', { name })
  const { agent, title, groups, maxMinutes } = shown as NonNullable<typeof shown>
  await admin.api.call('createConnection', { name, title, agent: agent.id, server: 'echo', groups, maxMinutes })
  await openEcho(operator)
})

test('a connection that no administrator made is refused', { timeout: 60_000 }, async () => {
  writeToDatabase(
    "INSERT INTO connections SELECT 'hidden', title, description, agent, server, groups, max_minutes, created_at, new_tools, tools_listed, dialect FROM connections",
  )
  await expect(operator.api.call('openSession', { connection: 'hidden', reason: 'a test', minutes: 5 })).rejects.toMatchObject(altered)
})

test('a session does not go on over a restart on a connection that was changed meanwhile', { timeout: 60_000 }, async () => {
  const session = await openEcho(operator)
  writeToDatabase('UPDATE connections SET groups = \'["dba","operators"]\' WHERE name = \'echo\'')
  await restart([session.id])
  const now = async () => (await operator.api.call('session', { id: session.id })).session
  await until(async () => (await now()).state === 'ended', 'the session ends')
  expect(await now()).toMatchObject({ endReason: 'ended-by-administrator' })
})

test('an agent with a key that was never enrolled for it cannot connect', { timeout: 60_000 }, async () => {
  const { joinToken } = await admin.api.call('createJoinToken', { name: 'stranger' })
  const stranger = await enrolScriptedAgent(gateway.url, joinToken)
  writeToDatabase('UPDATE agents SET public_key = (SELECT public_key FROM agents WHERE id = ?) WHERE id = ?', stranger.id, agentIdentity.id)
  await expect(connectScriptedAgent(gateway.url, { ...stranger, id: agentIdentity.id }, servers)).rejects.toThrow(
    'the agent could not connect',
  )
  expect(gateway.logged()).toContain('"alarm":"agent-altered"')
  expect((await admin.api.call('agents')).agents.find(({ id }) => id === agentIdentity.id)?.altered).toBe(true)
  await connectScriptedAgent(gateway.url, stranger, servers)
})
