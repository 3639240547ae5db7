import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { z } from 'zod'
import { programOf } from '../../demo/supervisor/write-config.ts'

const require = createRequire(import.meta.url)

export interface Suite {
  /** what is tried by it; in client mode the suite is the server */
  mode: 'server' | 'client'
  /** in client mode: which ones, each run for itself */
  scenarios: readonly string[]
  /** version of the suite, and the revision that it asks for */
  name: string
  program: string
  arguments: string[]
  /** for one scenario alone, which would choose its revision by itself */
  revision: string[]
}

export interface Check {
  id: string
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  errorMessage?: string
}

/** scenario → its checks, in the order in which they were made */
export type Results = Map<string, Check[]>

const checks = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    errorMessage: z.string().optional(),
  }),
)

function suite(packageName: string, revision: string, ...options: string[]): Suite {
  const { version } = require(`${packageName}/package.json`) as { version: string }
  const program = programOf(packageName)
  return {
    mode: 'server',
    scenarios: [],
    name: `${version}/${revision}`,
    program,
    arguments: options,
    revision: ['--spec-version', revision],
  }
}

/** All that a revision requires of clients, but authorization: the gateway's clients come with the local endpoint's secret. */
function clientSuite(packageName: string, revision: string, scenarios: readonly string[]): Suite {
  const base = suite(packageName, revision)
  return { ...base, mode: 'client', name: `${base.name}/client`, scenarios }
}

/** The older one knows the stateful revisions only, and differs in how it asks: its clients leave without a DELETE. */
export const stateful: Suite[] = [
  suite('@modelcontextprotocol/conformance', '2025-11-25', '--suite', 'all'),
  suite('conformance-next', '2025-11-25', '--requirements', '2025-11-25'),
]
export const stateless = suite('conformance-next', '2026-07-28', '--requirements', '2026-07-28')

const statefulClient = ['initialize', 'tools_call', 'elicitation-sep1034-client-defaults', 'sse-retry'] as const
export const clientSuites: Suite[] = [
  clientSuite('@modelcontextprotocol/conformance', '2025-11-25', statefulClient),
  clientSuite('conformance-next', '2025-11-25', [...statefulClient, 'json-schema-2020-12-preservation']),
  clientSuite('conformance-next', '2026-07-28', [
    'tools_call',
    'request-metadata',
    'sep-2322-client-request-state',
    'http-standard-headers',
    'http-custom-headers',
    'http-invalid-tool-headers',
    'json-schema-ref-no-deref',
    'json-schema-2020-12-preservation',
  ]),
]

const client = join(import.meta.dirname, 'client.ts')
/** a machine that is busy with something else is no difference */
const clientMilliseconds = 120_000
const brokeOff: Check = { id: 'scenario', status: 'FAILURE', errorMessage: 'broke off; see suite.log' }
const scenarioFolder = /^(?:server-)?(.+)-\d{4}-\d{2}-\d{2}T[\dTZ.:-]+$/

/**
 * Runs a suite and reads what it wrote. `url`: the server that is tried; in client mode who is told where the suite's server is, or
 * nothing where the client goes there itself. @throws Error when it tested nothing
 */
export async function runSuite(suite: Suite, url: string, folder: string, scenario?: string): Promise<Results> {
  mkdirSync(folder, { recursive: true })
  if (suite.mode === 'server') {
    const options = scenario === undefined ? suite.arguments : ['--scenario', scenario, ...suite.revision]
    await run(suite, ['server', '--url', url, ...options], folder)
  } else {
    const command = [process.execPath, client, ...(url === '' ? [] : ['--through', url])].join(' ')
    for (const each of suite.scenarios) {
      if (scenario !== undefined && scenario !== each) continue
      const options = ['--command', command, '--scenario', each, ...suite.revision, '--timeout', String(clientMilliseconds)]
      await run(suite, ['client', ...options], folder)
    }
  }
  const results = readResults(folder)
  if (results.size === 0) throw new Error(`The suite ${suite.name} tested nothing; see ${join(folder, 'suite.log')}`)
  return results
}

async function run(suite: Suite, options: string[], folder: string): Promise<void> {
  const child = spawn(process.execPath, [suite.program, ...options, '--output-dir', folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createWriteStream(join(folder, 'suite.log'), { flags: 'a' })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  // its exit code says whether what it tried passed; here only its verdicts count
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
  log.end()
}

function readResults(folder: string): Results {
  const results: Results = new Map()
  for (const entry of readdirSync(folder)) {
    const [, scenario] = scenarioFolder.exec(entry) ?? []
    if (scenario === undefined) continue
    const file = join(folder, entry, 'checks.json')
    // a scenario that breaks off leaves its folder empty
    results.set(scenario, existsSync(file) ? checks.parse(JSON.parse(readFileSync(file, 'utf8'))) : [brokeOff])
  }
  return results
}
