/** The SQL dialect of a connection: its texts are read in it, in a session that goes on after a restart too. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBundle } from '../../src-node/log-files.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { Session, SqlDialect } from '../../src-protocol/model.ts'
import { connectScriptedAgent, type AgentIdentity } from '../fakes/scripted-agent.ts'
import {
  exchange,
  policyText,
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
let reviewer: SignedInPerson
let agent: AgentIdentity

const servers = [{ name: 'echo', title: 'Echo', transport: 'stdio' as const }]
const policy = `${policyText}
  - id: reads
    match: { connections: ['*'], tools: [query] }
    when: sql(args.sql).kinds == ["select"]
    effect: allow
    because: Reading harms nobody.
  - id: not-understood
    match: { connections: ['*'], tools: [query] }
    when: '"unknown" in sql(args.sql).kinds'
    effect: review
    review: { groups: [dba], decideWithin: 15m, runWithin: 5m }
    because: Nobody knows what it would do.
`

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { graceSeconds: 6, holdSeconds: 1 })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  reviewer = await signInAs(gateway.url, 'reviewer')
  ;({ identity: agent } = await registerEcho(gateway.url, admin))
  await admin.api.call('activatePolicy', { kind: 'policy', text: policy })
  await register('shop', 'mysql')
  await register('shop-unnamed')
})
afterAll(async () => {
  for (const person of [admin, operator, reviewer]) person.leave()
  await gateway.close()
  await provider.stop()
})

const register = (name: string, dialect?: SqlDialect) =>
  admin.api.call('createConnection', { name, title: name, agent: agent.id, server: 'echo', groups: [], maxMinutes: 60, dialect })
const open = (connection: string): Promise<Session> => operator.api.call('openSession', { connection, reason: 'a test', minutes: 30 })
const query = async (session: Session, sql: string): Promise<string> =>
  rpcOf(await exchange(operator, session.id, toolCall('query', { sql })).done).result?.content[0]?.text ?? ''

const backticks = 'SELECT `id` FROM `orders` WHERE `note` = "x"'

test('the texts of a connection are read in its dialect, and held without one', { timeout: 60_000 }, async () => {
  const [named, unnamed] = [await open('shop'), await open('shop-unnamed')]
  expect(await query(named, backticks)).toContain('orders')
  expect(await query(unnamed, backticks)).toContain('Pending approval')
  // in its dialect, too, what is no read is none
  expect(await query(named, 'DELETE FROM `orders`')).toContain('no rule allows it')
  const waiting = (await reviewer.api.call('approvals')).approvals.filter(({ session }) => session === unnamed.id)
  expect(waiting.map(({ sql }) => sql?.kinds)).toEqual([['unknown']])
  for (const { id } of [named, unnamed]) await operator.api.call('endSession', { id })
})

test('a session that goes on after a restart keeps it, and its recording names it', { timeout: 60_000 }, async () => {
  const session = await open('shop')
  await gateway.restart()
  await connectScriptedAgent(gateway.url, agent, servers, [session.id])
  await until(() => operator.tunnel.state === 'open', 'the desktop is back')
  expect(await query(session, backticks)).toContain('orders')
  await operator.api.call('endSession', { id: session.id })
  const { text } = await admin.api.call('recording', { id: session.id })
  expect(JSON.parse(text.slice(0, text.indexOf('\n')))).toMatchObject({ kind: 'open', dialect: 'mysql' })
})

test('it is shown, and the log names it', async () => {
  const { connections } = await admin.api.call('connections')
  expect(connections.map(({ name, dialect }) => [name, dialect])).toEqual([
    ['echo', undefined],
    ['shop', 'mysql'],
    ['shop-unnamed', undefined],
  ])
  const files = (await readdir(join(gateway.root, 'log'), { recursive: true, withFileTypes: true })).filter((file) => file.isFile())
  const logged = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
  expect(logged.join('')).toContain('shop: SQL dialect mysql')
})

test(
  'an administrator names it later: the log has it, and the next session is read in it; others may not',
  { timeout: 60_000 },
  async () => {
    const change = { name: 'shop-unnamed' as ConnectionName, dialect: 'mysql' as const }
    await expect(operator.api.call('changeDialect', change)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const running = await open('shop-unnamed')
    expect(await admin.api.call('changeDialect', change)).toMatchObject({ dialect: 'mysql' })
    // what runs goes on as its recording says
    expect(await query(running, backticks)).toContain('Pending approval')
    expect(await query(await open('shop-unnamed'), backticks)).toContain('orders')
    const { connections } = await admin.api.call('connections')
    expect(connections.find(({ name }) => name === 'shop-unnamed')).not.toHaveProperty('altered')
    const bundle = await readBundle(join(gateway.root, 'log'), 0)
    const entries = Array.isArray(bundle) ? bundle.map((bytes) => Buffer.from(bytes).toString()) : []
    expect(entries.filter((entry) => entry.includes('shop-unnamed: SQL dialect mysql'))).toHaveLength(1)
    expect((await admin.api.call('changeDialect', { name: change.name })).dialect).toBeUndefined()
    expect(await query(await open('shop-unnamed'), backticks)).toContain('Pending approval')
  },
)
