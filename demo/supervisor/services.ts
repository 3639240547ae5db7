import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { seedDatabase } from '../seed/seed-database.ts'
import { seedFiles } from '../seed/seed-files.ts'
import { enrolDemo } from './enrol-demo.ts'
import { freePort } from './free-port.ts'
import { demoLayout, type DemoLayout } from './layout.ts'
import { startProcess, type ManagedProcess } from './managed-process.ts'
import { writeConfigs, type ExtraServer } from './write-config.ts'

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
  /** more servers of the agent, each offered as a connection of the same name */
  extraServer?: ExtraServer | readonly ExtraServer[]
  /** let the system choose all ports: several can run side by side */
  anyPorts?: boolean
}): Promise<DemoServices> {
  const { root, progress } = options
  const layout = demoLayout(options.data)
  if (options.reset) rmSync(layout.data, { recursive: true, force: true })
  seedWhatIsMissing(layout, progress)

  const started: ManagedProcess[] = []
  const stop = async () => {
    for (const process of started.toReversed()) await process.stop()
    rmSync(layout.running, { force: true })
  }
  try {
    const gatewayPort = await freePort(options.anyPorts ? 0 : preferredPorts.gateway)
    const gatewayUrl = `http://127.0.0.1:${gatewayPort}`
    const clientSecret = randomBytes(32).toString('base64url')
    const node = (name: string, args: string[], env: NodeJS.ProcessEnv) => {
      const process_ = startProcess({
        name,
        command: process.execPath,
        args: ['--import', pathToFileURL(join(root, 'demo', 'supervisor', 'end-with-parent.ts')).href, ...args],
        env: { ...baseEnvironment(), ...env },
        cwd: root,
        logFile: join(layout.logs, `${name}.log`),
      })
      started.push(process_)
      return process_
    }

    progress('Starting the identity provider')
    const identityProvider = node(
      'identity-provider',
      [
        join(root, 'demo', 'identity-provider.ts'),
        ...['--port', String(await freePort(options.anyPorts ? 0 : preferredPorts.identityProvider))],
        ...['--gateway-redirect', `${gatewayUrl}/sign-in/callback`],
        ...['--client-secret', 'env:GATEHOUSE_DEMO_CLIENT_SECRET'],
        ...['--data', layout.identityProvider],
      ],
      { GATEHOUSE_DEMO_CLIENT_SECRET: clientSecret },
    )
    const issuer = String((await readyOrExplain(identityProvider))['issuer'])
    const files = writeConfigs(layout, root, { gatewayPort, gatewayUrl, issuer }, options)

    progress('Starting the gateway')
    const gateway = node('gateway', [join(root, 'src-cli', 'gatehouse.ts'), 'gateway', '--config', files.gateway], {
      GATEHOUSE_DEMO_CLIENT_SECRET: clientSecret,
    })
    await until(gateway, () => answers(`${gatewayUrl}/api/v1/log/checkpoint`))

    progress('Starting the agent with its two MCP servers')
    const demo = await enrolDemo(gatewayUrl)
    const agent = node('agent', [join(root, 'src-cli', 'gatehouse.ts'), 'agent', '--config', files.agent], {
      // the credential: it exists in this process's environment and in the agent's, nowhere else
      GATEHOUSE_DEMO_DSN: `sqlite://${layout.database}`,
      ...(demo.joinToken === undefined ? {} : { GATEHOUSE_DEMO_JOIN_TOKEN: demo.joinToken }),
    })
    await until(agent, () => demo.agentIsOnline())
    await demo.registerConnections([options.extraServer ?? []].flat())
    await demo.signOut()

    writeFileSync(layout.running, JSON.stringify({ pid: process.pid, gatewayUrl, issuer }))
    const failed = Promise.race(started.map((process) => process.exited.then(() => process)))
    return { layout, gatewayUrl, issuer, processes: { identityProvider, gateway, agent }, failed, stop }
  } catch (error) {
    await stop()
    throw error
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
  const { PATH, HOME, LANG, TMPDIR, GATEHOUSE_LOG_LEVEL } = process.env
  return Object.fromEntries(Object.entries({ PATH, HOME, LANG, TMPDIR, GATEHOUSE_LOG_LEVEL }).filter(([, value]) => value !== undefined))
}

async function readyOrExplain(managed: ManagedProcess): Promise<Record<string, unknown>> {
  const gone = managed.exited.then(() => Promise.reject(new Error(`The ${managed.name} did not start:\n${managed.tail()}`)))
  return Promise.race([managed.readyLine, gone])
}

async function until(managed: ManagedProcess, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startSeconds * 1000
  while (!(await condition())) {
    if (managed.process.exitCode !== null || managed.process.signalCode !== null)
      throw new Error(`The ${managed.name} did not start:\n${managed.tail()}`)
    if (Date.now() > deadline) throw new Error(`The ${managed.name} was not ready within ${startSeconds} seconds:\n${managed.tail()}`)
    await sleep(100)
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
