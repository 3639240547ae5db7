import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { runSteps, type Step } from '../check/run-steps.ts'

const node = (name: string, script: string, needs?: string[]): Step => ({ name, command: [process.execPath, '-e', script], needs })

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-steps-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(steps: Step[], sideBySide = 2) {
  const written: string[] = []
  const running = runSteps(steps, {
    cwd: process.cwd(),
    env: process.env,
    sideBySide,
    write: (text) => void written.push(text),
    now: () => 0,
  })
  const results = await running.results
  return {
    written,
    verdicts: Object.fromEntries(results.map(({ name, passed }) => [name, passed])),
    order: results.map(({ name }) => name),
  }
}

test('what steps say side by side is told in one piece for each', async () => {
  // each ends once the other one runs too: one after the other they would never end
  const meet = (own: string, other: string) => `
    const { existsSync, writeFileSync } = require('node:fs')
    process.stdout.write('${own} begins\\n', () => writeFileSync(${JSON.stringify(folder)} + '/${own}', ''))
    const timer = setInterval(() => {
      if (!existsSync(${JSON.stringify(folder)} + '/${other}')) return
      clearInterval(timer)
      process.stderr.write('${own} ends')
    }, 10)`
  const { written, verdicts } = await run([node('one', meet('one', 'two')), node('two', meet('two', 'one'))])
  expect(verdicts).toEqual({ one: true, two: true })
  const told = (name: string) => `\n── ${name}\n${name} begins\n${name} ends\n── ${name}: passed in 0.0 s\n`
  expect(written.toSorted()).toEqual([told('one'), told('two')])
})

test('a step that fails, is killed or cannot be started has failed, and what it said is told', async () => {
  const { written, verdicts } = await run([
    node('fails', `console.log('the reason'); process.exitCode = 3`),
    node('killed', `process.stdout.write('half a sen', () => process.kill(process.pid, 'SIGKILL'))`),
    { name: 'missing', command: ['/nonexistent/program'] },
    node('fine', ''),
  ])
  expect(verdicts).toEqual({ fails: false, killed: false, missing: false, fine: true })
  const text = written.join('')
  expect(text).toContain('the reason\n── fails: FAILED (exit code 3)')
  expect(text).toContain('half a sen\n── killed: FAILED (ended by SIGKILL)')
  expect(text).toMatch(/── missing: FAILED \(.*ENOENT\)/)
})

test('a step waits for what it needs, and fails without it; those behind it need not wait', async () => {
  const { order, verdicts, written } = await run(
    [node('build', ''), node('tests', '', ['build']), node('other', ''), node('broken', 'process.exit(1)'), node('more', '', ['broken'])],
    1,
  )
  expect(order.indexOf('tests')).toBeGreaterThan(order.indexOf('build'))
  expect(verdicts).toEqual({ build: true, tests: true, other: true, broken: false, more: false })
  expect(written.join('')).toContain('── more: FAILED (not run: broken failed)')
  expect(await run([node('lost', '', ['nothing'])])).toMatchObject({ verdicts: { lost: false } })
})

test('what is interrupted tells what it said until then, and nothing more is started', async () => {
  const written: string[] = []
  const marker = join(folder, 'said')
  const long = `setInterval(() => {}, 1000); process.stdout.write('so far', () => require('node:fs').writeFileSync('${marker}', ''))`
  // as npm does it: what runs is a child of what was started
  const steps = [
    node('long', `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(long)}], { stdio: 'inherit' })`),
    node('next', ''),
  ]
  const running = runSteps(steps, {
    cwd: process.cwd(),
    env: process.env,
    sideBySide: 1,
    write: (text) => void written.push(text),
    now: () => 0,
  })
  await vi.waitFor(() => expect(existsSync(marker)).toBe(true), 20_000)
  running.interrupt('SIGTERM')
  expect(await running.results).toMatchObject([
    { name: 'long', passed: false },
    { name: 'next', passed: false },
  ])
  expect(written[0]).toContain('so far\n── long: FAILED (interrupted by SIGTERM)')
})
