/**
 * Everything between an AI client and its MCP servers, with a network between all parts that can fail: one gateway, and for each round its
 * own desktop, agent and servers.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pino } from 'pino'
import { startAgent } from '../../src-agent/agent.ts'
import { runVerify } from '../../src-cli/commands/verify.ts'
import { openLiveAccess } from '../../src-main/services/live-access.ts'
import { systemClock } from '../../src-node/clock.ts'
import { agentConfig } from '../../src-protocol/config.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { parseRecords } from '../../src-core/recording/record-lines.ts'
import { startLabelledProxy, type LabelledProxy } from '../fixtures/labelled-proxy.ts'
import { gatehouse, killProgram, startProgram } from '../fixtures/program.ts'
import { endWithParent } from '../../demo/supervisor/end-with-parent.ts'
import {
  castVote,
  freePort,
  prepareGateway,
  signInAs,
  startIdentityProviderProcess,
  until,
  type SignedInPerson,
} from './gateway-harness.ts'
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts'
import { openBrowserAs, signInByFetch } from './sign-in-by-fetch.ts'

const policy = `version: 1
rules:
  - id: run
    match: { connections: ['*'], tools: [run] }
    effect: allow
    because: The book is there to be written.
  - id: held
    match: { connections: ['*'], tools: [held] }
    effect: review
    review: { groups: [dba], approvals: 1, decideWithin: 5m, runWithin: 5m, reasonRequired: true }
    because: A second person has to look.
`
const ledgerProgram = join(import.meta.dirname, '../fixtures/ledger-server.ts')
const silent = pino({ level: 'silent' })

/** Tells apart who dials the gateway: desktops by the key of their proof, agents by their id. */
function labelOf(head: string): string {
  const part = (pattern: RegExp, index: number): Record<string, unknown> => {
    const token = pattern.exec(head)?.[1]?.split('.')[index] ?? ''
    return JSON.parse(Buffer.from(token, 'base64url').toString() || '{}') as Record<string, unknown>
  }
  if (head.startsWith('GET /agent/v1/tunnel')) return `agent ${String(part(/^authorization: GatehouseAgent (\S+)/im, 1)['sub'])}`
  if (head.startsWith('GET /api/v1/tunnel')) return `desktop ${(part(/^dpop: (\S+)/im, 0)['jwk'] as { x: string }).x}`
  return 'anybody'
}

export interface World {
  readonly url: string
  readonly proxy: LabelledProxy
  readonly reviewer: SignedInPerson
  readonly auditor: SignedInPerson
  readonly administrator: SignedInPerson
  /** the person whose sessions are tried, signed in once more: only they see their calls */
  readonly operator: SignedInPerson
  gateway: GatewayProcess
  /** after its process has ended */
  startGateway(): Promise<void>
  readonly folder: string
  close(): Promise<void>
}

export async function startWorld(limits: Record<string, number>, documents: { masking?: string } = {}): Promise<World> {
  const provider = await startIdentityProviderProcess()
  const folders = await prepareGateway(provider.issuer, limits)
  const proxy = await startLabelledProxy(folders.port, labelOf)
  const url = `http://127.0.0.1:${proxy.port}`
  const config = JSON.parse(readFileSync(folders.config, 'utf8')) as Record<string, unknown>
  writeFileSync(folders.config, JSON.stringify({ ...config, publicUrl: url }))
  writeFileSync(folders.policy, policy)
  if (documents.masking !== undefined) writeFileSync(folders.masking, documents.masking)
  const gateway = await startGatewayProcess(folders.config)
  const [administrator, operator] = [await signInAs(url, 'admin'), await signInAs(url, 'operator')]
  const [reviewer, auditor] = [await signInAs(url, 'reviewer'), await signInAs(url, 'auditor')]
  const world: World = {
    url,
    proxy,
    administrator,
    operator,
    reviewer,
    auditor,
    gateway,
    folder: folders.root,
    async startGateway() {
      world.gateway = await startGatewayProcess(folders.config)
    },
    async close() {
      for (const person of [administrator, operator, reviewer, auditor]) person.leave()
      await world.gateway.kill('SIGTERM')
      await proxy.close()
      await provider.stop()
      rmSync(folders.root, { recursive: true, force: true })
    },
  }
  return world
}

