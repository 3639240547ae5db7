import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startGateway, type RunningGateway } from '../../src-gateway/main.ts'
import { gatewayApi, type GatewayApi } from '../../src-main/services/gateway-api.ts'
import { createIdentity, type DesktopIdentity } from '../../src-main/services/identity.ts'
import { createTunnel, type Tunnel } from '../../src-main/services/tunnel.ts'
import { systemClock, type Clock } from '../../src-node/clock.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import { gatewayConfig } from '../../src-protocol/config.ts'
import { voteText } from '../../src-protocol/vote-text.ts'
import type { VoteRequest } from '../../src-protocol/http-requests.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { Approval, Session } from '../../src-protocol/model.ts'
import type { Push } from '../../src-protocol/push.ts'
import { connectScriptedAgent, enrolScriptedAgent, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import type { LastingKey } from '../fixtures/trusting-agent.ts'
import { clientSecret, startIdentityProviderProcess } from './identity-harness.ts'
import { openBrowserAs } from './sign-in-by-fetch.ts'

export const policyText = `version: 1
rules:
  - id: echo-allowed
    match: { connections: ['*'], tools: [echo] }
    effect: allow
    because: Echo harms nobody.
  - id: secrets-denied
    owner: security
    match: { connections: ['*'], tools: [echo] }
    when: args.text == "forbidden"
    effect: deny
    because: This word is not to be echoed.
  - id: risky-reviewed
    owner: dba
    match: { connections: ['*'], tools: [risky] }
    effect: review
    review: { groups: [dba], approvals: 1, decideWithin: 15m, runWithin: 5m, reasonRequired: true }
    because: Risky calls need a DBA.
  - id: hasty-reviewed
    match: { connections: ['*'], tools: [hasty] }
    effect: review
    review: { groups: [dba], approvals: 1, decideWithin: 1s, runWithin: 1s, reasonRequired: false }
    because: Hasty calls need a quick DBA.
  - id: guarded-reviewed
    match: { connections: ['*'], tools: [guarded] }
    effect: review
    review: { groups: [security], approvals: 1, decideWithin: 15m, runWithin: 5m, reasonRequired: true }
    because: Guarded calls need somebody of security.
`
export const maskingText = `version: 1
rules:
  - id: payment-data
    detect: [card, iban]
    because: Card numbers never leave the gateway.
`

export interface Folders {
  root: string
  policy: string
  masking: string
  recordings: string
  config: string
  port: number
  url: string
}

/** Folders, documents and a configuration file; the gateway itself may be started in this process or in another one. */
export async function prepareGateway(
  issuer: string,
  limits: Record<string, number> = {},
  more: { activation?: { approvals: 1 | 2 }; archive?: { compression: 'zstd' } } = {},
): Promise<Folders> {
  const root = await mkdtemp(join(tmpdir(), 'gatehouse-gateway-'))
  const port = await freePort()
  const folders: Folders = {
    root,
    port,
    url: `http://127.0.0.1:${port}`,
    policy: join(root, 'policy.yaml'),
    masking: join(root, 'masking.yaml'),
    recordings: join(root, 'recordings'),
    config: join(root, 'gateway.yaml'),
  }
  await writeFile(folders.policy, policyText)
  await writeFile(folders.masking, maskingText)
  const config = {
    listen: { host: '127.0.0.1', port },
    publicUrl: folders.url,
    data: 'data',
    recordings: 'recordings',
    log: { folder: 'log', origin: 'gatehouse.example/log' },
    identityProvider: { issuer, clientId: 'gatehouse-gateway', clientSecret: 'env:CLIENT_SECRET' },
    roles: { operator: ['operators', 'dba'], reviewer: ['reviewers', 'dba'], auditor: ['audit'], administrator: ['gatehouse-admins'] },
    policy: 'policy.yaml',
    masking: 'masking.yaml',
    // tests share a sign-in, and few of them end their sessions
    limits: { graceSeconds: 1, sessionsPerSignIn: 1000, approvalRequests: 10_000, sameApprovalRequests: 10_000, ...limits },
    // tests read recordings where they lie
    archive: { compression: 'none' },
    ...more,
  }
  await writeFile(folders.config, JSON.stringify(config))
  return folders
}

export interface TestGateway extends Folders {
  readonly running: RunningGateway
  logged(): string
  restart(): Promise<void>
  close(): Promise<void>
}

export async function startTestGateway(...options: Parameters<typeof prepareGateway>): Promise<TestGateway> {
  const folders = await prepareGateway(...options)
  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const { readConfigFile } = await import('../../src-node/config-file.ts')
  const start = () =>
    startGateway({
      config: readConfigFile(folders.config, gatewayConfig),
      folder: folders.root,
      env: { CLIENT_SECRET: clientSecret },
      log,
      clock: systemClock,
    })
  let running = await start()
  return {
    ...folders,
    get running() {
      return running
    },
    logged: () => lines.join(''),
    async restart() {
      await running.close()
      running = await start()
    },
    async close() {
      await running.close()
      await rm(folders.root, { recursive: true, force: true })
    },
  }
}

export interface SignedInPerson {
  identity: DesktopIdentity
  api: GatewayApi
  tunnel: Tunnel
  pushes: Push[]
  /** by which its desktop goes */
  clock: Clock
  leave(): void
}

/** Signs in as a demo account, and connects the tunnel as the desktop does. */
export async function signInAs(gatewayUrl: string, username: string, clock: Clock = systemClock): Promise<SignedInPerson> {
  const identity = createIdentity({ gatewayUrl, clock, openBrowser: openBrowserAs({ username }) })
  await identity.signIn()
  const pushes: Push[] = []
  const tunnel = createTunnel({
    gatewayUrl,
    identity,
    clock,
    scheduler: systemScheduler,
    log: pino({ level: 'silent' }),
    onPush: (push) => void pushes.push(push),
    onChange: () => {},
  })
  tunnel.start()
  await until(() => tunnel.state === 'open', 'the tunnel is open')
  const leave = () => {
    tunnel.stop(Object.assign(new Error('left')) as AppError)
    identity.close()
  }
  return { identity, api: gatewayApi({ baseUrl: gatewayUrl, identity }), tunnel, pushes, clock, leave }
}

/** An administrator enrols a scripted agent and registers the connection `echo`. */
export async function registerEcho(gatewayUrl: string, admin: SignedInPerson): Promise<{ agent: ScriptedAgent; identity: AgentIdentity }> {
  const { joinToken } = await admin.api.call('createJoinToken', { name: 'test-agent' })
  const identity = await enrolScriptedAgent(gatewayUrl, joinToken)
  const agent = await connectScriptedAgent(gatewayUrl, identity)
  await until(async () => (await admin.api.call('agents')).agents[0]?.online === true, 'the agent is online')
  await admin.api.call('createConnection', {
    name: 'echo',
    title: 'Echo',
    agent: identity.id,
    server: 'echo',
    groups: ['operators'],
    maxMinutes: 60,
  })
  return { agent, identity }
}

export const openEcho = (person: SignedInPerson, minutes = 30): Promise<Session> =>
  person.api.call('openSession', { connection: 'echo', reason: 'a test', minutes })

export interface ClientAnswer {
  status: number
  headers: Record<string, string>
  messages: string[]
  keepAlives: number
  aborted?: AppError
}

export interface ClientExchange {
  readonly answer: ClientAnswer
  readonly done: Promise<ClientAnswer>
  abandon(): void
}

const mcpHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

/** What an AI client's request becomes in the tunnel. */
export function exchange(
  person: Pick<SignedInPerson, 'tunnel'>,
  session: SessionId,
  body: string | Uint8Array | undefined,
  options: { method?: 'GET' | 'POST' | 'DELETE'; headers?: Record<string, string> } = {},
): ClientExchange {
  const answer: ClientAnswer = { status: 0, headers: {}, messages: [], keepAlives: 0 }
  const { promise: done, resolve } = Promise.withResolvers<ClientAnswer>()
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array())
  const abandon = person.tunnel.open({ session, method: options.method ?? 'POST', headers: { ...mcpHeaders, ...options.headers } }, bytes, {
    head: (head) => void Object.assign(answer, head),
    message: (_head, message) => void answer.messages.push(Buffer.from(message).toString('utf8')),
    keepAlive: () => void (answer.keepAlives += 1),
    end: () => resolve(answer),
    abort(error) {
      answer.aborted = error
      resolve(answer)
    },
  })
  return { answer, done, abandon }
}

