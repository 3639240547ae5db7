/**
 * `npm run bench`: the product beside its floor and its peers on the same machine in the same minutes, and every bar with what was measured.
 *   --only tunnels,approvals,growth,pages,library,replay,decisions,evidence   some of it
 *   --no-peers      without the other products (they are installed from the registry once)
 *   --rounds N (3)  --seconds N (4)  --clients N,N (1,32)  --sessions N (10000): idle and recorded sessions of `growth`
 *   --json FILE     writes everything
 *   --publish       writes the tables and pictures of docs/performance.md, and docs/performance/results.json
 *   --from FILE     measures nothing: prints or publishes what was written before
 *   --profile FOLDER (CPU profiles of the product, after the last turn): only tunnels, without peers, unless something else is asked for
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { approvalFigures, measureApprovals } from './approvals.ts'
import { root } from './arm-process.ts'
import { measureDecisions } from './decisions.ts'
import { measureEvidence } from './evidence.ts'
import { gatewaySearchFigures, measureGatewaySearch } from './gateway-search.ts'
import { growthFigures, measureGrowth } from './growth.ts'
import { libraryFigures, measureLibraryPages, measureRecordSearch } from './library.ts'
import { measurePages, pageFigures } from './pages.ts'
import { installPeers } from './peers.ts'
import { growthPlot, latencyPlot, memoryPlot, throughputPlot } from './plots.ts'
import { publish } from './publish.ts'
import { measureReplay } from './replay.ts'
import { approvalTable, armTable, barTable, cpuTable, growthTable, machineLines, pageTable, type BenchReport } from './report.ts'
import { measureTunnels, tunnelFigures } from './tunnels.ts'

const { values } = parseArgs({
  allowNegative: true,
  options: {
    only: { type: 'string' },
    peers: { type: 'boolean' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    clients: { type: 'string', default: '1,32' },
    sessions: { type: 'string', default: '10000' },
    json: { type: 'string' },
    publish: { type: 'boolean', default: false },
    from: { type: 'string' },
    profile: { type: 'string' },
  },
})
const everything = ['tunnels', 'approvals', 'growth', 'pages', 'library', 'replay', 'decisions', 'evidence'] as const
const chosen = new Set(values.only?.split(',') ?? (values.profile === undefined ? everything : ['tunnels']))
for (const name of chosen)
  if (!everything.some((known) => known === name)) throw new Error(`--only: ${name} is none of ${everything.join(', ')}`)

const report = values.from === undefined ? await measure() : (JSON.parse(readFileSync(values.from, 'utf8')) as BenchReport)
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
if (values.publish) await publishReport(report)
process.stdout.write(`${summary(report).join('\n')}\n`)

async function measure(): Promise<BenchReport> {
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  const result: BenchReport = { machine: machine(), date: new Date().toISOString(), commit: commit(), tookSeconds: 0, figures: {} }
  const section = async (name: (typeof everything)[number], run: (own: string) => Promise<void>): Promise<void> => {
    if (!chosen.has(name)) return
    const at = performance.now()
    process.stderr.write(`${name}\n`)
    try {
      await run(join(folder, name))
    } catch (error) {
      // what was measured by then is worth keeping, and the table says what was not
      process.stderr.write(`${name} could not be measured: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exitCode = 1
    }
    process.stderr.write(`${name} took ${((performance.now() - at) / 1000).toFixed(0)} s\n`)
  }
  try {
    await section('tunnels', async () => {
      const leftOut = peersLeftOut()
      const clientCounts = values.clients.split(',').map(Number)
      const numbers = { rounds: Number(values.rounds), seconds: Number(values.seconds), clientCounts }
      const profile = values.profile === undefined ? {} : { profile: values.profile }
      result.tunnels = await measureTunnels({ ...numbers, folder, peers: leftOut === undefined, ...profile })
      if (leftOut !== undefined) result.tunnels.leftOut = leftOut
      Object.assign(result.figures, tunnelFigures(result.tunnels))
    })
    await section('approvals', async (own) => {
      result.approvals = await measureApprovals(own)
      Object.assign(result.figures, approvalFigures(result.approvals))
    })
    await section('growth', async (own) => {
      result.growth = await measureGrowth(own, Number(values.sessions))
      Object.assign(result.figures, growthFigures(result.growth))
    })
    await section('pages', async (own) => {
      result.pages = await measurePages(own)
      Object.assign(result.figures, pageFigures(result.pages))
      Object.assign(result.figures, gatewaySearchFigures(await measureGatewaySearch(own)))
    })
    await section('library', async (own) => {
      Object.assign(result.figures, libraryFigures(await measureLibraryPages(own)), await measureRecordSearch(own))
    })
    await section('replay', async (own) => void Object.assign(result.figures, await measureReplay(own)))
    await section('decisions', async () => void Object.assign(result.figures, await measureDecisions()))
    await section('evidence', async (own) => void Object.assign(result.figures, await measureEvidence(own)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  result.tookSeconds = Math.round((performance.now() - started) / 1000)
  return result
}

/** Why the peers are not measured; undefined if they are. */
function peersLeftOut(): string | undefined {
  if (!(values.peers ?? values.profile === undefined)) return 'they were not asked for'
  const problem = installPeers()
  if (problem !== undefined) process.stderr.write(`without peers: ${problem}\n`)
  return problem
}

function machine(): BenchReport['machine'] {
  return {
    cores: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  }
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

function summary(result: BenchReport): string[] {
  return [
    ...machineLines(result),
    ...(result.tunnels ? ['', ...armTable(result.tunnels), '', ...cpuTable(result.tunnels)] : []),
    ...(result.approvals ? ['', ...approvalTable(result.approvals)] : []),
    ...(result.growth ? ['', ...growthTable(result.growth)] : []),
    ...(result.pages ? ['', ...pageTable(result.pages)] : []),
    '',
    ...barTable(result.figures),
    '',
    `The whole took ${Math.ceil(result.tookSeconds / 60)} minutes.`,
  ]
}

async function publishReport(result: BenchReport): Promise<void> {
  const { tunnels, approvals, growth, pages, figures } = result
  if (!tunnels || !approvals || !growth || !pages) throw new Error('only a run that measured everything is published')
  await publish(
    {
      machine: machineLines(result),
      bars: barTable(figures),
      arms: armTable(tunnels),
      cpu: cpuTable(tunnels),
      approvals: approvalTable(approvals),
      growth: growthTable(growth),
      pages: pageTable(pages),
    },
    {
      'results.json': `${JSON.stringify(result, null, 2)}\n`,
      'throughput.svg': throughputPlot(tunnels),
      'latency.svg': latencyPlot(tunnels),
      'memory.svg': memoryPlot(growth),
      'growth.svg': growthPlot(pages),
    },
  )
}
