/** An agent that checks approvals itself behind a gateway that was taken over: scripted, and free to send whatever it likes. */
import { createHash, randomBytes, type KeyObject } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import type { Agent } from '../../src-agent/agent.ts'
import { approvalDigest } from '../../src-core/approval/approval-digest.ts'
import { argumentsHashOf } from '../../src-core/approval/call-arguments.ts'
import { shownHash } from '../../src-core/approval/shown-hash.ts'
import { approvalWith } from '../../src-core/approval/testing/approval-fixture.ts'
import { signedVoteText } from '../../src-core/approval/vote-signature.ts'
import { toolDefinition } from '../../src-core/mcp/tool-definition-hash.ts'
import { newApprovalId, newSessionId } from '../../src-node/random-id.ts'
import type { ApprovalProof, ApprovalTrust } from '../../src-protocol/approval-proof.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { approval as approvalSchema, approvalDigestInput, type ApprovalDigestInput, type Vote } from '../../src-protocol/model.ts'
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
/** What an MCP client sends along. */
const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
export const tools = [{ name: 'execute', description: 'Runs SQL.', inputSchema: { type: 'object' } }]
const definitionHash = toolDefinition(tools[0] as never)?.hash ?? ''
/** Held by the rule `schema-change`: two of dba approve it. */
export const dangerous = '{"sql":"ALTER TABLE customers DROP COLUMN card"}'

export const anna = lastingKey()
export const ben = lastingKey()
export const oda = lastingKey()
export const stranger = lastingKey()
const subOf = new Map([
  [anna, 'anna'],
  [ben, 'ben'],
  [oda, 'oda'],
  [stranger, 'stranger'],
])

interface Forgery {
  arguments?: string
  input?: Partial<ApprovalDigestInput>
  at?: Date
  /** what reviewers see */
  shownText?: string
}

/** The MCP server `web`: it lists its tools in an event stream. */
const createWebServer = (folder: string): Server =>
  createServer((request, response) => {
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

/** A vote signed with a lasting key; what is `changed` in it is signed too. */
export function voteOf(key: LastingKey, input: ApprovalDigestInput, at: Date, changed: Partial<Vote> = {}): Vote {
  const sub = subOf.get(key) ?? ''
  const vote = { person: { sub, name: sub }, decision: 'approve' as const, reason: 'looked at it', at: at.toISOString(), ...changed }
  const text = signedVoteText({ id: input.approval, digest: approvalDigest(input) }, vote)
  return { ...vote, signature: '', key: {}, reviewer: { key: key.text, signature: key.sign(text) } }
}

/** One agent and one such gateway for the tests of a file, and a session of its own for each test. */
export function useTrustingAgent() {
  let webServer: Server
  let web: string
  let folder: string
  let gateway: AgentGateway
  let agent: Agent
  let root: KeyObject
  let session: SessionId
  let mcpSession: string
  const logged: string[] = []

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
    webServer = createWebServer(folder)
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
    await initialize(id)
    return id
  }

  /** What every client does first: it initializes, and lists the tools. */
  async function initialize(id: SessionId): Promise<void> {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
    const answer = await gateway.open(id, 'POST', json, JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })).done
    mcpSession = answer.headers['mcp-session-id'] ?? ''
    await send('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', undefined, id)
  }

  const headers = () => ({ ...json, 'mcp-session-id': mcpSession })

  const send = (body: string, approval?: ApprovalProof, to: SessionId = session): Promise<Answer> =>
    gateway.open(to, 'POST', headers(), body, approval).done

  const call = (argumentsText: string, tool = 'execute'): string =>
    `{"jsonrpc":"2.0","id":${++lastId},"method":"tools/call","params":{"name":"${tool}","arguments":${argumentsText}}}`
  let lastId = 10

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

  async function expectRefused(answer: Promise<Answer>, reason: string): Promise<void> {
    const { aborted, error } = await answer
    expect({ aborted, reason: error?.data['reason'] }).toEqual({ aborted: 'AGENT_REFUSED', reason })
    expect(error?.data['server']).toBe('vault')
    expect(ran()).toBe('')
  }

  return {
    /** signed documents, lists of tools and what the servers ran lie there */
    get folder() {
      return folder
    },
    get gateway() {
      return gateway
    },
    get agent() {
      return agent
    },
    get root() {
      return root
    },
    get session() {
      return session
    },
    set session(id: SessionId) {
      session = id
    },
    logged,
    trust,
    startAgentHere,
    list,
    ran,
    open,
    initialize,
    send,
    headers,
    call,
    approved,
    expectRefused,
  }
}
