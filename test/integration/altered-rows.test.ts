/** Connections and agents whose rows somebody writes past the gateway: they are not used. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import { connectScriptedAgent, enrolScriptedAgent } from '../fakes/scripted-agent.ts'
import { exchange, openEcho, rpcOf, toolCall, until } from './gateway-harness.ts'
import { useTestGateway } from './use-test-gateway.ts'

const the = useTestGateway({ people: ['operator'], limits: { graceSeconds: 20 }, each: 'test' })

const servers = [
  { name: 'echo', title: 'Echo', transport: 'stdio' as const },
  { name: 'other', title: 'Other', transport: 'stdio' as const },
]
const name = 'echo' as ConnectionName
const altered = { code: 'CONNECTION_ALTERED' }

function writeToDatabase(statement: string, ...values: unknown[]): void {
  const database = new Database(join(the.gateway.root, 'data', 'gateway.sqlite'))
  database.pragma('busy_timeout = 5000')
  expect(database.prepare(statement).run(...values).changes).toBe(1)
  database.close()
}

async function restart(sessions: SessionId[] = []): Promise<void> {
  await the.gateway.restart()
  await connectScriptedAgent(the.gateway.url, the.agentIdentity, servers, sessions)
  await until(() => the.operator.tunnel.state === 'open' && the.admin.tunnel.state === 'open', 'the desktops are back')
}

test('a connection that only administrators changed is used, also after a restart', { timeout: 60_000 }, async () => {
  await the.admin.api.call('changeNewTools', { name, newTools: 'hold' })
  await openEcho(the.operator)
  await restart()
  const session = await openEcho(the.operator)
  expect(rpcOf(await exchange(the.operator, session.id, toolCall('echo', { text: 'hello' })).done).result?.content[0]?.text).toContain(
    'hello',
  )
  expect((await the.admin.api.call('connections')).connections[0]?.altered).toBeUndefined()
})

test('a connection that was led to another server is refused until it is created anew', { timeout: 60_000 }, async () => {
  writeToDatabase("UPDATE connections SET server = 'other' WHERE name = 'echo'")
  await expect(openEcho(the.operator)).rejects.toMatchObject(altered)
  await restart()
  await expect(openEcho(the.operator)).rejects.toMatchObject(altered)
  expect(the.gateway.logged()).toContain('"alarm":"connection-altered"')
  // a change does not make it good
  await expect(the.admin.api.call('changeNewTools', { name, newTools: 'hold' })).rejects.toMatchObject(altered)
  const [shown] = (await the.admin.api.call('connections')).connections
  expect(shown).toMatchObject({ name: 'echo', altered: true })

  await the.admin.api.call('removeConnection', { name })
  const { agent, title, groups, maxMinutes } = shown as NonNullable<typeof shown>
  await the.admin.api.call('createConnection', { name, title, agent: agent.id, server: 'echo', groups, maxMinutes })
  await openEcho(the.operator)
})

test('a connection that no administrator made is refused', { timeout: 60_000 }, async () => {
  writeToDatabase(
    "INSERT INTO connections SELECT 'hidden', title, description, agent, server, groups, max_minutes, created_at, new_tools, tools_listed, dialect FROM connections",
  )
  await expect(the.operator.api.call('openSession', { connection: 'hidden', reason: 'a test', minutes: 5 })).rejects.toMatchObject(altered)
})

test('a session does not go on over a restart on a connection that was changed meanwhile', { timeout: 60_000 }, async () => {
  const session = await openEcho(the.operator)
  writeToDatabase('UPDATE connections SET groups = \'["dba","operators"]\' WHERE name = \'echo\'')
  await restart([session.id])
  const now = async () => (await the.operator.api.call('session', { id: session.id })).session
  await until(async () => (await now()).state === 'ended', 'the session ends')
  expect(await now()).toMatchObject({ endReason: 'ended-by-administrator' })
})

test('an agent with a key that was never enrolled for it cannot connect', { timeout: 60_000 }, async () => {
  const { joinToken } = await the.admin.api.call('createJoinToken', { name: 'stranger' })
  const stranger = await enrolScriptedAgent(the.gateway.url, joinToken)
  writeToDatabase(
    'UPDATE agents SET public_key = (SELECT public_key FROM agents WHERE id = ?) WHERE id = ?',
    stranger.id,
    the.agentIdentity.id,
  )
  await expect(connectScriptedAgent(the.gateway.url, { ...stranger, id: the.agentIdentity.id }, servers)).rejects.toThrow(
    'the agent could not connect',
  )
  expect(the.gateway.logged()).toContain('"alarm":"agent-altered"')
  expect((await the.admin.api.call('agents')).agents.find(({ id }) => id === the.agentIdentity.id)?.altered).toBe(true)
  await connectScriptedAgent(the.gateway.url, stranger, servers)
})
