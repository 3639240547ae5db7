import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seedDatabase } from '../seed/seed-database.ts'
import { seedFiles } from '../seed/seed-files.ts'
import { checkpointOf } from './answers.ts'
import { endWithParent } from './end-with-parent.ts'
import { enrolDemo } from './enrol-demo.ts'
import { freePort } from './free-port.ts'
import { demoLayout, type DemoLayout } from './layout.ts'
import { startProcess, type ManagedProcess } from './managed-process.ts'
import { moveEnrolment } from './move-enrolment.ts'
import { resetData } from './reset-data.ts'
import { alreadyRunning, claimFolder, findRunningDemo, type ClaimedFolder } from './running-demo.ts'
import { writeConfigs, type ExtraServer, type ConfigChanges } from './write-config.ts'

export interface DemoServices {
  layout: DemoLayout
  gatewayUrl: string
  issuer: string
  processes: { identityProvider: ManagedProcess; gateway: ManagedProcess; agent: ManagedProcess }
  /** resolves with the name of a service that ended by itself */
  failed: Promise<ManagedProcess>
  stop(): Promise<void>
}

const preferredPorts = { gateway: 7420, identityProvider: 7430 }
const startSeconds = 60

/**
 * Starts identity provider, gateway and agent as processes of their own, enrols the agent and registers its two servers as
 * connections, the way an administrator does.
 * @throws Error whose message says which part did not start, and its last words
 */
export async function startServices(options: {
  root: string
  data: string
  reset: boolean
  progress: (step: string) => void
  /** files instead of the demo's own */
  policy?: string
  masking?: string
  /** of the gateway, instead of its own */
  limits?: ConfigChanges['limits']
  /** how many administrators a new version takes */
  activation?: ConfigChanges['activation']
  /** more servers of the agent, each offered as a connection of the same name */
  extraServer?: ExtraServer | readonly ExtraServer[]
  /** the command's program instead of its sources: what `npm run build` made */
  program?: string
  /** let the system choose all ports: several can run side by side */
  anyPorts?: boolean
  /** ends a start that is still going on: what was started by then is ended too */
  signal?: AbortSignal
}): Promise<DemoServices> {
  const { root, progress, signal, program = join(root, 'src-cli', 'gatehouse.ts') } = options
  const layout = demoLayout(options.data)
  const folder = await prepareFolder(layout, options)
  const started: ManagedProcess[] = []
  const stop = async () => {
    for (const process of started.toReversed()) await process.stop()
    folder.release()
  }
  try {
    seedWhatIsMissing(layout, progress)
    const clientSecret = randomBytes(32).toString('base64url')
    const preferred = options.anyPorts ? { gateway: 0, identityProvider: 0 } : preferredPorts
    const node = (name: string, args: string[], env: NodeJS.ProcessEnv) => {
      const service = startProcess({
        name,
        command: process.execPath,
        args: [...endWithParent, ...args],
        env: { ...baseEnvironment(), ...env },
        cwd: root,
        logFile: join(layout.logs, `${name}.log`),
      })
      started.push(service)
      return service
    }

    progress('Starting the identity provider')
    const identityProvider = node(
      'identity-provider',
      [
        join(root, 'demo', 'identity-provider.ts'),
        `--port=${await freePort(preferred.identityProvider)}`,
        // whatever port the gateway gets: on loopback the provider does not compare it (RFC 8252, 7.3)
        '--gateway-redirect=http://127.0.0.1/sign-in/callback',
        '--client-secret=env:GATEHOUSE_DEMO_CLIENT_SECRET',
        `--data=${layout.identityProvider}`,
      ],
      { GATEHOUSE_DEMO_CLIENT_SECRET: clientSecret },
    )
    const issuer = String((await readyOrExplain(identityProvider, signal))['issuer'])

    progress('Starting the gateway')
    const { gateway, gatewayUrl, files } = await onFreePort(preferred.gateway, async (gatewayPort) => {
      const gatewayUrl = `http://127.0.0.1:${gatewayPort}`
      const files = writeConfigs(layout, root, { gatewayPort, gatewayUrl, issuer }, options)
      const gateway = node('gateway', [program, 'gateway', '--config', files.gateway], {
        GATEHOUSE_DEMO_CLIENT_SECRET: clientSecret,
      })
      await until(gateway, () => servesLog(gatewayUrl, layout.log), signal)
      return { gateway, gatewayUrl, files }
    })

    progress('Starting the agent with its two MCP servers')
    moveEnrolment(layout.agent, gatewayUrl)
    const demo = await enrolDemo(gatewayUrl)
    signal?.throwIfAborted()
    const agent = node('agent', [program, 'agent', '--config', files.agent], {
      // the credential: it exists in this process's environment and in the agent's, nowhere else
      GATEHOUSE_DEMO_DSN: `sqlite://${layout.database}`,
      ...(demo.joinToken === undefined ? {} : { GATEHOUSE_DEMO_JOIN_TOKEN: demo.joinToken }),
    })
    await until(agent, () => demo.agentIsOnline(), signal)
    await demo.registerConnections([options.extraServer ?? []].flat())
    await demo.signOut()
    signal?.throwIfAborted()

    folder.ready({ gatewayUrl, issuer })
    const serving = [identityProvider, gateway, agent]
    const failed = Promise.race(serving.map((process) => process.exited.then(() => process)))
    return { layout, gatewayUrl, issuer, processes: { identityProvider, gateway, agent }, failed, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function prepareFolder(layout: DemoLayout, { data, reset }: { data: string; reset: boolean }): Promise<ClaimedFolder> {
  const other = await findRunningDemo(layout.running)
  if (other) throw alreadyRunning(data, other)
  if (reset) resetData(data)
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new Error(`The demo cannot keep its state in ${data}: ${(cause as NodeJS.ErrnoException).code}.`, { cause })
  }
  return claimFolder(layout.running, data)
}

/** Between the look for a free port and its use another program may take it: then once more, with one that the system chooses. */
async function onFreePort<T>(preferred: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(await freePort(preferred))
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('PORT_TAKEN')) throw error
    return start(await freePort(0))
  }
}

