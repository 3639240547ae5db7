/** A gateway that was taken over: it is scripted, and everything that it can send is tried. Agent and MCP server are real. */
import { createHash, randomBytes, type KeyObject } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Agent } from '../../src-agent/agent.ts'
import { approvalDigest } from '../../src-core/approval/approval-digest.ts'
import { argumentsHashOf } from '../../src-core/approval/call-arguments.ts'
import { shownHash } from '../../src-core/approval/shown-hash.ts'
import { approvalWith } from '../../src-core/approval/testing/approval-fixture.ts'
import { signedVoteText } from '../../src-core/approval/vote-signature.ts'
import { toolDefinition } from '../../src-core/mcp/tool-definition-hash.ts'
import { newApprovalId, newSessionId } from '../../src-node/random-id.ts'
import type { ApprovalProof, ApprovalTrust } from '../../src-protocol/approval-proof.ts'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import {
  approval as approvalSchema,
  approvalDigestInput,
  type Approval,
  type ApprovalDigestInput,
  type Vote,
} from '../../src-protocol/model.ts'
import { startAgentGateway, type AgentGateway, type Answer } from '../fixtures/agent-gateway.ts'
import { lastingKey, newRoot, startTrustingAgent, trustOf, writeTrust, type LastingKey } from '../fixtures/trusting-agent.ts'
import { until } from './gateway-harness.ts'

const policy = `version: 1
rules:
  - id: everything-else
    match: { tools: ['*'] }
    effect: allow
    because: A test.
  - id: schema-change
    match: { connections: [customers, web], tools: [execute] }
    when: sql(args.sql).kinds.exists(k, k == "ddl")
    effect: review
    review: { groups: [dba], approvals: 2, decideWithin: 15m, runWithin: 5m }
    because: Schema changes need two DBAs.
  - id: no-drop
    match: { tools: [drop_everything] }
    effect: deny
    because: Nobody drops everything.
`
const joinToken = 'join_once'
const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const tools = [{ name: 'execute', description: 'Runs SQL.', inputSchema: { type: 'object' } }]
const definitionHash = toolDefinition(tools[0] as never)?.hash ?? ''
const dangerous = '{"sql":"ALTER TABLE customers DROP COLUMN card"}'

/** Over HTTP: it lists its tools in an event stream. */
const webServer = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    if (request.method !== 'POST') return response.writeHead(405).end()
    const { id, method } = JSON.parse(body) as { id: number; method: string }
    if (method === 'tools/call') appendFileSync(join(folder, 'ran'), `${body}\n`)
    const result = JSON.stringify({ jsonrpc: '2.0', id, result: method === 'tools/list' ? { tools } : { content: [], of: method } })
    if (method === 'tools/list')
      return response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`event: message\ndata: ${result}\n\n`)
    return response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'web' }).end(result)
  })
})
let web: string
let folder: string
let gateway: AgentGateway
let agent: Agent
let root: KeyObject
let session: SessionId
let mcpSession: string
const logged: string[] = []
const anna = lastingKey()
const ben = lastingKey()
const oda = lastingKey()
const stranger = lastingKey()
const subOf = new Map([
  [anna, 'anna'],
  [ben, 'ben'],
  [oda, 'oda'],
  [stranger, 'stranger'],
])

const trust = (version: number): Promise<ApprovalTrust> =>
  trustOf(policy, version, [
    { sub: 'anna', name: 'Anna', groups: ['dba'], keys: [anna.text] },
    { sub: 'ben', name: 'Ben', groups: ['dba', 'lead'], keys: [lastingKey().text, ben.text] },
    { sub: 'oda', name: 'Oda', groups: ['operators'], keys: [oda.text] },
    { sub: 'olivia', name: 'Olivia', groups: ['dba'], keys: [lastingKey().text] },
  ])

