/** `npm start -- --services-only` as people run it, and as they interrupt it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startServices } from '../../demo/supervisor/services.ts'
import { processGone } from '../fixtures/process-gone.ts'
import { descendantsOf } from '../fixtures/process-tree.ts'
import { killProgram, root, startProgram, type Program } from '../fixtures/program.ts'
import { signInByFetch } from './sign-in-by-fetch.ts'

const patience = 120_000
const start = join(root, 'demo', 'start.ts')
const noStack = /\n\s+at .*\(|\.ts:\d+:\d+/

let folder: string
let data: string
let programs: Program[]
let strangers: Server[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse demo '))
  data = join(folder, 'state of the demo')
  programs = []
  strangers = []
})
afterEach(async () => {
  for (const program of programs) await killProgram(program)
  await Promise.all(strangers.map((server) => new Promise((resolve) => server.close(resolve))))
  rmSync(folder, { recursive: true, force: true })
})

function demo(...options: string[]): Program {
  const program = startProgram(start, ['--services-only', '--data', data, ...options], { HOME: folder, PATH: process.env['PATH'] ?? '' })
  programs.push(program)
  return program
}

interface Serving {
  gatewayUrl: string
  issuer: string
  /** of the services, and what they started */
  pids: number[]
}

async function serving(program: Program): Promise<Serving> {
  const [, gatewayUrl = ''] = await program.said(/^Gateway +(http\S+)$/)
  const [, issuer = ''] = await program.said(/^Identity provider +(http\S+)$/)
  await program.said(/^Ctrl-C ends everything/)
  return { gatewayUrl, issuer, pids: descendantsOf(program.pid) }
}

const alive = (pids: number[]): number[] => pids.filter((pid) => !processGone(pid))
const textOf = ({ output, errors }: Program): string => [...output, ...errors].join('\n')

/** Takes the port unless somebody else has it already: either way it is taken. */
async function take(port: number): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (listening) strangers.push(server)
}

describe('taken ports', () => {
  test('others are chosen, also by a demo that had the usual ones before', { timeout: 2 * patience }, async () => {
    const first = demo()
    const before = await serving(first)
    expect(before.pids.length).toBeGreaterThanOrEqual(3)
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)

    for (const { gatewayUrl, issuer } of [before, { gatewayUrl: 'http://127.0.0.1:7420', issuer: 'http://127.0.0.1:7430' }])
      for (const url of [gatewayUrl, issuer]) await take(Number(new URL(url).port))
    const second = demo()
    const after = await serving(second)
    expect(after.gatewayUrl).not.toBe(before.gatewayUrl)
    expect(after.issuer).not.toBe(before.issuer)
    expect((await fetch(`${after.gatewayUrl}/api/v1/log/checkpoint`)).status).toBe(200)

    // the whole of it works at the other address: sign-in, agent, MCP server
    const options = ['connect', 'customers-db', '--gateway', after.gatewayUrl, '--reason', 'a test', '--minutes', '5']
    const client = startProgram(join(root, 'src-cli', 'gatehouse.ts'), options, { HOME: folder })
    programs.push(client)
    const [, address = ''] = await client.said(/^Sign in here: (.+)$/)
    await signInByFetch(address, { username: 'operator' })
    await client.said(/^\{"url"/)
    client.child.kill('SIGINT')
    expect(await client.exited).toBe(0)
    second.child.kill('SIGINT')
    expect(await second.exited).toBe(0)
  })

  test('two demos that start in the same moment do not take each other’s', { timeout: 2 * patience }, async () => {
    const first = demo()
    const second = demo('--data', join(folder, 'another'))
    const [one, other] = await Promise.all([serving(first), serving(second)])
    expect(one.gatewayUrl).not.toBe(other.gatewayUrl)
    expect(one.issuer).not.toBe(other.issuer)
    for (const { gatewayUrl, pids } of [one, other]) {
      expect((await fetch(`${gatewayUrl}/api/v1/log/checkpoint`)).status).toBe(200)
      expect(alive(pids)).toEqual(pids)
    }
    for (const program of [first, second]) program.child.kill('SIGTERM')
    expect(await Promise.all([first.exited, second.exited])).toEqual([0, 0])
  })
})

describe('a service that cannot start', () => {
  test('a broken policy: the message names the place, and nothing goes on running', async () => {
    const policy = join(folder, 'policy.yaml')
    const rule = { id: 'broken', effect: 'allow', match: {}, because: 'A test.', when: '"true"' }
    writeFileSync(policy, JSON.stringify({ version: 1, rules: [rule] }))
    const starting = startServices({ root, data, reset: false, anyPorts: true, policy, progress() {} })
    await expect(starting).rejects.toThrow(/The gateway did not start:[^]*POLICY_INVALID: .*rules\.0\.when.* — Correct the named place/)
    await expect(starting).rejects.not.toThrow(noStack)
    expect(alive(descendantsOf(process.pid).filter((pid) => commandOf(pid).includes(folder)))).toEqual([])
  })

  test('a log that was altered: the gateway says so, and the rest is ended', async () => {
    mkdirSync(join(data, 'log'), { recursive: true })
    writeFileSync(join(data, 'log', 'checkpoint'), 'gatehouse.demo/log\n7\nAAAA\n\n— gatehouse.demo/log AAAA\n')
    const program = demo()
    expect(await program.exited).toBe(1)
    expect(textOf(program)).toMatch(/The gateway did not start:\n[^]*LOG_CORRUPT: /)
    expect(textOf(program)).not.toMatch(noStack)
    expect(() => readFileSync(join(data, 'running.json'))).toThrow('ENOENT')
  })

  test('a folder that is none', async () => {
    writeFileSync(data, 'a file')
    const program = demo()
    expect(await program.exited).toBe(1)
    expect(textOf(program)).toContain(`The demo cannot keep its state in ${data}: `)
    expect(textOf(program)).not.toMatch(noStack)
  })
})

