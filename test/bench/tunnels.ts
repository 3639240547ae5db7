/** The product beside its floor and its peers: latency, calls per second, CPU and memory. P1 and P2. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { residentBytes, withDescendants } from './arm-process.ts'
import { floorTunnel, fullPath, type Arm, type RunningArm } from './arms.ts'
import type { Figures } from './bars.ts'
import { loadOf, openClient, type Client, type Load, type Window } from './load.ts'
import { mcpProxy, mcpRemote, recordingPeer, remoteTopology, sdkServer, supergateway, type Peer } from './peers.ts'
import { cpuSpent, cpuTimes, parts, type CpuTimes } from './process-cpu.ts'
import { writeProfile } from './profile.ts'
import { median } from './statistics.ts'

export interface Cell extends Load {
  arm: string
  clients: number
  round: number
  /** µs of user and system time per call; not of peers, whose processes are others */
  cpu?: CpuTimes
  /** resident memory of all processes of the arm after its last turn, its MCP server included */
  residentBytes: number
}

export interface TunnelResults {
  rounds: number
  seconds: number
  clientCounts: number[]
  /** median of an append of 1 KiB and its fdatasync, by round */
  fdatasyncMs: number[]
  loadAverages: number[]
  cells: Cell[]
  /** why there are no peers */
  leftOut?: string
}

export interface TunnelOptions {
  rounds: number
  seconds: number
  clientCounts: number[]
  folder: string
  peers: boolean
  /** folder for CPU profiles of the product */
  profile?: string
}

const arms = [floorTunnel, fullPath]
/** seconds per number of clients; a peer that is slow needs no more to be seen as slow */
const peerSeconds = 1.5
const peers: readonly Peer[] = [sdkServer, mcpProxy, supergateway, mcpRemote, remoteTopology, recordingPeer]
export const armNames: readonly string[] = [...arms, ...peers].map(({ name }) => name)