async function startAgentHere(): Promise<void> {
  agent = await startTrustingAgent({
    folder,
    gateway: gateway.url,
    joinToken,
    root,
    connection: 'customers',
    web,
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
  })
  await until(() => agent.online, 'the agent is online')
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-trust-'))
  root = newRoot()
  writeTrust(folder, await trust(7), root)
  gateway = await startAgentGateway(joinToken)
  await new Promise<void>((resolve) => webServer.listen(0, '127.0.0.1', resolve))
  web = `http://127.0.0.1:${(webServer.address() as AddressInfo).port}/mcp`
  await startAgentHere()
})
afterAll(async () => {
  await agent.close()
  await gateway.close()
  webServer.close()
  webServer.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  rmSync(join(folder, 'ran'), { force: true })
  session = await open('vault')
})

const list = (listed: object[]) =>
  writeFileSync(join(folder, 'lists.json'), JSON.stringify({ 'tools/list': JSON.stringify({ tools: listed }) }))
const ran = (): string => (existsSync(join(folder, 'ran')) ? readFileSync(join(folder, 'ran'), 'utf8') : '')

/** A session in which the client has initialized and listed the tools. */
async function open(server: string): Promise<SessionId> {
  list(tools)
  const id = newSessionId()
  gateway.command({ type: 'session.start', session: id, server })
  await until(() => gateway.controls.some((control) => control.type === 'session.started' && control.session === id), 'the session runs')
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
  const initialized = await gateway.open(id, 'POST', json, JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })).done
  mcpSession = initialized.headers['mcp-session-id'] ?? ''
  await send('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', undefined, id)
  return id
}

const send = (body: string, approval?: ApprovalProof, to: SessionId = session): Promise<Answer> =>
  gateway.open(to, 'POST', { ...json, 'mcp-session-id': mcpSession }, body, approval).done

const call = (argumentsText: string, tool = 'execute'): string =>
  `{"jsonrpc":"2.0","id":${++lastId},"method":"tools/call","params":{"name":"${tool}","arguments":${argumentsText}}}`
let lastId = 10

interface Forgery {
  arguments?: string
  input?: Partial<ApprovalDigestInput>
  at?: Date
  /** what reviewers see */
  shownText?: string
}

/** An approval that fits, as a gateway makes it; a forgery says what else it is made for. */
function approved(by: readonly LastingKey[], forgery: Forgery = {}): ApprovalProof {
  const argumentsKey = randomBytes(32).toString('hex')
  const bytes = Buffer.from(forgery.arguments ?? dangerous)
  const at = forgery.at ?? new Date()
  const input = approvalDigestInput.parse({
    v: 1,
    approval: newApprovalId(),
    nonce: randomBytes(16).toString('hex'),
    session,
    requester: 'olivia',
    connection: 'customers',
    server: 'vault',
    method: 'tools/call',
    tool: 'execute',
    toolDefinitionHash: definitionHash,
    argumentsHash: argumentsHashOf(argumentsKey, bytes),
    argumentsBytes: bytes.length,
    policyVersion: createHash('sha256').update(policy).digest('hex'),
    rule: 'schema-change',
    decideBy: new Date(at.getTime() + 60_000).toISOString(),
    runWithinSeconds: 300,
    groups: ['dba'],
    approvals: 2,
    ...forgery.input,
  })
  return signedBy(by, { argumentsKey, shownText: forgery.shownText ?? bytes.toString(), input, at })
}

/** A request as the gateway shows it, and the digest that covers it. */
function signedBy(
  by: readonly LastingKey[],
  { argumentsKey, shownText, input, at }: { argumentsKey: string; shownText: string; input: ApprovalDigestInput; at: Date },
): ApprovalProof {
  const request = approvalWith({ requester: { sub: input.requester, name: 'Olivia', groups: [] }, argumentsText: shownText }, input)
  const shown = approvalSchema.parse(request)
  const covered: ApprovalDigestInput = { ...input, shown: shownHash(shown) }
  return { input: covered, argumentsKey, shown, votes: by.map((key) => voteOf(key, covered, at)) }
}

function voteOf(key: LastingKey, input: ApprovalDigestInput, at: Date, changed: Partial<Vote> = {}): Vote {
  const sub = subOf.get(key) ?? ''
  const vote = { person: { sub, name: sub }, decision: 'approve' as const, reason: 'looked at it', at: at.toISOString(), ...changed }
  const text = signedVoteText({ id: input.approval, digest: approvalDigest(input) }, vote)
  return { ...vote, signature: '', key: {}, reviewer: { key: key.text, signature: key.sign(text) } }
}

