/** The demo's services and `gatehouse connect` as real processes, used by two AI clients that are not ours. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServices, type DemoServices } from '../../demo/supervisor/services.ts'
import { programOf } from '../../demo/supervisor/write-config.ts'
import { sessionRecord } from '../../src-protocol/recording.ts'
import { processGone } from '../fixtures/process-gone.ts'
import { descendantsOf } from '../fixtures/process-tree.ts'
import { gatehouse, killProgram, root, startProgram, type Program } from '../fixtures/program.ts'
import { recordingText } from '../fixtures/read-records.ts'
import { signInByFetch } from './sign-in-by-fetch.ts'

const startMilliseconds = 120_000
const sql =
  'SELECT c.full_name, c.email, c.ssn, k.card_number, a.iban FROM customers c JOIN cards k ON k.customer_id = c.id JOIN accounts a ON a.customer_id = c.id ORDER BY c.id LIMIT 3'

let folder: string
let services: DemoServices
let running: Program
let ready: { url: string; bearer: string; session: string; endsAt: string }
/** what the query above finds in the database, in clear text */
let clearText: string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse connect-'))
  services = await startServices({ root, data: join(folder, 'demo'), reset: false, anyPorts: true, progress() {} })
  clearText = readDatabase()
  const options = ['--gateway', services.gatewayUrl, '--reason', 'INC-4127: stuck refunds', '--minutes', '5']
  running = startProgram(gatehouse, ['connect', 'customers-db', ...options], { HOME: folder })
  const [, address = ''] = await running.said(/^Sign in here: (.+)$/)
  await signInByFetch(address, { username: 'operator' })
  await running.said(/^\{/)
  ready = JSON.parse(running.output[0] ?? '') as typeof ready
}, startMilliseconds)

afterAll(async () => {
  await killProgram(running)
  await services.stop()
  rmSync(folder, { recursive: true, force: true })
}, startMilliseconds)

function readDatabase(): string[] {
  const database = new Database(services.layout.database, { readonly: true })
  try {
    return database
      .prepare<[], Record<string, string>>(sql)
      .all()
      .flatMap((row) => Object.values(row))
  } finally {
    database.close()
  }
}

/** what is in the database must be in no place that anybody but the agent sees */
function expectMasked(text: string): void {
  for (const kind of ['full_name', 'email', 'ssn', 'card_number', 'iban'])
    expect(text).toMatch(new RegExp(`"${kind}\\W+\\[MASKED:\\w+[^\\]]*\\]`))
  expect(clearText.length).toBeGreaterThanOrEqual(15)
  for (const value of clearText) expect(text).not.toContain(value)
}

test('one line of JSON says all that a client needs', () => {
  expect(Object.keys(ready)).toEqual(['url', 'bearer', 'session', 'endsAt'])
  expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp\/customers-db$/)
  expect(Date.parse(ready.endsAt) - Date.now()).toBeLessThanOrEqual(5 * 60_000)
  expect(running.errors.join('\n')).toContain('Signed in as Mira Okafor.')
  expect(running.errors.join('\n')).not.toContain(ready.bearer)
})

describe('the MCP Inspector', () => {
  const inspect = async (bearer: string, args: string[]) => {
    const client = startProgram(
      programOf('@modelcontextprotocol/inspector'),
      ['--cli', ready.url, '--transport', 'http', '--header', `Authorization: Bearer ${bearer}`, '--stored-auth-only', ...args],
      { HOME: folder, PATH: process.env['PATH'] ?? '' },
    )
    const code = await client.exited
    return { code, text: client.output.join('\n'), errors: client.errors.join('\n') }
  }

  test('lists the tools of the server', async () => {
    const { code, text } = await inspect(ready.bearer, ['--method', 'tools/list'])
    expect(code).toBe(0)
    const { tools } = JSON.parse(text) as { tools: { name: string }[] }
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['execute_sql', 'search_objects']))
  })

  test('calls one, and gets what is sensitive masked', async () => {
    const { code, text } = await inspect(ready.bearer, ['--method', 'tools/call', '--tool-name', 'execute_sql', '--tool-arg', `sql=${sql}`])
    expect(code).toBe(0)
    expectMasked((JSON.parse(text) as { content: { text: string }[] }).content[0]?.text ?? '')
  })

  test('with another secret gets nothing', async () => {
    const { code, text } = await inspect('A'.repeat(43), ['--method', 'tools/list'])
    expect(code).toBeGreaterThan(0)
    expect(text).not.toContain('execute_sql')
  })
})

test('the client of the MCP SDK lists and calls, and gets what is sensitive masked', async () => {
  const client = new Client({ name: 'sdk-test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${ready.bearer}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(ready.url), { requestInit }))
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toContain('execute_sql')
  const { content, isError } = await client.callTool({ name: 'execute_sql', arguments: { sql } })
  expect(isError).not.toBe(true)
  expectMasked(content[0]?.type === 'text' ? content[0].text : '')
  await client.close()
})

test('the recording holds the calls of both, masked too', () => {
  const text = readRecording()
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => sessionRecord.parse(JSON.parse(line)))
  expect(records[0]).toMatchObject({ kind: 'open', person: { sub: 'operator' }, reason: 'INC-4127: stuck refunds' })
  expect(records.filter((record) => record.kind === 'request' && record.tool === 'execute_sql')).toHaveLength(2)
  for (const value of clearText) expect(text).not.toContain(value)
})

test('an interrupt ends the session, its MCP servers and the program, and leaves no process', async () => {
  const servers = descendantsOf(services.processes.agent.process.pid ?? 0)
  expect(servers.length).toBeGreaterThan(0)
  const own = descendantsOf(running.pid)
  running.child.kill('SIGINT')
  expect(await running.exited).toBe(0)
  expect(running.output).toHaveLength(1)
  await expect.poll(() => [...servers, ...own].filter((pid) => !processGone(pid)), { timeout: 20_000 }).toEqual([])
  await expect(fetch(ready.url)).rejects.toThrow('fetch failed')
  await expect.poll(() => readRecording().trimEnd().split('\n').at(-1), { timeout: 20_000 }).toContain('"endReason":"ended-by-operator"')
})

test('the services leave no process behind', async () => {
  const { identityProvider, gateway, agent } = services.processes
  const pids = [identityProvider, gateway, agent].flatMap(({ process: { pid = 0 } }) => [pid, ...descendantsOf(pid)])
  expect(pids.every((pid) => !processGone(pid))).toBe(true)
  await services.stop()
  expect(pids.filter((pid) => !processGone(pid))).toEqual([])
})

const readRecording = (): string => recordingText(services.layout.recordings, ready.session)