function seedWhatIsMissing(layout: DemoLayout, progress: (step: string) => void): void {
  for (const folder of [layout.gateway, layout.recordings, layout.log, layout.agent, layout.identityProvider, dirname(layout.database)])
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(layout.database)) {
    progress('Seeding a customer database')
    seedDatabase(layout.database)
  }
  if (!existsSync(layout.scratch)) seedFiles(layout.scratch)
}

/** What a service needs of the environment; secrets are added one by one, to the one process that needs them. */
function baseEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR, NODE_COMPILE_CACHE, GATEHOUSE_LOG_LEVEL } = process.env
  const passedOn = { PATH, HOME, LANG, TMPDIR, NODE_COMPILE_CACHE, GATEHOUSE_LOG_LEVEL }
  return Object.fromEntries(Object.entries(passedOn).filter(([, value]) => value !== undefined))
}

function didNotStart(managed: ManagedProcess): Error {
  return new Error(`The ${managed.name} did not start:\n${managed.tail()}`)
}

async function readyOrExplain(managed: ManagedProcess, signal: AbortSignal | undefined): Promise<Record<string, unknown>> {
  signal?.throwIfAborted()
  const gone = managed.exited.then(() => Promise.reject(didNotStart(managed)))
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  return Promise.race([managed.readyLine, gone, aborted])
}

async function until(managed: ManagedProcess, condition: () => Promise<boolean>, signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + startSeconds * 1000
  let ended = false
  void managed.exited.then(() => (ended = true))
  while (!(await condition())) {
    signal?.throwIfAborted()
    if (ended) throw didNotStart(managed)
    if (Date.now() > deadline) throw new Error(`The ${managed.name} was not ready within ${startSeconds} seconds:\n${managed.tail()}`)
    await sleep(100)
  }
}

/** Another program may answer at the address, even another gateway: it is ours if its log is. */
async function servesLog(gatewayUrl: string, folder: string): Promise<boolean> {
  const checkpoint = await checkpointOf(gatewayUrl)
  const file = join(folder, 'checkpoint')
  return checkpoint !== undefined && existsSync(file) && readFileSync(file, 'utf8') === checkpoint
}
