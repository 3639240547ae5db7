/**
 * `npm run soak`: many sessions for a long time, with real processes, while memory, open files and event loops are looked at every second.
 *   --minutes N (10)  --idle N (1000) sessions over HTTP that nobody uses  --active N (64) sessions over stdio that call all the time
 *   --every N (200)   milliseconds between two calls of an active session
 *   --json FILE       writes every sample   --publish  writes table and picture of docs/performance.md
 * Ends with 1 if a call failed, an idle session was lost, or memory grew.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startServices } from '../../../demo/supervisor/services.ts'
import { readyLineOf, root, startNode } from '../arm-process.ts'
import { benchPolicy } from '../arms.ts'
import { buildProgram } from '../built-program.ts'
import { publish } from '../publish.ts'
import { table } from '../report.ts'
import { manySessions, startSessionOpener } from '../session-opener.ts'
import { shortNumber } from '../svg.ts'
import { judgeMemory, type MemoryTrend, type Trend } from './judge-memory.ts'
import { soakPlot } from './plot.ts'
import { watchProcess } from './watch-process.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    idle: { type: 'string', default: '1000' },
    active: { type: 'string', default: '64' },
    every: { type: 'string', default: '200' },
    json: { type: 'string' },
    publish: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.minutes) * 60
const [idleCount, activeCount, everyMs] = [Number(values.idle), Number(values.active), Number(values.every)]
/** compilers need a while, and a session keeps up to a thousand of its latest calls: at five a second it has them by then */
const warmUpSeconds = seconds * 0.4
const collectionsInAll = 12
const say = (text: string): void => void process.stderr.write(`${text}\n`)

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-soak-'))
const policy = join(folder, 'policy.yaml')
mkdirSync(folder, { recursive: true })
writeFileSync(policy, benchPolicy())
buildProgram()
const stops: (() => Promise<unknown>)[] = []
try {
  const { lines, failed, samples } = await soak()
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ date: new Date().toISOString(), seconds, idleCount, activeCount, everyMs, samples }, null, 1)}\n`,
    )
  if (values.publish) await publish({ soak: lines }, { 'soak.svg': soakPlot(samples, { idle: idleCount, active: activeCount }) })
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = failed ? 1 : 0
} finally {
  for (const stop of stops.toReversed()) await stop()
  rmSync(folder, { recursive: true, force: true })
}

async function soak() {
  const upstream = startNode('upstream', [join(import.meta.dirname, '..', 'echo-http-server.ts')], folder)
  stops.push(() => upstream.stop())
  const { url } = await readyLineOf(upstream)
  const services = await startServices({
    root,
    data: join(folder, 'data'),
    reset: true,
    anyPorts: true,
    progress: say,
    policy,
    program: join(import.meta.dirname, 'observed-program.ts'),
    limits: manySessions,
    extraServer: [
      { name: 'active', title: 'Active', command: [process.execPath, join(import.meta.dirname, '..', 'echo-server.ts')] },
      { name: 'idle', title: 'Idle', url: String(url) },
    ],
  })
  stops.push(() => services.stop())
  const { gatewayUrl } = services
  const idle = await startSessionOpener({ gatewayUrl, connection: 'idle', name: 'idle-desktop', folder })
  stops.push(() => idle.stop())
  const active = await startSessionOpener({ gatewayUrl, connection: 'active', name: 'active-desktop', folder })
  stops.push(() => active.stop())

  say(`Opening ${idleCount} idle sessions`)
  await idle.open(idleCount)
  say(`Opening ${activeCount} active sessions`)
  await active.open(activeCount)
  const watches = [
    watchProcess('gateway', services.processes.gateway.process),
    watchProcess('agent', services.processes.agent.process),
    watchProcess('desktop, active', active.process),
    watchProcess('desktop, idle', idle.process),
  ]
  say(`${values.minutes} minutes of calls`)
  const collections = Array.from({ length: collectionsInAll }, async (_, at) => {
    await sleep((seconds * 1000 * (at + 1)) / collectionsInAll - 1000)
    for (const watch of watches) watch.collect()
  })
  const calls = await active.callFor(seconds, everyMs)
  await Promise.all(collections)
  for (const watch of watches) watch.stop()
  say('Is every idle session still there?')
  const still = await idle.callFor(0, 0)
  await sleep(1000)
  const trends = watches.map((watch) => judgeMemory(watch, warmUpSeconds))
  const problems = [
    ...(calls.errors > 0 ? [`${calls.errors} calls failed, the first one: ${calls.firstError}`] : []),
    ...(still.errors > 0 || still.calls !== idleCount
      ? [`${still.errors} of ${still.calls} idle sessions did not answer: ${still.firstError}`]
      : []),
    ...trends.filter(({ flat }) => !flat).map(({ name }) => `memory or open files of the ${name} grew`),
  ]
  const lines = [
    `${idleCount} idle and ${activeCount} active sessions for ${values.minutes} minutes: ${shortNumber(calls.calls)} calls, ${calls.errors} errors, p50 ${calls.p50.toFixed(1)} ms, p99 ${calls.p99.toFixed(1)} ms, the slowest ${calls.slowest.toFixed(0)} ms. ${still.calls - still.errors} of ${idleCount} idle sessions answered at the end. The table leaves out the first 40 % of the time.`,
    '',
    ...trendTable(trends),
    '',
    problems.length === 0 ? 'No error, and nothing grew.' : `**${problems.join('; ')}.**`,
  ]
  return { lines, failed: problems.length > 0, samples: Object.fromEntries(watches.map(({ name, samples }) => [name, samples])) }
}

function trendTable(trends: readonly MemoryTrend[]): string[] {
  const trend = ({ firstMb, lastMb, perHour, uncertainty }: Trend): string =>
    `${firstMb.toFixed(1)} → ${lastMb.toFixed(1)} (${perHour.toFixed(0)} ± ${uncertainty.toFixed(0)} an hour)`
  return table(
    ['process', 'most, MB', 'resident after collections, MB', 'live heap, MB', 'open files', 'loop delay p99, ms', 'worst, ms', 'flat'],
    trends.map((one) => [
      one.name,
      one.mostMb.toFixed(0),
      trend(one.resident),
      trend(one.heap),
      `${one.filesFirst} → ${one.filesLast}`,
      one.loopP99.toFixed(1),
      one.loopMax.toFixed(0),
      one.flat ? 'yes' : '**no**',
    ]),
  )
}
