/**
 * `npm run bench`: the product beside its floor on the same machine in the same minutes; ratios are formed inside each round.
 *   --rounds N (3)  --seconds N (4)  --clients N,N (1,32)  --json FILE  --profile FOLDER (CPU profiles of the product, after the last turn)
 *
 * A round starts both arms anew and warms both up. While one is measured the other is idle; they take turns of a second each, so that
 * whatever else the machine does falls on both.
 */
import { writeFileSync, mkdtempSync, openSync, fdatasyncSync, writeSync, closeSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { floorTunnel, fullPath, type Arm, type RunningArm } from './arms.ts'
import { loadOf, openClient, type Client, type Load, type Window } from './load.ts'
import { writeProfile } from './profile.ts'
import { cpuSpent, cpuTimes, parts, type CpuTimes } from './process-cpu.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    json: { type: 'string' },
    clients: { type: 'string', default: '1,32' },
    profile: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const clientCounts = values.clients.split(',').map(Number)
const arms = [floorTunnel, fullPath]
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))

interface Cell extends Load {
  arm: string
  clients: number
  round: number
  /** µs of user and system time per call */
  cpu: CpuTimes
}

const machine = {
  cores: availableParallelism(),
  model: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
}
const cells: Cell[] = []
/** by round */
const syncs: number[] = []
const loads = [loadAverage()]
try {
  for (let round = 0; round < rounds; round += 1) await measureRound(round)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const report = {
  machine,
  date: new Date().toISOString(),
  loadAverages: loads,
  rounds,
  seconds,
  fdatasyncMs: syncs,
  cells,
  bars: bars(),
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
print()

interface Contender {
  arm: Arm
  started: RunningArm
  client: Client
}

async function measureRound(round: number): Promise<void> {
  // the order alternates: who starts has the colder machine
  const order = round % 2 ? arms.toReversed() : arms
  const contenders: Contender[] = []
  try {
    for (const arm of order) {
      process.stderr.write(`round ${round + 1}/${rounds}: ${arm.name} starts\n`)
      const started = await arm.start(join(folder, `${round}-${arm.name.replaceAll(/\W+/g, '-')}`))
      const client = await openClient(started.target)
      contenders.push({ arm, started, client })
      // these programs run for weeks: what is measured is compiled code, in both arms
      await client.run(Math.max(...clientCounts), seconds * 2)
    }
    const syncTimes: number[] = []
    for (const clients of clientCounts) cells.push(...(await takeTurns(contenders, clients, round, syncTimes)))
    syncs.push(median(syncTimes))
    if (round === rounds - 1) await profile(contenders)
  } finally {
    for (const { started, client } of contenders) {
      client.close()
      await started.stop()
    }
    loads.push(loadAverage())
  }
}

async function profile(contenders: readonly Contender[]): Promise<void> {
  const product = contenders.find(({ arm }) => arm === fullPath)
  if (values.profile === undefined || product === undefined) return
  const { processes } = product.started
  for (const clients of clientCounts) {
    for (const part of ['gateway', 'desktop', 'agent'] as const) {
      await writeProfile(processes[part], values.profile, `${part}-${clients}`, () => product.client.run(clients, seconds))
    }
  }
}

/** A second each, with a look at the disk after both. */
async function takeTurns(contenders: readonly Contender[], clients: number, round: number, syncTimes: number[]): Promise<Cell[]> {
  process.stderr.write(`round ${round + 1}/${rounds}: ${clients} clients\n`)
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
  return measured.map(({ arm, windows, cpu }) => {
    const load = loadOf(windows)
    return { arm: arm.name, clients, round, ...load, cpu: perCall(cpu, load.calls) }
  })
}

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

function bars() {
  const of = (arm: Arm, clients: number, round: number) =>
    cells.find((cell) => cell.arm === arm.name && cell.clients === clients && cell.round === round)
  const bar = (id: string, what: string, wanted: string, clients: number, ratio: (floor: Cell, full: Cell, round: number) => number) => {
    const each = Array.from({ length: rounds }, (_, round) => {
      const floor = of(floorTunnel, clients, round)
      const full = of(fullPath, clients, round)
      return floor && full ? ratio(floor, full, round) : Number.NaN
    })
    return { id, what, bar: wanted, value: median(each), each }
  }
  return [
    bar('P1', 'p50 at 1 client ÷ (do-nothing tunnel + 2 fdatasync)', '≤ 1.35', 1, (floor, full, round) => {
      return full.p50 / (floor.p50 + 2 * (syncs[round] ?? Number.NaN))
    }),
    bar('P2', 'calls/s at 32 clients ÷ do-nothing tunnel', '≥ 0.65', 32, (floor, full) => full.callsPerSecond / floor.callsPerSecond),
  ]
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.filter((number) => !Number.isNaN(number)).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function print(): void {
  const lines = [
    `${machine.model}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}, ${machine.platform}`,
    `${rounds} rounds of ${seconds} s, medians; fdatasync of 1 KiB: ${median(syncs).toFixed(3)} ms; load average ${loads.join(', ')}`,
    '',
    '| arm | clients | p50 ms | p99 ms | calls/s | errors |',
    '|---|---|---|---|---|---|',
  ]
  const cellLines = (line: (of: (pick: (cell: Cell) => number) => number, mine: Cell[]) => string): void => {
    for (const clients of clientCounts)
      for (const arm of arms) {
        const mine = cells.filter((cell) => cell.arm === arm.name && cell.clients === clients)
        lines.push(`| ${arm.name} | ${clients} | ${line((pick) => median(mine.map(pick)), mine)} |`)
      }
  }
  cellLines((of, mine) => {
    const errors = mine.reduce((sum, cell) => sum + cell.errors, 0)
    const [p50, p99, rate] = [of((cell) => cell.p50), of((cell) => cell.p99), of((cell) => cell.callsPerSecond)]
    return `${p50.toFixed(2)} | ${p99.toFixed(2)} | ${rate.toFixed(0)} | ${errors}`
  })
  lines.push('', `| CPU µs per call | clients | ${parts.join(' | ')} | all |`, `|---|---|${parts.map(() => '---|').join('')}---|`)
  cellLines((of) => {
    const each = parts.map((part) => of((cell) => cell.cpu[part]))
    return [...each, each.reduce((sum, one) => sum + one, 0)].map((one) => one.toFixed(0)).join(' | ')
  })
  lines.push(
    '',
    '| bar | what | wanted | measured | rounds |',
    '|---|---|---|---|---|',
    ...report.bars.map(
      ({ id, what, bar, value, each }) =>
        `| ${id} | ${what} | ${bar} | ${value.toFixed(2)} | ${each.map((one) => one.toFixed(2)).join(', ')} |`,
    ),
  )
  process.stdout.write(`${lines.join('\n')}\n`)
}