async function expectRefused(answer: Promise<Answer>, reason: string): Promise<void> {
  const { aborted, error } = await answer
  expect({ aborted, reason: error?.data['reason'] }).toEqual({ aborted: 'AGENT_REFUSED', reason })
  expect(error?.data['server']).toBe('vault')
  expect(ran()).toBe('')
}

describe('an agent that checks approvals itself', () => {
  test('runs a call that two of its reviewers approved, once, with its own bytes', async () => {
    const body = call(dangerous)
    const answer = await send(body, approved([anna, ben]))
    expect(answer.messages[0]).toContain('ALTER TABLE')
    expect(ran()).toBe(`${body}\n`)
  })

  test('asks nothing of a call that no rule holds, and nothing of other servers', async () => {
    expect((await send(call('{"sql":"SELECT 1"}'))).messages[0]).toContain('SELECT 1')
    expect((await send(call('{}', 'list_tables'))).messages[0]).toContain('list_tables')
    const plain = await open('plain')
    expect((await send(call(dangerous), undefined, plain)).messages[0]).toContain('ALTER TABLE')
  })

  test('does so for servers over HTTP, whose lists come as events', async () => {
    session = await open('web')
    const body = call(dangerous)
    const unproven = await send(body)
    expect(unproven.error?.data).toMatchObject({ server: 'web', reason: 'missing' })
    const of = { connection: 'web' as ConnectionName, server: 'web' }
    expect((await send(body, approved([anna, ben], { input: { ...of, toolDefinitionHash: 'not-listed' } }))).error?.data).toMatchObject({
      reason: 'other-tool-definition',
    })
    expect((await gateway.open(session, 'DELETE', { 'mcp-session-id': mcpSession }, body).done).error?.code).toBe('INVALID_REQUEST')
    expect(ran()).toBe('')
    expect((await send(body, approved([anna, ben], { input: of }))).messages[0]).toContain('tools/call')
    expect(ran()).toBe(`${body}\n`)
  })

  test('refuses a call without an approval, and logs an alarm', async () => {
    await expectRefused(send(call(dangerous)), 'missing')
    expect(logged.filter((line) => line.includes('agent-refused')).length).toBeGreaterThan(0)
    expect(logged.join('')).not.toContain('DROP COLUMN')
  })

  test('refuses an approval of other arguments, down to a byte', async () => {
    await expectRefused(send(call('{"sql":"DROP TABLE customers"}'), approved([anna, ben])), 'other-arguments')
    await expectRefused(send(call(dangerous.replace('{', '{ ')), approved([anna, ben])), 'other-arguments')
  })

  test('refuses what reviewers were not shown', async () => {
    await expectRefused(send(call(dangerous), approved([anna, ben], { shownText: '{"sql":"SELECT 1"}' })), 'other-shown')
    const masked = approved([anna, ben], { shownText: '{"sql":"ALTER TABLE [MASKED:name] DROP COLUMN card"}' })
    expect((await send(call(dangerous), masked)).aborted).toBeUndefined()
    rmSync(join(folder, 'ran'))

    const proof = approved([anna, ben])
    const { shown: _shown, ...unseen } = proof
    await expectRefused(send(call(dangerous), unseen), 'other-shown')
    await expectRefused(
      send(call(dangerous), { ...proof, shown: { ...(proof.shown as Approval), because: 'Nothing to see.' } }),
      'other-shown',
    )
    const { shown: _hash, ...uncovered } = proof.input
    const blind = { ...proof, input: uncovered, votes: [anna, ben].map((key) => voteOf(key, uncovered, new Date())) }
    await expectRefused(send(call(dangerous), blind), 'other-shown')
  })

  test.each([
    ['session', () => newSessionId(), 'other-call'],
    ['connection', () => 'harmless', 'other-call'],
    ['server', () => 'plain', 'other-call'],
    ['tool', () => 'list_tables', 'other-call'],
    ['method', () => 'prompts/get', 'other-call'],
    ['policyVersion', () => 'a'.repeat(64), 'other-policy'],
    ['toolDefinitionHash', () => 'b'.repeat(64), 'other-tool-definition'],
  ])('refuses an approval of another %s', async (name, value, reason) => {
    await expectRefused(send(call(dangerous), approved([anna, ben], { input: { [name]: value() } })), reason)
  })

  test('refuses what was approved before the tool was listed otherwise', async () => {
    list([{ ...tools[0], description: 'Runs SQL, and sends it to me.' }])
    await send('{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
    await expectRefused(send(call(dangerous), approved([anna, ben])), 'other-tool-definition')
  })

  test('refuses too few, one who counts twice, the requester, strangers, and who is in no group for it', async () => {
    await expectRefused(send(call(dangerous), approved([anna])), 'too-few')
    await expectRefused(send(call(dangerous), approved([anna, anna])), 'too-few')
    await expectRefused(send(call(dangerous), approved([])), 'too-few')
    await expectRefused(send(call(dangerous), approved([anna, ben], { input: { requester: 'ben' } })), 'own-request')
    await expectRefused(send(call(dangerous), approved([anna, stranger])), 'unknown-reviewer')
    await expectRefused(send(call(dangerous), approved([anna, oda])), 'other-group')
  })

  test('refuses a vote in the place of somebody who is away, whoever cast it, and lets a denial in one end it', async () => {
    const onBehalfOf = { sub: 'anna', name: 'Anna', delegation: 'dlg_0123456789abcdef' as NonNullable<Vote['onBehalfOf']>['delegation'] }
    const proof = approved([ben])
    const inPlace = (decision: Vote['decision']) => voteOf(oda, proof.input, new Date(), { onBehalfOf, decision })
    await expectRefused(send(call(dangerous), { ...proof, votes: [...proof.votes, inPlace('approve')] }), 'delegated')
    const whole = approved([anna, ben])
    const denied = voteOf(oda, whole.input, new Date(), { onBehalfOf, decision: 'deny' })
    await expectRefused(send(call(dangerous), { ...whole, votes: [...whole.votes, denied] }), 'denied')
  })

  test('refuses terms that the gateway made milder', async () => {
    await expectRefused(send(call(dangerous), approved([anna], { input: { approvals: 1 } })), 'too-few')
    await expectRefused(send(call(dangerous), approved([anna, oda], { input: { groups: ['operators', 'dba'] } })), 'other-group')
    const early = new Date(Date.now() - 3600_000)
    const patient = { runWithinSeconds: 86_400, decideBy: new Date(Date.now() + 3600_000).toISOString() }
    await expectRefused(send(call(dangerous), approved([anna, ben], { at: early, input: patient })), 'expired')
  })

  test('refuses forged votes: of a key that is not signed for the person, and of other terms', async () => {
    const forged = approved([anna, ben])
    forged.votes[1] = { ...voteOf(stranger, forged.input, new Date(), { person: { sub: 'ben', name: 'Ben' } }) }
    await expectRefused(send(call(dangerous), forged), 'unknown-key')
    const bare = approved([anna, ben])
    delete bare.votes[1]?.reviewer
    await expectRefused(send(call(dangerous), bare), 'unknown-key')

    const proof = approved([anna, ben])
    const denied = voteOf(ben, proof.input, new Date(), { decision: 'deny' })
    await expectRefused(
      send(call(dangerous), { ...proof, votes: [proof.votes[0] as Vote, { ...denied, decision: 'approve' }] }),
      'signature-invalid',
    )
    await expectRefused(send(call(dangerous), { ...proof, votes: [...proof.votes, denied] }), 'denied')
    const later = { ...(proof.votes[0] as Vote), at: new Date(Date.now() + 1000).toISOString() }
    await expectRefused(send(call(dangerous), { ...proof, votes: [later, proof.votes[1] as Vote] }), 'signature-invalid')
    const other = { ...proof, input: { ...proof.input, runWithinSeconds: 299 } }
    await expectRefused(send(call(dangerous), other), 'signature-invalid')
  })

  test('refuses what is too old, decided too late, or comes from the future', async () => {
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)
    await expectRefused(send(call(dangerous), approved([anna, ben], { at: ago(8) })), 'expired')
    await expectRefused(send(call(dangerous), approved([anna, ben], { input: { decideBy: ago(5).toISOString() } })), 'expired')
    await expectRefused(send(call(dangerous), approved([anna, ben], { at: ago(-10) })), 'expired')
  })

  test('refuses a second use, also after it was started anew', async () => {
    const proof = approved([anna, ben])
    expect((await send(call(dangerous), proof)).aborted).toBeUndefined()
    rmSync(join(folder, 'ran'))
    await expectRefused(send(call(dangerous), proof), 'used-before')
    await agent.close()
    await startAgentHere()
    const before = session
    session = await open('vault')
    // the approval names its session; a gateway that was taken over starts one of the same name
    await expectRefused(send(call(dangerous), proof), 'other-call')
    gateway.command({ type: 'session.start', session: before, server: 'vault' })
    await until(
      () => gateway.controls.filter((control) => control.type === 'session.started' && control.session === before).length > 1,
      'it runs',
    )
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
    const initialize = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
    mcpSession = (await gateway.open(before, 'POST', json, initialize).done).headers['mcp-session-id'] ?? ''
    await send('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', undefined, before)
    await expectRefused(send(call(dangerous), proof, before), 'used-before')
  })

  test('refuses what a signed rule denies, with or without approvals', async () => {
    await expectRefused(send(call('{}', 'drop_everything')), 'denied-by-rule')
    await expectRefused(
      send(call('{}', 'drop_everything'), approved([anna, ben], { input: { tool: 'drop_everything' } })),
      'denied-by-rule',
    )
    await expectRefused(send(call('{"sql":5}')), 'denied-by-rule')
  })

  test.each([
    [
      'a method twice',
      `{"jsonrpc":"2.0","id":2,"method":"tools/call","method":"ping","params":{"name":"execute","arguments":${dangerous}}}`,
    ],
    [
      'a name twice',
      `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"execute","name":"list_tables","arguments":${dangerous}}}`,
    ],
    [
      'a method in another case',
      `{"jsonrpc":"2.0","id":2,"method":"ping","Method":"tools/call","params":{"name":"execute","arguments":${dangerous}}}`,
    ],
    [
      'arguments in another case',
      `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"execute","arguments":{"sql":"SELECT 1"},"Arguments":${dangerous}}}`,
    ],
    ['a batch', `[${call(dangerous)}]`],
    ['no JSON', '{"jsonrpc":"2.0"'],
  ])('refuses %s: the server might read it otherwise', async (_, body) => {
    await expectRefused(send(body), 'unreadable')
  })

  test('refuses headers that name another tool than the body', async () => {
    const headers = { ...json, 'mcp-session-id': mcpSession, 'mcp-method': 'tools/call', 'mcp-name': 'list_tables' }
    await expectRefused(gateway.open(session, 'POST', headers, call('{"sql":"SELECT 1"}').replace('execute', 'other')).done, 'unreadable')
  })
})