/** In each round every arm starts anew; the order changes from round to round, because who starts has the colder machine. */
export async function measureTunnels(options: TunnelOptions): Promise<TunnelResults> {
  const { rounds, seconds, clientCounts } = options
  const results: TunnelResults = { rounds, seconds, clientCounts, fdatasyncMs: [], loadAverages: [loadAverage()], cells: [] }
  for (let round = 0; round < rounds; round += 1) {
    await measureProduct(options, round, results)
    if (!options.peers) continue
    const order = [...peers.slice(round % peers.length), ...peers.slice(0, round % peers.length)]
    for (const peer of order) {
      try {
        results.cells.push(...(await measurePeer(options, peer, round)))
      } catch (error) {
        // one of them that does not start must not take the others' numbers with it; its bar says that it was not measured
        say(`${peer.name} could not be measured: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    results.loadAverages.push(loadAverage())
  }
  return results
}

interface Contender {
  arm: Arm
  started: RunningArm
  client: Client
}

/**
 * Both arms run, and take turns of a second each: while one is measured the other is idle, so that whatever else the machine does falls on
 * both.
 */
async function measureProduct(options: TunnelOptions, round: number, results: TunnelResults): Promise<void> {
  const { seconds, clientCounts, folder } = options
  const contenders: Contender[] = []
  try {
    for (const arm of round % 2 ? arms.toReversed() : arms) {
      say(`round ${round + 1}/${options.rounds}: ${arm.name} starts`)
      const started = await arm.start(armFolder(folder, round, arm.name))
      const client = await openClient(started.target)
      contenders.push({ arm, started, client })
      // these programs run for weeks: what is measured is compiled code, in both arms
      await client.run(Math.max(...clientCounts), seconds * 2)
    }
    const syncTimes: number[] = []
    for (const clients of clientCounts) {
      say(`round ${round + 1}/${options.rounds}: ${clients} clients`)
      results.cells.push(...(await takeTurns(contenders, clients, { round, seconds, folder, syncTimes })))
    }
    results.fdatasyncMs.push(median(syncTimes))
    if (round === options.rounds - 1 && options.profile !== undefined) await profile(contenders, options, options.profile)
  } finally {
    for (const { started, client } of contenders) {
      client.close()
      await started.stop()
    }
    results.loadAverages.push(loadAverage())
  }
}

async function profile(contenders: readonly Contender[], { clientCounts, seconds }: TunnelOptions, folder: string): Promise<void> {
  const product = contenders.find(({ arm }) => arm === fullPath)
  if (product === undefined) return
  const { processes } = product.started
  for (const clients of clientCounts) {
    for (const part of ['gateway', 'desktop', 'agent'] as const) {
      await writeProfile(processes[part], folder, `${part}-${clients}`, () => product.client.run(clients, seconds))
    }
  }
}

/** A second each, with a look at the disk after both. */
async function takeTurns(
  contenders: readonly Contender[],
  clients: number,
  { round, seconds, folder, syncTimes }: { round: number; seconds: number; folder: string; syncTimes: number[] },
): Promise<Cell[]> {
  const measured = contenders.map((contender) => ({ ...contender, windows: [] as Window[], cpu: [] as CpuTimes[] }))
  for (const { client } of measured) await client.run(clients, 1)
  for (let turn = 0; turn < seconds; turn += 1) {
    for (const { started, client, windows, cpu } of turn % 2 ? measured.toReversed() : measured) {
      const before = cpuTimes(started.processes)
      windows.push(await client.run(clients, 1))
      cpu.push(cpuSpent(before, cpuTimes(started.processes)))
    }
    syncTimes.push(medianSync(folder))
  }
  return measured.map(({ arm, started, windows, cpu }) => {
    const load = loadOf(windows)
    return {
      arm: arm.name,
      clients,
      round,
      ...load,
      cpu: perCall(cpu, load.calls),
      residentBytes: memoryOf(Object.values(started.processes)),
    }
  })
}

async function measurePeer({ folder, clientCounts, rounds }: TunnelOptions, peer: Peer, round: number): Promise<Cell[]> {
  say(`round ${round + 1}/${rounds}: ${peer.name}`)
  const started = await peer.start(armFolder(folder, round, peer.name))
  try {
    const client = await started.open()
    await client.run(Math.max(...clientCounts), peerSeconds * 2)
    const cells: Cell[] = []
    for (const clients of clientCounts) {
      await client.run(clients, 0.5)
      const load = loadOf([await client.run(clients, peerSeconds)])
      cells.push({ arm: peer.name, clients, round, ...load, residentBytes: memoryOf(started.roots) })
    }
    client.close()
    return cells
  } finally {
    await started.stop()
  }
}

export function tunnelFigures({ cells, fdatasyncMs, rounds }: TunnelResults): Figures {
  const ratio = (clients: number, other: string, of: (product: Cell, other: Cell, round: number) => number) => {
    const find = (arm: string, round: number) => cells.find((cell) => cell.arm === arm && cell.clients === clients && cell.round === round)
    const each = Array.from({ length: rounds }, (_, round) => {
      const [product, compared] = [find(fullPath.name, round), find(other, round)]
      return product && compared ? of(product, compared, round) : Number.NaN
    })
    return { value: median(each), each }
  }
  const rates = (product: Cell, other: Cell): number => product.callsPerSecond / other.callsPerSecond
  return {
    'p1-floor': ratio(1, floorTunnel.name, (product, floor, round) => product.p50 / (floor.p50 + 2 * (fdatasyncMs[round] ?? Number.NaN))),
    'p1-topology': ratio(1, remoteTopology.name, (product, peer) => product.p50 / peer.p50),
    'p2-floor': ratio(32, floorTunnel.name, rates),
    'p2-topology': ratio(32, remoteTopology.name, rates),
    'p2-recording': ratio(32, recordingPeer.name, rates),
  }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const armFolder = (folder: string, round: number, arm: string): string => join(folder, `${round}-${arm.replaceAll(/\W+/g, '-')}`)

const memoryOf = (roots: readonly number[]): number =>
  [...new Set(roots.flatMap(withDescendants))].reduce((sum, pid) => sum + residentBytes(pid), 0)

function perCall(turns: readonly CpuTimes[], calls: number): CpuTimes {
  const sums: CpuTimes = { load: 0, desktop: 0, gateway: 0, agent: 0, server: 0 }
  for (const part of parts) sums[part] = turns.reduce((sum, turn) => sum + turn[part], 0) / calls
  return sums
}

/** of the last minute: above the number of cores somebody else is working too, or the benchmark alone fills them */
function loadAverage(): number {
  return Number((loadavg()[0] ?? Number.NaN).toFixed(2))
}

/** One durable append of 1 KiB, in ms: the price that any recording pays twice per call. */
function medianSync(where: string): number {
  const file = join(where, 'sync')
  const handle = openSync(file, 'a')
  const kibibyte = Buffer.alloc(1024, 'x')
  const times = Array.from({ length: 50 }, () => {
    const at = performance.now()
    writeSync(handle, kibibyte)
    fdatasyncSync(handle)
    return performance.now() - at
  })
  closeSync(handle)
  rmSync(file)
  return median(times)
}
