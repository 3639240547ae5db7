import type { ExpectStatic } from 'vitest'
import { processGone } from '../fixtures/process-gone.ts'
import { startLabelledProxy, type FaultyLink, type LabelledProxy } from '../fixtures/labelled-proxy.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { eraNames, phaseNames, type Era, type Phase, type Round } from './fault-matrix-cells.ts'
import { eraClients, type Outcome, type Sent } from './fault-matrix-client.ts'
import {
  approveAll,
  countAnswered,
  countCalls,
  countWaiting,
  sessionState,
  setStage,
  verifiedRecords,
  type Stage,
  type World,
} from './fault-matrix-world.ts'
import { until } from './gateway-harness.ts'

interface Scene {
  world: World
  stage: Stage
  clientProxy: LabelledProxy
}

const each = (...phases: Phase[]) => phases.flatMap((phase) => eraNames.map((era) => ({ era, phase, key: `${phase}-${era}` })))

/** The place where the fault is made, if it is a network. */
function linkOf({ hop }: Round, { world, stage, clientProxy }: Scene): FaultyLink | undefined {
  switch (hop) {
    case 'client':
      return clientProxy.link('client')
    case 'desktop':
    case 'gateway':
      return world.proxy.link(stage.desktopLabel)
    case 'agent':
      return world.proxy.link(stage.agentLabel)
    case 'http':
      return stage.httpProxy.link('http')
    case 'stdio':
      return undefined
  }
}

/** An answer is kept on its way to the place of the fault; at a server, half of it. Answers go from the end that was dialled, but for those of the agent. */
async function beginAnswers(round: Round, scene: Scene): Promise<void> {
  const { ledger } = scene.stage
  const atServer = round.hop === 'stdio' || round.hop === 'http'
  if (!atServer) linkOf(round, scene)?.stall(round.hop === 'agent' ? 'from-client' : 'from-server')
  for (const { key } of each('answered')) ledger.release(key, atServer ? 'half' : 'whole')
  await until(() => each('answered').every(({ key }) => ledger.count('answered', key) === 1), 'the server has answered')
  if (!atServer && round.hop !== 'agent')
    await until(
      async () => (await countAnswered(scene.world, scene.stage.session)) === eraNames.length,
      'the answers have passed the gateway',
    )
}

async function makeFault(round: Round, scene: Scene): Promise<void> {
  const { stage, world } = scene
  const link = linkOf(round, scene)
  switch (round.fault) {
    case 'cut':
    case 'lost':
      return link?.cut()
    case 'stall':
      return round.hop === 'stdio' ? signalServers(stage, 'SIGSTOP') : link?.stall()
    case 'half-open':
      return round.hop === 'stdio' ? stage.ledger.closeOutput() : link?.halfOpen()
    case 'killed':
      // what it has sent stays on its way, and never arrives
      if (round.hop === 'stdio') return signalServers(stage, 'SIGKILL')
      if (round.hop === 'http') return stage.http.kill()
      if (round.hop === 'agent') await stage.killAgent()
      else if (round.hop === 'client') await stage.killDesktop()
      else await world.gateway.kill('SIGKILL')
      return link?.cut()
  }
}

/** Of the session; the one that speaks HTTP runs by itself. */
function signalServers({ ledger, http }: Stage, signal: NodeJS.Signals): void {
  for (const pid of ledger.pids()) if (!http.pids.includes(pid) && !processGone(pid)) process.kill(pid, signal)
}

async function undoFault(round: Round, scene: Scene): Promise<void> {
  const { stage, world } = scene
  linkOf(round, scene)?.heal()
  if (round.hop === 'stdio' && round.fault === 'stall') signalServers(stage, 'SIGCONT')
  if (round.fault !== 'killed') return
  if (round.hop === 'http') await stage.http.start()
  if (round.hop === 'agent') await stage.startAgent()
  if (round.hop === 'gateway') await world.startGateway()
}

/** Its server is gone: nothing is tried with a session that is about to end. */
const endsSession = ({ hop, fault }: Round) => hop === 'stdio' && fault !== 'stall'

/** Before the fault is undone the last calls have met it; otherwise it would not have been tried with them. */
async function meetFault({ hop, fault }: Round, { world, stage: { session } }: Scene, lastCalls: () => Promise<unknown>): Promise<unknown> {
  if (fault === 'lost') {
    await until(async () => (await sessionState(world, session)) === 'ended', 'the session has ended', 60_000)
    return lastCalls()
  }
  if ((hop === 'client' || hop === 'http') && (fault === 'cut' || fault === 'killed')) return lastCalls()
  if (hop === 'agent' || hop === 'http' || (fault === 'stall' && hop === 'stdio'))
    return until(async () => (await countCalls(world, session)) === eraNames.length * 3, 'the last calls have passed the gateway')
  // wherever these are then, they are answered in the end
  return new Promise((resolve) => setTimeout(resolve, 300))
}

