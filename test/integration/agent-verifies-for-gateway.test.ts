/** An agent that checks approvals itself, behind a gateway that was not taken over: what is approved in the right way runs, and what differs is told. */
import { randomBytes, type KeyObject } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Agent } from '../../src-agent/agent.ts'
import { breakGlassHandlers } from '../../src-main/services/desktop/break-glass-handlers.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { Approval, Session, Vote } from '../../src-protocol/model.ts'
import { lastingKey, newRoot, startTrustingAgent, trustOf, writeTrust } from '../fixtures/trusting-agent.ts'
import {
  castVote,
  exchange,
  policyText,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type ClientExchange,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'
import { loggedApproval } from './logged-approval.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let folder: string
let agent: Agent
let root: KeyObject
let admin: SignedInPerson
let operator: SignedInPerson
let reviewer: SignedInPerson
let session: Session
let mcpSession: string
const reviewerKey = lastingKey()
const operatorKey = lastingKey()

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { holdSeconds: 600 })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  reviewer = await signInAs(gateway.url, 'reviewer')
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-trusting-'))
  const tools = ['risky', 'echo'].map((name) => ({ name, description: `It is ${name}.`, inputSchema: { type: 'object' } }))
  writeFileSync(join(folder, 'lists.json'), JSON.stringify({ 'tools/list': JSON.stringify({ tools }) }))
  root = newRoot()
  const { person } = await reviewer.api.call('me')
  writeTrust(
    folder,
    {
      ...(await trustOf(policyText, 1, [{ sub: person.sub, name: person.name, groups: ['dba'], keys: [reviewerKey.text] }])),
      breakGlass: [
        {
          connection: 'vault' as ConnectionName,
          tools: ['risky'],
          maxMinutes: 15,
          people: [{ sub: 'operator', name: 'Operator', keys: [operatorKey.text] }],
        },
      ],
    },
    root,
  )
  const { joinToken } = await admin.api.call('createJoinToken', { name: 'vault-agent' })
  agent = await startTrustingAgent({
    folder,
    gateway: gateway.url,
    joinToken,
    root,
    connection: 'vault',
    log: pino({ level: 'silent' }),
  })
  await until(async () => (await admin.api.call('agents')).agents[0]?.online === true, 'the agent is online')
  const name = 'vault' as ConnectionName
  const terms = { groups: ['operators'], maxMinutes: 60 }
  await admin.api.call('createConnection', { name, title: 'Vault', agent: agent.agentId, server: 'vault', ...terms })
})
afterAll(async () => {
  for (const person of [admin, operator, reviewer]) person.leave()
  await agent.close()
  await gateway.close()
  await provider.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  rmSync(join(folder, 'ran'), { force: true })
  session = await operator.api.call('openSession', { connection: 'vault', reason: 'a test', minutes: 30 })
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
  const initialized = await exchange(operator, session.id, JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })).done
  mcpSession = initialized.headers['mcp-session-id'] ?? ''
  await send('{"jsonrpc":"2.0","id":1,"method":"tools/list"}').done
})

const send = (body: string): ClientExchange => exchange(operator, session.id, body, { headers: { 'mcp-session-id': mcpSession } })
const ran = (): string => (existsSync(join(folder, 'ran')) ? readFileSync(join(folder, 'ran'), 'utf8') : '')

const readRecordings = (): string =>
  readdirSync(gateway.recordings, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes(session.id))
    .map((file) => readFileSync(join(gateway.recordings, file), 'utf8'))
    .join('')

async function hold(body: string): Promise<{ call: ClientExchange; approval: Approval }> {
  const call = send(body)
  const asked = () =>
    reviewer.pushes.flatMap((push) => (push.type === 'approval' ? [push.approval] : [])).find((approval) => approval.session === session.id)
  await until(() => asked() !== undefined, 'the reviewer is asked')
  return { call, approval: asked() as Approval }
}