/** What the MCP servers of one round executed, and how they are told to answer. */
export class Ledger {
  readonly folder: string
  constructor(parent: string) {
    this.folder = mkdtempSync(join(parent, 'ledger-'))
  }

  #lines(): string[][] {
    const file = join(this.folder, 'ledger')
    if (!existsSync(file)) return []
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '))
  }

  count(what: 'executed' | 'answered', key: string): number {
    return this.#lines().filter(([said, whose]) => said === what && whose === key).length
  }

  pids(): number[] {
    return this.#lines().flatMap(([said, , pid]) => (said === 'started' ? [Number(pid)] : []))
  }

  release(key: string, how: 'whole' | 'half'): void {
    writeFileSync(join(this.folder, `${key}.release`), how)
  }

  closeOutput(): void {
    writeFileSync(join(this.folder, 'mute'), '')
  }
}

/** The HTTP server behind an agent: it runs by itself, and may be killed and started again. */
export class HttpLedger {
  readonly port: number
  readonly #folder: string
  #child: ChildProcess | undefined

  constructor(ledger: Ledger, port: number) {
    this.port = port
    this.#folder = ledger.folder
  }

  async start(): Promise<void> {
    const args = [...endWithParent, ledgerProgram, '--http', String(this.port)]
    const env = { PATH: '/nonexistent', LEDGER: this.#folder }
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore', 'ipc'] })
    this.pids.push(this.#child.pid ?? 0)
    if (this.#child.stdout) await once(this.#child.stdout, 'data')
  }

  /** of each time it was started */
  readonly pids: number[] = []

  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}

/** One agent with a server of each kind, and one desktop with a session to one of them. */
export interface Stage {
  readonly session: string
  readonly endpoint: { url: string; bearer: string }
  readonly ledger: Ledger
  readonly http: HttpLedger
  readonly httpProxy: LabelledProxy
  /** the other end of a network that fails; a program that is killed has none */
  readonly desktopLabel: string
  readonly agentLabel: string
  killDesktop(): Promise<void>
  killAgent(): Promise<void>
  startAgent(): Promise<void>
  close(): Promise<void>
}

interface StageChoices {
  /** run as a program of its own, so that it can be killed */
  program?: 'desktop' | 'agent' | undefined
  server: 'stdio' | 'http'
}

export async function setStage(world: World, name: string, choices: StageChoices): Promise<Stage> {
  const folder = join(world.folder, name)
  mkdirSync(folder)
  const ledger = new Ledger(folder)
  const http = new HttpLedger(ledger, await freePort())
  await http.start()
  const httpProxy = await startLabelledProxy(http.port, () => 'http')
  const agent = await agentOf(world, { name, folder, ledger, httpProxy, program: choices.program === 'agent' })
  await agent.start()
  const { api } = world.administrator
  const online = async () => (await api.call('agents')).agents.find((each) => each.name === name && each.online)
  await until(async () => (await online()) !== undefined, 'the agent is online')
  const id = (await online())?.id ?? ''
  await api.call('createConnection', { name, title: name, agent: id, server: choices.server, groups: ['operators'], maxMinutes: 60 })
  const desktop = await (choices.program === 'desktop' ? connectProgram(world, name, folder) : desktopOf(world, name, folder))
  return {
    session: desktop.session,
    endpoint: desktop.endpoint,
    ledger,
    http,
    httpProxy,
    desktopLabel: `desktop ${desktop.key}`,
    agentLabel: `agent ${id}`,
    killDesktop: () => desktop.close(),
    killAgent: () => agent.stop(),
    startAgent: () => agent.start(),
    async close() {
      await desktop.close()
      await agent.stop()
      await httpProxy.close()
      await http.kill()
    },
  }
}

interface AgentParts {
  name: string
  folder: string
  ledger: Ledger
  httpProxy: LabelledProxy
  program: boolean
}

/** @returns how to start it, and how to end it: a program is killed */
async function agentOf(world: World, { name, folder, ledger, httpProxy, program }: AgentParts) {
  const { joinToken } = await world.administrator.api.call('createJoinToken', { name })
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, JOIN: joinToken }
  const config = {
    gateway: world.url,
    data: 'agent',
    joinToken: 'env:JOIN',
    servers: [
      { name: 'stdio', title: 'Stdio', command: [process.execPath, ledgerProgram], env: { LEDGER: ledger.folder } },
      { name: 'http', title: 'HTTP', url: `http://127.0.0.1:${httpProxy.port}/mcp` },
    ],
  }
  const file = join(folder, 'agent.json')
  writeFileSync(file, JSON.stringify(config))
  let running: { stop(): Promise<void> } | undefined
  return {
    async start() {
      if (program) {
        const started = startProgram(gatehouse, ['agent', '--config', file], env)
        running = { stop: () => killProgram(started) }
        await started.said(/connected to the gateway/)
        return
      }
      const agent = await startAgent({ config: agentConfig.parse(config), folder, env, log: silent, clock: systemClock, random: () => 0 })
      running = { stop: () => agent.close() }
    },
    async stop() {
      await running?.stop()
      running = undefined
    },
  }
}

interface OpenDesktop {
  session: string
  endpoint: { url: string; bearer: string }
  key: string
  close(): Promise<void>
}

async function desktopOf(world: World, connection: string, folder: string): Promise<OpenDesktop> {
  const access = openLiveAccess({
    gatewayUrl: world.url,
    clock: systemClock,
    log: silent,
    runtimeFolder: join(folder, 'run'),
    openBrowser: openBrowserAs({ username: 'operator' }),
  })
  await access.identity.signIn()
  const session = await access.openSession({ connection: connection as ConnectionName, reason: 'A fault', minutes: 10 })
  const endpoint = access.endpoint.access(session.id)
  if (!endpoint) throw new Error('the session has no endpoint')
  const { key } = await access.identity.sign('which key')
  return { session: session.id, endpoint, key: key.x ?? '', close: () => access.close() }
}

/** The desktop without a window; `close` kills it. */
async function connectProgram(world: World, connection: string, folder: string): Promise<OpenDesktop> {
  const args = ['connect', connection, '--gateway', world.url, '--reason', 'A fault', '--minutes', '10']
  const program = startProgram(gatehouse, args, { HOME: folder, GATEHOUSE_RUNTIME_DIR: join(folder, 'run') })
  const [, address = ''] = await program.said(/^Sign in here: (.+)$/)
  await signInByFetch(address, { username: 'operator' })
  const [line] = await program.said(/^\{"url".+$/)
  const { url, bearer, session } = JSON.parse(line) as { url: string; bearer: string; session: string }
  return { session, endpoint: { url, bearer }, key: 'none', close: () => killProgram(program) }
}

const waiting = async (world: World, session: string) =>
  (await world.reviewer.api.call('approvals')).approvals.filter((approval) => approval.session === session && approval.state === 'pending')

/** The reviewer approves what waits in this session. */
export async function approveAll(world: World, session: string): Promise<void> {
  for (const approval of await waiting(world, session)) await castVote(world.reviewer, approval, 'approve')
}

export const countWaiting = async (world: World, session: string): Promise<number> => (await waiting(world, session)).length

const runCalls = async (world: World, session: string) =>
  (await world.operator.api.call('session', { id: session })).calls.filter(({ tool }) => tool === 'run')

/** calls that were recorded, and are not held */
export const countCalls = async (world: World, session: string): Promise<number> => (await runCalls(world, session)).length

/** calls whose answer was recorded and handed over */
export const countAnswered = async (world: World, session: string): Promise<number> =>
  (await runCalls(world, session)).filter(({ state }) => state === 'done').length

export const sessionState = async (world: World, session: string): Promise<string> =>
  (await world.administrator.api.call('session', { id: session })).session.state

/** The sealed recording, checked as `gatehouse verify` checks it; the records once it holds. */
export async function verifiedRecords(world: World, session: string): Promise<SessionRecord[]> {
  await until(
    () =>
      world.auditor.api.call('recording', { id: session }).then(
        () => true,
        () => false,
      ),
    'the recording is sealed',
    60_000,
  )
  const { text, proof } = await world.auditor.api.call('recording', { id: session })
  const { key } = await world.auditor.api.call('logCheckpoint')
  const file = join(world.folder, `${session}.jsonl`)
  writeFileSync(file, text)
  writeFileSync(file.replace('.jsonl', '.tlog-proof'), proof)
  const said: string[] = []
  const stdout = { write: (line: string) => said.push(line) > 0 } as unknown as NodeJS.WritableStream
  if ((await runVerify({ file, key, stdout })) !== 0) throw new Error(said.join(''))
  const parsed = parseRecords(Buffer.from(text))
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.records
}
