/** What a session costs that nobody uses, and whether a gateway that has recorded many is slower. P10, and calls per second of P11. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServices, type DemoServices } from '../../demo/supervisor/services.ts'
import { gatewayApi, type GatewayApi } from '../../src-main/services/gateway-api.ts'
import { createIdentity } from '../../src-main/services/identity.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openBrowserAs } from '../integration/sign-in-by-fetch.ts'
import { readyLineOf, residentBytes, root, rootPid, startNode } from './arm-process.ts'
import { benchPolicy } from './arms.ts'
import { buildProgram } from './built-program.ts'
import type { Figures } from './bars.ts'
import { loadOf, openClient, type Client, type Window } from './load.ts'
import { manySessions, startSessionOpener } from './session-opener.ts'

export interface GrowthResults {
  /** the gateway's resident bytes without a session */
  idleBytes: number
  /** and with so many that nobody uses */
  sessions: { count: number; bytes: number }[]
  /** sessions per second, opened and greeted by 16 at once */
  openedPerSecond: number
  /** calls per second at 32 clients, by turn: of a gateway that has recorded few sessions, and one that has recorded many */
  callsFew: number[]
  callsMany: number[]
  recordedFew: number
  recordedMany: number
}

const few = 10
/** what is measured is a gateway that rests: after this long it has given back what its start left behind (src-node/start-memory.ts) */
const restMs = 25_000
const steps = 10
const clients = 32

export async function measureGrowth(folder: string, most: number): Promise<GrowthResults> {
  const program = buildProgram()
  const grown = await startGateway(join(folder, 'many'), program)
  try {
    await sleep(restMs)
    const idleBytes = residentBytes(grown.gatewayPid)
    const { sessions, openedPerSecond } = await openIdleSessions(grown, most, join(folder, 'many'))
    const recordedMany = await grown.recorded()
    const fresh = await startGateway(join(folder, 'few'), program)
    try {
      const { openedPerSecond: _ } = await openIdleSessions(fresh, few, join(folder, 'few'))
      const recordedFew = await fresh.recorded()
      const turns = await takeTurns(fresh, grown)
      return { idleBytes, sessions, openedPerSecond, ...turns, recordedFew, recordedMany }
    } finally {
      await fresh.stop()
    }
  } finally {
    await grown.stop()
  }
}

/** what the bars are about; fewer sessions say something else */
const wantedSessions = 10_000

export const growthFigures = (results: GrowthResults): Figures => {
  const { idleBytes, sessions, callsFew, callsMany, recordedMany } = results
  const last = sessions.at(-1)
  const each = callsMany.map((rate, turn) => rate / (callsFew[turn] ?? Number.NaN))
  const sum = (rates: readonly number[]): number => rates.reduce((total, rate) => total + rate, 0)
  const idle: Figures = { 'p10-idle': { value: idleBytes / 1e6 } }
  if (recordedMany < wantedSessions) return idle
  return {
    ...idle,
    'p10-session': { value: last ? (last.bytes - idleBytes) / last.count / 1000 : Number.NaN },
    'p11-calls': { value: sum(callsMany) / sum(callsFew), each },
  }
}

interface MeasuredGateway {
  services: DemoServices
  gatewayPid: number
  /** finished recordings */
  recorded(): Promise<number>
  client(): Promise<Client>
  stop(): Promise<void>
}

async function startGateway(folder: string, program: string): Promise<MeasuredGateway> {
  mkdirSync(folder, { recursive: true })
  const policy = join(folder, 'policy.yaml')
  writeFileSync(policy, benchPolicy())
  const upstream = startNode('upstream', [join(import.meta.dirname, 'echo-http-server.ts')], folder)
  const { url } = await readyLineOf(upstream)
  const services = await startServices({
    root,
    data: join(folder, 'data'),
    reset: true,
    anyPorts: true,
    progress: () => {},
    policy,
    program,
    limits: manySessions,
    extraServer: [
      { name: 'echo', title: 'Echo', command: [process.execPath, join(import.meta.dirname, 'echo-server.ts')] },
      { name: 'idle', title: 'Idle', url: String(url) },
    ],
  })
  const stops: (() => Promise<unknown>)[] = [() => upstream.stop(), () => services.stop()]
  let auditor: GatewayApi | undefined
  return {
    services,
    gatewayPid: rootPid(services.processes.gateway),
    async recorded() {
      auditor ??= await signInAuditor(services.gatewayUrl)
      return (await auditor.call('recordings', { limit: 1 })).total
    },
    async client() {
      const connect = startNode('connect', [join(import.meta.dirname, 'connect-as-operator.ts'), services.gatewayUrl, 'echo'], folder)
      stops.push(() => connect.stop())
      const { url, bearer } = await readyLineOf(connect)
      return openClient({ url: String(url), headers: { authorization: `Bearer ${String(bearer)}` } })
    },
    async stop() {
      for (const stop of stops.toReversed()) await stop()
    },
  }
}

async function signInAuditor(gatewayUrl: string): Promise<GatewayApi> {
  const identity = createIdentity({ gatewayUrl, clock: systemClock, openBrowser: openBrowserAs({ username: 'auditor' }) })
  await identity.signIn()
  return gatewayApi({ baseUrl: gatewayUrl, identity })
}

/** Opens them in steps and looks at the memory after each; then all of them are ended and sealed. */
async function openIdleSessions(gateway: MeasuredGateway, most: number, folder: string) {
  const opener = await startSessionOpener({ gatewayUrl: gateway.services.gatewayUrl, connection: 'idle', name: 'idle-desktop', folder })
  const sessions: GrowthResults['sessions'] = []
  try {
    const step = Math.max(1, Math.floor(most / steps))
    const started = performance.now()
    for (let count = step; count <= most; count += step) {
      const opened = await opener.open(step)
      sessions.push({ count: opened, bytes: residentBytes(gateway.gatewayPid) })
      process.stderr.write(`\r${opened} of ${most} idle sessions`)
    }
    process.stderr.write('\n')
    const openedPerSecond = most / ((performance.now() - started) / 1000)
    await sleep(restMs)
    sessions.push({ count: most, bytes: residentBytes(gateway.gatewayPid) })
    await opener.endAll()
    for (let recorded = 0; recorded < most; recorded = await gateway.recorded()) await sleep(500)
    return { sessions, openedPerSecond }
  } finally {
    await opener.stop()
  }
}

const turns = 8

/** Both gateways run; they take turns of a second. */
async function takeTurns(fewer: MeasuredGateway, more: MeasuredGateway): Promise<Pick<GrowthResults, 'callsFew' | 'callsMany'>> {
  const sides = [
    { client: await fewer.client(), windows: [] as Window[] },
    { client: await more.client(), windows: [] as Window[] },
  ] as const
  for (const { client } of sides) await client.run(clients, 6)
  for (let turn = 0; turn < turns; turn += 1)
    for (const { client, windows } of turn % 2 ? sides.toReversed() : sides) windows.push(await client.run(clients, 1))
  for (const { client } of sides) client.close()
  const rates = (windows: readonly Window[]) => windows.map((window) => loadOf([window]).callsPerSecond)
  return { callsFew: rates(sides[0].windows), callsMany: rates(sides[1].windows) }
}