let lastId = 0
export const toolCall = (tool: string, args: unknown, extra: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: ++lastId, method: 'tools/call', params: { name: tool, arguments: args, ...extra } })

export interface RpcAnswer {
  id: number | string | null
  result?: { content: { type: string; text: string }[]; isError?: boolean; _meta?: Record<string, unknown> }
  error?: { code: number; message: string; data: Record<string, unknown> }
}

/** The last message: what answers the request. */
export const rpcOf = (answer: ClientAnswer): RpcAnswer => JSON.parse(answer.messages.at(-1) ?? 'null') as RpcAnswer

/** Signs and casts a vote as the desktop does. */
export async function castVote(
  reviewer: SignedInPerson,
  approval: Approval,
  decision: 'approve' | 'deny',
  change: {
    digest?: string
    reason?: string
    at?: string
    route?: 'report'
    lastingKey?: Pick<LastingKey, 'text' | 'sign'>
    onBehalfOf?: VoteRequest['onBehalfOf']
  } = {},
): Promise<Approval> {
  const { person } = await reviewer.api.call('me')
  const at = change.at ?? new Date().toISOString()
  const reason = change.reason ?? 'looked at it'
  const digest = change.digest ?? approval.digest
  const reasonSha256 = createHash('sha256').update(reason).digest('hex')
  const text = voteText({ approval: approval.id, digest, decision, reasonSha256, sub: person.sub, onBehalfOf: change.onBehalfOf, at })
  const { signature, key } = await reviewer.identity.sign(text)
  const lasting = change.lastingKey && { reviewer: { key: change.lastingKey.text, signature: change.lastingKey.sign(text) } }
  return reviewer.api.call(change.route ?? 'vote', {
    id: approval.id,
    decision,
    reason,
    digest,
    at,
    signature,
    key,
    ...lasting,
    ...(change.onBehalfOf && { onBehalfOf: change.onBehalfOf }),
  })
}

export async function until(condition: () => boolean | Promise<boolean>, what: string, milliseconds = 20_000): Promise<void> {
  const end = Date.now() + milliseconds
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not happen that ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export { clientSecret, startIdentityProviderProcess }
