/**
 * `npm run bench`: the product beside its floor on the same machine in the same minutes; ratios are formed inside each round.
 *   --rounds N (3)  --seconds N (4)  --json FILE
 */
import { writeFileSync, mkdtempSync, openSync, fdatasyncSync, writeSync, closeSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { floorTunnel, fullPath, type Arm } from './arms.ts'
import { measureLoad, type Load } from './load.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    json: { type: 'string' },
    clients: { type: 'string', default: '1,32' },
  },
})
const rounds = Number(values.rounds)
const seconds = { warmUp: Number(values.seconds), measured: Number(values.seconds) }
const clientCounts = values.clients.split(',').map(Number)
const arms = [floorTunnel, fullPath]
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))

interface Cell extends Load {
  arm: string
  clients: number
  round: number
}

const machine = {
  cores: availableParallelism(),
  model: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
}
const cells: Cell[] = []
const syncs: number[] = []
try {
  for (let round = 0; round < rounds; round += 1) {
    syncs.push(medianSync(folder))
    for (const clients of clientCounts)
      // the order alternates, so that drift of the machine falls on both
      for (const arm of round % 2 ? arms.toReversed() : arms) cells.push(await measureArm(arm, clients, round))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const report = { machine, rounds, seconds: seconds.measured, fdatasyncMs: median(syncs), cells, bars: bars() }
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
print()

async function measureArm(arm: Arm, clients: number, round: number): Promise<Cell> {
  process.stderr.write(`round ${round + 1}/${rounds}: ${arm.name}, ${clients} clients\n`)
  const running = await arm.start(join(folder, `${round}-${clients}-${arm.name.replaceAll(/\W+/g, '-')}`))
  try {
    return { arm: arm.name, clients, round, ...(await measureLoad(running.target, clients, seconds)) }
  } finally {
    await running.stop()
  }
}

/** One durable append of 1 KiB, in ms: the price that any recording pays twice per call. */
function medianSync(where: string): number {
  const file = join(where, 'sync')
  const handle = openSync(file, 'a')
  const kibibyte = Buffer.alloc(1024, 'x')
  const times = Array.from({ length: 200 }, () => {
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
  const ratios = (ratio: (floor: Cell, full: Cell, round: number) => number, clients: number): number =>
    median(
      Array.from({ length: rounds }, (_, round) => {
        const floor = of(floorTunnel, clients, round)
        const full = of(fullPath, clients, round)
        return floor && full ? ratio(floor, full, round) : Number.NaN
      }),
    )
  return [
    {
      id: 'P1',
      what: 'p50 at 1 client ÷ (do-nothing tunnel + 2 fdatasync)',
      bar: '≤ 1.35',
      value: ratios((floor, full, round) => full.p50 / (floor.p50 + 2 * syncs[round]!), 1),
    },
    {
      id: 'P2',
      what: 'calls/s at 32 clients ÷ do-nothing tunnel',
      bar: '≥ 0.65',
      value: ratios((floor, full) => full.callsPerSecond / floor.callsPerSecond, 32),
    },
  ]
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.filter((number) => !Number.isNaN(number)).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function print(): void {
  const lines = [
    `${machine.model}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}, ${machine.platform}`,
    `${rounds} rounds of ${seconds.measured} s, medians; fdatasync of 1 KiB: ${report.fdatasyncMs.toFixed(3)} ms`,
    '',
    '| arm | clients | p50 ms | p99 ms | calls/s | errors |',
    '|---|---|---|---|---|---|',
  ]
  for (const arm of arms)
    for (const clients of clientCounts) {
      const mine = cells.filter((cell) => cell.arm === arm.name && cell.clients === clients)
      const of = (pick: (cell: Cell) => number): number => median(mine.map(pick))
      const errors = mine.reduce((sum, cell) => sum + cell.errors, 0)
      lines.push(
        `| ${arm.name} | ${clients} | ${of((cell) => cell.p50).toFixed(2)} | ${of((cell) => cell.p99).toFixed(2)} | ${of((cell) => cell.callsPerSecond).toFixed(0)} | ${errors} |`,
      )
    }
  lines.push(
    '',
    '| bar | what | wanted | measured |',
    '|---|---|---|---|',
    ...report.bars.map((bar) => `| ${bar.id} | ${bar.what} | ${bar.bar} | ${bar.value.toFixed(2)} |`),
  )
  process.stdout.write(`${lines.join('\n')}\n`)
}