describe('an interrupt', () => {
  test.for([
    ['before the first service', /Starting the identity provider/],
    ['while the gateway starts', /Starting the gateway/],
    ['while the agent starts', /Starting the agent/],
  ] as const)('%s ends what was started by then', { timeout: patience }, async ([, moment]) => {
    const program = demo()
    await program.said(moment)
    const started = descendantsOf(program.pid)
    program.child.kill('SIGINT')
    expect(await program.exited).toBe(0)
    await expect.poll(() => alive([...started, ...processesIn(folder)]), { timeout: 20_000 }).toEqual([])
    expect(textOf(program)).not.toMatch(noStack)
    // and the next start is not in its way
    expect(() => readFileSync(join(data, 'running.json'))).toThrow('ENOENT')
  })

  test.for(['SIGINT', 'SIGHUP'] as const)('afterwards, by %s, ends everything', { timeout: patience }, async (signal) => {
    const program = demo()
    const { pids, gatewayUrl } = await serving(program)
    expect(alive(pids).length).toBeGreaterThanOrEqual(3)
    program.child.kill(signal)
    expect(await program.exited).toBe(0)
    expect(alive(pids)).toEqual([])
    expect(textOf(program)).not.toContain('ended by itself')
    await expect(fetch(gatewayUrl)).rejects.toThrow('fetch failed')
  })

  test('that nothing can catch ends everything all the same, and the next start works', { timeout: 2 * patience }, async () => {
    const program = demo()
    const { pids } = await serving(program)
    program.child.kill('SIGKILL')
    await program.exited
    await expect.poll(() => alive(pids), { timeout: 30_000 }).toEqual([])
    const next = demo()
    await serving(next)
    next.child.kill('SIGTERM')
    expect(await next.exited).toBe(0)
  })
})

describe('twice', () => {
  test('on the same folder: the second says so, and the first goes on', { timeout: 2 * patience }, async () => {
    const first = demo()
    await first.said(/Starting the gateway/)
    const early = demo()
    expect(await early.exited).toBe(1)
    expect(textOf(early)).toMatch(/The demo in .* is (starting|running) already/)
    expect(textOf(early)).toContain(`(process ${first.pid})`)

    const { gatewayUrl } = await serving(first)
    for (const options of [[], ['--reset']]) {
      const second = demo(...options)
      expect(await second.exited).toBe(1)
      expect(textOf(second)).toContain(`The demo in ${data} is running already (process ${first.pid})`)
      expect(textOf(second)).not.toMatch(noStack)
    }
    expect((await fetch(`${gatewayUrl}/api/v1/log/checkpoint`)).status).toBe(200)
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)
  })

  test('after a crash whose process number belongs to another program now', { timeout: patience }, async () => {
    mkdirSync(data, { recursive: true })
    writeFileSync(
      join(data, 'running.json'),
      JSON.stringify({ pid: process.pid, gatewayUrl: 'http://127.0.0.1:1', issuer: 'http://127.0.0.1:1' }),
    )
    const program = demo()
    await serving(program)
    program.child.kill('SIGTERM')
    expect(await program.exited).toBe(0)
  })
})

describe('the command line', () => {
  const run = async (...options: string[]) => {
    const program = startProgram(start, options, { HOME: folder })
    programs.push(program)
    return { code: await program.exited, output: program.output.join('\n'), errors: program.errors.join('\n') }
  }

  test('--help says what can be given', async () => {
    const { code, output, errors } = await run('--help')
    expect(code).toBe(0)
    for (const option of ['--as', '--reset', '--data', '--services-only', '--tour', '--help']) expect(output).toContain(option)
    expect(errors).toBe('')
  })

  test.for([
    ['an unknown option', ['--nope'], 'Unknown option'],
    ['a word too many', ['operator'], 'Unexpected argument'],
    ['an option without its value', ['--data'], 'argument missing'],
    ['an empty folder name', ['--data='], '--data takes a folder'],
    ['a profile name that is a path', ['--as', '../x'], '--as takes a name'],
  ] as const)('%s is told in one line, without a stack', async ([, options, message]) => {
    const { code, output, errors } = await run(...options)
    expect(code).toBe(1)
    expect(errors.trim().split('\n')).toEqual([expect.stringContaining(message)])
    expect(output).toBe('')
  })

  test('--reset does not empty a folder that no demo wrote', async () => {
    mkdirSync(data)
    writeFileSync(join(data, 'thesis.txt'), 'years of work')
    const program = demo('--reset')
    expect(await program.exited).toBe(1)
    expect(textOf(program)).toContain(`${data} holds thesis.txt, which no demo wrote`)
    expect(readFileSync(join(data, 'thesis.txt'), 'utf8')).toBe('years of work')
  })
})

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Services carry their folder in their command line, also when their parent is gone. */
function processesIn(folder: string): number[] {
  return descendantsOf(1).filter((pid) => commandOf(pid).includes(folder))
}
