/** `npm test`: everything that must hold before a change lands, in order of cost. The last line says how many tests ran. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

interface Step {
  name: string
  command: string[]
  /** a vitest project: its tests are counted */
  project?: string
}

const root = resolve(import.meta.dirname, '..')
const results = mkdtempSync(join(tmpdir(), 'gatehouse-check-'))
const run = (script: string): string[] => ['npm', 'run', '--silent', script]
const vitest = (project: string): string[] => {
  const runner = ['node', join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', project]
  return [...runner, '--reporter=dot', '--reporter=json', `--outputFile.json=${join(results, `${project}.json`)}`]
}

const steps: Step[] = [
  { name: 'format', command: run('format:check') },
  { name: 'types', command: run('typecheck') },
  { name: 'lint', command: run('lint') },
  { name: 'dead code', command: run('knip') },
  { name: 'build', command: run('build') },
  { name: 'unit tests', command: vitest('unit'), project: 'unit' },
  { name: 'integration tests', command: vitest('integration'), project: 'integration' },
  { name: 'end-to-end tests', command: vitest('e2e'), project: 'e2e' },
]

const failed: string[] = []
const totals = { passed: 0, failed: 0, skipped: 0 }
for (const step of steps) {
  const started = Date.now()
  process.stdout.write(`\n── ${step.name}\n`)
  const [command = '', ...args] = step.command
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  if (status !== 0) failed.push(step.name)
  process.stdout.write(`── ${step.name}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`)
  if (step.project) count(step.project)
}
rmSync(results, { recursive: true, force: true })

if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(', ')}\n`)
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
// a run that tested nothing proves nothing
process.exitCode = failed.length > 0 || totals.failed > 0 || totals.passed === 0 ? 1 : 0

function count(project: string): void {
  try {
    const report = JSON.parse(readFileSync(join(results, `${project}.json`), 'utf8')) as Record<string, number>
    totals.passed += report['numPassedTests'] ?? 0
    totals.failed += report['numFailedTests'] ?? 0
    totals.skipped += (report['numPendingTests'] ?? 0) + (report['numTodoTests'] ?? 0)
  } catch {
    failed.push(`${project}: no report`)
  }
}
