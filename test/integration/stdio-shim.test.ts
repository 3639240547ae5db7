/** `gatehouse-mcp` as a client program starts it, used by the SDK's own stdio client, through desktop, gateway and agent. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { Session } from '../../src-protocol/model.ts'
import { root } from '../fixtures/program.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'
import { recordingText } from '../fixtures/read-records.ts'

const shim = join(root, 'src-cli', 'gatehouse-mcp.ts')
const patience = { timeout: 20_000 }

let runtime: string
let chain: WholeChain
let operator: Desktop
let clients: Client[]

beforeAll(async () => {
  runtime = mkdtempSync(join(tmpdir(), 'gatehouse-run-'))
  clients = []
  vi.stubEnv('GATEHOUSE_RUNTIME_DIR', runtime)
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
}, 120_000)
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
})
afterAll(async () => {
  await chain.close()
  // every program took its socket away
  const left = readdirSync(runtime)
  rmSync(runtime, { recursive: true, force: true })
  if (left.length > 0) throw new Error(`sockets were left behind: ${left.join(', ')}`)
})

interface Started {
  client: Client
  /** what it told people */
  errors: string[]
}

async function start(connection: string, env: Record<string, string> = { GATEHOUSE_RUNTIME_DIR: runtime }): Promise<Started> {
  const client = new Client({ name: 'stdio-client', version: '1' }, { capabilities: { sampling: {} } })
  client.setRequestHandler('sampling/createMessage', () => ({
    role: 'assistant' as const,
    model: 'none',
    content: { type: 'text' as const, text: 'sampled' },
  }))
  const transport = new StdioClientTransport({ command: process.execPath, args: [shim, connection], env, stderr: 'pipe' })
  const errors: string[] = []
  transport.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  clients.push(client)
  await client.connect(transport)
  return { client, errors }
}

const open = (connection: string): Promise<Session> =>
  operator.handlers['sessions:open']({ connection, reason: 'trying the shim', minutes: 5 })
const textOf = (result: unknown): string => (result as { content: { text: string }[] }).content.map(({ text }) => text).join('\n')

describe('nobody to talk to', () => {
  test('no Gatehouse runs: the client is told what to do', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'gatehouse-none-'))
    await expect(start('fixture', { GATEHOUSE_RUNTIME_DIR: empty })).rejects.toThrow(/Gatehouse is not running.*open a session to fixture/)
    rmSync(empty, { recursive: true })
  })
  test('it runs, and has no session to the connection', async () => {
    await expect(start('fixture')).rejects.toThrow(/No session to fixture is open/)
  })
  test('a folder that others can write to is not trusted', async () => {
    const session = await open('fixture')
    chmodSync(runtime, 0o770)
    try {
      await expect(start('fixture')).rejects.toThrow(/Gatehouse is not running/)
    } finally {
      chmodSync(runtime, 0o700)
      await operator.handlers['sessions:end'](session.id)
    }
  })
})

test('the socket is for this user only', () => {
  expect(statSync(runtime).mode & 0o777).toBe(0o700)
  const sockets = readdirSync(runtime)
  expect(sockets.length).toBeGreaterThan(0)
  for (const entry of sockets) expect(statSync(join(runtime, entry)).mode & 0o777).toBe(0o600)
})

describe('a session', () => {
  test('tools, progress, requests of the server and its notifications; masked and recorded like everything', async () => {
    const session = await open('everything')
    const { client, errors } = await start('everything')
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('echo')
    expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'card 4111 1111 1111 1111' } }))).toMatch(/\[MASKED:card\]/)
    const progress: number[] = []
    const long = { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 } }
    await client.callTool(long, { onprogress: (update) => void progress.push(update.progress) })
    // the SDK drops a progress that it reads in one piece with the result
    expect(progress.slice(0, 2)).toEqual([1, 2])
    const sampled = await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: 'x', maxTokens: 10 } })
    expect(textOf(sampled)).toContain('sampled')
    await client.close()
    expect(errors).toEqual([])
    await expect
      .poll(async () => (await operator.handlers['sessions:get'](session.id)).calls.map(({ method }) => method), patience)
      .toEqual(expect.arrayContaining(['initialize', 'tools/list', 'tools/call']) as string[])
    await operator.handlers['sessions:end'](session.id)
    const recording = recordingText(join(chain.folder, 'recordings'), session.id)
    expect(recording).toContain('stdio-client')
    // the client's end ended its MCP session, too
    expect(recording).toContain('"method":"DELETE"')
    expect(recording).not.toContain('4111')
  })

  test('two clients beside each other', async () => {
    const session = await open('fixture')
    const [first, second] = await Promise.all([start('fixture'), start('fixture')])
    const pids = await Promise.all([first, second].map(async ({ client }) => textOf(await client.callTool({ name: 'pid', arguments: {} }))))
    expect(new Set(pids).size).toBe(2)
    await operator.handlers['sessions:end'](session.id)
  })

  test('when it ends, calls fail with the reason, and the program ends with its client', async () => {
    const session = await open('fixture')
    const { client } = await start('fixture')
    const running = client.callTool({ name: 'silent', arguments: {} })
    running.catch(() => undefined)
    await expect
      .poll(async () => (await operator.handlers['sessions:get'](session.id)).calls.some(({ tool }) => tool === 'silent'), patience)
      .toBe(true)
    await operator.handlers['sessions:end'](session.id)
    await expect(running).rejects.toThrow(/session has ended/)
    await expect(client.callTool({ name: 'pid', arguments: {} })).rejects.toThrow(/SESSION|session/)
    const closedAt = Date.now()
    await client.close()
    // the SDK waits two seconds before it sends a signal
    expect(Date.now() - closedAt).toBeLessThan(10_000)
  })
})