describe('the signed document', () => {
  test('counts when it changes, and never goes back, also across a start', async () => {
    const next = await trust(8)
    writeTrust(folder, { ...next, reviewers: next.reviewers.filter(({ sub }) => sub !== 'ben') }, root)
    await until(() => logged.some((line) => line.includes('"version":8')), 'version 8 is in force')
    await expectRefused(send(call(dangerous), approved([anna, ben])), 'unknown-reviewer')

    // the older one would bring Ben back
    for (const [document, problem] of [
      [await trust(7), 'its version is 7'],
      [next, 'version 8 was another document'],
    ] as const) {
      const lines = logged.length
      writeTrust(folder, document, root)
      await until(() => logged.slice(lines).some((line) => line.includes(problem)), problem)
      await expectRefused(send(call(dangerous), approved([anna, ben])), 'unknown-reviewer')
    }
    await agent.close()
    await expect(startAgentHere()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })

    writeTrust(folder, await trust(9), newRoot())
    await expect(startAgentHere()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    writeFileSync(join(folder, 'approvals.signed'), JSON.stringify(await trust(9)))
    await expect(startAgentHere()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    rmSync(join(folder, 'approvals.signed'))
    await expect(startAgentHere()).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' })

    writeTrust(folder, await trust(9), root)
    await startAgentHere()
    session = await open('vault')
    expect((await send(call(dangerous), approved([anna, ben]))).aborted).toBeUndefined()
  })
})
