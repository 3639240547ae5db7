import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { z } from 'zod'
import { programOf } from '../../demo/supervisor/write-config.ts'

const require = createRequire(import.meta.url)

export interface Suite {
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
  return { name: `${version}/${revision}`, program: programOf(packageName), arguments: options, revision: ['--spec-version', revision] }
}

/** The older one knows the stateful revisions only, and differs in how it asks: its clients leave without a DELETE. */
export const stateful: Suite[] = [
  suite('@modelcontextprotocol/conformance', '2025-11-25', '--suite', 'all'),
  suite('conformance-next', '2025-11-25', '--requirements', '2025-11-25'),
]
export const stateless = suite('conformance-next', '2026-07-28', '--requirements', '2026-07-28')

const brokeOff: Check = { id: 'scenario', status: 'FAILURE', errorMessage: 'broke off; see suite.log' }
const scenarioFolder = /^server-(.+)-\d{4}-\d{2}-\d{2}T[\dTZ.:-]+$/

/** Runs a suite against a server and reads what it wrote. @throws Error when it tested nothing */
export async function runSuite(suite: Suite, url: string, folder: string, scenario?: string): Promise<Results> {
  mkdirSync(folder, { recursive: true })
  const options = scenario === undefined ? suite.arguments : ['--scenario', scenario, ...suite.revision]
  const child = spawn(process.execPath, [suite.program, 'server', '--url', url, ...options, '--output-dir', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(join(folder, 'suite.log'))
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  // its exit code says whether the server passed; here only its verdicts count
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
  log.end()
  const results = readResults(folder)
  if (results.size === 0) throw new Error(`The suite ${suite.name} tested nothing; see ${join(folder, 'suite.log')}`)
  return results
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
