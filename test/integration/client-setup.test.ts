/** What the session page gives people to copy, used as each client uses it: parsed by its rules, and connected with. */
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { ClientSetup } from '../../src-protocol/desktop-api.ts'
import { root } from '../fixtures/program.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

const run = promisify(execFile)
let folder: string
let chain: WholeChain
let setup: ClientSetup
let client: Client | undefined

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-setup-'))
  vi.stubEnv('GATEHOUSE_RUNTIME_DIR', join(folder, 'run'))
  chain = await startWholeChain()
  const operator = await chain.signedIn('operator')
  const session = await operator.handlers['sessions:open']({ connection: 'fixture', reason: 'A test', minutes: 5 })
  setup = await operator.handlers['sessions:client-setup'](session.id)
}, 120_000)
afterEach(async () => {
  await client?.close()
  client = undefined
})
afterAll(async () => {
  await chain.close()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const entry = (id: string) => {
  const found = setup.clients.find((one) => one.id === id)
  if (!found) throw new Error(`there is no setup for ${id}`)
  return found
}

async function toolsOver(transport: StreamableHTTPClientTransport | StdioClientTransport): Promise<string[]> {
  client = new Client({ name: 'copied', version: '1' })
  await client.connect(transport)
  return (await client.listTools()).tools.map(({ name }) => name)
}
const overHttp = ({ url, headers }: { url: string; headers: Record<string, string> }) =>
  toolsOver(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))

const remote = z.strictObject({ url: z.url(), headers: z.record(z.string(), z.string()) })
/** what each client's documentation gives for a server that is reached over HTTP; a key that it does not know is a mistake */
const files = {
  'claude-code': z.strictObject({
    mcpServers: z.strictObject({ fixture: remote.extend({ type: z.literal('http'), timeout: z.number().int().positive() }) }),
  }),
  'vs-code': z.strictObject({ servers: z.strictObject({ fixture: remote.extend({ type: z.literal('http') }) }) }),
  cursor: z.strictObject({ mcpServers: z.strictObject({ fixture: remote }) }),
}

test.for(Object.keys(files) as (keyof typeof files)[])('%s: its file leads to the session', async (id) => {
  const file = files[id].parse(JSON.parse(entry(id).snippet))
  const { fixture } = 'servers' in file ? file.servers : file.mcpServers
  expect(await overHttp(fixture)).toContain('echo')
  const [name = ''] = Object.keys(fixture.headers)
  await client?.close()
  await expect(overHttp({ ...fixture, headers: { [name]: `${fixture.headers[name]}x` } })).rejects.toThrow(/401|secret/)
})

test('another client: address and headers lead to the session', async () => {
  expect(await overHttp(remote.parse(JSON.parse(entry('generic').snippet)))).toContain('echo')
})

test('Claude Code: a shell reads its command as it is meant', async () => {
  const { stdout } = await run('sh', ['-c', `claude() { printf '%s\\n' "$@"; }; ${entry('claude-code').command}`])
  const [mcp, add, option, transport, name, url = '', header, value = '', ...more] = stdout.trimEnd().split('\n')
  expect([mcp, add, option, transport, name, header, more]).toEqual(['mcp', 'add', '--transport', 'http', 'fixture', '--header', []])
  const [key = '', ...words] = value.split(': ')
  expect(await overHttp({ url, headers: { [key]: words.join(': ') } })).toContain('echo')
})

const curl = spawnSync('curl', ['--version']).status === 0
test.skipIf(!curl)('curl: the command is answered', async () => {
  // an answer that is a stream would not end by itself
  const { stdout } = await run('sh', ['-c', `${entry('generic').command} --silent --max-time 20`])
  expect(stdout).toContain('"serverInfo"')
  expect(stdout).toContain('"fixture"')
})

test('Claude Desktop: the program that its file names leads to the session', async () => {
  const program = z.strictObject({ command: z.string(), args: z.array(z.string()) })
  const file = z.strictObject({ mcpServers: z.strictObject({ fixture: program }) }).parse(JSON.parse(entry('claude-desktop').snippet))
  const { command, args } = file.mcpServers.fixture
  // as it is installed: a program of that name in a folder of PATH
  writeFileSync(
    join(folder, command),
    `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(join(root, 'src-cli/gatehouse-mcp.ts'))} "$@"\n`,
  )
  chmodSync(join(folder, command), 0o755)
  const env = { PATH: [folder, process.env['PATH']].join(delimiter), GATEHOUSE_RUNTIME_DIR: join(folder, 'run') }
  expect(await toolsOver(new StdioClientTransport({ command, args, env, stderr: 'pipe' }))).toContain('echo')
  expect(entry('claude-desktop').snippet).not.toContain(setup.bearer)
})