export interface CallSeen {
  phase: Phase
  era: Era
  outcome: Outcome
  executed: number
  /** the lines of the recording that belong to the call */
  recorded: SessionRecord[]
}

/** Brings two calls, one of each era, to each moment, makes the fault, and lets everything take its course. */
export async function runRound(world: World, round: Round): Promise<CallSeen[]> {
  const name = `${round.hop}-${round.fault}`
  const program = round.fault !== 'killed' ? undefined : round.hop === 'agent' ? 'agent' : round.hop === 'client' ? 'desktop' : undefined
  const stage = await setStage(world, name, { program, server: round.hop === 'http' ? 'http' : 'stdio' })
  const { ledger, session, endpoint } = stage
  const clientProxy = await startLabelledProxy(Number(new URL(endpoint.url).port), () => 'client')
  const scene: Scene = { world, stage, clientProxy }
  const clients = await eraClients(endpoint, clientProxy.port)
  const sent = new Map<string, Sent>()
  const call = ({ era, phase, key }: { era: Era; phase: Phase; key: string }) =>
    sent.set(key, clients[era].call(phase === 'held' ? 'held' : 'run', key))

  for (const one of each('running', 'answered', 'held')) call(one)
  await until(() => each('running', 'answered').every(({ key }) => ledger.count('executed', key) === 1), 'the calls run')
  await until(async () => (await countWaiting(world, session)) === eraNames.length, 'the others are held')
  await beginAnswers(round, scene)
  await makeFault(round, scene)
  if (endsSession(round)) await until(async () => (await sessionState(world, session)) === 'ended', 'the session has ended')
  for (const one of each('before')) call(one)
  for (const { key } of each('running', 'before', 'held')) ledger.release(key, 'whole')
  await meetFault(round, scene, () => Promise.all(each('before').map(async ({ key }) => sent.get(key)?.done)))
  await undoFault(round, scene)
  for (const { key } of each('answered')) ledger.release(key, 'whole')
  await approveAll(world, session)
  const end = () => world.administrator.api.call('endSession', { id: session, reason: 'the test is over' }).catch(() => {})
  if (round.hop === 'http' && round.fault === 'half-open') {
    await Promise.all(each('before', 'held').map(async ({ key }) => sent.get(key)?.done))
    await end()
  }
  const outcomes = new Map(await Promise.all([...sent].map(async ([key, { done }]) => [key, await done] as const)))

  await end()
  const records = await verifiedRecords(world, session)
  await until(() => ledger.pids().every((pid) => stage.http.pids.includes(pid) || processGone(pid)), 'no server stays')
  await stage.close()
  await clientProxy.close()
  return each(...phaseNames).map(({ phase, era, key }) => {
    const outcome = outcomes.get(key)
    if (!outcome) throw new Error(`${key} was not called`)
    return { phase, era, outcome, executed: ledger.count('executed', key), recorded: exchangeOf(records, key) }
  })
}

function exchangeOf(records: readonly SessionRecord[], key: string): SessionRecord[] {
  const request = records.find((record) => record.kind === 'request' && record.body.includes(`"${key}"`))
  if (request?.kind !== 'request') return []
  return records.filter((record) => 'exchange' in record && record.exchange === request.exchange)
}

/** What becomes of a call stands in the recording: its answer, an error, or that it was left to a repeated call. */
const isEnd = (record: SessionRecord) =>
  record.kind === 'response' || record.kind === 'error' || (record.kind === 'approval' && record.event === 'pending')

/** No call executed twice, none lost without an error, none unrecorded. */
export function expectCells(expect: ExpectStatic, round: Round, seen: readonly CallSeen[]): void {
  for (const { phase, era, outcome, executed, recorded } of seen) {
    const cell = round.cells[phase]
    const what = typeof cell === 'string' ? cell : cell[eraNames.indexOf(era)]
    const call = `${phase}, ${era}`
    expect.soft({ call, ...outcome }).toEqual({ call, what, answers: what === 'broken' ? 0 : 1 })
    // what was running had begun; everything else runs if it is answered with a result, and otherwise not at all
    const begun = phase === 'running' || phase === 'answered'
    expect.soft({ call, executed }).toEqual({ call, executed: begun || what === 'result' ? 1 : 0 })
    // what never came to the gateway cannot be recorded there; it was not executed
    if (recorded.length > 0 || executed > 0)
      expect.soft({ call, recorded: recorded.map(({ kind }) => kind), ended: recorded.some(isEnd) }).toMatchObject({ call, ended: true })
  }
}
