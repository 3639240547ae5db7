/** Runs the steps of the check, some side by side, and tells what each of them said in one piece. */
import { spawn, type ChildProcess } from 'node:child_process'

export interface Step {
  name: string
  command: readonly string[]
  /** starts after these have passed: without them it would prove nothing */
  needs?: readonly string[]
}

export interface StepResult {
  name: string
  passed: boolean
  seconds: number
}

export interface RunningSteps {
  /** of all steps, in the order in which they ended */
  results: Promise<StepResult[]>
  /** ends what runs: what it said until then is told as of a step that failed */
  interrupt(signal: NodeJS.Signals): void
}

const isWindows = process.platform === 'win32'

/** A step is a script that starts others: one that is left behind would keep its output open. */
function endWithAllOfIt(child: ChildProcess, signal: NodeJS.Signals): void {
  if (isWindows || child.pid === undefined) return void child.kill(signal)
  try {
    process.kill(-child.pid, signal)
  } catch {
    // it has ended meanwhile
  }
}

/** Starts the steps in their order, at most `sideBySide` at the same time; one that waits for another lets those behind it pass. */
export function runSteps(
  steps: readonly Step[],
  options: { cwd: string; env: NodeJS.ProcessEnv; sideBySide: number; write: (text: string) => void; now: () => number },
): RunningSteps {
  const { cwd, env, sideBySide, write, now } = options
  const waiting = new Set(steps)
  const running = new Set<ChildProcess>()
  const results: StepResult[] = []
  const done = Promise.withResolvers<StepResult[]>()
  let interrupted: NodeJS.Signals | undefined

  const end = (step: Step, seconds: number, said: string, problem: string | undefined): void => {
    results.push({ name: step.name, passed: problem === undefined, seconds })
    const verdict = problem === undefined ? 'passed' : `FAILED (${problem})`
    const whole = said === '' || said.endsWith('\n') ? said : `${said}\n`
    write(`\n── ${step.name}\n${whole}── ${step.name}: ${verdict} in ${seconds.toFixed(1)} s\n`)
  }

  const start = (step: Step): void => {
    const started = now()
    const [command = '', ...parameters] = step.command
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    const child = spawn(command, parameters, { cwd, env, stdio, shell: isWindows, detached: !isWindows })
    const said: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void said.push(chunk))
    let problem: string | undefined
    running.add(child)
    // a command that cannot be started closes too
    child.once('error', (error) => (problem = error.message))
    child.once('close', (code, signal) => {
      if (signal !== null) problem ??= `ended by ${signal}`
      else if (code !== 0) problem ??= `exit code ${code}`
      if (interrupted !== undefined) problem = `interrupted by ${interrupted}`
      running.delete(child)
      end(step, (now() - started) / 1000, Buffer.concat(said).toString('utf8'), problem)
      startNext()
    })
  }

  const passed = (name: string) => results.find((result) => result.name === name)?.passed
  /** why it will never start */
  const hindrance = ({ needs = [] }: Step): string | undefined => {
    if (interrupted !== undefined) return 'not run: interrupted'
    const failed = needs.find((name) => passed(name) === false)
    return failed === undefined ? undefined : `not run: ${failed} failed`
  }

  function startNext(): void {
    for (const step of waiting) {
      const problem = hindrance(step)
      const ready = running.size < sideBySide && (step.needs ?? []).every((name) => passed(name) === true)
      if (problem === undefined && !ready) continue
      waiting.delete(step)
      if (problem === undefined) start(step)
      else end(step, 0, '', problem)
    }
    if (running.size > 0) return
    for (const step of waiting) end(step, 0, '', 'not run: it needs what is no step')
    done.resolve(results)
  }

  startNext()
  return {
    results: done.promise,
    interrupt(signal) {
      interrupted = signal
      for (const child of running) endWithAllOfIt(child, signal)
    },
  }
}
