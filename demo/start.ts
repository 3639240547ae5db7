/** `npm start`: the whole product on this machine, as real processes under one supervisor. See `usage`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { buildIfStale } from './supervisor/build-if-stale.ts'
import { findDesktopRuntime, type DesktopRuntime } from './supervisor/desktop-runtime.ts'
import { demoLayout } from './supervisor/layout.ts'
import { parseOptions, usage, type DemoOptions } from './supervisor/options.ts'
import { alreadyRunning, findRunningDemo } from './supervisor/running-demo.ts'
import { startServices, type DemoServices } from './supervisor/services.ts'

const root = resolve(import.meta.dirname, '..')
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const progress = (step: string): void => say(`  · ${step}`)

try {
  const options = parseOptions(process.argv.slice(2), root)
  if (options.help) say(usage)
  else process.exitCode = await run(options)
} catch (error) {
  process.stderr.write(`\n${(error as Error).message}\n`)
  process.exitCode = 1
}

async function run(options: DemoOptions): Promise<number> {
  say('Gatehouse demo')
  const running = options.tour ? undefined : await findRunningDemo(demoLayout(options.data).running)
  if (running && (options.reset || options.servicesOnly || running.gatewayUrl === undefined)) throw alreadyRunning(options.data, running)
  if (!options.servicesOnly) buildIfStale(root, progress)
  const runtime = options.servicesOnly || options.tour ? undefined : await findDesktopRuntime({ root, progress })
  if (options.tour || runtime?.kind === 'none') return runTourInstead(options, runtime)
  if (runtime && running?.gatewayUrl !== undefined) {
    say(`Joining the running demo at ${running.gatewayUrl}.`)
    return openDesktop(options, runtime, running.gatewayUrl)
  }

  // from here on an interrupt ends what was started, also in the middle of starting
  const { interrupted, signal } = listenForInterrupts()
  let services: DemoServices
  try {
    services = await startServices({ root, data: options.data, reset: options.reset, progress, signal })
  } catch (error) {
    if (signal.aborted) return 0
    throw error
  }
  let ending = false
  try {
    explain(services, runtime)
    const broken = services.failed.then((service) => {
      if (!ending) process.stderr.write(`\nThe ${service.name} ended by itself. Its last words:\n${service.tail()}\n`)
      return 1
    })
    const closed = runtime ? openDesktop(options, runtime, services.gatewayUrl, interrupted) : new Promise<never>(() => {})
    return await Promise.race([interrupted, broken, closed])
  } finally {
    ending = true
    say('Ending the services.')
    await services.stop()
  }
}

async function runTourInstead(options: DemoOptions, runtime: DesktopRuntime | undefined): Promise<number> {
  if (runtime)
    say(
      `${runtime.sentence}\nSo here is the tour: the main job without a person, in a headless browser engine.\nFor a window use a desktop, or: xvfb-run npm start (needs an installed Chromium).\n`,
    )
  const { runTour } = await import('./tour/run-tour.ts')
  return runTour({ root, data: options.tour ? options.data : `${options.data}-tour`, output: resolve(root, 'tour'), say })
}

function explain(services: DemoServices, runtime: DesktopRuntime | undefined): void {
  say(`
Gateway            ${services.gatewayUrl}
Identity provider  ${services.issuer}
State              ${services.layout.data}
Accounts           operator, reviewer, auditor, admin, admin2; the password is the name and -demo, such as operator-demo
${runtime?.sentence ?? 'No desktop was asked for.'}
A second desktop beside this one: npm start -- --as reviewer
Ctrl-C ends everything.
`)
}

/** Resolves with 0 when the person closes the desktop. */
async function openDesktop(options: DemoOptions, runtime: DesktopRuntime, gatewayUrl: string, ending?: Promise<unknown>): Promise<number> {
  if (runtime.kind === 'none') return 0
  const userData = demoLayout(options.data).profile(options.profile)
  const desktop = spawn(runtime.executable, [root], {
    cwd: root,
    stdio: ['ignore', 'ignore', process.env['GATEHOUSE_DEBUG'] ? 'inherit' : 'ignore'],
    detached: process.platform !== 'win32',
    env: {
      ...process.env,
      ...(runtime.kind === 'host' ? runtime.env : {}),
      GATEHOUSE_USER_DATA: userData,
      GATEHOUSE_GATEWAY_URL: gatewayUrl,
      GATEHOUSE_PROFILE: options.profile,
    },
  })
  const end = () => {
    if (desktop.exitCode === null && desktop.pid !== undefined) desktop.kill('SIGTERM')
  }
  void ending?.then(end)
  process.once('exit', end)
  const [code] = (await once(desktop, 'exit')) as [number | null]
  if (code !== null && code !== 0) process.stderr.write(`The desktop ended with code ${code}. GATEHOUSE_DEBUG=1 npm start shows its log.\n`)
  return code ?? 0
}

function listenForInterrupts(): { interrupted: Promise<number>; signal: AbortSignal } {
  const interrupt = new AbortController()
  const interrupted = new Promise<number>((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        interrupt.abort()
        end(0)
      })
    }
  })
  return { interrupted, signal: interrupt.signal }
}
