import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import { processGone } from '../fixtures/process-gone.ts'
import { fixtureServer, startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'
import { signInByFetch } from './sign-in-by-fetch.ts'

const program = join(import.meta.dirname, '../../src-cli/gatehouse.ts')

let chain: WholeChain
let administrator: Desktop
let running: Running[]

beforeAll(async () => {
  chain = await startWholeChain({ graceSeconds: 1 })
  administrator = await chain.signedIn('admin')
  running = []
})
afterEach(async () => {
  for (const { child, exited } of running.splice(0)) {
    child.kill('SIGKILL')
    await exited
  }
})
afterAll(() => chain.close())

interface Running {
  child: ChildProcess
  lines: string[]
  errors: string[]
  exited: Promise<number | null>
}

/** No browser to open: PATH holds nothing, and the address is read from standard error as a person would. */
function gatehouse(args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: '/nonexistent', HOME: chain.folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const started: Running = {
    child,
    lines: [],
    errors: [],
    exited: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
  }
  createInterface({ input: child.stdout }).on('line', (line) => started.lines.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => started.errors.push(line))
  running.push(started)
  return started
}

async function signInOn({ errors }: Running): Promise<void> {
  const address = () => /^Sign in here: (.+)$/.exec(errors.find((line) => line.startsWith('Sign in here')) ?? '')?.[1]
  await expect.poll(address, { timeout: 10_000 }).toBeDefined()
  await signInByFetch(address() ?? '', { username: 'operator' })
}

interface Ready {
  url: string
  bearer: string
  session: string
  endsAt: string
}

async function connected(): Promise<Running & { ready: Ready; client: Client; pid: number }> {
  const args = ['connect', 'fixture', '--gateway', chain.gatewayUrl, '--reason', 'A test', '--minutes', '5']
  const started = gatehouse(args)
  await signInOn(started)
  await expect.poll(() => started.lines.length, { timeout: 10_000 }).toBe(1)
  const ready = JSON.parse(started.lines[0] ?? '') as Ready
  const client = new Client({ name: 'cli-test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${ready.bearer}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(ready.url), { requestInit }))
  const { content } = await client.callTool({ name: 'pid', arguments: {} })
  const pid = content[0]?.type === 'text' ? Number(content[0].text) : 0
  return { ...started, ready, client, pid }
}

const sessionOf = async ({ session }: Ready) => (await administrator.handlers['sessions:get'](session)).session

describe('gatehouse connect', () => {
  test('prints one line of JSON when clients can connect, and ends its session when interrupted', async () => {
    const { child, lines, exited, ready, pid } = await connected()
    expect(Object.keys(ready)).toEqual(['url', 'bearer', 'session', 'endsAt'])
    expect(await sessionOf(ready)).toMatchObject({ state: 'live', reason: 'A test', connection: 'fixture' })
    child.kill('SIGINT')
    expect(await exited).toBe(0)
    expect(lines).toHaveLength(1)
    expect(await sessionOf(ready)).toMatchObject({ state: 'ended', endReason: 'ended-by-operator' })
    await expect.poll(() => processGone(pid)).toBe(true)
  })

  test('ends when somebody else ends its session, and says so', async () => {
    const { exited, errors, ready } = await connected()
    await administrator.handlers['sessions:end-other']({ session: ready.session, reason: 'maintenance' })
    expect(await exited).toBe(1)
    expect(errors.join('\n')).toContain('The session has ended (ended-by-administrator)')
  })

  test('that is killed leaves no session behind', async () => {
    const { child, ready, pid } = await connected()
    child.kill('SIGKILL')
    await expect.poll(() => sessionOf(ready), { timeout: 10_000 }).toMatchObject({ state: 'ended', endReason: 'desktop-disconnected' })
    await expect.poll(() => processGone(pid)).toBe(true)
  })

  test('asks for a reason, and needs one where nobody can be asked', async () => {
    const { exited, errors } = gatehouse(['connect', 'fixture', '--gateway', chain.gatewayUrl])
    expect(await exited).toBe(2)
    expect(errors.join('\n')).toContain('REASON_REQUIRED')
  })

  test('says when there is no such connection', async () => {
    const started = gatehouse(['connect', 'nowhere', '--gateway', chain.gatewayUrl, '--reason', 'A test'])
    await signInOn(started)
    expect(await started.exited).toBe(2)
    expect(started.errors.join('\n')).toContain('NOT_FOUND')
  })

  test('says when the gateway is away', async () => {
    const { exited, errors } = gatehouse(['connect', 'fixture', '--gateway', 'http://127.0.0.1:1', '--reason', 'A test'])
    expect(await exited).toBe(2)
    expect(errors.join('\n')).toContain('GATEWAY_UNREACHABLE')
  })
})

describe('gatehouse agent', () => {
  async function agentFile(name: string, more: object = {}): Promise<string> {
    const file = join(chain.folder, `${name}.yaml`)
    const servers = [{ name: 'fixture', title: 'Fixture', command: fixtureServer }]
    writeFileSync(file, stringify({ gateway: chain.gatewayUrl, data: name, joinToken: 'env:JOIN', servers, ...more }))
    return file
  }
  const agentNamed = async (name: string) => (await administrator.handlers['agents:list'](undefined)).find((agent) => agent.name === name)

  test('enrols, comes online and leaves in order when it is stopped', async () => {
    const { joinToken } = await administrator.handlers['agents:create-join-token']({ name: 'second-agent' })
    const { child, exited } = gatehouse(['agent', '--config', await agentFile('second')], { JOIN: joinToken })
    await expect.poll(() => agentNamed('second-agent'), { timeout: 10_000 }).toMatchObject({ online: true, servers: [{ name: 'fixture' }] })
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    await expect.poll(() => agentNamed('second-agent')).toMatchObject({ online: false })
    // the same token again: an agent that is enrolled does not need it, another one does not get in with it
    const thief = gatehouse(['agent', '--config', await agentFile('thief')], { JOIN: joinToken })
    expect(await thief.exited).toBe(2)
    expect(thief.errors.join('\n')).toContain('JOIN_TOKEN_INVALID')
  })

  test.for([
    ['an unknown key', { extra: 1 }, 'CONFIG_INVALID'],
    ['no join token', { joinToken: undefined }, 'CONFIG_INVALID'],
    ['a join token that is not set', { joinToken: 'env:NOT_SET' }, 'SECRET_UNAVAILABLE'],
  ] as const)('does not start with %s', async ([name, more, code]) => {
    const { exited, errors } = gatehouse(['agent', '--config', await agentFile(name.replaceAll(' ', '-'), more)])
    expect(await exited).toBe(2)
    expect(errors.join('\n')).toContain(code)
  })
})