describe('a call that policy holds', () => {
  test('runs once its reviewer has signed with the key that the agent knows', async () => {
    const body = toolCall('risky', { marker: randomBytes(6).toString('hex'), card: '4111111111111111' })
    const { call, approval } = await hold(body)
    expect(ran()).toBe('')
    expect(await castVote(reviewer, approval, 'approve', { lastingKey: reviewerKey })).toMatchObject({ state: 'approved' })
    expect(rpcOf(await call.done).result?.content[0]?.text).toContain('risky')
    expect(ran()).toBe(`${body}\n`)
  })

  test('does not run without it, although the gateway let it through: the client, the recording, the log and an alarm say so', async () => {
    const { call, approval } = await hold(toolCall('risky', { marker: 'unsigned' }))
    await castVote(reviewer, approval, 'approve')
    const answer = rpcOf(await call.done)
    expect(answer.error?.data).toMatchObject({ code: 'AGENT_REFUSED' })
    expect(answer.error?.message).toContain('signed with no key that is signed for them')
    expect(ran()).toBe('')
    expect(gateway.logged()).toContain('"alarm":"agent-refused"')
    const refusals = async () => (await loggedApproval(gateway, approval.id)).filter(({ kind }) => kind === 'agent.refused')
    await until(async () => (await refusals()).length > 0, 'it is logged')
    expect(await refusals()).toEqual([expect.objectContaining({ session: session.id, server: 'vault', reason: 'unknown-key' })])
    const recording = readRecordings()
    expect(recording).toContain('"code":"AGENT_REFUSED"')
  })

  test('asks for a signature of a lasting key that fits, or none', async () => {
    const { call, approval } = await hold(toolCall('risky', { marker: 'misfit' }))
    const wrong = { text: reviewerKey.text, sign: () => reviewerKey.sign('something else') }
    await expect(castVote(reviewer, approval, 'approve', { lastingKey: wrong })).rejects.toMatchObject({
      code: 'APPROVAL_SIGNATURE_INVALID',
    })
    await castVote(reviewer, approval, 'deny', { lastingKey: reviewerKey })
    expect(rpcOf(await call.done).result?.isError).toBe(true)
    expect(ran()).toBe('')
  })
})

test('a broken glass counts only with a key that the agent knows for it', async () => {
  const people = ['operator']
  const terms = {
    connection: 'vault' as ConnectionName,
    title: 'Nights',
    people,
    groups: [],
    tools: ['risky'],
    maxMinutes: 15,
    acr: [],
    reviewers: ['dba'],
  }
  const { rules } = await admin.api.call('setBreakGlassRule', { terms })
  const rule = rules[0]!
  const open = async (sign: (text: string) => Vote['reviewer']) => {
    const access = () => ({ api: operator.api, identity: operator.identity })
    const desktop = breakGlassHandlers({ access, clock: operator.clock, reviewerKey: () => ({ sign }) })
    return desktop['break-glass:open']({ rule, minutes: 5, reason: 'INC-4127: nobody answers, and refunds are stuck' })
  }
  // the gateway lets it through, the agent does not
  const unsigned = await open(() => undefined)
  const refused = rpcOf(await send(toolCall('risky', { marker: 'glass' })).done)
  expect(refused.error?.message).toContain('it was opened with no key that is signed for this person')
  expect(ran()).toBe('')
  await operator.api.call('endBreakGlass', { id: unsigned.id, reason: '' })

  await open((text) => ({ key: operatorKey.text, signature: operatorKey.sign(text) }))
  const body = toolCall('risky', { marker: 'glass again' })
  expect(rpcOf(await send(body).done).result?.content[0]?.text).toContain('risky')
  expect(ran()).toBe(`${body}\n`)
})

test('whoever administers the gateway cannot lift a rule that the agent holds', async () => {
  expect(rpcOf(await send(toolCall('echo', { text: 'hello' })).done).result).toBeDefined()
  rmSync(join(folder, 'ran'))
  const lax = policyText
    .replace('tools: [echo] }\n    effect: allow', 'tools: [echo, risky] }\n    effect: allow')
    .replace(/ {2}- id: risky-reviewed[\s\S]*?(?= {2}- id: hasty)/, '')
  await writeFile(gateway.policy, lax)
  await until(
    async () => (await admin.api.call('policies')).versions.some(({ active, text }) => active && text === lax),
    'the lax policy is in force',
  )
  const answer = rpcOf(await send(toolCall('risky', { marker: 'lax' })).done)
  expect(answer.error?.data).toMatchObject({ code: 'AGENT_REFUSED' })
  expect(answer.error?.message).toContain('without an approval')
  expect(ran()).toBe('')
})
