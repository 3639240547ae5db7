/**
 * `npm run conformance`: is the tunnel invisible? Each suite runs against a server directly and through the whole product; a scenario is
 * the same when every check has the same verdict. Whether the server passes is not the question here.
 *   --only TEXT       only runs whose `pair/suite` contains it          --scenario NAME   only this scenario
 *   --json FILE       everything as JSON                                --keep            leave logs and results where they are
 *   --pending         also what is known not to work yet
 * Two pairs run side by side, and the two sides of each: a scenario waits most of its time. What is said of a pair is told in one piece.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareResults, type ScenarioComparison } from './compare-results.ts'
import { pairs, type Pair } from './pairs.ts'
import type { Side } from './sides.ts'
import { runSuite, type Suite } from './suites.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    scenario: { type: 'string' },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
    pending: { type: 'boolean', default: false },
  },
})

const attempts = 3
const pairsSideBySide = 2
type Run = { pair: string; suite: string } & ({ pending: string } | { scenarios: ScenarioComparison[] })

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-conformance-'))
const runs: Run[] = []
try {
  const waiting = pairs.entries()
  const compared: Run[][] = []
  const compareNext = async () => {
    for (const [index, pair] of waiting) {
      const said: string[] = []
      try {
        compared[index] = await comparePair(pair, (text) => void said.push(text))
      } finally {
        process.stdout.write(said.join(''))
      }
    }
  }
  // one that fails leaves the others time to end what they started
  const ended = await Promise.allSettled(Array.from({ length: pairsSideBySide }, compareNext))
  for (const each of ended) if (each.status === 'rejected') throw each.reason
  runs.push(...compared.flat())
} finally {
  if (values.keep) process.stdout.write(`\nLogs and results: ${folder}\n`)
  else rmSync(folder, { recursive: true, force: true })
}
const scenarios = runs.flatMap((run) => ('scenarios' in run ? run.scenarios : []))
const count = (wanted: ScenarioComparison['verdict']) => scenarios.filter(({ verdict }) => verdict === wanted).length
const summary = {
  same: count('same'),
  explained: count('explained'),
  differs: count('differs'),
  pending: runs.filter((run) => 'pending' in run).length,
}
if (values.json) writeFileSync(values.json, `${JSON.stringify({ summary, runs }, null, 2)}\n`)
process.stdout.write(
  `\n${summary.same} scenarios same, ${summary.explained} explained, ${summary.differs} differ; ${summary.pending} suites pending\n`,
)
// a comparison of nothing proves nothing
process.exitCode = summary.differs > 0 || scenarios.length === 0 ? 1 : 0

type Write = (text: string) => void

async function comparePair(pair: Pair, write: Write): Promise<Run[]> {
  const wanted = pair.suites.filter((suite) => `${pair.name}/${suite.name}`.includes(values.only))
  const compared: Run[] = []
  const isPending = (suite: Suite) => !values.pending && pair.pending?.suites.includes(suite) === true
  const possible = wanted.filter((suite) => !isPending(suite))
  if (possible.length > 0) {
    const place = join(folder, pair.name)
    const sides: Side[] = []
    try {
      sides.push(await pair.direct(join(place, 'direct')))
      sides.push(await pair.tunnel(join(place, 'tunnel')))
      for (const suite of possible) compared.push(await compareSuite(pair, suite, sides, place, write))
    } finally {
      for (const side of sides) await side.stop()
    }
  }
  for (const suite of wanted) {
    if (!pair.pending || !isPending(suite)) continue
    write(`\n${pair.name} · ${suite.name}\n  pending   needs ${pair.pending.needs}\n`)
    compared.push({ pair: pair.name, suite: suite.name, pending: pair.pending.needs })
  }
  return compared
}

async function compareSuite(pair: Pair, suite: Suite, [direct, tunnel]: Side[], place: string, write: Write): Promise<Run> {
  write(`\n${pair.name} · ${suite.name}\n`)
  const both = async (attempt: string, scenario?: string) => {
    const run = (side: Side | undefined, name: string) =>
      runSuite(suite, side?.url ?? '', join(place, [suite.name.replaceAll('/', '-'), name, attempt].join('-')), scenario)
    const [ofDirect, ofTunnel] = await Promise.all([run(direct, 'direct'), run(tunnel, 'tunnel')])
    return compareResults(ofDirect, ofTunnel, pair.explanations)
  }
  const compared = await both('1', values.scenario)
  for (const [index, first] of compared.entries()) {
    let comparison = first
    // some scenarios measure time: on a busy machine either side may fail them. What really differs differs again
    for (let attempt = 2; comparison.verdict === 'differs' && attempt <= attempts; attempt += 1) {
      write(line(comparison).replaceAll('  differs  ', '  again    '))
      comparison = (await both(`${attempt}-${index}`, comparison.scenario))[0] ?? comparison
    }
    compared[index] = comparison
    write(line(comparison))
  }
  return { pair: pair.name, suite: suite.name, scenarios: compared }
}

function line(comparison: ScenarioComparison): string {
  if (comparison.verdict === 'same') {
    const failing = comparison.failing > 0 ? `, ${comparison.failing} fail on both sides` : ''
    return `  same      ${comparison.scenario} (${comparison.checks} checks${failing})\n`
  }
  const of = (verdicts: string[]) => verdicts.join(', ') || 'not made'
  return comparison.differences
    .map(({ check, direct, tunnel, because }) => {
      const verdict = because === undefined ? 'differs  ' : 'explained'
      return `  ${verdict} ${comparison.scenario}: ${check}: direct ${of(direct)}; tunnel ${of(tunnel)}${because === undefined ? '' : `: ${because}`}\n`
    })
    .join('')
}
