/**
 * `npm test`: everything that must hold before a change lands. Two steps run side by side, for most of them wait much of their time: what is
 * quick comes first, then the longest with the others beside it. The last line says how many tests ran.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runSteps, type Step } from './check/run-steps.ts'

interface CountedStep extends Step {
  /** what it writes into its report is counted */
  counted?: { file: string; by: (report: unknown) => Totals }
}

interface Totals {
  passed: number
  failed: number
  skipped: number
}

const root = resolve(import.meta.dirname, '..')
const results = mkdtempSync(join(tmpdir(), 'gatehouse-check-'))
const run = (script: string): string[] => ['npm', 'run', '--silent', script]
const reportOf = (name: string): string => join(results, `${name}.json`)

function vitest(name: string, project: string, needs: string[] = []): CountedStep {
  const runner = ['node', join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', project]
  const command = [...runner, '--reporter=dot', '--reporter=json', `--outputFile.json=${reportOf(project)}`]
  const by = (report: unknown): Totals => {
    const numbers = report as Record<string, number>
    return {
      passed: numbers['numPassedTests'] ?? 0,
      failed: numbers['numFailedTests'] ?? 0,
      skipped: (numbers['numPendingTests'] ?? 0) + (numbers['numTodoTests'] ?? 0),
    }
  }
  return { name, command, needs, counted: { file: reportOf(project), by } }
}

/** Each scenario of the suites, directly and through the product, is a test. */
function conformance(): CountedStep {
  const by = (report: unknown): Totals => {
    const { summary } = report as { summary: Record<string, number> }
    const of = (verdict: string) => summary[verdict] ?? 0
    return { passed: of('same') + of('explained'), failed: of('differs'), skipped: of('pending') }
  }
  const command = [...run('conformance'), '--', '--json', reportOf('conformance')]
  return { name: 'conformance', command, counted: { file: reportOf('conformance'), by } }
}

const steps: CountedStep[] = [
  { name: 'types', command: run('typecheck') },
  { name: 'format', command: run('format:check') },
  { name: 'lint', command: run('lint') },
  { name: 'dead code', command: run('knip') },
  { name: 'build', command: run('build') },
  vitest('integration tests', 'integration'),
  vitest('unit tests', 'unit'),
  vitest('end-to-end tests', 'e2e', ['build']),
  conformance(),
]

const started = Date.now()
const running = runSteps(steps, {
  cwd: root,
  // the tests start some hundred programs: each finds what Node has compiled for those before it
  env: { ...process.env, NODE_COMPILE_CACHE: join(results, 'compiled') },
  sideBySide: 2,
  write: (text) => void process.stdout.write(text),
  now: Date.now,
})
// who gives up waiting still learns what was said until then
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => running.interrupt(signal))
const failed = (await running.results).flatMap(({ name, passed }) => (passed ? [] : [name]))

const totals: Totals = { passed: 0, failed: 0, skipped: 0 }
for (const step of steps) count(step)
rmSync(results, { recursive: true, force: true })

if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(', ')}\n`)
process.stdout.write(`\nAll steps took ${((Date.now() - started) / 60_000).toFixed(1)} minutes\n`)
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
// a run that tested nothing proves nothing
process.exitCode = failed.length > 0 || totals.failed > 0 || totals.passed === 0 ? 1 : 0

function count({ name, counted }: CountedStep): void {
  if (!counted) return
  try {
    const found = counted.by(JSON.parse(readFileSync(counted.file, 'utf8')))
    for (const kind of ['passed', 'failed', 'skipped'] as const) totals[kind] += found[kind]
  } catch {
    failed.push(`${name}: no report`)
  }
}
